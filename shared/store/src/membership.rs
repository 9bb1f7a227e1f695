//! Memberships: in the actor's partition, so that all that a caller may do is one read; listed by project.

use std::collections::HashMap;

use model::id::{IdentityId, MembershipId, ProjectId};
use model::identity::Identity;
use model::membership::{ActorKind, Membership};

use crate::entity::{Entity, NameGuard, Stored};
use crate::error::ReadError;
use crate::keys::Keys;
use crate::read::From;
use crate::{Store, identity};

impl Entity for Membership {
    const KIND: &'static str = "membership";

    fn keys(&self) -> Keys {
        Keys::within(partition(self.actor_kind, &self.actor_id), position(self.project_id)).listed(
            format!("PROJECT#{}", self.project_id),
            format!("MEMBERSHIP#{}#{}", self.actor_kind.name(), self.actor_name.to_lowercase()),
        )
    }

    /// The membership's own id finds it.
    fn names(&self) -> Vec<NameGuard> {
        let actor = format!("{}#{}", self.actor_kind.name(), self.actor_id);
        vec![NameGuard::new(Self::KIND, &self.project_id.to_string(), &self.id.to_string(), actor)]
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

    /// A membership by its own id. Two strongly consistent GetItems, one after the other.
    ///
    /// # Errors
    /// [`ReadError`] when the table cannot be read.
    pub async fn membership_by_id(
        &self,
        project: ProjectId,
        id: MembershipId,
    ) -> Result<Option<Stored<Membership>>, ReadError> {
        let actor = self.owner(Membership::KIND, &project.to_string(), &id.to_string()).await?;
        let Some(actor) = actor else { return Ok(None) };
        let (kind, actor) = match actor.split_once('#') {
            Some(("identity", actor)) => (ActorKind::Identity, actor),
            Some(("user", actor)) => (ActorKind::User, actor),
            Some(_) | None => {
                return Err(ReadError::Decode {
                    kind: Membership::KIND,
                    reason: "owner is no actor".to_owned(),
                });
            }
        };
        self.membership(kind, actor, project).await
    }

    /// Everybody who belongs to a project, machines first, by name. One eventually consistent Query for each MB.
    ///
    /// # Errors
    /// [`ReadError`] when the table cannot be read.
    pub async fn members_of(&self, project: ProjectId) -> Result<Vec<Stored<Membership>>, ReadError> {
        self.list(From::List, &format!("PROJECT#{project}"), "MEMBERSHIP#").await
    }

    /// The machines among members, as they are now; those that are gone are left out. One strongly consistent
    /// BatchGetItem for each hundred.
    ///
    /// # Errors
    /// [`ReadError`] when the table cannot be read.
    pub async fn identities_among(
        &self,
        members: &[Stored<Membership>],
    ) -> Result<HashMap<IdentityId, Identity>, ReadError> {
        let machines = members.iter().filter(|member| member.actor_kind == ActorKind::Identity);
        let ids = machines.filter_map(|member| member.actor_id.parse().ok());
        let keys: Vec<String> = ids.map(identity::partition).collect();
        let found: Vec<Stored<Identity>> = self.get_all(&keys).await?;
        Ok(found.into_iter().map(|identity| (identity.id, identity.value)).collect())
    }
}
