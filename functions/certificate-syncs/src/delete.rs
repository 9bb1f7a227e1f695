//! The end of a sync: at once, or when its certificates were removed from the destination.

use axum::Json;
use axum::extract::State;
use model::certificate_sync::run::Removal;
use model::form::{Form, Read, rule};
use model::id::CertificateSyncId;
use model::permission::{Action, Scoped};
use store::{CertificateSyncAndRun, Change, CommitError};
use web::{Caller, Path, Problem, Query};

use crate::Ctx;
use crate::get::{Opened, open_at};
use crate::trigger::{Wish, want};
use crate::view::{One, one};

/// Attempts against changes of the sync at the same moment.
const ATTEMPTS: u32 = 5;

/// Whether what the sync brought goes, too.
pub(crate) struct RemoveCertificates(bool);

impl Read for RemoveCertificates {
    fn read(form: &mut Form<'_>) -> Option<Self> {
        form.or("removeCertificates", rule::flag(), false).map(Self)
    }
}

/// `DELETE …/{destination}/{syncId}?removeCertificates=`: answers the sync as it was. Without `removeCertificates`, which is
/// ours, AWS keeps what it has; with it the sync goes when the worker has removed what it owns there.
pub(crate) async fn delete(
    State(ctx): State<Ctx>,
    caller: Caller,
    Path(path): Path<(String, CertificateSyncId)>,
    query: Query<RemoveCertificates>,
) -> Result<Json<One>, Problem> {
    let RemoveCertificates(removes) = query.read()?;
    if removes {
        let wish = Wish {
            action: Action::Delete,
            named: "certificate-sync.delete",
            details: vec!["with its certificates".to_owned()],
        };
        let step = |run: &model::certificate_sync::CertificateSyncRun| {
            run.want_removal(caller.now, Removal::ThenDelete)
        };
        let found = want(&ctx, &caller, &path, wish, step).await?;
        return Ok(one(&ctx.store, found).await?);
    }
    for _ in 0..ATTEMPTS {
        let Opened { found, .. } = open_at(&ctx, &caller, &path, Action::Delete).await?;
        match remove(&ctx, &caller, &found).await {
            Ok(()) => return Ok(one(&ctx.store, found).await?),
            Err(error) if error.is_outpaced() => {}
            Err(error) => return Err(error.into()),
        }
    }
    Err(Problem::crowded("certificate sync"))
}

/// The sync goes, and with it what counts it. What AWS has of it stays.
pub(crate) async fn remove(
    ctx: &Ctx,
    caller: &Caller,
    found: &CertificateSyncAndRun,
) -> Result<(), CommitError> {
    let sync = &found.sync;
    let (connection, application) = tokio::try_join!(
        ctx.store.connection(sync.connection_id),
        ctx.store.application(sync.application_id)
    )?;
    let change =
        Change::new(caller.now).delete_certificate_sync(found, connection.as_deref(), application.as_deref());
    let audit = caller.audit("certificate-sync.delete", sync.id, &sync.name, sync.scope());
    ctx.store.commit_in_project(change, &audit).await?;
    ctx.queue.wake([sync.id]).await;
    Ok(())
}
