//! The worker between its queue, a real table, and a customer's ACM and load balancers with AWS's rules.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod bad_days;
mod clock;
mod crash_matrix;
mod figures;
mod life;
mod permissions;
mod served;
mod world;
