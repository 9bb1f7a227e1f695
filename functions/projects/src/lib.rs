//! Projects, their environments, and who belongs to them.
//!
//! The routes come in three families with different wrappings (`/api/v1/workspace`, `/api/v2/workspace`,
//! `/api/v1/projects`), because the clients use all of them; a handler each for what they share.
//!
//! Whoever makes a project is its administrator. The last administrator of a project may be removed: the
//! organisation's administrators remain, and are administrators of every project.
//!
//! Depends on `store` and `web`; it calls DynamoDB and nothing else of AWS.
//!
//! **Not here**: folders, tags and secrets (`secrets`), connections of a project (`connections`), machine identities
//! themselves (`identities`), roles of a customer's own making.

mod create;
mod delete;
mod ending;
mod environment;
mod error;
mod form;
mod get;
mod identity_membership;
mod membership;
mod person_membership;
mod renaming;
mod routes;
#[cfg(test)]
mod tests;
mod update;
mod view;
mod which;

use model::organization::Organization;
use store::Store;

pub use routes::routes;

/// What every handler needs.
#[derive(Debug, Clone)]
pub struct Ctx {
    /// The table.
    pub store: Store,
    /// The organisation of this deployment.
    pub organization: Organization,
}
