//! Where a request takes place: a path of an environment of a project.

use axum::extract::FromRequestParts;
use http::request::Parts;
use model::audit::Actor;
use model::environment::Environment;
use model::folder::FolderTree;
use model::form::{Form, ReadWith, rule};
use model::id::{EnvironmentId, FolderId, ProjectId};
use model::permission::{Action, Subject};
use model::project::Project;
use model::secret::SecretPath;
use store::Stored;
use vault::Author;
use web::{Caller, Problem};

use crate::Ctx;
use crate::error;

/// How a family of routes calls the project. Each understands the other's word as well; its own is the one that it misses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wording {
    /// `workspaceId`: the routes of `/api/v1` and `/api/v3`.
    Workspace,
    /// `projectId`: the routes of `/api/v2` and `/api/v4`.
    Project,
}

impl Wording {
    /// The project's id.
    pub(crate) fn project(self, form: &mut Form<'_>) -> Option<ProjectId> {
        let (own, other) = match self {
            Self::Workspace => ("workspaceId", "projectId"),
            Self::Project => ("projectId", "workspaceId"),
        };
        form.required(if form.has(own) || !form.has(other) { own } else { other }, rule::id())
    }
}

impl web::Argument for Wording {}

impl<S: Sync> FromRequestParts<S> for Wording {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let path = parts.uri.path();
        let workspace = ["/api/v1/", "/api/v3/"].iter().any(|prefix| path.starts_with(prefix));
        Ok(if workspace { Self::Workspace } else { Self::Project })
    }
}

/// Where, as the request says it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) project: ProjectId,
    /// The environment's slug.
    pub(crate) environment: String,
    pub(crate) path: SecretPath,
}

impl ReadWith for Place {
    type Known<'k> = Wording;

    fn read_with(form: &mut Form<'_>, wording: Wording) -> Option<Self> {
        let project = wording.project(form);
        let environment = slug(form);
        let path = path(form);
        Some(Self { project: project?, environment: environment?, path: path? })
    }

    #[cfg(debug_assertions)]
    fn each_known(mut with: impl FnMut(Wording)) {
        with(Wording::Workspace);
        with(Wording::Project);
    }
}

/// An environment's slug.
pub(crate) fn slug(form: &mut Form<'_>) -> Option<String> {
    form.required("environment", rule::trimmed(1, 64))
}

/// `path`, or as the CLI calls it, `directory`; the root without either.
pub(crate) fn path(form: &mut Form<'_>) -> Option<SecretPath> {
    let name = if form.has("path") || !form.has("directory") { "path" } else { "directory" };
    form.nullish(name, rule::parsed()).map(Option::unwrap_or_default)
}

/// A project that the caller may do this in. Reads project and memberships side by side.
pub(crate) async fn project(
    ctx: &Ctx,
    caller: &Caller,
    id: ProjectId,
    action: Action,
    subject: Subject,
) -> Result<Stored<Project>, Problem> {
    let (permissions, found) = tokio::try_join!(caller.permissions(&ctx.store), ctx.store.project(id))?;
    permissions.open(action, subject, found, || error::absent_project(id))
}

/// The project of a request's place and its environment, for a caller who may do this there. One round trip to the table.
pub(crate) async fn environment(
    ctx: &Ctx,
    caller: &Caller,
    place: &Place,
    action: Action,
    subject: Subject,
) -> Result<(Stored<Project>, Environment), Problem> {
    let project = project(ctx, caller, place.project, action, subject).await?;
    let environment = environment_of(&project, &place.environment)?.clone();
    Ok((project, environment))
}

/// The environment of a project with this slug.
pub(crate) fn environment_of<'a>(project: &'a Project, slug: &str) -> Result<&'a Environment, Problem> {
    let found = project.environments.find_by_slug(slug).map(|(_, environment)| environment);
    found.ok_or_else(|| error::absent_environment(slug))
}

/// An environment with its folders, for a caller who may do what they want to do there.
pub(crate) struct Opened {
    pub(crate) project: Stored<Project>,
    pub(crate) environment: Environment,
    pub(crate) tree: FolderTree,
}

impl Opened {
    /// The folder at a path.
    pub(crate) fn at(&self, path: &SecretPath) -> Result<FolderId, Problem> {
        self.tree.at(path).ok_or_else(|| error::absent_path(path, &self.environment.slug))
    }
}

/// The environment that a request names. Two round trips to the table: project and memberships side by side, then the
/// folders.
pub(crate) async fn folders(
    ctx: &Ctx,
    caller: &Caller,
    place: &Place,
    action: Action,
    subject: Subject,
) -> Result<Opened, Problem> {
    let (project, environment) = environment(ctx, caller, place, action, subject).await?;
    let tree = ctx.store.folders_of(project.id, environment.id).await?;
    Ok(Opened { project, environment, tree })
}

/// The environment of something that was found by its id, if the caller may do this to it; `absent` says that there is
/// none, in whatever project it is not. One round trip to the table, and one more for the project.
pub(crate) async fn of_environment(
    ctx: &Ctx,
    caller: &Caller,
    id: EnvironmentId,
    action: Action,
    subject: Subject,
    absent: impl Fn() -> Problem,
) -> Result<Opened, Problem> {
    let (permissions, project, tree) = tokio::try_join!(
        caller.permissions(&ctx.store),
        ctx.store.project_of_environment(ctx.organization, id),
        ctx.store.folder_tree(id),
    )?;
    let project = permissions.open(action, subject, project, &absent)?;
    let (_, environment) = project.environments.find(id).ok_or_else(&absent)?;
    let environment = environment.clone();
    let tree = FolderTree::or_new(tree.map(|stored| stored.value), project.id, id);
    Ok(Opened { project, environment, tree })
}

/// Who writes, for the vault.
pub(crate) fn author(caller: &Caller) -> Author {
    let actor =
        Actor { kind: caller.kind.name().to_owned(), id: caller.id.clone(), name: caller.name.clone() };
    Author { actor, origin: caller.origin.clone(), now: caller.now }
}
