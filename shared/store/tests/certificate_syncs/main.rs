//! The access patterns of certificate syncs against a real engine.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "../certificates/house.rs"]
#[allow(dead_code, reason = "the house of certificates has more than is needed here")]
mod certificates;

mod attachments;
mod definitions;
mod followers;
mod house;
mod slots;
