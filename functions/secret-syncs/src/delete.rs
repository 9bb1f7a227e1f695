//! The end of a sync: at once, or when its secrets were removed from the destination.

use axum::Json;
use axum::extract::State;
use model::form::{Form, Read, rule};
use model::id::SecretSyncId;
use model::permission::Action;
use model::secret_sync::run::Removal;
use store::Change;
use web::{Caller, Path, Problem, Query};

use crate::Ctx;
use crate::get::{Opened, open};
use crate::trigger::{Wish, want};
use crate::view::{One, one};

/// Attempts against changes of the sync at the same moment.
const ATTEMPTS: u32 = 5;

/// Whether what the sync wrote goes, too.
pub(crate) struct RemoveSecrets(bool);

impl Read for RemoveSecrets {
    fn read(form: &mut Form<'_>) -> Option<Self> {
        form.or("removeSecrets", rule::flag(), false).map(Self)
    }
}

/// `DELETE /api/v1/secret-syncs/{destination}/{syncId}?removeSecrets=`: answers the sync as it was. Without `removeSecrets`
/// the destination is left as it is; with it the sync goes when the worker has removed what it owns there.
pub(crate) async fn delete(
    State(ctx): State<Ctx>,
    caller: Caller,
    Path(path): Path<(String, SecretSyncId)>,
    query: Query<RemoveSecrets>,
) -> Result<Json<One>, Problem> {
    let RemoveSecrets(removes) = query.read()?;
    if removes {
        let wish = Wish {
            action: Action::Delete,
            named: "secret-sync.delete",
            details: vec!["with its secrets".to_owned()],
            needs_source: false,
        };
        return want(&ctx, &caller, path, wish, |run| run.want_removal(caller.now, Removal::ThenDelete))
            .await;
    }
    for _ in 0..ATTEMPTS {
        let opened = open(&ctx, &caller, path.clone(), Action::Delete).await?;
        let scope = opened.scope();
        let Opened { found, project, .. } = opened;
        let connection = ctx.store.connection(found.sync.connection_id).await?;
        let change = Change::new(caller.now);
        let change = change.delete_secret_sync(&found, connection.as_deref(), project.as_deref());
        let audit = caller.audit("secret-sync.delete", found.sync.id, &found.sync.name, scope);
        match ctx.store.commit(change, &audit).await {
            Ok(()) => {
                ctx.queue.wake([found.sync.id]).await;
                return Ok(one(&ctx.store, project.as_deref(), found).await?);
            }
            Err(error) if error.is_outpaced() => {}
            Err(error) => return Err(error.into()),
        }
    }
    Err(Problem::crowded("secret sync"))
}
