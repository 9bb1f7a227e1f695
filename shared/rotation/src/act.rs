//! The steps themselves: each one effect, and its outcome in the record.

use std::time::Duration;

use access::AccessKey;
use futures::FutureExt as _;
use model::Timestamp;
use model::key_rotation::view::BLIND;
use model::key_rotation::{AccessKeyId, Blocked, LastUsed, Mend, Progress, Seen, Step};

use crate::events::Happened;
use crate::hold::{Hold, Next};
use crate::iam::{is_absent, is_certain};
use crate::target::Target;
use crate::{Error, publish};

/// While somebody waits, a new key is tried so often.
const BETWEEN_TRIES: Duration = Duration::from_secs(1);

/// A key is made by what IAM showed at most so long ago, or looked at again.
const FRESH: Duration = Duration::from_secs(2);

/// An intent that took longer to store is taken back: the key would be made so long after it that it could not be told from a
/// person's.
const PROMPT: Duration = Duration::from_secs(5);

/// A key may be tried again and again within one step only in the few seconds that a request has.
const LONGEST_TRYING: Duration = Duration::from_secs(8);

const NOT_ACCEPTED: &str =
    "AWS did not accept the new key within ten minutes; it was deleted, and the current key stays";
const NOT_RETURNED: &str = "the previous key does not work any more; the current key stays";

impl Hold<'_> {
    /// Takes a step.
    pub(crate) async fn act(&mut self, target: &Target, seen: &Seen, step: Step) -> Result<Next, Error> {
        let user = target.user(self.rotations);
        match step {
            Step::Idle => return self.rest(None).await,
            Step::WaitUntil(at) => return self.rest(Some(at)).await,
            Step::Create => return self.create_key(target, seen).await,
            Step::Suspend(id) => {
                present(user.set_active(&id, false).await)?;
                let now = self.now();
                let action = "key-rotation.suspend-orphan";
                self.store_told(action, id.last_four(), |progress| progress.suspended(&id, now)).await?;
            }
            Step::Spare(id) => {
                present(user.set_active(&id, true).await)?;
                self.store_told("key-rotation.spare-key", id.last_four(), |progress| progress.spared(&id))
                    .await?;
            }
            Step::RemoveOrphan(id) => {
                user.delete(&id).await?;
                let now = self.now();
                let action = "key-rotation.remove-orphan";
                self.store_told(action, id.last_four(), |progress| progress.orphan_removed(&id, now)).await?;
            }
            Step::Settle => self.store(|progress| progress.settled()).await?,
            Step::Prove(id) => return self.prove(seen, &id).await,
            Step::Discard(id) => {
                user.delete(&id).await?;
                let now = self.now();
                self.store_told("key-rotation.delete-key", id.last_four(), |progress| {
                    progress.deleted(&id, now)
                })
                .await?;
                return self.fail(Mend::Time, NOT_ACCEPTED).await;
            }
            Step::Publish(id) => publish::publish(self, target, &id).boxed().await?,
            Step::Reactivate(id) => {
                user.set_active(&id, true).await?;
                let now = self.now();
                self.store_told("key-rotation.reactivate-key", id.last_four(), |progress| {
                    progress.returning(&id, now)
                })
                .await?;
            }
            Step::LeaveOut(id) => {
                let (now, rotation) = (self.now(), self.rotation.clone());
                let told = self.audit("key-rotation.failed", vec![NOT_RETURNED.to_owned()]);
                self.amend(Some(&told), |state| {
                    let kept = state.progress.not_returned(&id, now);
                    let failed = kept.failed(&rotation, Mend::Owner, NOT_RETURNED, now);
                    state.with(Progress { retry_at: None, ..failed })
                })
                .await?;
                self.failed(NOT_RETURNED).await;
            }
            Step::Deactivate(id) => {
                present(user.set_active(&id, false).await)?;
                let now = self.now();
                let is_known = seen.key(&id).is_some_and(|key| key.last_used != LastUsed::Unknown);
                if !is_known && !self.state.progress.is_blind {
                    tracing::warn!(key_rotation.id = %self.rotation.id, hint = BLIND, "a permission would help");
                }
                self.store_told("key-rotation.deactivate-key", id.last_four(), |progress| {
                    progress.knowing(is_known).deactivated(&id, now)
                })
                .await?;
                self.rotations.events.tell(Happened::Deactivated, &self.rotation).await;
            }
            Step::Revive(id) => {
                let now = self.now();
                self.store(|progress| progress.revived(&id, now)).await?;
            }
            Step::Delete(id) => {
                user.delete(&id).await?;
                let now = self.now();
                self.store_told("key-rotation.delete-key", id.last_four(), |progress| {
                    progress.deleted(&id, now)
                })
                .await?;
            }
            Step::Forget(id) => {
                let now = self.now();
                self.store(|progress| progress.deleted(&id, now)).await?;
            }
            Step::Stop(blocked) => return self.stop(&blocked).await,
        }
        Ok(Next::Step)
    }

    /// The intent is stored, IAM is asked once, and the outcome is stored with the sealed half. A refusal settles the intent;
    /// where there was no answer, the intent stays, and by it what was made is found: the call leaves at once, so that what
    /// it made was made within seconds of the intent.
    async fn create_key(&mut self, target: &Target, seen: &Seen) -> Result<Next, Error> {
        let user = target.user(self.rotations);
        self.rotations.can_seal(&self.state).await?;
        user.turn_to_create().await;
        let looked_at = self.seen.as_ref().map_or_else(|| self.now(), |(_, at)| *at);
        if looked_at.plus(FRESH) < self.now() && !user.still_has(seen).await? {
            // Somebody was faster.
            self.seen = None;
            return Ok(Next::Step);
        }
        let now = self.now();
        self.store(|progress| progress.creating(seen, now)).await?;
        if now.plus(PROMPT) < self.now() {
            self.store(|progress| progress.settled()).await?;
            return Ok(Next::Step);
        }
        let made = match user.create().await {
            Ok(made) => made,
            Err(error) => {
                if is_certain(&error) {
                    self.store(|progress| progress.settled()).await?;
                }
                return Err(error.into());
            }
        };
        let (id, secret) = made;
        let sealed = self.rotations.seal_key(&self.state, &id, &secret).await?;
        let now = self.now();
        let audit = self.audit("key-rotation.create-key", vec![format!("key …{}", id.last_four())]);
        self.amend(Some(&audit), |state| {
            state.with_key(state.progress.created(id.clone(), now), id.clone(), sealed.clone())
        })
        .await?;
        Ok(Next::Step)
    }

    /// Asks AWS who it is under this key. It must be the user that the rotation pinned.
    async fn prove(&mut self, seen: &Seen, id: &AccessKeyId) -> Result<Next, Error> {
        let secret = match self.rotations.open_key(&self.state, id).await {
            Err(error) if error.is_passing() => return Err(error),
            // A key that nobody can open is a key that does not work.
            opened => opened.ok().flatten(),
        };
        let works = match secret {
            None => false,
            Some(secret_access_key) => {
                let key = AccessKey { access_key_id: id.to_string(), secret_access_key };
                self.tried(seen, &key).await?
            }
        };
        let now = self.now();
        self.store(|progress| progress.tried(id, works, now)).await?;
        Ok(Next::Step)
    }

    async fn tried(&self, seen: &Seen, key: &AccessKey) -> Result<bool, Error> {
        let rotations = self.rotations;
        let session = rotations.access.access_key_session(key, self.rotation.parameters.region.as_ref());
        // Where nobody waits, one try, and the next one in a later message.
        let patient = self.until.since(self.now()) <= LONGEST_TRYING;
        loop {
            let works = match rotations.access.fetch_identity(&session).await {
                Ok(identity) => seen.user_id.as_ref().is_some_and(|id| *id == identity.user_id),
                Err(error) if error.is_passing() => return Err(error.into()),
                Err(_) => false,
            };
            if works || !patient || self.now().plus(BETWEEN_TRIES) >= self.until {
                return Ok(works);
            }
            rotations.time.sleep(BETWEEN_TRIES).await;
        }
    }

    /// There is nothing to do until then. A look before this one that went wrong is over with that.
    async fn rest(&mut self, until: Option<Timestamp>) -> Result<Next, Error> {
        let now = self.now();
        if self.state.ending.is_none() && self.state.progress.retry_at.is_none_or(|at| at <= now) {
            let recovered = self.state.progress.recovered();
            if recovered.is_some() {
                self.store(|progress| progress.recovered().unwrap_or_else(|| progress.clone())).await?;
            }
        }
        Ok(Next::Wait(until))
    }

    async fn stop(&mut self, blocked: &Blocked) -> Result<Next, Error> {
        let (now, message) = (self.now(), blocked.to_string());
        let audit = self.audit("key-rotation.failed", vec![message.clone()]);
        let rotation = self.rotation.clone();
        self.amend(Some(&audit), |state| state.with(state.progress.blocked(&rotation, blocked, now))).await?;
        self.failed(&message).await;
        Ok(self.after_failure().await)
    }
}

/// What was done to a key; to one that somebody has deleted, nothing: the next look shows that.
fn present(done: Result<(), access::Error>) -> Result<(), Error> {
    match done {
        Err(error) if is_absent(&error) => Ok(()),
        done => Ok(done?),
    }
}
