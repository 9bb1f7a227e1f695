//! The worker between its schedule, its queue, a real table, and a customer's ACM, Private CAs and zones with AWS's rules.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod acm;
mod bad_days;
mod clock;
mod crash_matrix;
mod figures;
mod life;
mod private_ca;
mod revocation;
mod sim;
mod syncs;
mod world;
