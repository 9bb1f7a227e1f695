//! The other syncs of the organisation, and what they may write.

use std::collections::{HashMap, HashSet};

use model::arn::AccountId;
use model::connection::Connection;
use model::id::{ConnectionId, EnvironmentId, ProjectId, SecretSyncId};
use model::secret_sync::SecretSync;
use model::secret_sync::overlap::Territory;
use store::{ReadError, Stored};
use web::Problem;

use crate::{Ctx, error};

/// All syncs, with what it takes to tell which names they may write.
pub(crate) struct Neighbours {
    syncs: Vec<Stored<SecretSync>>,
    pub(crate) connections: Vec<Stored<Connection>>,
    slugs: HashMap<EnvironmentId, String>,
}

impl Neighbours {
    /// Two eventually consistent Queries side by side for each MB, then one BatchGetItem for each hundred projects.
    pub(crate) async fn read(ctx: &Ctx) -> Result<Self, ReadError> {
        let (syncs, connections) = tokio::try_join!(
            ctx.store.secret_syncs(ctx.organization, None),
            ctx.store.connections_of(ctx.organization)
        )?;
        let mut projects: Vec<ProjectId> = syncs.iter().map(|sync| sync.project_id).collect();
        projects.sort_unstable();
        projects.dedup();
        let projects = ctx.store.projects(&projects).await?;
        let environments = projects.iter().flat_map(|project| project.value.environments.iter());
        let slugs = environments.map(|environment| (environment.id, environment.slug.clone())).collect();
        Ok(Self { syncs, connections, slugs })
    }

    /// The sync with this id.
    pub(crate) fn sync(&self, id: SecretSyncId) -> Option<&SecretSync> {
        self.syncs.iter().find(|sync| sync.id == id).map(|sync| &sync.value)
    }

    /// The slug of the environment that a sync reads, while it is there.
    pub(crate) fn slug(&self, environment: EnvironmentId) -> Option<&str> {
        self.slugs.get(&environment).map(String::as_str)
    }

    /// The syncs, all but one, that may write a name of this territory in one of these accounts. One whose environment is gone
    /// writes nothing any more.
    pub(crate) fn in_territory<'a>(
        &'a self,
        territory: &'a Territory,
        accounts: &'a HashSet<&AccountId>,
        but: Option<SecretSyncId>,
    ) -> impl Iterator<Item = &'a SecretSync> {
        let leads: HashMap<ConnectionId, &AccountId> =
            self.connections.iter().map(|connection| (connection.id, &connection.account_id)).collect();
        let others = self.syncs.iter().map(|sync| &sync.value).filter(move |sync| Some(sync.id) != but);
        let same_account = move |sync: &&SecretSync| {
            leads.get(&sync.connection_id).is_some_and(|account| accounts.contains(account))
        };
        others.filter(same_account).filter(|sync| {
            self.slug(sync.environment_id).is_some_and(|slug| {
                Territory::of(&sync.destination, &sync.options.affixes(slug)).overlaps(territory)
            })
        })
    }
}

/// Refuses a sync that may write a name that another sync may write, where the deployment blocks such. `environment` is the slug
/// of its source's. What is told of another project's sync is its project's id.
///
/// The lists are a moment behind: of two syncs that are made at the same moment neither may see the other. Then the first that
/// writes a name owns it, and the other one is told so, as without the block.
pub(crate) async fn refuse_duplicate(
    ctx: &Ctx,
    sync: &SecretSync,
    account: &AccountId,
    environment: &str,
) -> Result<(), Problem> {
    if !ctx.blocks_duplicates {
        return Ok(());
    }
    let neighbours = Neighbours::read(ctx).await?;
    let territory = Territory::of(&sync.destination, &sync.options.affixes(environment));
    let accounts = HashSet::from([account]);
    let mut others = neighbours.in_territory(&territory, &accounts, Some(sync.id));
    match others.next() {
        Some(other) if other.project_id == sync.project_id => {
            Err(error::duplicate(&format!("\"{}\"", other.name)))
        }
        Some(other) => Err(error::duplicate(&format!("of the project {}", other.project_id))),
        None => Ok(()),
    }
}
