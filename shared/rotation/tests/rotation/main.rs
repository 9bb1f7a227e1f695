//! Rotations over a real table and a simulated IAM.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod clock;
mod crash_matrix;
mod faults;
mod life;
mod orphans;
mod own_key;
mod places;
mod requests;
mod users;
mod world;
