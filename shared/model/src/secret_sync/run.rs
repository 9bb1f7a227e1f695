//! What is to happen to a sync, what happens, and what came of it: a state machine without clock or table.
//!
//! A run is *wanted* (by people, or because the source changed), *claimed* under a lease, and *finished*, put off
//! (*retry*) or continued in the next message (*pause*). What is wanted while a run goes on is kept for the next one.
//! Every function answers the next state; who stores it says which version it read, so that nothing is lost when two do so
//! at once.

mod claim;
mod job;
mod outcome;
#[cfg(test)]
mod tests;
mod want;

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::options::ImportBehavior;
use crate::Timestamp;
use crate::id::{EnvironmentId, FolderId, ProjectId, SecretSyncId};

pub use claim::{Claim, Work};
pub use job::{Current, Job, JobState, JobStatus, KeyFailure, Lease, Removal};
pub use outcome::{Finished, Outcome};
pub use want::Refused;

/// How long after a change of the source its run begins: changes within it become one run.
pub const SETTLING: Duration = Duration::from_secs(2);
/// How often a sync is tried before it is given up. Imports and removals are tried once.
pub const SYNC_ATTEMPTS: u32 = 5;
/// The longest `lastSyncMessage`, in characters.
pub const LONGEST_MESSAGE: usize = 1_024;
/// The most failed keys that a run remembers from message to message; a run with more ends.
pub const MOST_FAILURES: usize = 500;

/// The state of a sync's runs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SecretSyncRun {
    /// The sync.
    pub id: SecretSyncId,
    /// Its project.
    pub project_id: ProjectId,
    /// Whether a change of the source starts a run.
    pub auto: bool,
    /// The definition is gone; what else is stored of the sync goes next, and this last.
    #[serde(default)]
    pub deleted: bool,
    /// When the source changed last since the last run read it. Written by whoever changes a secret, folder or import.
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
    /// An import was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wants_import: Option<ImportBehavior>,
    /// A removal was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wants_removal: Option<Removal>,
    /// Who is at work.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lease: Option<Lease>,
    /// The work that was begun and is not finished, also between two attempts or messages.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub current: Option<Current>,
    /// Whether the first sync is over, which it is when it tried every key once: from then on nothing is adopted, but for
    /// `unadopted`.
    #[serde(default)]
    pub first_sync_done: bool,
    /// What the first sync failed to write because AWS refused, by key or, of a document, by name: it may still be adopted.
    /// A key leaves this list with the first run in which it does not fail so, and none ever enters it later.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unadopted: Vec<String>,
    /// Whether the last sync came to an orderly end, with an answer of AWS to each of its writes: then the ledger knows
    /// everything that the sync made, and a tag that it does not know is somebody else's doing.
    #[serde(default)]
    pub settled: bool,
    /// What came of the last sync.
    #[serde(default)]
    pub sync: JobState,
    /// What came of the last import.
    #[serde(default)]
    pub import: JobState,
    /// What came of the last removal.
    #[serde(default)]
    pub removal: JobState,
    /// The keys that failed in the last sync.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub failures: Vec<KeyFailure>,
}

impl SecretSyncRun {
    /// The state of a new sync: nothing happened yet and nothing is wanted.
    #[must_use]
    pub fn new(id: SecretSyncId, project_id: ProjectId, auto: bool) -> Self {
        Self {
            id,
            project_id,
            auto,
            deleted: false,
            source_changed_at: None,
            due_at: None,
            not_before: None,
            wants_sync: false,
            allow_deletions: false,
            wants_import: None,
            wants_removal: None,
            lease: None,
            current: None,
            first_sync_done: false,
            unadopted: Vec::new(),
            settled: false,
            sync: JobState::default(),
            import: JobState::default(),
            removal: JobState::default(),
            failures: Vec::new(),
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

    /// What is told of the last job of a kind.
    #[must_use]
    pub const fn state(&self, job: Job) -> &JobState {
        match job {
            Job::Sync => &self.sync,
            Job::Import(_) => &self.import,
            Job::Remove(_) => &self.removal,
        }
    }

    const fn state_mut(&mut self, job: Job) -> &mut JobState {
        match job {
            Job::Sync => &mut self.sync,
            Job::Import(_) => &mut self.import,
            Job::Remove(_) => &mut self.removal,
        }
    }

    /// How the last sync stands.
    #[must_use]
    pub fn sync_status(&self) -> Option<JobStatus> {
        let wanted = self.wants_sync || (self.auto && self.source_changed_at.is_some());
        self.status(Job::Sync, wanted)
    }

    /// How the last import stands.
    #[must_use]
    pub fn import_status(&self) -> Option<JobStatus> {
        self.status(Job::Import(ImportBehavior::PrioritizeSource), self.wants_import.is_some())
    }

    /// How the last removal stands.
    #[must_use]
    pub fn removal_status(&self) -> Option<JobStatus> {
        self.status(Job::Remove(Removal::Keep), self.wants_removal.is_some())
    }

    fn status(&self, kind: Job, wanted: bool) -> Option<JobStatus> {
        let begun = self.current.as_ref().filter(|current| current.job.is_like(kind));
        match begun {
            // Between two attempts nobody is at work.
            Some(_) if self.not_before.is_some() => Some(JobStatus::Pending),
            Some(_) => Some(JobStatus::Running),
            None if wanted => Some(JobStatus::Pending),
            None => self.state(kind).status,
        }
    }
}

/// The folders that a sync reads: whoever changes one of them wakes it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SecretSyncWatches {
    /// The sync.
    pub id: SecretSyncId,
    /// The folders, each once.
    pub folders: Vec<Watched>,
}

/// A folder that a sync reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Watched {
    /// Its environment.
    pub environment_id: EnvironmentId,
    /// The folder.
    pub folder_id: FolderId,
}
