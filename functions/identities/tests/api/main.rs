//! What the API of identities answers, over the tables of a real engine.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod access;
mod aws_auth;
mod aws_auth_configuration;
mod crash_matrix;
mod house;
mod identities;
mod oidc_auth;
mod real_sts;
mod renewal;
mod universal_auth;
mod universal_auth_configuration;
