#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod aws;
mod clock;
mod crash_matrix;
mod drift;
mod guard;
mod log;
mod long;
mod mortal;
mod ownership;
mod sync;
mod takeover;
mod trouble;
mod workers;
mod world;
