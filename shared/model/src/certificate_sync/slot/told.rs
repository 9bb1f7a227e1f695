//! What is told of a slot.

use serde::{Deserialize, Serialize};

use crate::Timestamp;

/// How a slot stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SlotStatus {
    /// Something is wanted, and nothing begun.
    Pending,
    /// Something is begun.
    Syncing,
    /// It is as it is wanted.
    Succeeded,
    /// It is not; the message says why.
    Failed,
}

impl SlotStatus {
    /// As the wire spells it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Syncing => "syncing",
            Self::Succeeded => "succeeded",
            Self::Failed => "failed",
        }
    }
}

/// What came of a run for a slot.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Told {
    /// The revision of what was wanted.
    pub revision: u64,
    /// How it stands.
    pub status: SlotStatus,
    /// Why it failed, or what people should know, in public words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// When that was.
    pub at: Timestamp,
    /// When it succeeded last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub synced_at: Option<Timestamp>,
}

/// What an endpoint served.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Served {
    /// The listener.
    pub listener_arn: String,
    /// The endpoint, `<name>:<port>`.
    pub endpoint: String,
    /// The name that was asked for; `None` without SNI.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub server_name: Option<String>,
    /// What came back.
    pub answer: Answer,
    /// When.
    pub at: Timestamp,
    /// Since when the answer is this one.
    pub since: Timestamp,
}

/// What came back of a handshake, compared with what was meant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Answer {
    /// What was meant.
    Meant,
    /// An earlier certificate of the same slot.
    Stale {
        /// Its SHA-256.
        fingerprint_sha256: String,
    },
    /// Something that is not this slot's.
    Foreign {
        /// Its SHA-256.
        fingerprint_sha256: String,
    },
    /// None: it could not be reached, or does not speak TLS.
    Unreachable {
        /// Why.
        reason: String,
    },
}

impl Answer {
    /// As the wire spells it.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Meant => "as-meant",
            Self::Stale { .. } => "stale",
            Self::Foreign { .. } => "foreign",
            Self::Unreachable { .. } => "unreachable",
        }
    }
}
