//! The calls as AWS sees them, its documented answers as they are understood, and what load balancers serve.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod acm;
mod aws;
mod economy;
mod errors;
mod fleet;
mod load_balancers;
mod served;
mod survey;
