//! The worker between its schedule, its queue and a simulated IAM.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod crash_matrix;
mod crowd;
mod schedule;
mod world;
