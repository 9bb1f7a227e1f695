#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod aws;
mod clock;
mod crash;
mod guard;
mod mortal;
mod sync;
mod trouble;
mod workers;
mod world;
