//! Importing: what the destination has is taken over into the sync's own folder. The destination is not touched.

use destination::{Question, Remote};
use model::audit::{Actor, Origin};
use model::secret::{SecretKind, SecretName};
use model::secret_sync::plan::{Failure, FoundItem, import};
use model::secret_sync::{ImportBehavior, Owned};
use secrecy::SecretString;
use vault::{Absent, Author, NewSecret, SecretChange, Write};

use crate::apply::Applied;
use crate::lease::{Lease, WORKER};
use crate::push::verdict;
use crate::run::Ended;
use crate::session::{self, Intent};
use crate::target::Target;
use crate::worker::SecretSyncWorker;
use crate::{Fault, source};

/// So often is the folder read again because somebody made a secret that was about to be imported.
const ROUNDS: u32 = 4;

/// What becomes of what the sync itself has pushed.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Ours<'a> {
    /// It is taken over as everything else: somebody asked for it, or there is none.
    Taken,
    /// It is left: a first sync that goes on after its import would take its own pushes for the destination's values, and
    /// put them over newer ones of the source. With the ledger, which spares questions.
    Left(&'a [Owned]),
}

/// What was taken over.
#[derive(Debug, Default)]
pub(crate) struct Taken {
    /// How many secrets were made or changed.
    pub(crate) count: usize,
    /// What could not be.
    pub(crate) failures: Vec<Failure>,
}

pub(crate) async fn import(
    worker: &SecretSyncWorker,
    lease: &Lease<'_>,
    target: &Target,
    behavior: ImportBehavior,
) -> Result<Ended, Fault> {
    // A source that cannot be read is not written to either, and from here on its changes are seen.
    source::read(worker, target).await?;
    let remote = session::open(worker, target, Intent::Look, [], lease.deadline).await?;
    let taken = take_over(worker, target, &remote, behavior, Ours::Taken).await?;
    let mut ended = verdict(lease, taken.failures, Applied::default());
    if let Ended::Over(_, told) = &mut ended
        && taken.count > 0
    {
        told.push(format!("{} imported", taken.count));
    }
    Ok(ended)
}

/// Takes over what is there. Syncs that see it are woken, this one too.
pub(crate) async fn take_over(
    worker: &SecretSyncWorker,
    target: &Target,
    remote: &Remote,
    behavior: ImportBehavior,
    ours: Ours<'_>,
) -> Result<Taken, Fault> {
    let mut found = remote.read_for_import().await?;
    if let Ours::Left(ledger) = ours {
        // An import does not ask whose things are; here it matters, and tags tell.
        let names: Vec<String> = found.items.keys().cloned().collect();
        let asked =
            remote.read(&Question { names: &names, ledger, discover: false, ..Question::default() }).await?;
        let others = |item: &FoundItem| item.owner.is_some() && !item.is_ours();
        found.items.retain(|name, _| asked.items.get(name).is_none_or(others));
    }
    let (project, sync) = (target.project()?, &target.sync);
    let tree = worker.vault.tree(project, sync.environment_id).await?;
    let path = tree.path_of(sync.folder_id).ok_or(crate::Stop::SourceGone)?;
    let place = vault::Place { project, environment: sync.environment_id, path: &path };
    let mut taken = Taken::default();
    for round in 1.. {
        let own = worker.vault.own_keys(&place).await?;
        let import = import::plan(&target.place(), behavior, &own, &found);
        let writes = writes(import.creates, import.updates);
        taken = Taken { count: writes.len(), failures: import.failures };
        if writes.is_empty() {
            break;
        }
        match worker.vault.write(&place, &SecretKind::Shared, &author(worker), writes).await {
            Ok(written) => {
                worker.queue.wake(written.syncs).await;
                break;
            }
            // Somebody was faster: with what they made the decision may be another.
            Err(
                vault::Error::Exists { .. } | vault::Error::NoSecret { .. } | vault::Error::Rotated { .. },
            ) if round < ROUNDS => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(taken)
}

fn writes(creates: Vec<(String, SecretString)>, updates: Vec<(String, SecretString)>) -> Vec<Write> {
    let name = |text: String| text.parse::<SecretName>().ok();
    let creates =
        creates.into_iter().filter_map(|(key, value)| Some(Write::Create(NewSecret::new(name(key)?, value))));
    let updates = updates.into_iter().filter_map(|(key, value)| {
        let change = SecretChange { value: Some(value), ..SecretChange::default() };
        Some(Write::Update { name: name(key)?, change, absent: Absent::Create })
    });
    creates.chain(updates).collect()
}

fn author(worker: &SecretSyncWorker) -> Author {
    Author { actor: Actor::system(WORKER), origin: Origin::default(), now: worker.now() }
}
