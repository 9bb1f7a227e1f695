//! Environments that are called otherwise: an environment's slug is part of the names that syncs give (`{{environment}}`), and
//! references are written with it.

use model::id::SecretSyncId;
use model::project::Project;
use store::{Change, CommitError, ReadError, Store};

/// How many syncs are woken in the transaction of the change itself.
const AT_ONCE: usize = 80;

/// The syncs that are to look again after a change of a project.
pub(crate) struct Readers(Vec<SecretSyncId>);

impl Readers {
    /// The project's syncs that follow their sources, when an environment has a slug after the change that none had before;
    /// else none. Which of them the slug concerns, only a run knows. One Query and one BatchGetItem for each hundred.
    pub(crate) async fn of(store: &Store, before: &Project, after: &Project) -> Result<Self, ReadError> {
        let is_new = |slug: &str| before.environments.find_by_slug(slug).is_none();
        if !after.environments.iter().any(|environment| is_new(&environment.slug)) {
            return Ok(Self(Vec::new()));
        }
        let syncs = store.secret_syncs(after.organization_id, Some(after.id)).await?;
        let following = syncs.iter().filter(|sync| sync.is_auto_sync_enabled);
        let following: Vec<SecretSyncId> = following.map(|sync| sync.id).collect();
        Ok(Self(store.living_secret_syncs(&following).await?))
    }

    /// Wakes as many as a transaction takes; the worker's tick finds them.
    pub(crate) fn wake(&self, change: Change) -> Change {
        self.0.iter().take(AT_ONCE).fold(change, |change, sync| change.wake_secret_sync(*sync))
    }

    /// Wakes the others, after the change: whoever does not come so far leaves them to the next change of their sources.
    pub(crate) async fn wake_rest(&self, store: &Store, now: model::Timestamp) -> Result<(), CommitError> {
        for sync in self.0.iter().skip(AT_ONCE) {
            store.amend_secret_sync_run(*sync, now, |run| (Some(run.woken(now)), ())).await?;
        }
        Ok(())
    }
}
