//! What people ask of a sync: a sync, a removal.

use axum::Json;
use axum::extract::State;
use model::certificate_sync::run::{Refused, Removal};
use model::certificate_sync::{CertificateSyncRun, Destination};
use model::id::CertificateSyncId;
use model::permission::Action;
use serde::Serialize;
use store::{CertificateSyncAndRun, Change};
use web::{Caller, Path, Problem, Query};

use crate::asked::AllowDeletions;
use crate::get::{Opened, open_at};
use crate::{Ctx, error, get};

/// Attempts against changes of the run state at the same moment: a renewal is one.
const ATTEMPTS: u32 = 5;

/// The answer: what will happen.
#[derive(Debug, Serialize)]
pub(crate) struct Told {
    pub(crate) message: &'static str,
}

/// `POST …/{syncId}/sync`. `allowDeletions=true`, ours alone, lets this one run delete more than the deletion guard does.
pub(crate) async fn sync(
    State(ctx): State<Ctx>,
    caller: Caller,
    Path(path): Path<(String, CertificateSyncId)>,
    query: Query<AllowDeletions>,
) -> Result<Json<Told>, Problem> {
    let AllowDeletions(allow) = query.read()?;
    let details = if allow { vec!["deletions allowed".to_owned()] } else { Vec::new() };
    let wish = Wish { action: Action::SyncCertificates, named: "certificate-sync.sync", details };
    want(&ctx, &caller, &path, wish, |run| run.want_sync(caller.now, allow)).await?;
    Ok(Json(Told { message: "PKI sync job added to queue successfully" }))
}

/// `POST …/{syncId}/remove-certificates`, of ACM: the certificates stay attached, and the next sync brings them back.
pub(crate) async fn remove(
    State(ctx): State<Ctx>,
    caller: Caller,
    Path(path): Path<(String, CertificateSyncId)>,
) -> Result<Json<Told>, Problem> {
    open_at(&ctx, &caller, &path, Action::RemoveCertificates).await?;
    if get::destination(&path.0)? == Destination::AwsElasticLoadBalancer {
        return Err(Problem::bad_request(
            "Certificates of a load balancer are not removed all at once: detach them, or delete the sync with removeCertificates=true",
        ));
    }
    let wish =
        Wish { action: Action::RemoveCertificates, named: "certificate-sync.remove", details: Vec::new() };
    want(&ctx, &caller, &path, wish, |run| run.want_removal(caller.now, Removal::Keep)).await?;
    Ok(Json(Told { message: "PKI sync removal job added to queue successfully" }))
}

/// `POST …/{syncId}/import`: neither destination gives private keys away.
pub(crate) async fn import(
    State(ctx): State<Ctx>,
    caller: Caller,
    Path(path): Path<(String, CertificateSyncId)>,
) -> Result<Json<Told>, Problem> {
    open_at(&ctx, &caller, &path, Action::SyncCertificates).await?;
    let destination = get::destination(&path.0)?;
    Err(Problem::bad_request(format!("Certificates cannot be imported from {}", destination.title())))
}

/// Something that people want of a sync.
pub(crate) struct Wish {
    /// What they must be allowed to do.
    pub(crate) action: Action,
    /// How the audit trail calls it.
    pub(crate) named: &'static str,
    /// What else the audit trail says.
    pub(crate) details: Vec<String>,
}

/// Writes into the run state what is wanted, with its line of the audit trail, and tells the worker.
pub(crate) async fn want(
    ctx: &Ctx,
    caller: &Caller,
    path: &(String, CertificateSyncId),
    wish: Wish,
    step: impl Fn(&CertificateSyncRun) -> Result<CertificateSyncRun, Refused>,
) -> Result<CertificateSyncAndRun, Problem> {
    for _ in 0..ATTEMPTS {
        let opened = open_at(ctx, caller, path, wish.action).await?;
        let scope = opened.scope();
        let Opened { found: CertificateSyncAndRun { sync, run }, .. } = opened;
        let next = step(&run).map_err(error::refused)?;
        let mut audit = caller.audit(wish.named, sync.id, &sync.name, scope);
        audit.details.clone_from(&wish.details);
        let change = Change::new(caller.now).replace(&run, &next).require(&sync.value);
        match ctx.store.commit_in_project(change, &audit).await {
            Ok(()) => {
                ctx.queue.wake([sync.id]).await;
                let run = run.replaced(next, caller.now);
                return Ok(CertificateSyncAndRun { sync, run });
            }
            Err(error) if error.is_outpaced() => {}
            Err(error) => return Err(error.into()),
        }
    }
    Err(Problem::crowded("certificate sync"))
}
