//! The routes of connections, in this process: a real engine holds the table, a scripted AWS answers the rest.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod aws;
mod check;
mod concurrency;
mod crash_matrix;
mod create;
mod delete;
mod get;
mod in_account;
mod policies;
mod scopes;
mod trust;
mod update;
mod world;
