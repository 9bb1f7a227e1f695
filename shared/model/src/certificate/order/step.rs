//! The one step to take next.

use super::failure::Failure;
use super::seen::Record;
use crate::Timestamp;
use crate::certificate_authority::HostedZoneId;

/// What is to be done now. Each is safe to repeat: whoever takes it and dies takes it again, or is told otherwise.
///
/// For [`Step::Issue`], [`Step::Request`] and [`Step::Renew`], which are paid: first
/// [`Order::paying`](super::Order::paying) is stored, which counts the authority's spend in the same transaction; then
/// AWS is asked **once**, without the SDK's retries and not after `before`; then the outcome is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// Nothing any more: it has ended.
    Idle,
    /// Nothing, until then.
    WaitUntil(Timestamp),
    /// It cannot go on: store [`Order::failed`](super::Order::failed).
    Fail(Failure),
    /// Private CA: make a key and its CSR, seal the key, store [`Order::key_made`](super::Order::key_made).
    MakeKey,
    /// Private CA, paid: store [`Order::ordered`](super::Order::ordered).
    Issue {
        /// The token.
        token: String,
        /// The signing request, PEM.
        csr: String,
        /// The call must not begin later.
        before: Timestamp,
    },
    /// Private CA: get the certificate, verify it, store it; or
    /// [`Order::in_progress`](super::Order::in_progress).
    Fetch {
        /// Which.
        arn: String,
    },
    /// ACM: look at the authority's zones, find each name's by [`place`](super::place()), store
    /// [`Order::placed`](super::Order::placed).
    PlaceNames {
        /// The names.
        names: Vec<String>,
    },
    /// ACM, paid: store [`Order::ordered`](super::Order::ordered).
    Request {
        /// The token.
        token: String,
        /// The names; the first is the certificate's domain name.
        names: Vec<String>,
        /// The call must not begin later.
        before: Timestamp,
    },
    /// ACM: look for what an earlier process may have requested: certificates with exactly these names, requested since, that
    /// no order of ours has. Store [`Order::searched`](super::Order::searched).
    Search {
        /// Not older than this.
        since: Timestamp,
        /// The names.
        names: Vec<String>,
    },
    /// ACM: look at the certificate, store [`Order::described`](super::Order::described).
    Describe {
        /// Which.
        arn: String,
    },
    /// ACM: write the validation records, one change batch for each zone, store
    /// [`Order::recorded`](super::Order::recorded).
    Record {
        /// The records of each zone, by the zone's id.
        batches: Vec<(HostedZoneId, Vec<Record>)>,
    },
    /// ACM, paid: ask for a renewal, store [`Order::ordered`](super::Order::ordered).
    Renew {
        /// Which.
        arn: String,
        /// The call must not begin later.
        before: Timestamp,
    },
    /// ACM: export the certificate with its key, verify it, store it; or
    /// [`Order::in_progress`](super::Order::in_progress).
    Export {
        /// Which.
        arn: String,
    },
}

impl Step {
    /// In a word, for the log: no ARN, no name.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Idle => "idle",
            Self::WaitUntil(_) => "wait",
            Self::Fail(_) => "fail",
            Self::MakeKey => "make key",
            Self::Issue { .. } => "issue",
            Self::Fetch { .. } => "fetch",
            Self::PlaceNames { .. } => "place names",
            Self::Request { .. } => "request",
            Self::Search { .. } => "search",
            Self::Describe { .. } => "describe",
            Self::Record { .. } => "record",
            Self::Renew { .. } => "renew",
            Self::Export { .. } => "export",
        }
    }
}
