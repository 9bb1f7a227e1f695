//! The stored record of a rotation: its progress, the sealed halves of its keys, and who is at work on it.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{AccessKeyId, KeyRotation, Progress};
use crate::Timestamp;
use crate::id::{KeyRotationId, ProjectId};
use crate::lease::{Busy, Lease, LeaseLost};

/// What is stored of a rotation beside what people decided. Whoever changes it holds its lease.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RotationState {
    /// The rotation.
    pub id: KeyRotationId,
    /// Its project.
    pub project_id: ProjectId,
    /// How far it got.
    pub progress: Progress,
    /// The secret halves of the keys that it made, each sealed for this record, by the key's id.
    pub secrets: BTreeMap<AccessKeyId, String>,
    /// Who is at work on it, if somebody is.
    pub lease: Option<Lease>,
    /// When it is to be looked at; `None` when nothing happens until somebody asks. While somebody is at work, when the
    /// lease ends: who died does not give it back.
    pub due_at: Option<Timestamp>,
    /// The rotation itself, which was deleted with the wish that its keys go: this record stays until they are gone.
    pub ending: Option<Box<KeyRotation>>,
}

impl RotationState {
    /// The record of a rotation that was just decided: due now.
    #[must_use]
    pub fn new(rotation: &KeyRotation, progress: Progress, now: Timestamp) -> Self {
        Self {
            id: rotation.id,
            project_id: rotation.project_id,
            progress,
            secrets: BTreeMap::new(),
            lease: None,
            due_at: Some(now),
            ending: None,
        }
    }

    /// Whether there is something to do by `now`.
    #[must_use]
    pub fn is_due(&self, now: Timestamp) -> bool {
        self.due_at.is_some_and(|at| at <= now)
    }

    /// The record under the lease of `token`, for `span` from `now` on.
    ///
    /// # Errors
    /// [`Busy`] while somebody else's lease lasts.
    pub fn claim(&self, now: Timestamp, token: &str, span: Duration) -> Result<Self, Busy> {
        let lease = Lease::take(self.lease.as_ref(), token, now, span)?;
        Ok(Self { due_at: Some(lease.until), lease: Some(lease), ..self.clone() })
    }

    /// Whether the lease is `token`'s.
    ///
    /// # Errors
    /// [`LeaseLost`] when it is not.
    pub fn held(&self, token: &str) -> Result<(), LeaseLost> {
        Lease::check(self.lease.as_ref(), token)
    }

    /// The record with further progress. Secret halves of keys that are no more go with them.
    #[must_use]
    pub fn with(&self, progress: Progress) -> Self {
        let mut next = Self { progress, ..self.clone() };
        next.secrets.retain(|id, _| next.progress.keys.iter().any(|key| key.id == *id));
        next
    }

    /// The record with further progress, and the sealed half of a key that was made.
    #[must_use]
    pub fn with_key(&self, progress: Progress, id: AccessKeyId, sealed: String) -> Self {
        let mut next = self.clone();
        next.secrets.insert(id, sealed);
        next.with(progress)
    }

    /// The record without a lease, to be looked at `due_at`.
    #[must_use]
    pub fn released(&self, due_at: Option<Timestamp>) -> Self {
        Self { lease: None, due_at, ..self.clone() }
    }

    /// The record of a rotation that is deleted, and whose keys are to go now: all that it made, or only what nobody has.
    #[must_use]
    pub fn ended(&self, rotation: &KeyRotation, all_keys: bool, now: Timestamp) -> Self {
        let progress =
            if all_keys { self.progress.clone() } else { self.progress.without_what_people_have() };
        let progress = Progress { retry_at: None, failures: 0, wanted: None, ..progress };
        let ending = Some(Box::new(rotation.clone()));
        Self { ending, ..self.with(progress).released(Some(now)) }
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;
    use crate::key_rotation::tests::{at, key, rotation, with_one_key};

    const SPAN: Duration = Duration::from_secs(60);

    #[test]
    fn one_process_at_a_time_is_at_work_and_one_that_died_is_followed_by_another() {
        let state = RotationState::new(&rotation(), with_one_key(), at(0));
        let held = state.claim(at(0), "a", SPAN).unwrap();
        assert_eq!(held.claim(at(59), "b", SPAN), Err(Busy { until: at(60) }));
        assert!(
            !held.is_due(at(59)) && held.is_due(at(60)),
            "the end of the lease is when it is looked at again"
        );
        let taken = held.claim(at(60), "b", SPAN).unwrap();
        assert_eq!((taken.held("a"), taken.held("b")), (Err(LeaseLost), Ok(())));
        assert_eq!(taken.released(None).held("b"), Err(LeaseLost));
    }

    #[test]
    fn a_secret_half_goes_with_its_key() {
        let state = RotationState::new(&rotation(), with_one_key(), at(0));
        let held = state.with_key(state.progress.clone(), key('a'), "sealed".into());
        assert_eq!(held.secrets.len(), 1);
        assert_eq!(held.with(held.progress.deleted(&key('a'), at(1))).secrets.len(), 0);
    }
}
