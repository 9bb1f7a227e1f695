//! The source of a sync: watched before it is read, and read whole or not at all.

use model::secret_sync::plan::Content;

use crate::target::Target;
use crate::worker::SecretSyncWorker;
use crate::{Fault, Stop};

/// The keys of a source with what they hold, or why that is not known.
pub(crate) type Keys = Vec<(String, Result<Content, String>)>;

/// So often is a source read whose folders change while they are being watched.
const ROUNDS: u32 = 6;

/// Reads everything that the sync pushes. Whatever is read was watched before: a change after it queues another run.
///
/// Nothing that cannot be read is left out: then the whole is an error, and the run ends before it writes. Only a
/// reference that leads nowhere is its own key's matter.
pub(crate) async fn read(worker: &SecretSyncWorker, target: &Target) -> Result<Keys, Fault> {
    let sync = &target.sync;
    let (project, recursive) = (target.project()?, sync.options.is_recursive());
    for _ in 0..ROUNDS {
        let source = match worker.vault.source(project, sync.environment_id, sync.folder_id, recursive).await
        {
            Ok(source) => source,
            Err(vault::Error::NoEnvironment | vault::Error::NoFolder { .. }) => {
                return Err(Stop::SourceGone.into());
            }
            Err(error) => return Err(error.into()),
        };
        let now = worker.now();
        // Without auto-sync nobody is to be woken, and nothing is missed that the next run does not read.
        if !sync.is_auto_sync_enabled || !worker.vault.watch(sync.id, source.read.folders(), now).await? {
            return Ok(source.into_keys());
        }
    }
    Err(Stop::Unsettled.into())
}
