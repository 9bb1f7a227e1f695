//! Rules of certificate syncs.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod attachments;
mod listeners;
mod names;
mod ownership;
mod runs;
