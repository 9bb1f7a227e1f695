//! The calls as AWS sees them, and its documented answers as they are understood.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod acm;
mod aws;
mod economy;
mod errors;
mod private_ca;
mod zones;
