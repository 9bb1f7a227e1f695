//! Environments of a project: an ordered list in the project's own item.

use axum::Json;
use axum::extract::State;
use model::environment::{Environment, EnvironmentChange};
use model::form::{Form, Read, rule};
use model::id::{EnvironmentId, ProjectId};
use model::permission::{Action, Subject};
use model::project::Project;
use serde_json::{Value, json};
use web::{Caller, JsonBody, Path, Problem};

use crate::which::{Deed, Edit, Which, amend, open};
use crate::{Ctx, error};

type Answer = Result<Json<Value>, Problem>;

fn view(project: ProjectId, position: usize, environment: &Environment) -> Value {
    json!({
        "id": environment.id,
        "name": environment.name,
        "slug": environment.slug,
        "position": position,
        "projectId": project,
        "createdAt": environment.created_at,
        "updatedAt": environment.updated_at,
    })
}

fn answer(message: &str, project: ProjectId, environment: &Value) -> Answer {
    Ok(Json(
        json!({ "message": message, "workspace": project, "projectId": project, "environment": environment }),
    ))
}

fn edit(environment: &Environment, details: Vec<String>, outcome: Value) -> Edit<Value> {
    let (resource_id, resource_name) = (environment.id.to_string(), environment.slug.clone());
    Edit { resource_id, resource_name, details, outcome }
}

/// What the body says of a new environment.
pub(crate) struct Create {
    name: String,
    slug: String,
    position: Option<u64>,
}

impl Read for Create {
    fn read(form: &mut Form<'_>) -> Option<Self> {
        let name = form.required("name", rule::trimmed(1, 64));
        let slug = form.required("slug", rule::slug(1, 64));
        let position = form.nullish("position", rule::integer(0, u64::from(u32::MAX)));
        Some(Self { name: name?, slug: slug?, position: position? })
    }
}

/// `POST …/{projectId}/environments`.
pub(crate) async fn create(
    State(ctx): State<Ctx>,
    caller: Caller,
    Path(id): Path<ProjectId>,
    body: JsonBody<Create>,
) -> Answer {
    let Create { name, slug, position } = body.read()?;
    let new = Environment::new(name, slug, caller.now);
    let add = |project: &mut Project| {
        project
            .environments
            .add(new.clone(), position)
            .map_err(|refused| error::environment(refused, "CreateEnvironment"))?;
        let (position, added) =
            project.environments.find(new.id).ok_or_else(|| error::absent_environment(new.id))?;
        Ok(edit(added, Vec::new(), view(id, position, added)))
    };
    let deed = Deed(Action::Create, Subject::Environments, "environment.create");
    let (_, environment) = amend(&ctx, &caller, &Which::Id(id), deed, add).await?;
    answer("Successfully created new environment", id, &environment)
}

/// What the body changes.
pub(crate) struct Update(EnvironmentChange);

impl Read for Update {
    fn read(form: &mut Form<'_>) -> Option<Self> {
        let name = form.nullish("name", rule::trimmed(1, 64));
        let slug = form.nullish("slug", rule::slug(1, 64));
        let position = form.nullish("position", rule::integer(0, u64::from(u32::MAX)));
        Some(Self(EnvironmentChange { name: name?, slug: slug?, position: position? }))
    }
}

/// `PATCH …/{projectId}/environments/{environmentId}`.
pub(crate) async fn update(
    State(ctx): State<Ctx>,
    caller: Caller,
    Path((id, environment)): Path<(ProjectId, EnvironmentId)>,
    body: JsonBody<Update>,
) -> Answer {
    let Update(wanted) = body.read()?;
    let change = |project: &mut Project| {
        let changed = project
            .environments
            .change(environment, wanted.clone(), caller.now)
            .map_err(|refused| error::environment(refused, "UpdateEnvironment"))?;
        let (position, now) =
            project.environments.find(environment).ok_or_else(|| error::absent_environment(environment))?;
        let changed = changed.into_iter().map(str::to_owned).collect();
        Ok(edit(now, changed, view(id, position, now)))
    };
    let deed = Deed(Action::Edit, Subject::Environments, "environment.update");
    let (_, environment) = amend(&ctx, &caller, &Which::Id(id), deed, change).await?;
    answer("Successfully updated environment", id, &environment)
}

/// `DELETE …/{projectId}/environments/{environmentId}`. Refused while key rotations write secrets there, which nobody deletes
/// by hand either.
pub(crate) async fn delete(
    State(ctx): State<Ctx>,
    caller: Caller,
    Path((id, environment)): Path<(ProjectId, EnvironmentId)>,
) -> Answer {
    let project = open(&ctx, &caller, &Which::Id(id), Action::Delete, Subject::Environments).await?;
    let rotations = ctx.store.key_rotations_within(project.id, environment, None).await?;
    if !rotations.is_empty() {
        return Err(error::is_rotated_into(&rotations));
    }
    let remove = |project: &mut Project| {
        let removed = project.environments.remove(environment);
        let (position, removed) =
            removed.map_err(|refused| error::environment(refused, "DeleteEnvironment"))?;
        Ok(edit(&removed, Vec::new(), view(id, position, &removed)))
    };
    let deed = Deed(Action::Delete, Subject::Environments, "environment.delete");
    let (_, environment) = amend(&ctx, &caller, &Which::Id(id), deed, remove).await?;
    answer("Successfully deleted environment", id, &environment)
}

/// `GET …/environments/{environmentId}`, without a project.
pub(crate) async fn get_by_own_id(
    State(ctx): State<Ctx>,
    caller: Caller,
    Path(environment): Path<EnvironmentId>,
) -> Answer {
    read(&ctx, &caller, Which::Environment(environment), environment).await
}

/// `GET …/{projectId}/environments/{environmentId}`.
pub(crate) async fn get(
    State(ctx): State<Ctx>,
    caller: Caller,
    Path((id, environment)): Path<(ProjectId, EnvironmentId)>,
) -> Answer {
    read(&ctx, &caller, Which::Id(id), environment).await
}

async fn read(ctx: &Ctx, caller: &Caller, which: Which, id: EnvironmentId) -> Answer {
    let project = open(ctx, caller, &which, Action::Read, Subject::Environments).await?;
    let (position, environment) =
        project.environments.find(id).ok_or_else(|| error::absent_environment(id))?;
    Ok(Json(json!({ "environment": view(project.id, position, environment) })))
}

/// `GET …/{projectId}/environments/slug/{slug}`: the bare environment.
pub(crate) async fn get_by_slug(
    State(ctx): State<Ctx>,
    caller: Caller,
    Path((id, slug)): Path<(ProjectId, String)>,
) -> Answer {
    let project = open(&ctx, &caller, &Which::Id(id), Action::Read, Subject::Environments).await?;
    let found = project.environments.find_by_slug(&slug);
    let absent = || Problem::not_found(format!("Environment with slug '{slug}' was not found"));
    let (position, environment) = found.ok_or_else(absent)?;
    Ok(Json(view(id, position, environment)))
}
