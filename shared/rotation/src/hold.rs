//! The hold of one process on one rotation: taken before anything is done, checked whenever something is stored, and given
//! back with when to look again.

use std::time::Duration;

use futures::FutureExt as _;
use model::Timestamp;
use model::audit::{Actor, AuditRecord, Origin};
use model::id::KeyRotationId;
use model::key_rotation::{KeyRotation, Mend, Progress, RotationState, Seen, Step};
use uuid::Uuid;
use vault::Author;

use crate::events::Happened;
use crate::target::Target;
use crate::{Advanced, Error, Rotations};

/// A lease ends so long after its holder's time: by then the process is no more, and no call of it is under way.
const AFTER_THE_END: Duration = Duration::from_secs(30);

/// How long a request waits for whoever is at work.
const WAIT: Duration = Duration::from_secs(3);
const BETWEEN_LOOKS: Duration = Duration::from_millis(300);

/// So many steps in one hold: more than any rotation has.
const STEPS: u32 = 40;

/// The longest message, in characters.
const LONGEST_MESSAGE: usize = 1_024;

/// Failures that pass by themselves are told from so many in a row on.
const TOLD_AFTER: u32 = 3;

/// What IAM showed is believed for so long, while nothing is changed there.
const BELIEVED: Duration = Duration::from_secs(5);

/// A deleted rotation whose keys cannot be removed is given up after so many failures, which is some days.
const PATIENCE_AFTER_THE_END: u32 = 12;

/// A rotation that this process works on.
#[derive(Debug)]
pub(crate) struct Hold<'r> {
    pub(crate) rotations: &'r Rotations,
    token: String,
    pub(crate) rotation: KeyRotation,
    pub(crate) state: RotationState,
    /// Until when a step may go on trying.
    pub(crate) until: Timestamp,
    /// What IAM showed, and when.
    pub(crate) seen: Option<(Seen, Timestamp)>,
}

/// What follows from a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Next {
    /// Another step.
    Step,
    /// Nothing until then; `None` until somebody asks.
    Wait(Option<Timestamp>),
}

impl<'r> Hold<'r> {
    /// Takes the rotation.
    pub(crate) async fn take(
        rotations: &'r Rotations,
        id: KeyRotationId,
        until: Timestamp,
    ) -> Result<Self, Error> {
        let (now, token) = (rotations.time.now(), Uuid::new_v4().to_string());
        let span = until.since(now) + AFTER_THE_END;
        let claimed =
            rotations.store.amend_key_rotation(id, now, None, |state| match state.claim(now, &token, span) {
                Ok(next) => (Some(next.clone()), Ok(next)),
                Err(busy) => (None, Err(busy)),
            });
        let state = match claimed.await? {
            Some(Ok(state)) => state,
            Some(Err(busy)) => return Err(Error::Busy { until: busy.until }),
            None => return Err(Error::Gone),
        };
        // The definition is read after the claim: whoever changes it holds the lease.
        let rotation = match &state.ending {
            Some(rotation) => (**rotation).clone(),
            None => rotations.read(id).await?.rotation.value,
        };
        Ok(Self::of_new(rotations, token, rotation, state, until))
    }

    /// The same for somebody who waits: whoever is at work may be done in a moment.
    pub(crate) async fn take_soon(
        rotations: &'r Rotations,
        id: KeyRotationId,
        until: Timestamp,
    ) -> Result<Self, Error> {
        let patience = rotations.time.now().plus(WAIT);
        loop {
            let hold = match Self::take(rotations, id, until).await {
                Err(Error::Busy { .. }) if rotations.time.now() < patience => {
                    rotations.time.sleep(BETWEEN_LOOKS).await;
                    continue;
                }
                taken => taken?,
            };
            if hold.state.ending.is_some() {
                hold.release(Some(hold.now())).await?;
                return Err(Error::Gone);
            }
            return Ok(hold);
        }
    }

    /// The hold of whoever stores the rotation with its claim.
    pub(crate) const fn of_new(
        rotations: &'r Rotations,
        token: String,
        rotation: KeyRotation,
        state: RotationState,
        until: Timestamp,
    ) -> Self {
        Self { rotations, token, rotation, state, until, seen: None }
    }

    /// A state under the lease of a new token.
    pub(crate) fn claimed(
        state: &RotationState,
        now: Timestamp,
        until: Timestamp,
    ) -> (String, RotationState) {
        let token = Uuid::new_v4().to_string();
        let claimed = state.claim(now, &token, until.since(now) + AFTER_THE_END);
        // Nobody holds a new one.
        let claimed = claimed.unwrap_or_else(|_| state.clone());
        (token, claimed)
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.rotations.time.now()
    }

    /// Whether a state is under this hold.
    pub(crate) fn holds(&self, state: &RotationState) -> Result<(), Error> {
        state.held(&self.token).map_err(|_| Error::LeaseLost)
    }

    /// Takes steps until there is something to wait for, or no more time.
    pub(crate) async fn run(mut self, until: Timestamp) -> Result<Advanced, Error> {
        self.until = until;
        let mut target = None;
        for _ in 0..STEPS {
            if self.now() >= until {
                break;
            }
            // On the heap: the futures of the SDKs are deep.
            let next = match self.step(&mut target).boxed().await {
                Ok(next) => next,
                Err(error) if error.ends_the_work() => return Err(error),
                Err(error) => self.fail(mend(&error), &error.in_words()).await?,
            };
            match next {
                Next::Step => {}
                Next::Wait(None) if self.state.ending.is_some() => {
                    self.purge().await?;
                    return Ok(Advanced::Purged);
                }
                Next::Wait(at) => {
                    self.release(at).await?;
                    return Ok(Advanced::Waits);
                }
            }
        }
        self.release(Some(self.now())).await?;
        self.rotations.queue.wake([self.rotation.id]).await;
        Ok(Advanced::Paused)
    }

    /// One look, and the one step that follows from it.
    async fn step(&mut self, target: &mut Option<Target>) -> Result<Next, Error> {
        if let Some(at) = self.state.progress.retry_at.filter(|at| *at > self.now()) {
            // IAM is not asked for nothing.
            return Ok(Next::Wait(Some(at)));
        }
        let target = match target {
            Some(target) => target,
            None => target.insert(self.rotations.target(&self.rotation).await?),
        };
        let (seen, step) = self.look(target).boxed().await?;
        tracing::info!(key_rotation.id = %self.rotation.id, step = name(&step), "a step of a rotation");
        if step.changes_keys() {
            self.seen = None;
        }
        self.act(target, &seen, step).boxed().await
    }

    /// What IAM shows, and what follows from it. When keys were used last is asked for where something depends on it.
    async fn look(&mut self, target: &Target) -> Result<(Seen, Step), Error> {
        let user = target.user(self.rotations);
        let now = self.now();
        let (seen, at) = match self.seen.take().filter(|(_, at)| at.plus(BELIEVED) > now) {
            Some(believed) => believed,
            None => (user.look(self.state.progress.user_id.as_deref(), now).await?, now),
        };
        let step = self.next(&seen);
        let (seen, step) = match step.depends_on_use() {
            true => {
                let seen = user.with_uses(seen).await?;
                let step = self.next(&seen);
                (seen, step)
            }
            false => (seen, step),
        };
        self.seen = Some((seen.clone(), at));
        Ok((seen, step))
    }

    fn next(&self, seen: &Seen) -> Step {
        match self.state.ending {
            Some(_) => self.state.progress.ending(seen, self.now()),
            None => self.state.progress.next(&self.rotation, seen, self.now()),
        }
    }

    /// Stores what came of a step, as long as the hold lasts.
    pub(crate) async fn store(&mut self, step: impl Fn(&Progress) -> Progress) -> Result<(), Error> {
        self.amend(None, |state| state.with(step(&state.progress))).await
    }

    /// The same as a line of the audit trail, about something that was done to a key.
    pub(crate) async fn store_told(
        &mut self,
        action: &str,
        key: &str,
        step: impl Fn(&Progress) -> Progress,
    ) -> Result<(), Error> {
        let audit = self.audit(action, vec![format!("key …{key}")]);
        self.amend(Some(&audit), |state| state.with(step(&state.progress))).await
    }

    /// Stores what somebody asks for.
    pub(crate) async fn ask(
        &mut self,
        author: &Author,
        action: &str,
        step: impl Fn(&Progress) -> Progress,
    ) -> Result<(), Error> {
        let audit = AuditRecord {
            actor: author.actor.clone(),
            origin: author.origin.clone(),
            ..self.audit(action, Vec::new())
        };
        self.amend(Some(&audit), |state| state.with(step(&state.progress))).await
    }

    pub(crate) async fn amend(
        &mut self,
        audit: Option<&AuditRecord>,
        step: impl Fn(&RotationState) -> RotationState,
    ) -> Result<(), Error> {
        let (now, token) = (self.now(), &self.token);
        let amended = self.rotations.store.amend_key_rotation(self.rotation.id, now, audit, |state| {
            match state.held(token) {
                Ok(()) => {
                    let next = step(state);
                    (Some(next.clone()), Ok(next))
                }
                Err(lost) => (None, Err(lost)),
            }
        });
        match amended.await? {
            Some(Ok(next)) => {
                self.state = next;
                Ok(())
            }
            Some(Err(_)) => Err(Error::LeaseLost),
            None => Err(Error::Gone),
        }
    }

    /// Notes a failure, tells it, and says when it is tried again. No message has a secret: they are AWS's words and ours.
    pub(crate) async fn fail(&mut self, mend: Mend, message: &str) -> Result<Next, Error> {
        let now = self.now();
        let message: String = message.chars().take(LONGEST_MESSAGE).collect();
        let audit = self.audit("key-rotation.failed", vec![message.clone()]);
        let rotation = self.rotation.clone();
        let failed =
            |state: &RotationState| state.with(state.progress.failed(&rotation, mend, message.clone(), now));
        self.amend(Some(&audit), failed).await?;
        // What passes by itself is nobody's to mend before it has not passed a few times.
        if mend == Mend::Owner || self.state.progress.failures >= TOLD_AFTER {
            self.failed(&message).await;
        }
        Ok(self.after_failure().await)
    }

    /// What follows from a failure that was noted: it is tried again in its time; or the end of a deleted rotation, which is
    /// told, with the keys that stay behind.
    pub(crate) async fn after_failure(&self) -> Next {
        if !self.is_given_up() {
            return Next::Step;
        }
        self.failed("the keys of a deleted rotation stay behind: it could not delete them for days").await;
        Next::Wait(None)
    }

    /// Whether a deleted rotation has tried long enough to delete its keys.
    pub(crate) const fn is_given_up(&self) -> bool {
        self.state.ending.is_some() && self.state.progress.failures >= PATIENCE_AFTER_THE_END
    }

    /// Tells a failure that was noted.
    pub(crate) async fn failed(&self, message: &str) {
        metrics::failed(metrics::Capability::KeyRotation);
        tracing::error!(key_rotation.id = %self.rotation.id, reason = message, "key rotation failed");
        self.rotations.events.tell(Happened::Failed, &self.rotation).await;
    }

    /// Gives the rotation back.
    pub(crate) async fn release(&self, due_at: Option<Timestamp>) -> Result<(), Error> {
        let (now, token) = (self.now(), &self.token);
        let released = self.rotations.store.amend_key_rotation(self.rotation.id, now, None, |state| {
            // Whoever has taken over gives it back.
            (state.held(token).is_ok().then(|| state.released(due_at)), ())
        });
        Ok(released.await.map(drop)?)
    }

    /// A line of the audit trail about something that the rotation does by itself.
    pub(crate) fn audit(&self, action: &str, details: Vec<String>) -> AuditRecord {
        AuditRecord {
            at: self.now(),
            actor: worker(),
            origin: Origin::default(),
            action: action.to_owned(),
            resource_id: self.rotation.id.to_string(),
            resource_name: self.rotation.name.clone(),
            project_id: Some(self.rotation.project_id),
            details,
        }
    }
}

/// Who works when nobody asks.
pub(crate) fn worker() -> Actor {
    Actor::system("key-rotation-worker")
}

fn mend(error: &Error) -> Mend {
    if error.is_passing() { Mend::Time } else { Mend::Owner }
}

/// A step in a word, for the log: no key's id.
const fn name(step: &Step) -> &'static str {
    match step {
        Step::Idle => "idle",
        Step::WaitUntil(_) => "wait",
        Step::Create => "create",
        Step::Suspend(_) => "suspend",
        Step::Spare(_) => "spare",
        Step::RemoveOrphan(_) => "remove orphan",
        Step::Settle => "settle",
        Step::Prove(_) => "prove",
        Step::Discard(_) => "discard",
        Step::Publish(_) => "publish",
        Step::Reactivate(_) => "reactivate",
        Step::LeaveOut(_) => "leave out",
        Step::Deactivate(_) => "deactivate",
        Step::Revive(_) => "revive",
        Step::Delete(_) => "delete",
        Step::Forget(_) => "forget",
        Step::Stop(_) => "stop",
    }
}
