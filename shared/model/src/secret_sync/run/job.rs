//! The kinds of work, and what is told of them.

use serde::{Deserialize, Serialize};

use super::super::options::ImportBehavior;
use super::SYNC_ATTEMPTS;
use crate::Timestamp;

/// One kind of work.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", content = "how", rename_all = "kebab-case")]
pub enum Job {
    /// Push the source to the destination.
    Sync,
    /// Take over what the destination has.
    Import(ImportBehavior),
    /// Delete from the destination what was pushed.
    Remove(Removal),
}

impl Job {
    /// How often it is tried while time may mend it. Somebody waits for an import, and asks for it again; a removal may be the
    /// last that anybody asks of a sync.
    #[must_use]
    pub const fn attempts(self) -> u32 {
        match self {
            Self::Sync | Self::Remove(_) => SYNC_ATTEMPTS,
            Self::Import(_) => 1,
        }
    }

    /// As people call it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Sync => "sync",
            Self::Import(_) => "import",
            Self::Remove(_) => "removal",
        }
    }

    /// Whether both are syncs, imports or removals.
    pub(super) const fn is_like(self, other: Self) -> bool {
        matches!(
            (self, other),
            (Self::Sync, Self::Sync)
                | (Self::Import(_), Self::Import(_))
                | (Self::Remove(_), Self::Remove(_))
        )
    }
}

/// What becomes of a sync after its secrets were removed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Removal {
    /// It stays.
    Keep,
    /// It goes too, when the removal has succeeded.
    ThenDelete,
}

/// Work that was begun.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Current {
    /// What.
    pub job: Job,
    /// Its id, for the log and the wire's job ids.
    pub id: String,
    /// When it was begun.
    pub begun_at: Timestamp,
    /// How often it was claimed, continuations not counted.
    pub attempt: u32,
    /// Whether it stopped of its own accord, to go on in the next message.
    pub paused: bool,
    /// Whether it stopped before it saw whose everything is at the destination: what carries the sync's tag is looked for again.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub looks_on: bool,
    /// Whether the deletion guard is off.
    pub allow_deletions: bool,
    /// The keys that failed so far.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub failures: Vec<KeyFailure>,
}

impl Current {
    pub(super) fn begin(job: Job, id: &str, now: Timestamp) -> Self {
        Self {
            job,
            id: id.to_owned(),
            begun_at: now,
            attempt: 0,
            paused: false,
            looks_on: false,
            allow_deletions: false,
            failures: Vec::new(),
        }
    }
}

/// Who is at work, and for how long.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lease {
    /// What the holder calls itself; new for each claim. Stored under a name that DynamoDB has not reserved.
    #[serde(rename = "holder")]
    pub token: String,
    /// When others may take over.
    pub until: Timestamp,
}

/// A key that was not pushed, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyFailure {
    /// The key of the secret.
    pub secret_key: String,
    /// The rule that it breaks or what AWS said, in public words, never with a value.
    pub error: String,
}

/// How work stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum JobStatus {
    /// Wanted, and not begun.
    Pending,
    /// Begun.
    Running,
    /// Done, without a failure.
    Succeeded,
    /// Over; the message says what failed.
    Failed,
}

impl JobStatus {
    /// As the wire spells it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Running => "running",
            Self::Succeeded => "succeeded",
            Self::Failed => "failed",
        }
    }
}

/// What is told of the last work of a kind.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct JobState {
    /// How it stands; `None` when there never was any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<JobStatus>,
    /// Its id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub job_id: Option<String>,
    /// What failed, or what else people should know, at most [`LONGEST_MESSAGE`](super::LONGEST_MESSAGE) characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// When it was over.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<Timestamp>,
}
