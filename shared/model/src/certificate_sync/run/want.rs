//! How work comes to be wanted.

use super::{CertificateSyncRun, JobStatus, Removal, SETTLING};
use crate::Timestamp;

/// Why work cannot be asked for now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// A job goes on.
    #[error("A {0} job for this sync is already in progress")]
    Running(&'static str),
    /// The sync is on its way out.
    #[error("This sync is being deleted together with its certificates")]
    Going,
}

impl CertificateSyncRun {
    /// What is attached was changed, or one of the certificates. Whoever does so writes exactly this, without reading first.
    /// For a sync without auto-sync a claim throws it away.
    #[must_use]
    pub fn woken(&self, now: Timestamp) -> Self {
        Self { source_changed_at: Some(now), due_at: Some(now.plus(SETTLING)), ..self.clone() }
    }

    /// The definition was changed: whether it follows by itself.
    #[must_use]
    pub fn amended(&self, auto: bool) -> Self {
        let mut next = Self { auto, ..self.clone() };
        if auto != self.auto {
            // What changed while nobody wanted to follow is no reason to; whoever begins to follow syncs once anyway.
            next.source_changed_at = None;
        }
        next
    }

    /// The definition goes: whoever is at work loses the lease, and a worker is to clean up now.
    #[must_use]
    pub fn deleted(&self, now: Timestamp) -> Self {
        Self { deleted: true, lease: None, current: None, due_at: Some(now), ..self.clone() }
    }

    /// A sync after the definition was made or changed: also behind a job that goes on.
    #[must_use]
    pub fn queue_sync(&self, now: Timestamp) -> Self {
        Self { wants_sync: true, due_at: Some(now), not_before: None, ..self.clone() }
    }

    /// Somebody asks for a sync. One that waits for its next attempt is tried at once.
    ///
    /// # Errors
    /// [`Refused`] while a job goes on, or when the sync is on its way out.
    pub fn want_sync(&self, now: Timestamp, allow_deletions: bool) -> Result<Self, Refused> {
        self.free(now)?;
        let mut next = self.queue_sync(now);
        next.allow_deletions = allow_deletions;
        Ok(next)
    }

    /// Somebody asks for the removal of all that is the sync's. What was wanted before is not wanted any more: a sync that
    /// runs after the removal would undo it.
    ///
    /// # Errors
    /// As [`CertificateSyncRun::want_sync`].
    pub fn want_removal(&self, now: Timestamp, removal: Removal) -> Result<Self, Refused> {
        self.free(now)?;
        let mut next = self.clone();
        if let Some(waiting) = next.current.take()
            && let Some(state) = next.state_mut(waiting.job)
        {
            state.status = Some(JobStatus::Failed);
            state.message.get_or_insert_with(|| "Given up in favour of a removal".to_owned());
            state.at = Some(now);
        }
        Ok(Self {
            wants_removal: Some(removal),
            wants_sync: false,
            allow_deletions: false,
            source_changed_at: None,
            look_at: None,
            looks: 0,
            not_before: None,
            lease: None,
            due_at: Some(now),
            ..next
        })
    }

    /// Whether people may ask for something: nobody is at work (who died is not), and no work is only between two messages.
    fn free(&self, now: Timestamp) -> Result<(), Refused> {
        if self.is_going() {
            return Err(Refused::Going);
        }
        match &self.current {
            Some(current) if self.is_leased(now) || current.paused => {
                Err(Refused::Running(current.job.name()))
            }
            Some(_) | None => Ok(()),
        }
    }
}
