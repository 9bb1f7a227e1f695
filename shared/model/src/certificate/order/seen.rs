//! What ACM shows of a certificate.

use serde::{Deserialize, Serialize};

/// What ACM shows of a certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    /// How far it is.
    pub state: SeenState,
    /// Why, by ACM's own name (`CAA_ERROR`), where it says so.
    pub reason: Option<String>,
    /// The records that prove the names, each once: wildcard and apex share one.
    pub records: Vec<Record>,
    /// Whether they are known for every name: they appear some seconds after the request.
    pub is_complete: bool,
    /// Its number, once it was issued, as [`Facts`](crate::certificate::Facts) has it.
    pub serial_number: Option<String>,
    /// How far a renewal is.
    pub renewal: SeenRenewal,
}

/// How far a certificate is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SeenState {
    /// Its names are not proved yet.
    Pending,
    /// It is there.
    Issued,
    /// Its names were not proved in 72 hours.
    TimedOut,
    /// ACM refused it.
    Failed,
    /// Anything else, which is an end, by ACM's own name: `REVOKED`, `EXPIRED`, `INACTIVE`.
    Other(String),
}

/// How far a renewal is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SeenRenewal {
    /// There is none under way.
    None,
    /// It is under way.
    Pending,
    /// It failed, for this reason.
    Failed(String),
}

/// A record that proves a name.
///
/// <https://docs.aws.amazon.com/acm/latest/userguide/dns-validation.html>
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Record {
    /// The name that it proves, as it was requested.
    pub domain: String,
    /// The record's own name.
    pub name: String,
    /// What it points to.
    pub value: String,
}
