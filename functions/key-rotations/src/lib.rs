//! Key rotations: their definitions, the keys that they made, and what people ask of them.
//!
//! Who may ask for what, and in which words it is answered. What is asked is done by `rotation`, by the same steps as the
//! worker's: a request goes as far as it gets in some seconds, and the worker goes on from there.
//!
//! Depends on `store`, `rotation`, `seal` and `vault` for their errors, and `web`.
//!
//! **Not here**: the steps and their order (`rotation`, `model::key_rotation`), what happens on schedule
//! (`key-rotation-worker`).

mod connection;
mod create;
mod credentials;
mod delete;
mod error;
mod get;
mod list;
mod options;
mod place;
mod rotate;
mod routes;
mod update;
mod view;

use std::time::Duration;

use aws_config::SdkConfig;
use model::Timestamp;
use model::id::OrganizationId;
use rotation::{Rotations, Settings};
use store::Store;
use vault::Author;
use web::Caller;

pub use routes::routes;

/// So long a request goes on before it answers how far it got: clients and API Gateway wait longer.
const PATIENCE: Duration = Duration::from_secs(6);

/// What every handler has at hand. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Ctx {
    store: Store,
    rotations: Rotations,
    organization: OrganizationId,
}

impl Ctx {
    /// Clients of this deployment's AWS, over `store`; `clock` tells the time.
    #[must_use]
    pub fn new(config: &SdkConfig, store: Store, settings: Settings, clock: fn() -> Timestamp) -> Self {
        let organization = settings.organization;
        Self::on(Rotations::new(config, store.clone(), settings, clock), store, organization)
    }

    /// The same with this way to carry rotations out.
    #[must_use]
    pub const fn on(rotations: Rotations, store: Store, organization: OrganizationId) -> Self {
        Self { store, rotations, organization }
    }
}

/// Who asks, for what is written on their behalf.
fn author(caller: &Caller) -> Author {
    let audit = caller.audit("", "", "", model::permission::Scope::Organization);
    Author { actor: audit.actor, origin: audit.origin, now: caller.now }
}

/// Until when a request goes on.
fn until(caller: &Caller) -> Timestamp {
    caller.now.plus(PATIENCE)
}
