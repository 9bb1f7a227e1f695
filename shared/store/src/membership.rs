//! Memberships: in the actor's partition, so that all that a caller may do is one read; listed by project.

use model::id::ProjectId;
use model::membership::{ActorKind, Membership};

use crate::Store;
use crate::entity::{Entity, Stored};
use crate::error::ReadError;
use crate::keys::Keys;
use crate::read::From;

impl Entity for Membership {
    const KIND: &'static str = "membership";

    fn keys(&self) -> Keys {
        Keys::within(partition(self.actor_kind, &self.actor_id), position(self.project_id)).listed(
            format!("PROJECT#{}", self.project_id),
            format!("MEMBERSHIP#{}#{}", self.actor_kind.name(), self.actor_name.to_lowercase()),
        )
    }
}

fn partition(kind: ActorKind, id: &str) -> String {
    format!("ACTOR#{}#{id}", kind.name())
}

fn position(project: ProjectId) -> String {
    format!("MEMBERSHIP#{project}")
}

impl Store {
    /// What an actor is, in every project it belongs to. One strongly consistent Query.
    ///
    /// # Errors
    /// [`ReadError`] when the table cannot be read.
    pub async fn memberships_of(
        &self,
        kind: ActorKind,
        id: &str,
    ) -> Result<Vec<Stored<Membership>>, ReadError> {
        self.list(From::Table, &partition(kind, id), "MEMBERSHIP#").await
    }

    /// What an actor is in one project. One strongly consistent GetItem.
    ///
    /// # Errors
    /// [`ReadError`] when the table cannot be read.
    pub async fn membership(
        &self,
        kind: ActorKind,
        id: &str,
        project: ProjectId,
    ) -> Result<Option<Stored<Membership>>, ReadError> {
        self.get(&partition(kind, id), &position(project)).await
    }

    /// Everybody who belongs to a project, machines first, by name. One eventually consistent Query for each MB.
    ///
    /// # Errors
    /// [`ReadError`] when the table cannot be read.
    pub async fn members_of(&self, project: ProjectId) -> Result<Vec<Stored<Membership>>, ReadError> {
        self.list(From::List, &format!("PROJECT#{project}"), "MEMBERSHIP#").await
    }
}
