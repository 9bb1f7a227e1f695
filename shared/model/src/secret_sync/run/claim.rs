//! Taking work under a lease.

use std::time::Duration;

use super::{Current, Job, JobStatus, KeyFailure, Lease, Outcome, SecretSyncRun};
use crate::Timestamp;

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
    /// What may be adopted although the first sync is over ([`SecretSyncRun::unadopted`]).
    pub unadopted: Vec<String>,
    /// Whether everything that carries the sync's tag and is its own is in the ledger ([`SecretSyncRun::settled`]). Never
    /// after a death, nor in a second attempt.
    pub settled: bool,
    /// Whether the deletion guard is off for this run.
    pub allow_deletions: bool,
    /// The keys that failed earlier in this run, and are not tried again in it.
    pub failures: Vec<KeyFailure>,
}

impl SecretSyncRun {
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
            // Whoever began before may have done what it could not write down.
            next.settled &= current.attempt == 1;
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
            unadopted: next.unadopted.clone(),
            settled: next.settled,
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
}
