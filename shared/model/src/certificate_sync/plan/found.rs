//! What was found at the destination.

use std::collections::{BTreeMap, BTreeSet};

use crate::Timestamp;
use crate::certificate_sync::slot::Listed;

/// What a plan is made from: the list of ACM, answers to its [`inquiries`](super::inquiries), and listeners.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Found {
    /// Every certificate that ACM lists, by ARN.
    pub listed: BTreeMap<String, InAcm>,
    /// What was asked about single ones, by ARN. `None` where ACM knows none of that ARN.
    pub answers: BTreeMap<String, Option<Answer>>,
    /// The listeners of the load balancers that matter: those of the sync's own, and those that what goes is on.
    pub listeners: Vec<FoundListener>,
    /// What slots of other syncs hold: never ours, whatever else speaks for it.
    pub taken: BTreeSet<String>,
}

/// How ACM calls a certificate's state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum State {
    /// It can be used.
    Issued,
    /// It is over.
    Expired,
    /// Anything else, as AWS spells it.
    Other(String),
}

/// A line of ACM's list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InAcm {
    /// Its state.
    pub state: State,
    /// Whether it was imported.
    pub is_imported: bool,
    /// Whether something of AWS's uses it.
    pub in_use: bool,
    /// When it was imported last, and when it ends.
    pub stamp: Listed,
}

/// What ACM says of one certificate when it is asked.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Answer {
    /// Its number: hexadecimal in lower case, two digits a byte, without a sign byte. `None` when it was not asked for, or
    /// the role may not ask.
    pub serial_number: Option<String>,
    /// Its SHA-256, hexadecimal in lower case; as the number.
    pub fingerprint_sha256: Option<String>,
    /// What uses it; as the number.
    pub in_use_by: Option<Vec<String>>,
    /// Its tags; as the number.
    pub tags: Option<BTreeMap<String, String>>,
    /// When it ends.
    pub not_after: Option<Timestamp>,
}

/// A listener.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoundListener {
    /// Its ARN.
    pub arn: String,
    /// Its load balancer.
    pub load_balancer_arn: String,
    /// Its port.
    pub port: u16,
    /// What it speaks, as AWS spells it.
    pub protocol: String,
    /// What it serves to clients that name nobody whom it knows.
    pub default: Option<String>,
    /// What it serves by name. The default is in it only where somebody put it there.
    pub listed: BTreeSet<String>,
}

impl FoundListener {
    /// As people know it.
    #[must_use]
    pub fn title(&self) -> String {
        title(&self.arn)
    }

    /// Whether it serves this certificate in one way or the other.
    #[must_use]
    pub fn has(&self, arn: &str) -> bool {
        self.listed.contains(arn) || self.default.as_deref() == Some(arn)
    }
}

/// A listener by the part of its ARN that tells it from others: `app/web/50dc6c495c0c9188/f2f7dc8efc522ab2`.
#[must_use]
pub fn title(listener: &str) -> String {
    listener.split_once(":listener/").map_or(listener, |(_, path)| path).to_owned()
}

impl Answer {
    /// Whether it is the certificate with this number and fingerprint, as far as could be asked.
    #[must_use]
    pub fn is(&self, serial_number: &str, fingerprint_sha256: &str) -> bool {
        match (&self.fingerprint_sha256, &self.serial_number) {
            (Some(fingerprint), _) => fingerprint == fingerprint_sha256,
            (None, Some(serial)) => serial == serial_number,
            (None, None) => false,
        }
    }
}
