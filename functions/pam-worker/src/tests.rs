#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod bad_days;
mod crash_matrix;
mod removal;
mod world;
