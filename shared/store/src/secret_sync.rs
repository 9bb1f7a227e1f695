//! Secret syncs: the definition, what happens to it, and what it owns at the destination, together in one partition and
//! each in its own item, so that none of them makes another one wait.

mod ledger;
mod purge;
mod run;

use aws_sdk_dynamodb::types::AttributeValue;
use model::connection::{Connection, DependentKind};
use model::id::{OrganizationId, ProjectId, SecretSyncId};
use model::project::Project;
use model::secret_sync::{SecretSync, SecretSyncDrift, SecretSyncRun};

use crate::entity::{Entity, Item, NameGuard, Stored, stored_from};
use crate::error::{Conflict, ReadError};
use crate::keys::Keys;
use crate::read::{From, fetch};
use crate::{Change, Store};

pub use ledger::LedgerStep;

impl Entity for SecretSync {
    const KIND: &'static str = "secret sync";

    fn keys(&self) -> Keys {
        let position = format!("{}{}", position(Some(self.project_id)), self.name);
        Keys::own(key(self.id)).listed(format!("ORG#{}", self.organization_id), position)
    }

    fn names(&self) -> Vec<NameGuard> {
        vec![NameGuard::new(Self::KIND, &self.project_id.to_string(), &self.name, self.id)]
    }
}

/// The partition of a sync, and the position of its definition in it.
fn key(id: SecretSyncId) -> String {
    format!("SECRET_SYNC#{id}")
}

/// The beginning of the list positions of a project's syncs, or of all.
fn position(project: Option<ProjectId>) -> String {
    project.map_or_else(|| "SECRET_SYNC#".to_owned(), |project| format!("SECRET_SYNC#{project}#"))
}

/// A definition with what happens to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SyncAndRun {
    /// The definition.
    pub sync: Stored<SecretSync>,
    /// Its runs.
    pub run: Stored<SecretSyncRun>,
}

impl Store {
    /// A sync by its id, with its run state. One strongly consistent Query of two items.
    ///
    /// # Errors
    /// [`ReadError`] when the table cannot be read.
    pub async fn secret_sync(&self, id: SecretSyncId) -> Result<Option<SyncAndRun>, ReadError> {
        let key = key(id);
        let text = |text: &str| AttributeValue::S(text.to_owned());
        let page = self
            .client
            .query()
            .table_name(&self.table)
            // In order: DRIFT, OWNED#…, RUN, SECRET_SYNC#…, WATCHES.
            .key_condition_expression("pk = :pk AND sk BETWEEN :run AND :pk")
            .expression_attribute_values(":pk", text(&key))
            .expression_attribute_values(":run", text(run::POSITION))
            .consistent_read(true)
            .send()
            .await
            .map_err(|error| fetch(SecretSync::KIND, error))?;
        let (mut sync, mut run) = (None, None);
        for item in page.items.unwrap_or_default() {
            if is(&item, SecretSync::KIND) {
                sync = Some(stored_from(item)?);
            } else {
                run = Some(stored_from(item)?);
            }
        }
        match (sync, run) {
            (Some(sync), Some(run)) => Ok(Some(SyncAndRun { sync, run })),
            (Some(_), None) => {
                Err(ReadError::Decode { kind: SecretSync::KIND, reason: "it has no run state".to_owned() })
            }
            (None, _) => Ok(None),
        }
    }

    /// The id of the sync of this name in a project. One strongly consistent GetItem.
    ///
    /// # Errors
    /// [`ReadError`] when the table cannot be read.
    pub async fn secret_sync_named(
        &self,
        project: ProjectId,
        name: &str,
    ) -> Result<Option<SecretSyncId>, ReadError> {
        self.owner_id(SecretSync::KIND, &project.to_string(), name).await
    }

    /// The syncs of a project with their run states, by name. Two eventually consistent Queries side by side for each MB,
    /// which is about 700 syncs.
    ///
    /// # Errors
    /// [`ReadError`] when the table cannot be read.
    pub async fn secret_syncs_of(
        &self,
        organization: OrganizationId,
        project: ProjectId,
    ) -> Result<Vec<SyncAndRun>, ReadError> {
        let (syncs, runs) = tokio::try_join!(
            self.secret_syncs(organization, Some(project)),
            self.secret_sync_runs_of(project)
        )?;
        let mut runs: std::collections::HashMap<_, _> = runs.into_iter().map(|run| (run.id, run)).collect();
        let joined = syncs.into_iter().map(|sync| {
            // The two lists are a moment behind each on its own.
            let run = runs.remove(&sync.id).unwrap_or_else(|| {
                let run = SecretSyncRun::new(sync.id, sync.project_id, sync.is_auto_sync_enabled);
                Stored::created(run, sync.created_at)
            });
            SyncAndRun { sync, run }
        });
        Ok(joined.collect())
    }

    /// The definitions of a project, or of the whole organisation, by project and name. One eventually consistent Query for
    /// each MB, which is about 1,000 syncs.
    ///
    /// # Errors
    /// [`ReadError`] when the table cannot be read.
    pub async fn secret_syncs(
        &self,
        organization: OrganizationId,
        project: Option<ProjectId>,
    ) -> Result<Vec<Stored<SecretSync>>, ReadError> {
        self.list(From::List, &format!("ORG#{organization}"), &position(project)).await
    }
}

impl Change {
    /// A new sync with its run state and drift check, counted by its connection and its project.
    #[must_use]
    pub fn create_secret_sync(
        self,
        sync: &SecretSync,
        run: &SecretSyncRun,
        drift: &SecretSyncDrift,
        connection: &Connection,
        project: &Project,
    ) -> Self {
        self.create(sync)
            .create(run)
            .create(drift)
            .gain_dependent(connection, DependentKind::SecretSync)
            .gain_secret_sync(project)
    }

    /// A definition goes, at once: its name is free, its connection and project count one less. What else is stored of it,
    /// and its id in the folders' states, is removed by [`Store::purge_secret_sync`], for which the run state stays due.
    #[must_use]
    pub fn delete_secret_sync(
        self,
        read: &SyncAndRun,
        connection: Option<&Connection>,
        project: Option<&Project>,
    ) -> Self {
        let deleted = read.run.deleted(self.now());
        let mut change = self.delete(&read.sync).replace(&read.run, &deleted);
        if let Some(connection) = connection {
            change = change.lose_dependent(connection, DependentKind::SecretSync);
        }
        if let Some(project) = project {
            change = change.lose_secret_sync(project);
        }
        change
    }

    /// The project has one sync more. A project that is being deleted at the same moment refuses one of the two.
    fn gain_secret_sync(self, project: &Project) -> Self {
        self.count(project, "secret_syncs", 1, None, Conflict::Stale { kind: Project::KIND })
    }

    fn lose_secret_sync(self, project: &Project) -> Self {
        self.count(project, "secret_syncs", -1, None, Conflict::Stale { kind: Project::KIND })
    }
}

fn is(item: &Item, kind: &str) -> bool {
    item.get("kind").and_then(|kind| kind.as_s().ok()).is_some_and(|stored| stored == kind)
}
