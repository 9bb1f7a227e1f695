//! What a run would do now, without doing any of it.

use axum::Json;
use axum::extract::State;
use destination::{Question, Remote};
use model::id::SecretSyncId;
use model::permission::Action;
use model::project::Project;
use model::secret_sync::plan::import::{self, Import};
use model::secret_sync::plan::{self, Adoption, Content, Found, Place, Plan, Run};
use model::secret_sync::run::JobStatus;
use model::secret_sync::{ImportBehavior, Owned, SecretSync};
use secrecy::SecretString;
use store::SyncAndRun;
use web::{Caller, Path, Problem, Query};

use crate::asked::AllowDeletions;
use crate::get::{Opened, open};
use crate::plan_view::Answer;
use crate::{Ctx, error, session};

/// The keys of a source with what they hold, or why that is not known.
type Keys = Vec<(String, Result<Content, String>)>;

/// `POST …/{syncId}/plan`, ours alone: reads the source and the destination, and compares them as a run does. Whoever may
/// sync may see it; `allowDeletions=true` asks what a run would do that is allowed to.
pub(crate) async fn plan(
    State(ctx): State<Ctx>,
    caller: Caller,
    Path(path): Path<(String, SecretSyncId)>,
    query: Query<AllowDeletions>,
) -> Result<Json<Answer>, Problem> {
    let AllowDeletions(allows_deletions) = query.read()?;
    let Opened { found: SyncAndRun { sync, run }, project, .. } =
        open(&ctx, &caller, path, Action::SyncSecrets).await?;
    let gone = || error::source_gone(&sync.name);
    let project = project.ok_or_else(gone)?;
    let (_, environment) = project.environments.find(sync.environment_id).ok_or_else(gone)?;
    let (connection, source, ledger) = tokio::try_join!(
        async { Ok::<_, Problem>(ctx.store.connection(sync.connection_id).await?) },
        async { source(&ctx, &project, &sync).await },
        async { Ok(ctx.store.secret_sync_ledger(sync.id).await?) }
    )?;
    let connection = connection.ok_or_else(|| Problem::absent_connection(sync.connection_id))?;
    let ledger: Vec<Owned> = ledger.into_iter().map(|read| read.value).collect();
    let affixes = sync.options.affixes(&environment.slug);
    let place = Place {
        sync: sync.id,
        account: &connection.account_id,
        config: &sync.destination,
        affixes: &affixes,
        options: &sync.options,
    };
    let remote = session::open(&ctx, &connection, &place, &ledger, caller.now).await?;
    let import = match sync.options.initial_sync_behavior.import().filter(|_| !run.first_sync_done) {
        Some(behavior) => Some(first_import(&ctx, &project, &sync, &place, &remote, behavior).await?),
        None => None,
    };
    // As a run does: the ledger is trusted after a run that came to its end.
    let settled = run.sync.status == Some(JobStatus::Succeeded) && run.current.is_none();
    // As a run does: a document that cannot be taken over whole is not adopted.
    let is_left = sync.destination.is_many_to_one()
        && import.as_ref().is_some_and(|import| !import.failures.is_empty());
    let adopts = match (is_left, run.first_sync_done) {
        (true, _) => Adoption::Nothing,
        (false, false) => Adoption::All,
        (false, true) => Adoption::Only(&run.unadopted),
    };
    let run = Run { adopts, is_settled: run.settled && run.current.is_none(), allows_deletions };
    let keys = with_import(source, import.as_ref());
    let (plan, found) = compared(&place, run, keys, &remote, &ledger, !settled).await?;
    Ok(Json(Answer::new(plan, import, &found, sync.options.deletes())))
}

/// The difference that a run would act on, and what it was made from.
async fn compared(
    place: &Place<'_>,
    run: Run<'_>,
    keys: Keys,
    remote: &Remote,
    ledger: &[Owned],
    discover: bool,
) -> Result<(Plan, Found), Problem> {
    let wanted = plan::wanted(place, keys);
    let names = plan::names_to_read(place, &wanted);
    let question = Question { names: &names, ledger, discover, ..Question::default() };
    let found = remote.read(&question).await.map_err(error::from_destination)?;
    Ok((plan::plan(place, run, &wanted, &found, ledger), found))
}

/// Everything that the sync pushes; whatever makes a run stop before its first write is told here.
async fn source(ctx: &Ctx, project: &Project, sync: &SecretSync) -> Result<Keys, Problem> {
    let recursive = sync.options.is_recursive();
    let source = ctx.vault.source(project, sync.environment_id, sync.folder_id, recursive).await;
    source.map(vault::Source::into_keys).map_err(|error| error::from_vault(&sync.name, error))
}

/// What the import before the first sync would take over.
async fn first_import(
    ctx: &Ctx,
    project: &Project,
    sync: &SecretSync,
    place: &Place<'_>,
    remote: &Remote,
    behavior: ImportBehavior,
) -> Result<Import, Problem> {
    let from_vault = |error| error::from_vault(&sync.name, error);
    let tree = ctx.vault.tree(project, sync.environment_id).await.map_err(from_vault)?;
    let path = tree.path_of(sync.folder_id).ok_or_else(|| error::source_gone(&sync.name))?;
    let folder = vault::Place { project, environment: sync.environment_id, path: &path };
    let own = ctx.vault.own_keys(&folder).await.map_err(from_vault)?;
    let mut found = remote.read_for_import().await.map_err(error::from_destination)?;
    // A run that began and did not come to its end may have left things of its own.
    found.items.retain(|_, item| !item.is_ours());
    Ok(import::plan(place, behavior, &own, &found))
}

/// The source as it would be after the import. What is imported is new: it has no metadata and no version yet.
fn with_import(mut keys: Keys, import: Option<&Import>) -> Keys {
    let Some(import) = import else { return keys };
    let content =
        |value: &SecretString| Ok(Content { value: value.clone(), metadata: Vec::new(), version: 0 });
    for (key, value) in &import.updates {
        for (_, held) in keys.iter_mut().filter(|(known, _)| known == key) {
            match held {
                Ok(held) => held.value = value.clone(),
                Err(_) => *held = content(value),
            }
        }
    }
    for (key, value) in &import.creates {
        // The folder's own secret comes before one that it imports from another folder.
        keys.retain(|(known, _)| known != key);
        keys.push((key.clone(), content(value)));
    }
    keys
}
