//! Certificates over HTTP: looked at, taken away, imported, configured, renewed, revoked and deleted.

#![expect(clippy::unwrap_used, reason = "what a test stands on must be there")]

mod config;
mod delete;
mod files;
mod get;
mod import;
mod key_canary;
mod list;
mod renew;
mod revoke;
mod scopes;
mod world;
