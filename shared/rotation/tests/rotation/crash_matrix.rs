//! A process that dies, at every call, and whatever else befalls it: the key in the secrets works, both halves are of one key,
//! and no key is nobody's.

mod clocks;
mod crowd;
mod histories;
mod steps;

use std::time::Duration;

use model::id::KeyRotationId;
use model::key_rotation::RotationStatus;
use testkit::fuse::Fault;
use testkit::matrix;

use crate::clock;
use crate::world::{USER, World};

impl World {
    /// Ticks as [`World::settle`]; whoever dies is followed by another process.
    pub(super) async fn live(&self, id: KeyRotationId, seconds: u64) {
        let end = clock::now().plus(Duration::from_secs(seconds));
        while clock::now() < end {
            let due = self.safe.key_rotations_due(clock::now(), 100).await.unwrap();
            if due.contains(&id) && self.advance(id).await.is_err() {
                self.life.arm(Fault::None);
            }
            assert!(self.iam.keys(USER).len() <= 2);
            self.published().await;
            let next = self.safe.key_rotation_state(id).await.unwrap().and_then(|state| state.due_at);
            let next = next.map_or(end, |at| at.max(clock::now().plus(Duration::from_secs(1))));
            clock::advance_to(next.min(end));
        }
    }

    /// Everything is as if nothing had happened: the key in the secrets works, and every key is known.
    pub(super) async fn is_whole(&self, id: KeyRotationId, fault: Fault) {
        let read = self.read(id).await;
        let progress = &read.state.progress;
        assert_eq!(
            (progress.status, &read.state.lease),
            (RotationStatus::Success, &None),
            "{fault:?}: {progress:?}"
        );
        assert!(progress.intent.is_none() && progress.wanted.is_none(), "{fault:?}: {progress:?}");
        assert!(self.published().await.is_some(), "{fault:?}");
        let known: Vec<String> = progress.keys.iter().map(|key| key.id.to_string()).collect();
        for key in self.iam.keys(USER) {
            assert!(known.contains(&key.id), "{fault:?}: {} is nobody's: {progress:?}", key.id);
        }
    }
}

/// The story without a death, and with one before each of its calls and after the last. Dying after a call is dying before the
/// next one, since nothing but reads goes side by side.
async fn at_every_call(operation: &str, story: impl AsyncFn(Fault) -> u32) {
    matrix::everywhere(operation, 10, matrix::moments, "converges, no key is nobody's", story).await;
}
