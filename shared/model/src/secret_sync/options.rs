//! How a sync pushes.

use serde::{Deserialize, Serialize};

use super::key_schema::{Affixes, KeySchema};

/// The recovery window of deleted secrets where nobody chose one, in days.
pub const RECOVERY_WINDOW_DAYS: u8 = 30;
/// How often the destination is looked at where nobody chose.
pub const DRIFT_CHECK_INTERVAL_HOURS: u16 = 24;

/// What happens at the first sync to what is there already.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum InitialSyncBehavior {
    /// The source's values win; what is there of the same names is adopted.
    OverwriteDestination,
    /// New keys are taken over from the destination; on both sides, the source's value wins.
    ImportPrioritizeSource,
    /// New keys are taken over from the destination; on both sides, the destination's value wins.
    ImportPrioritizeDestination,
}

impl InitialSyncBehavior {
    /// Each behaviour with its name on the wire.
    pub const NAMES: &[(&str, Self)] = &[
        ("overwrite-destination", Self::OverwriteDestination),
        ("import-prioritize-source", Self::ImportPrioritizeSource),
        ("import-prioritize-destination", Self::ImportPrioritizeDestination),
    ];

    /// As the wire spells it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::OverwriteDestination => "overwrite-destination",
            Self::ImportPrioritizeSource => "import-prioritize-source",
            Self::ImportPrioritizeDestination => "import-prioritize-destination",
        }
    }

    /// The import that comes before the first sync, if any.
    #[must_use]
    pub const fn import(self) -> Option<ImportBehavior> {
        match self {
            Self::OverwriteDestination => None,
            Self::ImportPrioritizeSource => Some(ImportBehavior::PrioritizeSource),
            Self::ImportPrioritizeDestination => Some(ImportBehavior::PrioritizeDestination),
        }
    }
}

/// Whose value wins when an import finds a key on both sides.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ImportBehavior {
    /// The source's.
    PrioritizeSource,
    /// The destination's.
    PrioritizeDestination,
}

impl ImportBehavior {
    /// Each behaviour with its name on the wire.
    pub const NAMES: &[(&str, Self)] = &[
        ("prioritize-source", Self::PrioritizeSource),
        ("prioritize-destination", Self::PrioritizeDestination),
    ];

    /// As the wire spells it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::PrioritizeSource => "prioritize-source",
            Self::PrioritizeDestination => "prioritize-destination",
        }
    }
}

/// How a sync pushes. What was not given stays absent: clients compare.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SyncOptions {
    /// What happens at the first sync.
    pub initial_sync_behavior: InitialSyncBehavior,
    /// How keys are called at the destination.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key_schema: Option<KeySchema>,
    /// Whether nothing is ever deleted there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub disable_secret_deletion: Option<bool>,
    /// Whether sub-folders are pushed too.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recursive: Option<bool>,
    /// The KMS key, in any spelling; absent is the account's default key of the service.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key_id: Option<String>,
    /// Tags of everything that is written. Absent leaves tags alone, an empty list removes those that the sync set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tags: Option<Vec<Tag>>,
    /// Whether a secret's metadata become its tags.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sync_secret_metadata_as_tags: Option<bool>,
    /// Ours: whether a run may delete as much as it wants.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub disable_deletion_guard: Option<bool>,
    /// Ours: how long a deleted secret of Secrets Manager can be restored, 7 to 30 days.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recovery_window_days: Option<u8>,
    /// Ours: how often the destination is compared without writing, in hours; 0 is never.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub drift_check_interval_hours: Option<u16>,
}

/// A tag of a secret or parameter.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Tag {
    /// Its key.
    pub key: String,
    /// Its value.
    pub value: String,
}

impl SyncOptions {
    /// These options with everything left open but the first sync.
    #[must_use]
    pub const fn new(initial_sync_behavior: InitialSyncBehavior) -> Self {
        Self {
            initial_sync_behavior,
            key_schema: None,
            disable_secret_deletion: None,
            recursive: None,
            key_id: None,
            tags: None,
            sync_secret_metadata_as_tags: None,
            disable_deletion_guard: None,
            recovery_window_days: None,
            drift_check_interval_hours: None,
        }
    }

    /// What stands around a key in an environment.
    #[must_use]
    pub fn affixes(&self, environment: &str) -> Affixes {
        self.key_schema.as_ref().map_or_else(Affixes::default, |schema| schema.affixes(environment))
    }

    /// Whether what is not wanted any more is deleted there.
    #[must_use]
    pub fn deletes(&self) -> bool {
        !self.disable_secret_deletion.unwrap_or(false)
    }

    /// Whether sub-folders are pushed too.
    #[must_use]
    pub fn is_recursive(&self) -> bool {
        self.recursive.unwrap_or(false)
    }

    /// Whether a secret's metadata become its tags.
    #[must_use]
    pub fn metadata_as_tags(&self) -> bool {
        self.sync_secret_metadata_as_tags.unwrap_or(false)
    }

    /// Whether a run that would delete too much stops.
    #[must_use]
    pub fn guards_deletion(&self) -> bool {
        !self.disable_deletion_guard.unwrap_or(false)
    }

    /// How long a deleted secret can be restored, in days.
    #[must_use]
    pub fn recovery_window_days(&self) -> u8 {
        self.recovery_window_days.unwrap_or(RECOVERY_WINDOW_DAYS)
    }
}
