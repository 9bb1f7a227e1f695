//! What is to happen to a sync, what happens, and what came of it: a state machine without clock or table, as
//! [`crate::secret_sync::run`] is one.

mod claim;
mod outcome;
mod waiting;
mod want;

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::slot::{Slot, SlotStatus};
use crate::Timestamp;
use crate::id::{CertificateSlotId, CertificateSyncId, ProjectId};
use crate::lease::Lease;

pub use crate::secret_sync::run::{JobState, JobStatus, LONGEST_MESSAGE, Removal, SETTLING, SYNC_ATTEMPTS};
pub use claim::{Claim, Work};
pub use outcome::{Finished, Outcome};
pub use want::Refused;

/// The longest that a look is put off.
pub const LONGEST_LOOK: Duration = Duration::from_secs(6 * 3_600);

/// The state of a sync's runs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CertificateSyncRun {
    /// The sync.
    pub id: CertificateSyncId,
    /// Its project.
    pub project_id: ProjectId,
    /// Whether a change of what is attached starts a run.
    pub auto: bool,
    /// How many certificates are attached: changed in the transaction that attaches or detaches.
    #[serde(default)]
    pub slots: i64,
    /// The slot whose certificate is the default of the listeners that take one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default_slot: Option<CertificateSlotId>,
    /// The definition is gone; what else is stored of the sync goes next, and this last.
    #[serde(default)]
    pub deleted: bool,
    /// When what is attached changed last since the last run read it. Written by whoever changes it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source_changed_at: Option<Timestamp>,
    /// When a worker should look. Written together with `source_changed_at`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due_at: Option<Timestamp>,
    /// Not before this, after a failure that time mends.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub not_before: Option<Timestamp>,
    /// A sync was asked for.
    #[serde(default)]
    pub wants_sync: bool,
    /// That sync may delete more than the deletion guard lets through.
    #[serde(default)]
    pub allow_deletions: bool,
    /// A removal was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wants_removal: Option<Removal>,
    /// A run left something that time mends (a certificate that is still in use, an endpoint that is behind): then it is
    /// looked at again, whatever else happens.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub look_at: Option<Timestamp>,
    /// How often it was looked at without an end since something was wanted.
    #[serde(default)]
    pub looks: u32,
    /// Who is at work.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lease: Option<Lease>,
    /// The work that was begun and is not finished, also between two attempts or messages.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub current: Option<Current>,
    /// What came of the last sync.
    #[serde(default)]
    pub sync: JobState,
    /// What came of the last removal.
    #[serde(default)]
    pub removal: JobState,
}

/// One kind of work.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", content = "how", rename_all = "kebab-case")]
pub enum Job {
    /// Bring the destination to what is wanted.
    Sync,
    /// Only what an earlier run left: nothing that was wanted since, of a sync that is not to follow by itself.
    Look,
    /// Remove from the destination all that is the sync's.
    Remove(Removal),
}

impl Job {
    /// How often it is tried.
    #[must_use]
    pub const fn attempts(self) -> u32 {
        SYNC_ATTEMPTS
    }

    /// As people call it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Sync | Self::Look => "sync",
            Self::Remove(_) => "removal",
        }
    }
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
    /// Whether the deletion guard is off.
    pub allow_deletions: bool,
}

impl CertificateSyncRun {
    /// The state of a new sync: nothing happened yet and nothing is wanted.
    #[must_use]
    pub fn new(id: CertificateSyncId, project_id: ProjectId, auto: bool) -> Self {
        Self {
            id,
            project_id,
            auto,
            slots: 0,
            default_slot: None,
            deleted: false,
            source_changed_at: None,
            due_at: None,
            not_before: None,
            wants_sync: false,
            allow_deletions: false,
            wants_removal: None,
            look_at: None,
            looks: 0,
            lease: None,
            current: None,
            sync: JobState::default(),
            removal: JobState::default(),
        }
    }

    /// Whether somebody is at work.
    #[must_use]
    pub fn is_leased(&self, now: Timestamp) -> bool {
        self.lease.as_ref().is_some_and(|lease| lease.until > now)
    }

    /// Whether the sync goes when its removal has succeeded.
    #[must_use]
    pub fn is_going(&self) -> bool {
        let begun = self.current.as_ref().map(|current| current.job);
        self.wants_removal == Some(Removal::ThenDelete) || begun == Some(Job::Remove(Removal::ThenDelete))
    }

    /// How the last sync stands.
    #[must_use]
    pub fn sync_status(&self) -> Option<JobStatus> {
        let begun = self.current.as_ref().filter(|current| current.job == Job::Sync);
        self.status(begun, self.wants_sync || self.is_changed(), &self.sync)
    }

    /// Why nothing was told of a slot since it was changed: the sync failed before it came to single slots.
    #[must_use]
    pub fn failed_before(&self, slot: &Slot) -> Option<&str> {
        let is_after = self.sync.at.is_some_and(|at| at >= slot.wanted.changed_at);
        let is_failed = self.sync_status() == Some(JobStatus::Failed);
        let reason = self.sync.message.as_deref().unwrap_or_default();
        (is_failed && is_after && slot.status() == SlotStatus::Pending).then_some(reason)
    }

    /// How the last removal stands.
    #[must_use]
    pub fn removal_status(&self) -> Option<JobStatus> {
        let begun = self.current.as_ref().filter(|current| matches!(current.job, Job::Remove(_)));
        self.status(begun, self.wants_removal.is_some(), &self.removal)
    }

    fn status(&self, begun: Option<&Current>, wanted: bool, last: &JobState) -> Option<JobStatus> {
        match begun {
            // Between two attempts nobody is at work.
            Some(_) if self.not_before.is_some() => Some(JobStatus::Pending),
            Some(_) => Some(JobStatus::Running),
            None if wanted => Some(JobStatus::Pending),
            None => last.status,
        }
    }

    /// Whether a change is to be followed.
    const fn is_changed(&self) -> bool {
        self.auto && self.source_changed_at.is_some()
    }

    /// What is told of a job; a look tells nothing of itself.
    const fn state_mut(&mut self, job: Job) -> Option<&mut JobState> {
        match job {
            Job::Sync => Some(&mut self.sync),
            Job::Look => None,
            Job::Remove(_) => Some(&mut self.removal),
        }
    }
}
