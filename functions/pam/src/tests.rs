#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod access;
mod accounts;
mod boundary;
mod crash_matrix;
mod crowd;
mod figures;
mod log;
mod newest;
mod recorded;
mod refusals;
mod resources;
mod sessions;
mod sign_in;
mod terminate;
mod trail;
mod world;
