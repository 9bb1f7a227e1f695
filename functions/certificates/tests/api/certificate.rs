//! Certificates: looked at, taken away, imported, configured, renewed, revoked and deleted.

mod config;
mod delete;
mod files;
mod get;
pub(crate) mod house;
mod import;
mod key_canary;
mod list;
mod renew;
mod revoke;
mod scopes;
mod syncs;
