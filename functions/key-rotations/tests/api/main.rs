//! The routes of key rotations, in this process: a real engine holds the table, a simulated IAM has the users.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod clock;
mod concurrency;
mod crash_matrix;
mod create;
mod credentials;
mod delete;
mod get;
mod own_key;
mod refusals;
mod rotate;
mod scopes;
mod terraform;
mod update;
mod world;
