//! Carries out the steps of key rotations: in IAM, in the secrets, in the record.
//!
//! `model::key_rotation` decides the one next step; this crate takes it, under a lease, with the intent stored before an
//! effect that cannot be repeated and the outcome stored after each. [`Rotations::advance`] takes steps until there is
//! something to wait for: the worker calls it for what is due, and [`Rotations::create`], [`Rotations::rotate_now`],
//! [`Rotations::update`] and [`Rotations::delete`] do for people what they ask for, by the same steps.
//!
//! Depends on `access` (the way into the account, and the proof of a key), `vault` (the secrets), `seal`, `store`,
//! `queue` and `bus`; of AWS it calls IAM itself. IAM is asked as a session that may touch the one user.
//!
//! **Not here**: what the next step is (`model::key_rotation`), who may ask for what, any HTTP, any message.

mod act;
mod change;
mod create;
mod delete;
mod error;
mod events;
mod hold;
mod iam;
mod pace;
mod publish;
mod sealing;
mod target;
mod time;

use std::sync::Arc;

use access::Access;
use aws_config::SdkConfig;
use futures::FutureExt as _;
use model::Timestamp;
use model::id::{KeyRotationId, OrganizationId};
use model::key_rotation::Wanted;
use model::message::Noun;
use model::region::Region;
use queue::Queue;
use seal::Sealer;
use store::{RotationAndState, Store};
use vault::{Author, Vault};

pub use self::pace::{READS, WRITES};
pub use create::Creation;
pub use delete::Deletion;
pub use error::Error;
pub use sealing::Credential;
pub use time::{ClockTime, Time};

use self::pace::Pace;
use events::Events;
use hold::Hold;
use iam::Iam;

/// What the deployment says.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The organisation of this deployment.
    pub organization: OrganizationId,
    /// The region that Drawbridge runs in.
    pub region: Region,
    /// The KMS key that wraps data keys.
    pub sealing_key_id: String,
    /// The queue of secret syncs, which carry a new key on.
    pub secret_sync_queue_url: String,
    /// The queue of rotations.
    pub key_rotation_queue_url: String,
    /// How many processes like this one may be at work at once: each has its share of what IAM takes.
    pub processes: u32,
}

/// What carries rotations out. Cheap to clone; clones share what they know of IAM, and its pace.
#[derive(Debug, Clone)]
pub struct Rotations {
    store: Store,
    sealer: Sealer,
    vault: Vault,
    access: Access,
    iam: Iam,
    events: Events,
    syncs: Queue,
    queue: Queue,
    region: Region,
    time: Arc<dyn Time>,
}

/// What came of a look at a rotation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Advanced {
    /// There was nothing to do yet, or nothing any more.
    NotDue,
    /// Somebody else is at work.
    Busy,
    /// It did what there was to do, and waits.
    Waits,
    /// It had no more time, and goes on in the next message.
    Paused,
    /// The deleted rotation is gone with its keys.
    Purged,
    /// Somebody else took over, or deleted it.
    Lost,
}

impl Advanced {
    /// In a word, for the log.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::NotDue => "not due",
            Self::Busy => "busy",
            Self::Waits => "waits",
            Self::Paused => "paused",
            Self::Purged => "purged",
            Self::Lost => "lost",
        }
    }
}

impl Rotations {
    /// Clients of this deployment's AWS, over `store`; `clock` tells the time.
    #[must_use]
    pub fn new(config: &SdkConfig, store: Store, settings: Settings, clock: fn() -> Timestamp) -> Self {
        Self::on(config, store, settings, clock, Arc::new(ClockTime(clock)))
    }

    /// The same, waiting on `time`, which tells the same time as `clock`.
    #[must_use]
    pub fn on(
        config: &SdkConfig,
        store: Store,
        settings: Settings,
        clock: fn() -> Timestamp,
        time: Arc<dyn Time>,
    ) -> Self {
        let kms = aws_sdk_kms::Client::new(config);
        let sealer = Sealer::new(kms, store.clone(), settings.sealing_key_id, settings.organization);
        Self {
            vault: Vault::new(store.clone(), sealer.clone()),
            sealer,
            access: Access::new(config, settings.region.clone()),
            iam: Iam::new(config, Pace::new(Arc::clone(&time), settings.processes)),
            events: Events::new(config),
            syncs: Queue::new(config, settings.secret_sync_queue_url, Noun::SecretSync, clock),
            queue: Queue::new(config, settings.key_rotation_queue_url, Noun::KeyRotation, clock),
            region: settings.region,
            time,
            store,
        }
    }

    /// The queue of rotations.
    #[must_use]
    pub const fn queue(&self) -> &Queue {
        &self.queue
    }

    /// Takes the steps that are due, until there is something to wait for or it is `until`.
    ///
    /// A look that finds nothing due costs one GetItem; one that finds something, two writes more, one read of IAM's list of
    /// users and one of the user's keys, and for each step what the step does and one write.
    ///
    /// # Errors
    /// [`Error`] of the table. What AWS refuses is noted in the rotation's record, with when it is tried again.
    pub async fn advance(&self, id: KeyRotationId, until: Timestamp) -> Result<Advanced, Error> {
        let now = self.time.now();
        let Some(state) = self.store.key_rotation_state(id).await? else { return Ok(Advanced::NotDue) };
        if !state.is_due(now) {
            return Ok(Advanced::NotDue);
        }
        match Hold::take(self, id, until).await {
            Ok(hold) => match hold.run(until).boxed().await {
                Err(Error::LeaseLost | Error::Gone) => Ok(Advanced::Lost),
                ran => ran,
            },
            Err(Error::Busy { .. }) => Ok(Advanced::Busy),
            Err(Error::Gone) => Ok(Advanced::NotDue),
            Err(error) => Err(error),
        }
    }

    /// Does what `author` wants now, as far as it gets before `until`: the record says what came of it.
    ///
    /// # Errors
    /// [`Error::Gone`], [`Error::Busy`], and those of the table.
    pub async fn rotate_now(
        &self,
        id: KeyRotationId,
        author: &Author,
        wanted: Wanted,
        until: Timestamp,
    ) -> Result<RotationAndState, Error> {
        let mut hold = Hold::take_soon(self, id, until).await?;
        let action = match wanted {
            Wanted::Rotation { .. } => "key-rotation.rotate",
            Wanted::Rollback => "key-rotation.rollback",
        };
        hold.ask(author, action, |progress| progress.wanting(wanted)).await?;
        hold.run(until).boxed().await?;
        self.read(id).await
    }

    async fn read(&self, id: KeyRotationId) -> Result<RotationAndState, Error> {
        self.store.key_rotation(id).await?.ok_or(Error::Gone)
    }
}
