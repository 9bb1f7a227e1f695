//! The worker: a tick, and a look at one rotation.

use std::time::Duration;

use futures::FutureExt as _;
use job::{Deadline, Report, Worker};
use model::Timestamp;
use model::id::KeyRotationId;
use model::message::Noun;
use rotation::{Advanced, Rotations};
use store::{ReadError, Store};

/// So many rotations in one tick. What is left comes a minute later.
const AT_ONCE: u16 = 1_000;

/// No step begins in the last moments of an invocation: the one under way ends, and is written down.
const TO_PUT_AWAY: Duration = Duration::from_secs(20);

/// What takes the steps of rotations. Cheap to clone.
#[derive(Debug, Clone)]
pub struct KeyRotationWorker {
    store: Store,
    rotations: Rotations,
}

/// Why a tick or a look failed as a whole. What AWS refuses a rotation is no fault: the rotation's record says it.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// The table could not be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// Messages could not be sent.
    #[error(transparent)]
    Queue(#[from] queue::SendError),
    /// The rotation's record could not be read or written.
    #[error(transparent)]
    Rotation(#[from] rotation::Error),
}

impl KeyRotationWorker {
    /// Over the rotations of `store`.
    #[must_use]
    pub const fn new(store: Store, rotations: Rotations) -> Self {
        Self { store, rotations }
    }
}

impl Worker for KeyRotationWorker {
    type Error = Fault;

    const NOUNS: &'static [Noun] = &[Noun::KeyRotation];

    /// One Query, which costs what is due, and one call for ten that are.
    async fn tick(&self, deadline: Deadline) -> Result<Report, Fault> {
        let due = self.store.key_rotations_due(deadline.now(), AT_ONCE).boxed().await?;
        let (count, truncated, due_since) = (due.len(), due.len() >= usize::from(AT_ONCE), due.since);
        self.rotations.queue().send(due.ids).boxed().await?;
        Ok(Report { due: count, advanced: count, failed: Vec::new(), truncated, due_since })
    }

    async fn work(&self, _: Noun, id: &str, deadline: Deadline) -> Result<&'static str, Fault> {
        let Ok(id) = id.parse::<KeyRotationId>() else {
            tracing::warn!("a message without a rotation's id");
            return Ok("no rotation's id");
        };
        let until: Timestamp = deadline.ends().minus(TO_PUT_AWAY);
        // The futures of the SDKs are deep; on the heap the compiler has an end to them.
        Ok(self.rotations.advance(id, until).boxed().await.map(Advanced::name)?)
    }
}
