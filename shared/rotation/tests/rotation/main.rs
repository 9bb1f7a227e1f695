//! Rotations over a real table and a simulated IAM.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod clock;
mod crashes;
mod crowd;
mod faults;
mod histories;
mod life;
mod orphans;
mod places;
mod requests;
mod users;
mod world;
