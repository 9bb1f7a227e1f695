//! Certificate syncs: the definition, what happens to it, and each certificate that is attached to it, together in one
//! partition and each in its own item, so that none of them makes another one wait. Where a certificate is attached is kept in
//! the certificate's partition.

mod attach;
mod places;
mod purge;
mod run;
mod slot;

use aws_sdk_dynamodb::types::AttributeValue;
use model::application::Application;
use model::certificate_sync::{CertificateSync, CertificateSyncRun};
use model::connection::{Connection, DependentKind};
use model::id::{CertificateSyncId, ProjectId};

use crate::entity::{Entity, Item, NameGuard, Stored, stored_from};
use crate::error::{Conflict, ReadError};
use crate::keys::Keys;
use crate::read::{From, fetch};
use crate::{Change, Store};

pub use attach::Attached;
pub use places::Places;

const LIST: &str = "CERTIFICATE_SYNC#";

impl Entity for CertificateSync {
    const KIND: &'static str = "certificate sync";

    fn keys(&self) -> Keys {
        let position = format!("{LIST}{}#{}", self.name.to_lowercase(), self.id);
        Keys::own(key(self.id)).listed(format!("PROJECT#{}", self.project_id), position)
    }

    fn names(&self) -> Vec<NameGuard> {
        vec![NameGuard::new(Self::KIND, &self.project_id.to_string(), &self.name, self.id)]
    }
}

/// The partition of a sync, and the position of its definition in it.
fn key(id: CertificateSyncId) -> String {
    format!("{LIST}{id}")
}

/// A definition with what happens to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CertificateSyncAndRun {
    /// The definition.
    pub sync: Stored<CertificateSync>,
    /// Its runs.
    pub run: Stored<CertificateSyncRun>,
}

impl Store {
    /// A sync by its id, with its run state. One strongly consistent Query of two items.
    ///
    /// # Errors
    /// [`ReadError`] when the table cannot be read.
    pub async fn certificate_sync(
        &self,
        id: CertificateSyncId,
    ) -> Result<Option<CertificateSyncAndRun>, ReadError> {
        let text = |text: &str| AttributeValue::S(text.to_owned());
        let page = self
            .client
            .query()
            .table_name(&self.table)
            // In order: CERTIFICATE_SYNC#…, RUN, SLOT#….
            .key_condition_expression("pk = :pk AND sk BETWEEN :pk AND :run")
            .expression_attribute_values(":pk", text(&key(id)))
            .expression_attribute_values(":run", text(run::POSITION))
            .consistent_read(true)
            .send()
            .await
            .map_err(|error| fetch(CertificateSync::KIND, error))?;
        let (mut sync, mut run) = (None, None);
        for item in page.items.unwrap_or_default() {
            if is(&item, CertificateSync::KIND) {
                sync = Some(stored_from(item)?);
            } else {
                run = Some(stored_from(item)?);
            }
        }
        match (sync, run) {
            (Some(sync), Some(run)) => Ok(Some(CertificateSyncAndRun { sync, run })),
            (Some(_), None) => Err(ReadError::Decode {
                kind: CertificateSync::KIND,
                reason: "it has no run state".to_owned(),
            }),
            (None, _) => Ok(None),
        }
    }

    /// The id of the sync of this name in a project. One strongly consistent GetItem.
    ///
    /// # Errors
    /// [`ReadError`] when the table cannot be read.
    pub async fn certificate_sync_named(
        &self,
        project: ProjectId,
        name: &str,
    ) -> Result<Option<CertificateSyncId>, ReadError> {
        self.owner_id(CertificateSync::KIND, &project.to_string(), name).await
    }

    /// The syncs of a project with their run states, by name. Two eventually consistent Queries side by side for each MB,
    /// which is about 700 syncs.
    ///
    /// # Errors
    /// [`ReadError`] when the table cannot be read.
    pub async fn certificate_syncs_of(
        &self,
        project: ProjectId,
    ) -> Result<Vec<CertificateSyncAndRun>, ReadError> {
        let list = format!("PROJECT#{project}");
        let (syncs, runs) = tokio::try_join!(
            self.list::<CertificateSync>(From::List, &list, LIST),
            self.certificate_sync_runs_of(project)
        )?;
        let mut runs: std::collections::HashMap<_, _> = runs.into_iter().map(|run| (run.id, run)).collect();
        let joined = syncs.into_iter().map(|sync| {
            // The two lists are a moment behind each on its own.
            let run = runs.remove(&sync.id).unwrap_or_else(|| {
                let run = CertificateSyncRun::new(sync.id, sync.project_id, sync.is_auto_sync_enabled);
                Stored::created(run, sync.created_at)
            });
            CertificateSyncAndRun { sync, run }
        });
        Ok(joined.collect())
    }

    /// These syncs, in no order; absent ones are left out. One strongly consistent BatchGetItem for each hundred.
    ///
    /// # Errors
    /// [`ReadError`] when the table cannot be read.
    pub async fn certificate_syncs(
        &self,
        ids: &[CertificateSyncId],
    ) -> Result<Vec<Stored<CertificateSync>>, ReadError> {
        let partitions: Vec<_> = ids.iter().map(|id| key(*id)).collect();
        self.get_all(&partitions).await
    }
}

impl Change {
    /// A new sync with its run state, counted by its connection and its application.
    #[must_use]
    pub fn create_certificate_sync(
        self,
        sync: &CertificateSync,
        run: &CertificateSyncRun,
        connection: &Connection,
        application: &Application,
    ) -> Self {
        self.create(sync)
            .create(run)
            .gain_dependent(connection, DependentKind::CertificateSync)
            .gain_certificate_sync(application, 1)
    }

    /// A definition goes, at once: its name is free, its connection and application count one less. What else is stored of
    /// it, and its name at the certificates, is removed by [`Store::purge_certificate_sync`], for which the run state stays
    /// due.
    #[must_use]
    pub fn delete_certificate_sync(
        self,
        read: &CertificateSyncAndRun,
        connection: Option<&Connection>,
        application: Option<&Application>,
    ) -> Self {
        let deleted = read.run.deleted(self.now());
        let mut change = self.delete(&read.sync).replace(&read.run, &deleted);
        if let Some(connection) = connection {
            change = change.lose_dependent(connection, DependentKind::CertificateSync);
        }
        if let Some(application) = application {
            change = change.gain_certificate_sync(application, -1);
        }
        change
    }

    /// An application that is being deleted at the same moment refuses one of the two.
    fn gain_certificate_sync(self, application: &Application, step: i64) -> Self {
        let gone = Conflict::Stale { kind: Application::KIND };
        self.count(application, "certificate_syncs", step, None, gone)
    }
}

fn is(item: &Item, kind: &str) -> bool {
    item.get("kind").and_then(|kind| kind.as_s().ok()).is_some_and(|stored| stored == kind)
}
