//! Finding a project as a route names it, and changing it while others do the same.

use model::id::{EnvironmentId, ProjectId};
use model::permission::{Action, Subject};
use model::project::Project;
use store::{Change, CommitError, Conflict, ReadError, Stored};
use web::{Caller, Problem};

use crate::renaming::Readers;
use crate::{Ctx, ending, error};

/// How often a change is tried again on what another request made of the project meanwhile. Each round at least one
/// request succeeds.
pub(crate) const ATTEMPTS: usize = 16;

/// How a route names a project.
pub(crate) enum Which {
    Id(ProjectId),
    Slug(String),
    /// By one of its environments.
    Environment(EnvironmentId),
}

impl Which {
    async fn find(&self, ctx: &Ctx) -> Result<Option<Stored<Project>>, ReadError> {
        match self {
            Self::Id(id) => ctx.store.project(*id).await,
            Self::Slug(slug) => ctx.store.project_by_slug(ctx.organization.id, slug).await,
            Self::Environment(id) => ctx.store.project_of_environment(ctx.organization.id, *id).await,
        }
    }

    pub(crate) fn absent(&self) -> Problem {
        match self {
            Self::Id(id) => Problem::not_found(format!("Project with ID '{id}' was not found")),
            Self::Slug(slug) => Problem::not_found(format!("Project with slug '{slug}' was not found")),
            Self::Environment(id) => error::absent_environment(*id),
        }
    }
}

/// The project, when the caller may do this in it. Reads project and memberships side by side.
pub(crate) async fn open(
    ctx: &Ctx,
    caller: &Caller,
    which: &Which,
    action: Action,
    subject: Subject,
) -> Result<Stored<Project>, Problem> {
    let (permissions, found) = tokio::try_join!(caller.permissions(&ctx.store), which.find(ctx))?;
    permissions.open(action, subject, found, || which.absent())
}

/// What an edit did to a project: what the audit trail says of it, and what the handler wants to know.
pub(crate) struct Edit<T> {
    pub(crate) resource_id: String,
    pub(crate) resource_name: String,
    pub(crate) details: Vec<String>,
    pub(crate) outcome: T,
}

/// What a caller may do to which of a project's things, and how the audit trail calls it.
pub(crate) struct Deed(pub(crate) Action, pub(crate) Subject, pub(crate) &'static str);

/// Edits a project that the caller may edit, anew on each version that others leave behind. Where nothing is different
/// afterwards, nothing is written. Environments that it takes away end with all that is in them.
pub(crate) async fn amend<T>(
    ctx: &Ctx,
    caller: &Caller,
    which: &Which,
    Deed(action, subject, deed): Deed,
    edit: impl Fn(&mut Project) -> Result<Edit<T>, Problem>,
) -> Result<(Stored<Project>, T), Problem> {
    for _ in 1..ATTEMPTS {
        let read = open(ctx, caller, which, action, subject).await?;
        let mut next = read.value.clone();
        let Edit { resource_id, resource_name, details, outcome } = edit(&mut next)?;
        if next == read.value {
            return Ok((read, outcome));
        }
        let mut audit =
            caller.audit(deed, resource_id, resource_name, model::permission::Scoped::scope(&next));
        audit.details = details;
        let change = Change::new(caller.now).replace(&read, &next);
        let change = ending::end(&ctx.store, change, &next, &ending::gone(&read, &next)).await?;
        let readers = Readers::of(&ctx.store, &read, &next).await?;
        let change = readers.wake(change);
        let days = next.audit_logs_retention_days;
        match ctx.store.commit_kept(change, &audit, days).await {
            Ok(()) => {
                if let Err(error) = readers.wake_rest(&ctx.store, caller.now).await {
                    let cause = model::error::chain(&error);
                    tracing::warn!(project.id = %next.id, cause, "not every sync looks again at a renamed environment");
                }
                return Ok((read.replaced(next, caller.now), outcome));
            }
            Err(CommitError::Conflict(
                Conflict::Stale { .. } | Conflict::Contended | Conflict::Exists { .. },
            )) => {}
            Err(CommitError::Conflict(Conflict::NameTaken { .. })) => {
                return Err(error::slug_taken(&next.slug));
            }
            Err(error) => return Err(error.into()),
        }
    }
    Err(error::crowded())
}
