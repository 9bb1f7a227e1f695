//! Machines in a project: `identity-memberships`, and `memberships/identities` under `projects`.

use axum::Json;
use axum::extract::State;
use model::form::{Form, Read, rule};
use model::id::{IdentityId, MembershipId, ProjectId};
use model::identity::Identity;
use model::membership::{ActorKind, Membership, MembershipRole};
use model::permission::{Action, Role, Scoped as _, Subject};
use model::project::Project;
use serde_json::{Value, json};
use store::{Change, CommitError, Conflict, Stored};
use web::{Caller, JsonBody, Path, Problem, Query};

use crate::membership::{RequiredRoles, Roles};
use crate::which::{Which, open};
use crate::{Ctx, error, membership};

type Answer = Result<Json<Value>, Problem>;

fn view(member: &Stored<Membership>, project: &Project, identity: Option<&Identity>) -> Value {
    let mut fields = membership::view(member, project);
    let name = identity.map_or(member.actor_name.as_str(), |identity| identity.name.as_str());
    let methods = identity.map_or_else(Vec::new, |identity| identity.auth_methods.clone());
    fields.insert("identityId".to_owned(), json!(member.actor_id));
    fields.insert(
        "identity".to_owned(),
        json!({ "id": member.actor_id, "name": name, "authMethods": methods }),
    );
    Value::Object(fields)
}

/// The identity, by its record; or the one that the stack's parameters make, which has none.
async fn identity(ctx: &Ctx, id: IdentityId) -> Result<Option<Identity>, Problem> {
    let administrator = Identity::administrator(ctx.organization.id);
    if id == administrator.id {
        return Ok(Some(administrator));
    }
    Ok(ctx.store.identity(id).await?.map(|stored| stored.value))
}

/// The project and the machine's membership, when the caller may do this to it.
async fn member(
    ctx: &Ctx,
    caller: &Caller,
    project: ProjectId,
    id: IdentityId,
    action: Action,
) -> Result<(Stored<Project>, Stored<Membership>), Problem> {
    let project = open(ctx, caller, &Which::Id(project), action, Subject::Members).await?;
    let found = ctx.store.membership(ActorKind::Identity, &id.to_string(), project.id).await?;
    Ok((project, found.ok_or_else(|| error::absent_member(id))?))
}

/// `POST …/{projectId}/identity-memberships/{identityId}`.
pub(crate) async fn create(
    State(ctx): State<Ctx>,
    caller: Caller,
    Path((project, id)): Path<(ProjectId, IdentityId)>,
    body: JsonBody<Roles>,
) -> Answer {
    let Roles(roles) = body.read()?;
    let project = open(&ctx, &caller, &Which::Id(project), Action::Create, Subject::Members).await?;
    let roles = roles.unwrap_or_else(|| vec![MembershipRole::permanent(Role::NoAccess)]);
    membership::within(&ctx, &caller, &project, &roles).await?;
    let absent = || Problem::not_found(format!("Identity with ID '{id}' was not found"));
    let identity = identity(&ctx, id).await?.ok_or_else(absent)?;
    let member = Membership {
        id: MembershipId::random(),
        organization_id: ctx.organization.id,
        project_id: project.id,
        actor_kind: ActorKind::Identity,
        actor_id: id.to_string(),
        actor_name: identity.name.clone(),
        roles,
    };
    let mut audit = caller.audit("membership.create", id, &identity.name, project.scope());
    audit.details = vec![membership::in_words(&member.roles)];
    // Neither may go while the membership comes.
    let mut change = Change::new(caller.now).create(&member).require(&project.value);
    if identity != Identity::administrator(ctx.organization.id) {
        change = change.require(&identity);
    }
    match ctx.store.commit_kept(change, &audit, project.audit_logs_retention_days).await {
        Ok(()) => {
            let member = Stored::created(member, caller.now);
            Ok(Json(json!({ "identityMembership": view(&member, &project, Some(&identity)) })))
        }
        Err(CommitError::Conflict(Conflict::Exists { .. })) => {
            Err(Problem::bad_request(format!("Identity with ID '{id}' is already a member of the project")))
        }
        Err(CommitError::Conflict(Conflict::Stale { kind: "project" })) => {
            Err(Which::Id(project.id).absent())
        }
        Err(CommitError::Conflict(Conflict::Stale { .. })) => Err(absent()),
        Err(error) => Err(error.into()),
    }
}

/// `GET …/{projectId}/identity-memberships/{identityId}`.
pub(crate) async fn get(
    State(ctx): State<Ctx>,
    caller: Caller,
    Path((project, id)): Path<(ProjectId, IdentityId)>,
) -> Answer {
    let (project, member) = member(&ctx, &caller, project, id, Action::Read).await?;
    let identity = identity(&ctx, id).await?;
    Ok(Json(json!({ "identityMembership": view(&member, &project, identity.as_ref()) })))
}

/// The page that the query asks for.
pub(crate) struct Page {
    offset: usize,
    limit: usize,
}

impl Read for Page {
    fn read(form: &mut Form<'_>) -> Option<Self> {
        let offset = form.or("offset", rule::parsed::<usize>(), 0);
        let limit = form.or("limit", rule::parsed::<usize>(), usize::MAX);
        Some(Self { offset: offset?, limit: limit? })
    }
}

/// `GET …/{projectId}/identity-memberships`: all of them by name, or a part by `offset` and `limit`.
pub(crate) async fn list(
    State(ctx): State<Ctx>,
    caller: Caller,
    Path(project): Path<ProjectId>,
    query: Query<Page>,
) -> Answer {
    let Page { offset, limit } = query.read()?;
    let project = open(&ctx, &caller, &Which::Id(project), Action::Read, Subject::Members).await?;
    let mut members = ctx.store.members_of(project.id).await?;
    members.retain(|member| member.actor_kind == ActorKind::Identity);
    let total = members.len();
    let page: Vec<_> = members.into_iter().skip(offset).take(limit).collect();
    let mut identities = ctx.store.identities_among(&page).await?;
    let administrator = Identity::administrator(ctx.organization.id);
    identities.insert(administrator.id, administrator);
    let identity = |member: &Membership| identities.get(&member.actor_id.parse().ok()?);
    let page: Vec<Value> = page.iter().map(|member| view(member, &project, identity(member))).collect();
    Ok(Json(json!({ "identityMemberships": page, "totalCount": total })))
}

/// `PATCH …/{projectId}/identity-memberships/{identityId}`.
pub(crate) async fn update(
    State(ctx): State<Ctx>,
    caller: Caller,
    Path((project, id)): Path<(ProjectId, IdentityId)>,
    body: JsonBody<RequiredRoles>,
) -> Answer {
    let RequiredRoles(roles) = body.read()?;
    let (project, member) = member(&ctx, &caller, project, id, Action::Edit).await?;
    let member = membership::set_roles(&ctx, &caller, &project, member, roles).await?;
    let identity = identity(&ctx, id).await?;
    let roles = membership::roles_view(&member);
    Ok(Json(json!({ "roles": roles, "identityMembership": view(&member, &project, identity.as_ref()) })))
}

/// `DELETE …/{projectId}/identity-memberships/{identityId}`.
pub(crate) async fn delete(
    State(ctx): State<Ctx>,
    caller: Caller,
    Path((project, id)): Path<(ProjectId, IdentityId)>,
) -> Answer {
    let (project, member) = member(&ctx, &caller, project, id, Action::Delete).await?;
    let identity = identity(&ctx, id).await?;
    let member = membership::end(&ctx, &caller, &project, member).await?;
    Ok(Json(json!({ "identityMembership": view(&member, &project, identity.as_ref()) })))
}
