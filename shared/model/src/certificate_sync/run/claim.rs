//! Taking work under a lease.

use std::time::Duration;

use super::{CertificateSyncRun, Current, Job, JobStatus, Outcome, Removal};
use crate::Timestamp;
use crate::lease::Lease;

/// What comes of an attempt to claim.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Claim {
    /// There is work: store the state, and if that succeeds do `work` until the lease ends.
    Work {
        /// The state to store.
        next: Box<CertificateSyncRun>,
        /// What to do.
        work: Work,
    },
    /// Somebody is at work, at the longest until then.
    Busy(Timestamp),
    /// There is work, but not before then.
    NotBefore(Timestamp),
    /// Nothing to do; a state to store when one is given (it takes the item out of the due index, or to another time).
    Nothing(Option<Box<CertificateSyncRun>>),
    /// The work was begun too often and never finished: store the state, which says so.
    GivenUp(Box<CertificateSyncRun>),
    /// The sync was deleted: remove what else is stored of it. Needs no lease; twice is once.
    Purge,
}

/// What a claim hands out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Work {
    /// What to do.
    pub job: Job,
    /// Which attempt this is, from 1.
    pub attempt: u32,
    /// Whether the deletion guard is off for this run.
    pub allow_deletions: bool,
    /// How often it was looked at without an end since something was wanted.
    pub looks: u32,
}

impl Work {
    /// Whether what was wanted since the last run is carried out; otherwise only slots of which the last revision was told
    /// already ([`crate::certificate_sync::Slot::is_open`] is false) may be touched.
    #[must_use]
    pub const fn follows(&self) -> bool {
        match self.job {
            Job::Sync => true,
            Job::Look => false,
            Job::Remove(Removal::Keep | Removal::ThenDelete) => true,
        }
    }
}

impl CertificateSyncRun {
    /// Takes the work that is to be done now, for whoever calls itself `token`, for `lease`.
    ///
    /// Unfinished work comes first, then removals, syncs, looks. Everything that was wanted of a sync up to now is satisfied
    /// by it, because the slots are read after the claim.
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
            // A change that is not to be followed is thrown away; a look that is still to come stays.
            next.source_changed_at = None;
            next.due_at = next.look_at;
            return Claim::Nothing((next != *self).then(|| Box::new(next)));
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
        // Whatever is done, it looks.
        next.look_at = None;
        current.paused = false;
        let until = now.plus(lease);
        next.lease = Some(Lease { token: token.to_owned(), until });
        next.not_before = None;
        // Whoever dies is missed when the lease ends.
        next.due_at = Some(until);
        let work = Work {
            job: current.job,
            attempt: current.attempt,
            allow_deletions: current.allow_deletions,
            looks: next.looks,
        };
        if let Some(state) = next.state_mut(current.job) {
            state.status = Some(JobStatus::Running);
            state.job_id = Some(current.id.clone());
        }
        next.current = Some(current);
        Claim::Work { next: Box::new(next), work }
    }

    /// The work that was begun, else what is wanted next, taken out of what is wanted. A look that was begun becomes a sync
    /// when one is wanted meanwhile. Looks are counted for one wish: what the next one leaves is looked at soon again, however
    /// long the last one's was waited for.
    fn begun_or_wanted(&mut self, token: &str, now: Timestamp) -> Option<Current> {
        let wants_sync = self.wants_sync || self.is_changed();
        if let Some(begun) = self.current.take() {
            let job = if begun.job == Job::Look && wants_sync { Job::Sync } else { begun.job };
            return Some(Current { job, ..begun });
        }
        let job = if let Some(removal) = self.wants_removal.take() {
            self.looks = 0;
            Job::Remove(removal)
        } else if wants_sync {
            self.looks = 0;
            Job::Sync
        } else if self.look_at.is_some_and(|at| at <= now) {
            if self.auto { Job::Sync } else { Job::Look }
        } else {
            return None;
        };
        Some(Current {
            job,
            id: token.to_owned(),
            begun_at: now,
            attempt: 0,
            paused: false,
            allow_deletions: false,
        })
    }
}
