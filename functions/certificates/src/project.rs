//! The project of a request: the one that it names, or the organisation's own for certificates.

use model::id::ProjectId;
use model::permission::{Action, Scope, Subject};
use model::project::{Asked, Project, certificate_manager, certificate_manager_id};
use store::{Change, Conflict, Stored};
use web::{Caller, Permissions, Problem};

use crate::{Ctx, error};

/// Which project it is. What is to be seen or done there is each handler's question. None or two GetItems.
pub(crate) async fn named(ctx: &Ctx, permissions: &Permissions, asked: &Asked) -> Result<ProjectId, Problem> {
    match asked {
        Asked::Nothing => Ok(certificate_manager_id(ctx.organization)),
        Asked::Id(id) => Ok(*id),
        Asked::Slug(slug) => {
            let found = ctx.store.project_by_slug(ctx.organization, slug).await?;
            let seen = found.filter(|project| permissions.sees(Scope::Project(project.id)));
            seen.map(|project| project.id).ok_or_else(|| error::absent_project_named(slug))
        }
    }
}

/// The project that is asked for, if the caller may do this to `subject` in it. The reads of [`named`], after the caller's
/// permissions.
pub(crate) async fn permitted(
    ctx: &Ctx,
    caller: &Caller,
    asked: &Asked,
    action: Action,
    subject: Subject,
) -> Result<ProjectId, Problem> {
    let permissions = caller.permissions(&ctx.store).await?;
    let id = named(ctx, &permissions, asked).await?;
    permissions.may(action, subject, Scope::Project(id))?;
    Ok(id)
}

/// The project itself. The organisation's own for certificates is made here, at first need: whoever may make something in it
/// may have it. One GetItem, and one transaction once.
pub(crate) async fn ensured(ctx: &Ctx, caller: &Caller, id: ProjectId) -> Result<Stored<Project>, Problem> {
    if let Some(project) = ctx.store.project(id).await? {
        return Ok(project);
    }
    if id != certificate_manager_id(ctx.organization) {
        return Err(error::absent_project(id));
    }
    for taken in [false, true] {
        let project = certificate_manager(ctx.organization, taken);
        let audit = caller.audit("project.create", id, &project.name, Scope::Project(id));
        let made = ctx.store.commit(Change::new(caller.now).create(&project), &audit).await;
        match made {
            Ok(()) => return Ok(Stored::created(project, caller.now)),
            Err(error) => match error.conflict() {
                // Another request needed it at the same moment.
                Some(Conflict::Exists { .. }) => break,
                Some(Conflict::NameTaken { .. }) => {}
                Some(Conflict::Stale { .. } | Conflict::Unmet(_) | Conflict::Contended) | None => {
                    return Err(error.into());
                }
            },
        }
    }
    ctx.store.project(id).await?.ok_or_else(|| error::absent_project(id))
}
