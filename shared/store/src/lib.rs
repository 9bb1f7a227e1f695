//! The table: keys on one page, typed items, named access patterns, optimistic versions, unique names.
//!
//! Everything that Drawbridge remembers is one DynamoDB table; a second, append-only table holds the audit trail.
//! Each noun has one file with its [`Entity`] implementation and its access patterns, each a method of [`Store`] whose
//! documentation says what it costs. Writes go through [`Change`] and [`Store::commit`], which say what they
//! believe (the thing is new, or is at the version that was read) and carry the audit record in the same transaction.
//!
//! Depends on `model`, and alone on the SDK of DynamoDB; it does not know the way into AWS accounts.
//!
//! **Not here**: a scan, a bare put, any decision about who may do what, any wire format.

mod access_token;
mod application;
mod certificate;
mod certificate_authority;
mod certificate_policy;
mod certificate_profile;
mod certificate_sync;
mod change;
mod commit;
mod connection;
pub mod data_key;
mod due;
mod entity;
mod error;
mod folder;
mod identity;
mod key_rotation;
mod keys;
mod login;
mod membership;
mod pam;
mod project;
mod purge;
mod read;
mod recording;
mod secret;
mod secret_sync;
mod tag;

pub use certificate::{Ended, Paying};
pub use certificate_sync::{Attached, CertificateSyncAndRun, Places};
pub use change::{Bookkeeping, Change, Limit};
pub use due::Due;
pub use entity::{Entity, NameGuard, Stored};
pub use error::{CommitError, Conflict, ReadError};
pub use folder::{FolderState, MOST_WATCHERS, Touch};
pub use identity::{IdentityPartition, LoginMethod};
pub use key_rotation::RotationAndState;
pub use keys::{Index, Keys};
pub use pam::{SessionPage, SessionPosition};
pub use purge::Purged;
pub use recording::{ChunkPage, RecordingPage};
pub use secret::{groups_of_deletion, items_of_deletion};
pub use secret_sync::{LedgerStep, SyncAndRun};

use aws_config::SdkConfig;
use aws_sdk_dynamodb::Client;

/// The way to the two tables. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Store {
    client: Client,
    table: String,
    audit_table: String,
    audit_retention_days: u32,
}

impl Store {
    /// A store over `table` and `audit_table`, whose audit records live `audit_retention_days` days.
    #[must_use]
    pub fn new(config: &SdkConfig, table: String, audit_table: String, audit_retention_days: u32) -> Self {
        Self { client: Client::new(config), table, audit_table, audit_retention_days }
    }
}
