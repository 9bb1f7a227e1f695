//! The routes of secret syncs, in this process: a real engine holds the table, a scripted AWS answers the rest.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod aws;
mod check_destination;
mod concurrency;
mod crash_matrix;
mod create;
mod delete;
mod drift;

mod get;
mod plan;
mod plan_faults;
mod scopes;
mod terraform;
mod trigger;
mod update;
mod world;
