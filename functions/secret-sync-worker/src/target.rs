//! What a run is about: the definition, its environment, and the connection with its account.

use model::connection::Connection;
use model::project::Project;
use model::secret_sync::plan::Place;
use model::secret_sync::{Affixes, SecretSync};
use store::Stored;

use crate::worker::SecretSyncWorker;
use crate::{Fault, Stop};

/// Everything that a run needs besides secrets and AWS.
#[derive(Debug)]
pub(crate) struct Target {
    pub(crate) sync: Stored<SecretSync>,
    pub(crate) connection: Connection,
    project: Option<Project>,
    /// How keys are called at the destination; `None` when the environment, which may be part of it, is gone.
    pub(crate) affixes: Option<Affixes>,
    /// What stands for absent affixes where nothing is written.
    none: Affixes,
}

impl Target {
    /// What the definition names, as it is now. Two GetItems side by side.
    pub(crate) async fn find(worker: &SecretSyncWorker, sync: Stored<SecretSync>) -> Result<Self, Fault> {
        let (connection, project) = tokio::try_join!(
            worker.store.connection(sync.connection_id),
            worker.store.project(sync.project_id)
        )?;
        let connection = connection.ok_or(Stop::ConnectionGone)?.value;
        let project = project.map(|read| read.value);
        let environment = project.as_ref().and_then(|project| project.environments.find(sync.environment_id));
        let affixes = environment.map(|(_, environment)| sync.options.affixes(&environment.slug));
        Ok(Self { sync, connection, project, affixes, none: Affixes::default() })
    }

    /// The project, as long as the sync's environment is in it.
    pub(crate) fn project(&self) -> Result<&Project, Stop> {
        let there = self.project.as_ref().filter(|_| self.affixes.is_some());
        there.ok_or(Stop::SourceGone)
    }

    /// The same, as plans are made for it.
    pub(crate) fn place(&self) -> Place<'_> {
        Place {
            sync: self.sync.id,
            account: &self.connection.account_id,
            config: &self.sync.destination,
            affixes: self.affixes.as_ref().unwrap_or(&self.none),
            options: &self.sync.options,
        }
    }
}
