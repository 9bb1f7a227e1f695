//! The adapters against an account in memory, whose answers are AWS's documented ones.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod answers;
mod crash_matrix;
mod economy;
mod engine;
mod faults;
mod imports;
mod keys;
mod parameters;
mod permissions;
mod renames;
mod secrets;
mod sync;
