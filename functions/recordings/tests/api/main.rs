//! What `recordings` does, asked as its clients and its gateways ask it.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod batch;
mod cloud;
mod config;
mod crash_matrix;
mod credentials;
mod log;
mod recordings;
mod scopes;
mod secrecy;
mod together;
mod upload;
mod world;
