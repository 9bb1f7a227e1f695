//! The routes of certificates, in this process: a real engine holds the table, a simulated AWS has the authorities.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod application;
mod authority;
mod authority_checks;
mod certificate;
mod crash_matrix;
mod enrollment;
mod policy;
mod profile;
mod project;
mod request;
mod request_outcomes;
mod request_refusals;
mod scopes;
mod terraform;
mod terraform_certificate;
mod world;
