//! What people ask of a sync: a sync, an import, a removal.

use axum::Json;
use axum::extract::State;
use model::form::{Form, Read, rule};
use model::id::SecretSyncId;
use model::permission::Action;
use model::secret_sync::run::{Refused, Removal};
use model::secret_sync::{ImportBehavior, SecretSyncRun};
use store::{Change, SyncAndRun};
use web::{Caller, Path, Problem, Query};

use crate::asked::AllowDeletions;
use crate::get::{Opened, open};
use crate::view::{One, one};
use crate::{Ctx, error, source};

/// Attempts against changes of the run state at the same moment: a change of the source is one.
const ATTEMPTS: u32 = 5;

/// `POST …/{syncId}/sync-secrets`. `allowDeletions=true`, ours alone, lets this one run delete more than the deletion guard
/// does.
pub(crate) async fn sync(
    State(ctx): State<Ctx>,
    caller: Caller,
    Path(path): Path<(String, SecretSyncId)>,
    query: Query<AllowDeletions>,
) -> Result<Json<One>, Problem> {
    let AllowDeletions(allow) = query.read()?;
    let details = if allow { vec!["deletions allowed".to_owned()] } else { Vec::new() };
    let wish = Wish { action: Action::SyncSecrets, named: "secret-sync.sync", details, needs_source: true };
    want(&ctx, &caller, path, wish, |run| run.want_sync(caller.now, allow)).await
}

/// What an import does with keys that both have.
pub(crate) struct How(ImportBehavior);

impl Read for How {
    fn read(form: &mut Form<'_>) -> Option<Self> {
        form.required("importBehavior", rule::one_of(ImportBehavior::NAMES)).map(Self)
    }
}

/// `POST …/{syncId}/import-secrets?importBehavior=`.
pub(crate) async fn import(
    State(ctx): State<Ctx>,
    caller: Caller,
    Path(path): Path<(String, SecretSyncId)>,
    query: Query<How>,
) -> Result<Json<One>, Problem> {
    let How(behavior) = query.read()?;
    let wish = Wish {
        action: Action::ImportSecrets,
        named: "secret-sync.import",
        details: vec![behavior.name().to_owned()],
        needs_source: true,
    };
    want(&ctx, &caller, path, wish, |run| run.want_import(caller.now, behavior)).await
}

/// `POST …/{syncId}/remove-secrets`. Removes what the sync owns at the destination, so it needs no source: the secrets of a
/// folder that is gone can be removed, too.
pub(crate) async fn remove(
    State(ctx): State<Ctx>,
    caller: Caller,
    Path(path): Path<(String, SecretSyncId)>,
) -> Result<Json<One>, Problem> {
    let wish = Wish {
        action: Action::RemoveSecrets,
        named: "secret-sync.remove",
        details: Vec::new(),
        needs_source: false,
    };
    want(&ctx, &caller, path, wish, |run| run.want_removal(caller.now, Removal::Keep)).await
}

/// Something that people want of a sync.
pub(crate) struct Wish {
    /// What they must be allowed to do.
    pub(crate) action: Action,
    /// How the audit trail calls it.
    pub(crate) named: &'static str,
    /// What else the audit trail says.
    pub(crate) details: Vec<String>,
    /// Whether it cannot be done without the source.
    pub(crate) needs_source: bool,
}

/// Writes into the run state what is wanted, with its line of the audit trail, and tells the worker.
pub(crate) async fn want(
    ctx: &Ctx,
    caller: &Caller,
    path: (String, SecretSyncId),
    wish: Wish,
    step: impl Fn(&SecretSyncRun) -> Result<SecretSyncRun, Refused>,
) -> Result<Json<One>, Problem> {
    for _ in 0..ATTEMPTS {
        let opened = open(ctx, caller, path.clone(), wish.action).await?;
        let scope = opened.scope();
        let Opened { found: SyncAndRun { sync, run }, project, .. } = opened;
        if wish.needs_source && source::of(&ctx.store, project.as_deref(), &sync).await?.1.is_none() {
            return Err(error::source_gone(&sync.name));
        }
        let next = step(&run).map_err(error::refused)?;
        let mut audit = caller.audit(wish.named, sync.id, &sync.name, scope);
        audit.details.clone_from(&wish.details);
        let change = Change::new(caller.now).replace(&run, &next).require(&sync.value);
        match ctx.store.commit(change, &audit).await {
            Ok(()) => {
                ctx.queue.wake([sync.id]).await;
                let run = run.replaced(next, caller.now);
                return Ok(one(&ctx.store, project.as_deref(), SyncAndRun { sync, run }).await?);
            }
            Err(error) if error.is_outpaced() => {}
            Err(error) => return Err(error.into()),
        }
    }
    Err(Problem::crowded("secret sync"))
}
