//! Plans, carried out against an AWS of a few lines that looks after every step.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod aws;
mod cases;
mod histories;
mod world;
