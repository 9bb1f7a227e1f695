//! What AWS has of a slot: written by whoever holds the sync's lease, an intent before each effect and its outcome after.

use serde::{Deserialize, Serialize};

use super::told::{Served, Told};
use crate::Timestamp;
use crate::certificate::KeyAlgorithm;
use crate::id::CertificateId;

/// What AWS has of a slot.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Held {
    /// What ACM has in place. Our own record of the ARN: with roles that may not tag, the only proof that it is ours.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub placed: Option<Placed>,
    /// What was in place before, or was imported and never came into place, and is to be removed once nothing uses it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub retired: Vec<Retired>,
    /// What was put on listeners, and what stood there before.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub listeners: Vec<OnListener>,
    /// What is being done, between the intent and its outcome.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub intent: Option<Intent>,
    /// What came of it last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub told: Option<Told>,
    /// What was served when it was looked at last.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub served: Vec<Served>,
    /// Whether a look at what is served was put off, and is still to come.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub unseen: bool,
}

/// A certificate in ACM that is a slot's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Placed {
    /// Its ARN.
    pub arn: String,
    /// The certificate of ours that was imported into it last.
    pub certificate_id: CertificateId,
    /// That one's SHA-256, hexadecimal in lower case.
    pub fingerprint_sha256: String,
    /// That one's number.
    pub serial_number: String,
    /// That one's key, which ACM never changes under an ARN.
    pub key_algorithm: KeyAlgorithm,
    /// What ACM's list said of it after the import; `None` until it was read. As long as the list says the same, nobody
    /// else has imported into it, and nothing need be described.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub listed: Option<Listed>,
    /// The name that its tags have; `None` where the role may not tag.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tagged: Option<String>,
    /// Whether its root was to be imported with it, where there is one.
    #[serde(default)]
    pub with_root: bool,
    /// When it was imported.
    pub imported_at: Timestamp,
}

/// What ACM's list says of a certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Listed {
    /// When it was imported last.
    pub imported_at: Option<Timestamp>,
    /// When it ends.
    pub not_after: Option<Timestamp>,
}

/// A certificate in ACM that was a slot's and is to go.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Retired {
    /// Its ARN.
    pub arn: String,
    /// Since when.
    pub since: Timestamp,
    /// Its SHA-256: what an endpoint that serves it still is stale, not foreign.
    pub fingerprint_sha256: String,
    /// How often AWS said that it is in use.
    #[serde(default)]
    pub refused: u32,
    /// What uses it, as AWS said last.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub in_use_by: Vec<String>,
}

/// What was put on a listener for a slot.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OnListener {
    /// The listener.
    pub listener_arn: String,
    /// The ARNs of this slot that we put into its list for SNI.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub added: Vec<String>,
    /// The ARN of this slot that we made its default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default: Option<String>,
    /// The default that stood there before any of ours: it is given back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default_before: Option<String>,
    /// Whether we put `default_before` into the list for SNI, to be taken out when it is the default again.
    #[serde(default)]
    pub added_before: bool,
}

impl OnListener {
    /// Nothing of a listener yet.
    #[must_use]
    pub fn new(listener_arn: &str) -> Self {
        Self {
            listener_arn: listener_arn.to_owned(),
            added: Vec::new(),
            default: None,
            default_before: None,
            added_before: false,
        }
    }
}

/// What is being done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Intent {
    /// A certificate is imported. After a death the ARN is found by tags, or by serial and time among what no slot knows.
    Import {
        /// Which.
        certificate_id: CertificateId,
        /// Its SHA-256.
        fingerprint_sha256: String,
        /// Its number.
        serial_number: String,
        /// Its key.
        key_algorithm: KeyAlgorithm,
        /// The ARN that it is imported into; `None` for a new one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        into: Option<String>,
        /// When that began.
        since: Timestamp,
    },
    /// An ARN is added to a listener's list for SNI.
    Add {
        /// The listener.
        listener_arn: String,
        /// The ARN: ours, or the default that stood there before.
        arn: String,
    },
    /// A listener's default is changed.
    SetDefault {
        /// The listener.
        listener_arn: String,
        /// The new one.
        arn: String,
        /// The one that stands there.
        before: Option<String>,
    },
    /// An ARN is removed from a listener's list for SNI.
    Remove {
        /// The listener.
        listener_arn: String,
        /// The ARN.
        arn: String,
    },
    /// A certificate in ACM is deleted.
    Delete {
        /// Its ARN.
        arn: String,
    },
}
