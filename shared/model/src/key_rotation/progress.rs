//! How far a rotation got.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::key::{AccessKeyId, Origin, OwnKey, Phase};
use crate::Timestamp;

/// How often a key must have worked before it is published, where another one is in the secrets; a first key replaces
/// nothing that works, so one proof is enough.
const PROOFS: u8 = 2;

/// The record of a rotation's work.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Progress {
    /// IAM's own id of the user, from the first look on: a user that is deleted and made again is another one.
    pub user_id: Option<String>,
    /// The keys that it may touch, at most two.
    pub keys: Vec<OwnKey>,
    /// The key that was deleted last: IAM may show it for a moment more.
    pub removed: Option<Removed>,
    /// That a key is about to be made, from before IAM is asked until its answer is stored.
    pub intent: Option<Intent>,
    /// What somebody wants, or the schedule.
    pub wanted: Option<Wanted>,
    /// What became of the last attempt.
    pub status: RotationStatus,
    /// In public words, what is in the way or what went wrong.
    pub message: Option<String>,
    /// How often in a row it went wrong.
    pub failures: u32,
    /// After something went wrong: nothing is tried before.
    pub retry_at: Option<Timestamp>,
    /// When a key was last made, or tried to be.
    pub attempted_at: Option<Timestamp>,
    /// When a key was last published.
    pub rotated_at: Option<Timestamp>,
    /// Why.
    pub last_trigger: Option<Trigger>,
    /// When the next one is due; `None` when nothing happens by itself.
    pub next_rotation_at: Option<Timestamp>,
    /// Whether a previous key went without anybody knowing when it was used last, because the role may not ask.
    #[serde(default)]
    pub is_blind: bool,
}

/// A key is about to be made. IAM's call has no token by which a repeat is known as one, and shows the secret once: what
/// it makes and nobody stores is an orphan, known by what was there before and by when it was made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Intent {
    /// When.
    pub at: Timestamp,
    /// The keys that the user had then, and those that turned out to be somebody's since.
    pub before: Vec<AccessKeyId>,
    /// A key that was made in the same moment, and that nobody knows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub suspect: Option<Suspect>,
}

/// A key that an interrupted call seems to have made, and that is inactive until that is certain.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Suspect {
    /// Which.
    pub id: AccessKeyId,
    /// Since when it is inactive.
    pub since: Timestamp,
}

/// A key that was deleted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Removed {
    /// Which.
    pub id: AccessKeyId,
    /// When.
    pub at: Timestamp,
}

/// What somebody wants of a rotation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "name", rename_all = "kebab-case")]
pub enum Wanted {
    /// A new key.
    Rotation {
        /// Why.
        trigger: Trigger,
        /// Whether a previous key may go although it is in use.
        ignores_use: bool,
    },
    /// The previous key, back in the secrets.
    Rollback,
}

/// Why a key is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Trigger {
    /// The rotation itself was made.
    Creation,
    /// It was time.
    Schedule,
    /// Somebody asked.
    Manual,
}

/// What became of the last attempt.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RotationStatus {
    /// It is not over.
    #[default]
    Pending,
    /// The key is in the secrets.
    Success,
    /// It went wrong, and is tried again.
    Failed,
}

impl RotationStatus {
    /// As the wire spells it. `pending` is ours: a first key that AWS does not take yet is neither of the other two.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Success => "success",
            Self::Failed => "failed",
        }
    }
}

/// Who mends what went wrong, which says how soon it is tried again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mend {
    /// Time: AWS throttled, failed or gave no answer. From a minute to a quarter of an hour.
    Time,
    /// The owner: a permission, a user, a key in the way. From a quarter of an hour to a day.
    Owner,
}

impl Mend {
    /// So many tries in a row, and then one a day at the rotation's time of day, as long as a key works and none is under way.
    pub const TRIES: u32 = 5;

    /// How long to wait after the `failures`th failure in a row, counted from 1.
    #[must_use]
    pub fn pause(self, failures: u32) -> Duration {
        let (first, longest) = match self {
            Self::Time => (60, 900),
            Self::Owner => (900, 86_400),
        };
        let factor = 1u32.checked_shl(failures.saturating_sub(1)).unwrap_or(u32::MAX);
        Duration::from_secs(first).saturating_mul(factor).min(Duration::from_secs(longest))
    }
}

impl Progress {
    /// The record of a rotation that was just decided, and that may have these keys of the user besides its own.
    #[must_use]
    pub fn begin(taken_over: &[AccessKeyId], now: Timestamp) -> Self {
        let adopt = |(slot, id): (u8, &AccessKeyId)| OwnKey {
            id: id.clone(),
            slot,
            origin: Origin::TakenOver,
            since: now,
            phase: Phase::Superseded { since: now },
        };
        // The first key of its own is the wire's 0.
        let keys = [1, 0].into_iter().zip(taken_over).map(adopt).collect();
        let wanted = Some(Wanted::Rotation { trigger: Trigger::Creation, ignores_use: false });
        Self { keys, wanted, ..Self::default() }
    }

    /// The key in the secrets.
    #[must_use]
    pub fn published(&self) -> Option<&OwnKey> {
        self.keys.iter().find(|key| key.is_published())
    }

    /// The wire's `activeIndex`: the published key's place, 0 before there is one.
    #[must_use]
    pub fn active_index(&self) -> u8 {
        self.published().map_or(0, |key| key.slot)
    }

    /// How often a key must have worked to be published.
    #[must_use]
    pub(super) fn proofs_wanted(&self) -> u8 {
        if self.published().is_some() { PROOFS } else { 1 }
    }
}
