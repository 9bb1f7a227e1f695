//! The routes of certificate syncs, in this process: a real engine holds the table, a simulated AWS has the load balancers.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod attach;
mod certificates;
mod crash_matrix;
mod create;
mod default;
mod definition;
mod delete;
mod list;
mod load_balancers;
mod plan;
mod races;
mod rollback;
mod scopes;
mod terraform;
mod trigger;
mod world;
