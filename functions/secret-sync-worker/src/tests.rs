#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod aws;
mod clock;
mod crash;
mod mortal;
mod sync;
mod world;
