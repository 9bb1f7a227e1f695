//! The access patterns of orders and certificates against a real engine.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod due;
mod house;
mod orders;
mod renewals;
mod spend;
