//! Deleting a project: refused while it is protected or has connections, PAM resources, secret syncs, key rotations, a
//! configuration of recordings, recordings, or certificate authorities, policies, profiles or applications; its memberships and tags go with it.

use axum::Json;
use axum::extract::State;
use model::connection::Connection;
use model::id::{EnvironmentId, ProjectId};
use model::membership::Membership;
use model::permission::{Action, Scoped as _, Subject};
use model::project::Project;
use model::tag::Tag;
use serde_json::Value;
use store::{Change, CommitError, Conflict, Entity as _, Stored};
use web::{Caller, Path, Problem};

use crate::ending::AT_ONCE;
use crate::which::{ATTEMPTS, Which, open};
use crate::{Ctx, ending, error, view};

type Answer = Result<Json<Value>, Problem>;

/// The most writes of one transaction besides its audit record.
/// <https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html>
const MAX_WRITES: usize = 99;
/// A membership and the guard of its id; a tag and the guard of its slug.
const WRITES_OF_EACH: usize = 2;

/// `DELETE /api/v2/workspace/{slug}`.
pub(crate) async fn by_slug(State(ctx): State<Ctx>, caller: Caller, Path(slug): Path<String>) -> Answer {
    delete(&ctx, &caller, Which::Slug(slug)).await.map(|project| view::bare(&project))
}

/// `DELETE /api/v1/workspace/{projectId}`.
pub(crate) async fn workspace(State(ctx): State<Ctx>, caller: Caller, Path(id): Path<ProjectId>) -> Answer {
    delete(&ctx, &caller, Which::Id(id)).await.map(|project| view::workspace(&project))
}

/// `DELETE /api/v1/projects/{projectId}`.
pub(crate) async fn project(State(ctx): State<Ctx>, caller: Caller, Path(id): Path<ProjectId>) -> Answer {
    delete(&ctx, &caller, Which::Id(id)).await.map(|project| view::bare_and_wrapped(&project))
}

async fn delete(ctx: &Ctx, caller: &Caller, which: Which) -> Result<Stored<Project>, Problem> {
    for _ in 1..ATTEMPTS {
        let project = open(ctx, caller, &which, Action::Delete, Subject::Project).await?;
        if project.has_delete_protection {
            let message =
                format!("Project '{}' is protected from deletion; switch that off first", project.name);
            return Err(Problem::forbidden(message));
        }
        let (connections, members, tags, recordings) = tokio::try_join!(
            ctx.store.connections_in(ctx.organization.id, project.scope()),
            ctx.store.members_of(project.id),
            ctx.store.tags_of(project.id),
            ctx.store.recordings(project.id, None, 1)
        )?;
        if project.connections > 0 || !connections.is_empty() {
            return Err(in_use(&project, &connections));
        }
        if project.pam_resources > 0 {
            let message = format!("Project '{}' still has PAM resources. Delete them first", project.name);
            return Err(Problem::bad_request(message));
        }
        if project.secret_syncs > 0 {
            let message = format!("Project '{}' still has secret syncs. Delete them first", project.name);
            return Err(Problem::bad_request(message));
        }
        if project.key_rotations > 0 {
            let message = format!("Project '{}' still has key rotations. Delete them first", project.name);
            return Err(Problem::bad_request(message));
        }
        if project.recording_configs > 0 {
            let message = format!(
                "Project '{}' still has a configuration of session recordings. Delete it first",
                project.name
            );
            return Err(Problem::bad_request(message));
        }
        if !recordings.recordings.is_empty() {
            let message = format!(
                "Project '{}' has session recordings, and nobody could watch them without it: who may is said by its \
                 memberships. Keep the project; to close it, remove its members",
                project.name
            );
            return Err(Problem::bad_request(message));
        }
        if project.certificate_objects > 0 {
            let message = format!(
                "Project '{}' still has certificate authorities, policies, profiles or applications. Delete them first",
                project.name
            );
            return Err(Problem::bad_request(message));
        }
        let mut environments: Vec<_> =
            project.environments.iter().map(|environment| environment.id).collect();
        if environments.len() > AT_ONCE {
            environments.truncate(AT_ONCE);
            end_some(ctx, caller, &project, &environments).await?;
            continue;
        }
        let writes = 1 + project.names().len() + environments.len();
        let mut left = Left { members, tags };
        left.put_first(caller);
        match left.fit(MAX_WRITES.saturating_sub(writes) / WRITES_OF_EACH, ctx, caller, &project).await {
            Ok(()) => {}
            Err(error) if is_outpaced(&error) => continue,
            Err(error) => return Err(error.into()),
        }
        let change = left.remove(Change::new(caller.now).delete(&project));
        let change = ending::end(&ctx.store, change, &project, &environments).await?;
        let audit = caller.audit("project.delete", project.id, &project.name, project.scope());
        match ctx.store.commit_kept(change, &audit, project.audit_logs_retention_days).await {
            Ok(()) => return Ok(project),
            Err(error) if is_outpaced(&error) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Err(error::crowded())
}

/// What goes with a project.
struct Left {
    members: Vec<Stored<Membership>>,
    tags: Vec<Stored<Tag>>,
}

impl Left {
    /// The caller goes last of the members: if the deletion is interrupted, they can ask for it again.
    fn put_first(&mut self, caller: &Caller) {
        let is_other = |member: &Stored<Membership>| {
            (member.actor_kind, member.actor_id.as_str()) != (caller.kind, caller.id.as_str())
        };
        self.members.sort_by_key(is_other);
    }

    /// Removes as much as does not fit beside `room` others in the transaction that removes the project. It goes before it: what
    /// stayed behind would be nobody's, and nobody would look for it.
    async fn fit(
        &mut self,
        room: usize,
        ctx: &Ctx,
        caller: &Caller,
        project: &Project,
    ) -> Result<(), CommitError> {
        const BATCH: usize = MAX_WRITES / WRITES_OF_EACH;
        while self.members.len() + self.tags.len() > room {
            let tags = self.tags.split_off(self.tags.len().saturating_sub(BATCH));
            let most = BATCH.saturating_sub(tags.len()).min(self.members.len().saturating_sub(1));
            let members = self.members.split_off(self.members.len() - most);
            let batch = Self { members, tags };
            let mut audit = caller.audit("project.delete", project.id, &project.name, project.scope());
            audit.details =
                vec![format!("begun: {} tags, {} memberships", batch.tags.len(), batch.members.len())];
            let change = batch.remove(Change::new(caller.now));
            ctx.store.commit_kept(change, &audit, project.audit_logs_retention_days).await?;
        }
        Ok(())
    }

    fn remove(&self, change: Change) -> Change {
        let change = self.members.iter().fold(change, Change::delete);
        self.tags.iter().fold(change, Change::delete)
    }
}

/// Ends some of the environments of a project that goes, when they are more than one transaction takes. Whether it is so shows
/// when the project is read again.
async fn end_some(
    ctx: &Ctx,
    caller: &Caller,
    project: &Stored<Project>,
    environments: &[EnvironmentId],
) -> Result<(), Problem> {
    let mut next = project.value.clone();
    for id in environments {
        next.environments.remove(*id).map_err(|_| error::absent_environment(*id))?;
    }
    let mut audit = caller.audit("project.delete", project.id, &project.name, project.scope());
    audit.details = vec![format!("{} environments removed", environments.len())];
    let change = Change::new(caller.now).replace(project, &next);
    let change = ending::end(&ctx.store, change, project, environments).await?;
    match ctx.store.commit_kept(change, &audit, project.audit_logs_retention_days).await {
        Err(error) if !is_outpaced(&error) => Err(error.into()),
        Ok(()) | Err(_) => Ok(()),
    }
}

/// Whether somebody else changed the same things meanwhile, so that it is to be tried again on what they left behind.
fn is_outpaced(error: &CommitError) -> bool {
    match error.conflict() {
        Some(Conflict::Stale { .. } | Conflict::Contended | Conflict::Exists { .. }) => true,
        Some(Conflict::NameTaken { .. } | Conflict::Unmet(_)) | None => false,
    }
}

fn in_use(project: &Project, connections: &[Stored<Connection>]) -> Problem {
    let names: Vec<&str> = connections.iter().map(|connection| connection.name.as_str()).collect();
    // The list is a moment behind the count.
    let listed = if names.is_empty() { String::new() } else { format!(": {}", names.join(", ")) };
    let count = usize::try_from(project.connections).unwrap_or_default().max(connections.len());
    let (noun, them) = if count == 1 { ("connection", "it") } else { ("connections", "them") };
    Problem::bad_request(format!(
        "Project '{}' still has {count} {noun}{listed}. Delete {them} first",
        project.name
    ))
}
