//! The guard in front of a real ministack: AWS's rules, the call log and faults, seen by AWS's SDK.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]
#![allow(clippy::disallowed_methods, reason = "the SDK's own client is the subject here")]

mod aws;
mod certificates;
mod history;
mod keys;
mod load_balancers;
mod objects;
mod rules;
mod sessions;
mod sign_in;
mod stores;
