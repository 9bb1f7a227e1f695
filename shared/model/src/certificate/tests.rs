//! What certificates must be, and what happens to them.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod lives;
mod names;
mod validities;
