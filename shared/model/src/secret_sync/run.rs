//! What is to happen to a sync, what happens, and what came of it: a state machine without clock or table.
//!
//! A run is *wanted* (by people, or because the source changed), *claimed* under a lease, and *finished*, put off
//! (*retry*) or continued in the next message (*pause*). What is wanted while a run goes on is kept for the next one.
//! Every function answers the next state; who stores it says which version it read, so that nothing is lost when two do so
//! at once.

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

pub use job::{Current, Job, JobState, JobStatus, KeyFailure, Lease, Removal};
pub use outcome::{Finished, LeaseLost, Outcome};
pub use want::Refused;

/// How long after a change of the source its run begins: changes within it become one run.
pub const SETTLING: Duration = Duration::from_secs(2);
/// How often a sync is tried before it is given up. Imports and removals are tried once.
pub const SYNC_ATTEMPTS: u32 = 5;
/// The longest `lastSyncMessage`, in characters.
pub const LONGEST_MESSAGE: usize = 1_024;
/// The most failed keys that a run remembers from message to message; a run with more ends.
pub const MOST_FAILURES: usize = 500;
const FIRST_WAIT: Duration = Duration::from_secs(3);
const LONGEST_WAIT: Duration = Duration::from_secs(15 * 60);

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
    /// Whether the first sync is over: from then on nothing is adopted.
    #[serde(default)]
    pub first_sync_done: bool,
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

/// What comes of an attempt to claim.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Claim {
    /// There is work: store the state, and if that succeeds do `work` until the lease ends.
    Work {
        /// The state to store.
        next: Box<SecretSyncRun>,
        /// What to do.
        work: Work,
    },
    /// Somebody is at work, at the longest until then.
    Busy(Timestamp),
    /// There is work, but not before then.
    NotBefore(Timestamp),
    /// Nothing to do; a state to store when one is given (it takes the item out of the due index).
    Nothing(Option<Box<SecretSyncRun>>),
    /// The work was begun too often and never finished: store the state, which says so.
    GivenUp(Box<SecretSyncRun>),
    /// The sync was deleted: remove what else is stored of it. Needs no lease; twice is once.
    Purge,
}

/// What a claim hands out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Work {
    /// What to do.
    pub job: Job,
    /// Which attempt this is, from 1.
    pub attempt: u32,
    /// Whether no sync was completed yet: adopt as the first-sync behaviour says, and import first when it says so.
    pub first: bool,
    /// Whether the deletion guard is off for this run.
    pub allow_deletions: bool,
    /// The keys that failed earlier in this run, and are not tried again in it.
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

    /// Takes the work that is to be done now, for whoever calls itself `token`, for `lease`.
    ///
    /// Unfinished work comes first, then imports, removals, syncs. Everything that was wanted of a sync up to now is
    /// satisfied by it, because the source is read after the claim.
    #[must_use]
    pub fn claim(&self, now: Timestamp, token: &str, lease: Duration) -> Claim {
        if self.deleted {
            return Claim::Purge;
        }
        if let Some(lease) = self.lease.as_ref().filter(|lease| lease.until > now) {
            return Claim::Busy(lease.until);
        }
        let mut next = self.clone();
        let Some(mut current) = next.begun_or_wanted(token, now) else {
            return match (self.due_at, self.source_changed_at) {
                (None, None) => Claim::Nothing(None),
                (Some(_), _) | (_, Some(_)) => {
                    next.source_changed_at = None;
                    next.due_at = None;
                    Claim::Nothing(Some(Box::new(next)))
                }
            };
        };
        if let Some(at) = self.not_before.filter(|at| *at > now) {
            return Claim::NotBefore(at);
        }
        if !current.paused {
            current.attempt = current.attempt.saturating_add(1);
        }
        if current.attempt > current.job.attempts().saturating_add(1) {
            // One death more than attempts: a failure that is told ends after its last attempt already.
            let message = format!("The run was interrupted {} times and was given up", current.attempt - 1);
            next.close(current, now, &Outcome::failed(message));
            return Claim::GivenUp(Box::new(next));
        }
        if current.job == Job::Sync {
            next.source_changed_at = None;
            next.wants_sync = false;
            current.allow_deletions |= std::mem::take(&mut next.allow_deletions);
        }
        current.paused = false;
        let until = now.plus(lease);
        next.lease = Some(Lease { token: token.to_owned(), until });
        next.not_before = None;
        // Whoever dies is missed when the lease ends.
        next.due_at = Some(until);
        let work = Work {
            job: current.job,
            attempt: current.attempt,
            first: !next.first_sync_done,
            allow_deletions: current.allow_deletions,
            failures: current.failures.clone(),
        };
        let state = next.state_mut(current.job);
        state.status = Some(JobStatus::Running);
        state.job_id = Some(current.id.clone());
        next.current = Some(current);
        Claim::Work { next: Box::new(next), work }
    }

    /// The work that was begun, else what is wanted next, taken out of what is wanted.
    fn begun_or_wanted(&mut self, token: &str, now: Timestamp) -> Option<Current> {
        if let Some(begun) = self.current.take() {
            return Some(begun);
        }
        let job = if let Some(behavior) = self.wants_import.take() {
            Job::Import(behavior)
        } else if let Some(removal) = self.wants_removal.take() {
            Job::Remove(removal)
        } else if self.wants_sync || (self.auto && self.source_changed_at.is_some()) {
            Job::Sync
        } else {
            return None;
        };
        Some(Current::begin(job, token, now))
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

/// How long to wait after the attempt `attempt` (from 1), by `random` between 0 and 1: exponential with full jitter, from
/// 3 s to 15 min.
#[must_use]
pub fn backoff(attempt: u32, random: f64) -> Duration {
    let longest = FIRST_WAIT.saturating_mul(2_u32.saturating_pow(attempt.min(16))).min(LONGEST_WAIT);
    let spread = longest.saturating_sub(FIRST_WAIT);
    FIRST_WAIT.saturating_add(spread.mul_f64(random.clamp(0.0, 1.0)))
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
