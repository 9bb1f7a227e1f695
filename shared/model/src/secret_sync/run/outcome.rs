//! How work ends, waits or goes on.

use std::time::Duration;

use super::{
    Current, Job, JobStatus, KeyFailure, LONGEST_MESSAGE, Lease, MOST_FAILURES, Removal, SecretSyncRun,
};
use crate::Timestamp;
use crate::lease::LeaseLost;

/// What came of work.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// Why it failed; `None` when it succeeded. Cut at [`LONGEST_MESSAGE`].
    pub failure: Option<String>,
    /// What people should know although nothing failed. Cut at [`LONGEST_MESSAGE`].
    pub remark: Option<String>,
    /// The keys that failed.
    pub failures: Vec<KeyFailure>,
    /// Whether a sync tried all keys, so that a first one is over. Says nothing for other work.
    pub completed: bool,
    /// What it failed to write because AWS refused, by key or, of a document, by name: a first sync leaves it to later ones to
    /// adopt.
    pub refused: Vec<String>,
    /// Whether the ledger knows everything that was done.
    pub settled: bool,
}

impl Outcome {
    /// Everything was done.
    #[must_use]
    pub const fn succeeded() -> Self {
        Self {
            failure: None,
            remark: None,
            failures: Vec::new(),
            completed: true,
            refused: Vec::new(),
            settled: true,
        }
    }

    /// It stopped before it was through.
    #[must_use]
    pub fn failed(message: impl Into<String>) -> Self {
        Self { failure: Some(message.into()), completed: false, settled: false, ..Self::succeeded() }
    }

    /// It went through, and these keys (at least one) failed.
    #[must_use]
    pub fn failed_keys(message: impl Into<String>, failures: Vec<KeyFailure>) -> Self {
        Self { failure: Some(message.into()), failures, ..Self::succeeded() }
    }
}

/// What is to be done when work is over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Finished {
    /// Store this state.
    Store(Box<SecretSyncRun>),
    /// The removal succeeded: the sync goes, with all that is stored of it.
    Delete,
}

impl SecretSyncRun {
    /// Keeps the lease for `lease` more.
    ///
    /// # Errors
    /// [`LeaseLost`] when somebody else has it.
    pub fn renew(&self, token: &str, now: Timestamp, lease: Duration) -> Result<Self, LeaseLost> {
        self.held(token)?;
        let until = now.plus(lease);
        let mut next = self.clone();
        next.lease = Some(Lease { token: token.to_owned(), until });
        next.due_at = Some(until);
        Ok(next)
    }

    /// The work is over.
    ///
    /// # Errors
    /// [`LeaseLost`] when somebody else has it.
    pub fn finish(&self, token: &str, now: Timestamp, outcome: &Outcome) -> Result<Finished, LeaseLost> {
        let current = self.held(token)?.clone();
        if current.job == Job::Remove(Removal::ThenDelete) && outcome.failure.is_none() {
            return Ok(Finished::Delete);
        }
        let mut next = self.clone();
        next.close(current, now, outcome);
        Ok(Finished::Store(Box::new(next)))
    }

    /// The work failed in a way that time mends: it is tried again after `wait`, or is over when this was its last attempt.
    ///
    /// # Errors
    /// [`LeaseLost`] when somebody else has it.
    pub fn retry(
        &self,
        token: &str,
        now: Timestamp,
        wait: Duration,
        message: impl Into<String>,
    ) -> Result<Self, LeaseLost> {
        let mut current = self.held(token)?.clone();
        let mut next = self.clone();
        if current.attempt >= current.job.attempts() {
            next.close(current, now, &Outcome::failed(message));
            return Ok(next);
        }
        let at = now.plus(wait);
        // A new attempt tries every key again.
        current.failures.clear();
        let state = next.state_mut(current.job);
        state.status = Some(JobStatus::Pending);
        state.message = Some(cut(message.into()));
        next.current = Some(current);
        next.lease = None;
        next.not_before = Some(at);
        next.due_at = Some(at);
        Ok(next)
    }

    /// The work goes on in the next message, without the keys that failed so far. With more failed keys than can be
    /// remembered it is over.
    ///
    /// # Errors
    /// [`LeaseLost`] when somebody else has it.
    pub fn pause(&self, token: &str, now: Timestamp, failures: Vec<KeyFailure>) -> Result<Self, LeaseLost> {
        let mut current = self.held(token)?.clone();
        let mut next = self.clone();
        if failures.len() > MOST_FAILURES {
            let message = format!("The run was stopped: more than {MOST_FAILURES} secrets failed");
            next.close(current, now, &Outcome { failures, ..Outcome::failed(message) });
            return Ok(next);
        }
        current.paused = true;
        current.looks_on = false;
        current.failures = failures;
        next.current = Some(current);
        next.lease = None;
        next.due_at = Some(now);
        Ok(next)
    }

    /// The same for work that has not seen everything that is there.
    ///
    /// # Errors
    /// [`LeaseLost`] when somebody else has it.
    pub fn pause_looking(
        &self,
        token: &str,
        now: Timestamp,
        failures: Vec<KeyFailure>,
    ) -> Result<Self, LeaseLost> {
        let mut next = self.pause(token, now, failures)?;
        if let Some(current) = &mut next.current {
            current.looks_on = true;
        }
        Ok(next)
    }

    /// The work of whoever holds the lease.
    fn held(&self, token: &str) -> Result<&Current, LeaseLost> {
        match (&self.lease, &self.current) {
            (Some(lease), Some(current)) if lease.token == token => Ok(current),
            (Some(_) | None, Some(_) | None) => Err(LeaseLost),
        }
    }

    /// Ends `current`, and is due at once when something was wanted meanwhile.
    pub(super) fn close(&mut self, current: Current, now: Timestamp, outcome: &Outcome) {
        let job = current.job;
        if job == Job::Sync {
            self.settled = outcome.settled;
            if outcome.completed && self.first_sync_done {
                self.unadopted.retain(|subject| outcome.refused.contains(subject));
            } else if outcome.completed {
                self.first_sync_done = true;
                self.unadopted = outcome.refused.iter().take(MOST_FAILURES).cloned().collect();
            }
            self.failures = outcome.failures.iter().take(MOST_FAILURES).cloned().collect();
        }
        let state = self.state_mut(job);
        state.job_id = Some(current.id);
        state.status = Some(if outcome.failure.is_none() { JobStatus::Succeeded } else { JobStatus::Failed });
        state.message = outcome.failure.clone().or_else(|| outcome.remark.clone()).map(cut);
        state.at = Some(now);
        self.current = None;
        self.lease = None;
        self.not_before = None;
        if !self.auto {
            self.source_changed_at = None;
        }
        self.due_at = self.wants_anything().then_some(now);
    }

    /// Whether a claim would find work that was not begun.
    #[must_use]
    pub fn wants_anything(&self) -> bool {
        self.wants_sync
            || self.wants_import.is_some()
            || self.wants_removal.is_some()
            || (self.auto && self.source_changed_at.is_some())
    }
}

/// At most [`LONGEST_MESSAGE`] characters.
fn cut(message: String) -> String {
    match message.char_indices().nth(LONGEST_MESSAGE) {
        Some((end, _)) => message[..end].to_owned(),
        None => message,
    }
}
