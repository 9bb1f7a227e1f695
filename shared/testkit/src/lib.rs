//! Development only: what tests of several crates share.
//!
//! * [`event`]: API Gateway's events, as the gateway and the authorizer would send them;
//! * [`tables`]: a [`store::Store`] over fresh tables of a real engine;
//! * [`kms`]: a KMS that signs tokens;
//! * [`issuer`]: keys that sign tokens, and an OpenID Connect issuer that publishes them;
//! * [`account`]: a customer's Secrets Manager, Parameter Store and KMS, with their rules, quotas and faults;
//! * [`aws`]: an AWS that answers from a script and remembers what it was asked;
//! * [`cloud`]: a customer's account whose roles refuse and give as real ones do;
//! * [`books`]: an audit of a whole table;
//! * [`clock`]: time that passes only when nothing else can happen;
//! * [`between`](fn@between): a place where a test may look at each call, or answer it otherwise;
//! * [`fuse`]: calls that fail on purpose;
//! * [`matrix`]: what dying anywhere was shown to do, as rows of one table;
//! * [`meter`]: what queries cost;
//! * [`metrics`](fn@metrics): what the code counts;
//! * [`gate`]: a moment between two calls;
//! * [`iam`]: a customer's IAM, with its users and their keys;
//! * [`pki`]: a customer's ACM, Private CAs and hosted zones, with real certificates;
//! * [`fleet`]: a customer's ACM with what was imported, and load balancers with what they serve.
//!
//! **Not here**: anything that a function needs. Only dev-dependencies name this crate.

pub mod account;
pub mod aws;
mod between;
pub mod books;
pub mod clock;
pub mod cloud;
mod door;
mod engine;
pub mod event;
pub mod fleet;
pub mod fuse;
pub mod gate;
pub mod iam;
pub mod issuer;
mod key_rotation;
pub mod kms;
pub mod matrix;
pub mod meter;
mod metric;
mod nouns;
mod ours;
pub mod pki;
mod trail;

pub use between::{Onward, between};
pub use engine::{
    config, config_of, make_tables, tables, tables_reached_by, tables_reached_twice, tables_with_trail,
};
pub use key_rotation::key_rotation;
pub use metric::{Metrics, metrics};
pub use nouns::{connection, membership, project, recording};
pub use trail::Trail;

use std::time::Duration;

use model::Timestamp;

/// The moment at which most tests take place: 2026-01-02T03:04:05.678Z.
#[must_use]
pub fn now() -> Timestamp {
    Timestamp::from_unix_milliseconds(1_767_323_045_678)
}

/// A moment `seconds` after [`now`].
#[must_use]
pub fn later(seconds: u64) -> Timestamp {
    now().plus(Duration::from_secs(seconds))
}
