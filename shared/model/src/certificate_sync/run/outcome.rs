//! How work ends, waits or goes on.

use std::time::Duration;

use super::{CertificateSyncRun, Current, Job, JobStatus, LONGEST_LOOK, LONGEST_MESSAGE, Removal};
use crate::Timestamp;
use crate::lease::{Lease, LeaseLost};

/// What came of work.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Outcome {
    /// Why it failed; `None` when it succeeded. Cut at [`LONGEST_MESSAGE`].
    pub failure: Option<String>,
    /// What people should know although nothing failed. Cut at [`LONGEST_MESSAGE`].
    pub remark: Option<String>,
    /// Something is left that time mends: it is looked at again after so long.
    pub look_again: Option<Duration>,
}

impl Outcome {
    /// Everything was done.
    #[must_use]
    pub fn succeeded() -> Self {
        Self::default()
    }

    /// Something was not.
    #[must_use]
    pub fn failed(message: impl Into<String>) -> Self {
        Self { failure: Some(message.into()), ..Self::default() }
    }
}

/// What is to be done when work is over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Finished {
    /// Store this state.
    Store(Box<CertificateSyncRun>),
    /// The removal succeeded: the sync goes, with all that is stored of it.
    Delete,
}

impl CertificateSyncRun {
    /// The work is over. A removal that succeeded with a look still to come is not: it goes on then.
    ///
    /// # Errors
    /// [`LeaseLost`] when somebody else has it.
    pub fn finish(&self, token: &str, now: Timestamp, outcome: &Outcome) -> Result<Finished, LeaseLost> {
        let current = self.held(token)?.clone();
        let is_done = outcome.failure.is_none() && outcome.look_again.is_none();
        if current.job == Job::Remove(Removal::ThenDelete) && is_done {
            return Ok(Finished::Delete);
        }
        let mut next = self.clone();
        if let (Job::Remove(_), None, Some(wait)) = (current.job, &outcome.failure, outcome.look_again) {
            // Waiting is no failure: it does not count as an attempt, but as a look.
            next.looks = next.looks.saturating_add(1);
            let current = Current { attempt: 0, ..current };
            next.put_off(current, now, wait, outcome.remark.clone());
        } else {
            next.close(current, now, outcome);
        }
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
        let current = self.held(token)?.clone();
        let mut next = self.clone();
        if current.attempt >= current.job.attempts() {
            next.close(current, now, &Outcome::failed(message));
        } else {
            next.put_off(current, now, wait, Some(message.into()));
        }
        Ok(next)
    }

    /// The work goes on in the next message.
    ///
    /// # Errors
    /// [`LeaseLost`] when somebody else has it.
    pub fn pause(&self, token: &str, now: Timestamp) -> Result<Self, LeaseLost> {
        let current = self.held(token)?.clone();
        let mut next = self.clone();
        next.current = Some(Current { paused: true, ..current });
        next.lease = None;
        next.due_at = Some(now);
        Ok(next)
    }

    /// The work of whoever holds the lease.
    fn held(&self, token: &str) -> Result<&Current, LeaseLost> {
        Lease::check(self.lease.as_ref(), token)?;
        self.current.as_ref().ok_or(LeaseLost)
    }

    fn put_off(&mut self, current: Current, now: Timestamp, wait: Duration, message: Option<String>) {
        let at = now.plus(wait);
        if let Some(state) = self.state_mut(current.job) {
            state.status = Some(JobStatus::Pending);
            state.message = message.map(cut);
        }
        self.current = Some(current);
        self.lease = None;
        self.not_before = Some(at);
        self.due_at = Some(at);
    }

    /// Ends `current`, and is due at once when something was wanted meanwhile, else when it is to be looked at again: after a
    /// removal it is not.
    pub(super) fn close(&mut self, current: Current, now: Timestamp, outcome: &Outcome) {
        let job = current.job;
        if let Some(state) = self.state_mut(job) {
            state.job_id = Some(current.id);
            state.status =
                Some(if outcome.failure.is_none() { JobStatus::Succeeded } else { JobStatus::Failed });
            state.message = outcome.failure.clone().or_else(|| outcome.remark.clone()).map(cut);
            state.at = Some(now);
        }
        self.current = None;
        self.lease = None;
        self.not_before = None;
        if !self.auto {
            self.source_changed_at = None;
        }
        // A look is a sync, and would bring back what a removal has removed: who wants the rest to go asks again. A renewal that
        // could not be carried is tried until it can be: nobody else does before the old certificate ends.
        let is_to_be_carried = self.auto && outcome.failure.is_some();
        let looks_again = outcome.look_again.or(is_to_be_carried.then_some(LONGEST_LOOK));
        let looks_again = looks_again.filter(|_| !matches!(job, Job::Remove(_)));
        self.look_at = looks_again.map(|wait| now.plus(wait.min(LONGEST_LOOK)));
        self.looks = if self.look_at.is_some() { self.looks.saturating_add(1) } else { 0 };
        self.due_at = if self.wants_anything() { Some(now) } else { self.look_at };
    }

    /// Whether a claim would find work that was not begun, but for looks.
    #[must_use]
    pub fn wants_anything(&self) -> bool {
        self.wants_sync || self.wants_removal.is_some() || self.is_changed()
    }
}

/// At most [`LONGEST_MESSAGE`] characters.
fn cut(message: String) -> String {
    match message.char_indices().nth(LONGEST_MESSAGE) {
        Some((end, _)) => message[..end].to_owned(),
        None => message,
    }
}
