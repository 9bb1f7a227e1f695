//! What memberships of people and of machines have in common: their roles, and how they change.

use model::form::{Form, Read, rule};
use model::membership::{Membership, MembershipRole, Range};
use model::permission::{Role, Scoped as _};
use model::project::Project;
use serde_json::{Map, Value, json};
use store::{Change, Stored};
use web::{Caller, Problem};

use crate::{Ctx, error, which};

/// The most roles of one membership.
const MAX_ROLES: usize = 20;

/// The roles that a request may have.
pub(crate) struct Roles(pub(crate) Option<Vec<MembershipRole>>);

impl Read for Roles {
    fn read(form: &mut Form<'_>) -> Option<Self> {
        roles(form).map(Self)
    }
}

/// The roles of a request: `roles`, a list of permanent and temporary ones, or a single `role`.
fn roles(form: &mut Form<'_>) -> Option<Option<Vec<MembershipRole>>> {
    let several = form.optional_objects("roles", 1, one_role);
    let single = form.nullish("role", rule::one_of(Role::NAMES));
    match (several?, single?) {
        (Some(roles), _) if roles.len() > MAX_ROLES => {
            form.refuse("roles", format!("Array must contain at most {MAX_ROLES} element(s)"))
        }
        (Some(roles), _) => Some(Some(roles)),
        (None, Some(role)) => Some(Some(vec![MembershipRole::permanent(role)])),
        (None, None) => Some(None),
    }
}

fn one_role(form: &mut Form<'_>) -> Option<MembershipRole> {
    let role = form.required("role", rule::one_of(Role::NAMES));
    if !form.or("isTemporary", rule::boolean(), false)? {
        return role.map(MembershipRole::permanent);
    }
    let mode = form.required("temporaryMode", rule::one_of(&[("relative", ())]));
    let range = form.required("temporaryRange", rule::parsed::<Range>());
    let starts_at = form.required("temporaryAccessStartTime", rule::parsed::<model::Timestamp>());
    mode?;
    Some(MembershipRole::temporary(role?, range?, starts_at?))
}

/// The roles that a request must have.
pub(crate) struct RequiredRoles(pub(crate) Vec<MembershipRole>);

impl Read for RequiredRoles {
    fn read(form: &mut Form<'_>) -> Option<Self> {
        match roles(form)? {
            Some(roles) => Some(Self(roles)),
            None => form.refuse("roles", "Required"),
        }
    }
}

/// Roles as the wire shows them.
pub(crate) fn roles_view(member: &Membership) -> Vec<Value> {
    let view = |role: &MembershipRole| {
        let span = role.temporary.as_ref();
        json!({
            "role": role.role.name(),
            "customRoleId": null,
            "customRoleName": null,
            "customRoleSlug": null,
            "isTemporary": span.is_some(),
            "temporaryMode": span.map(|_| "relative"),
            "temporaryRange": span.map(|span| span.range.clone()),
            "temporaryAccessStartTime": span.map(|span| span.starts_at),
            "temporaryAccessEndTime": span.map(|span| span.ends_at),
        })
    };
    member.roles.iter().map(view).collect()
}

/// What both kinds of membership show of themselves.
pub(crate) fn view(member: &Stored<Membership>, project: &Project) -> Map<String, Value> {
    [
        ("id", json!(member.id)),
        ("projectId", json!(member.project_id)),
        ("createdAt", json!(member.created_at)),
        ("updatedAt", json!(member.updated_at)),
        ("roles", json!(roles_view(member))),
        ("project", json!({ "id": project.id, "name": project.name, "type": project.project_type.name() })),
    ]
    .map(|(key, value)| (key.to_owned(), value))
    .into_iter()
    .collect()
}

/// A member's roles in words, for the audit trail.
pub(crate) fn in_words(roles: &[MembershipRole]) -> String {
    let words = roles.iter().map(|role| match &role.temporary {
        None => role.role.name().to_owned(),
        Some(span) => format!("{} from {} until {}", role.role.name(), span.starts_at, span.ends_at),
    });
    words.collect::<Vec<_>>().join(", ")
}

/// Nobody hands out more than they have, nor for longer: who administers for an hour must not do so for ever. One read, which
/// an organisation's administrator does not need.
pub(crate) async fn within(
    ctx: &Ctx,
    caller: &Caller,
    project: &Project,
    roles: &[MembershipRole],
) -> Result<(), Problem> {
    if caller.organization_role == Role::Admin {
        return Ok(());
    }
    let own = ctx.store.membership(caller.kind, &caller.id, project.id).await?;
    match roles.iter().find(|role| !own.as_ref().is_some_and(|own| own.covers(role, caller.now))) {
        None => Ok(()),
        Some(role) => Err(Problem::forbidden(format!(
            "The role {} is more, or lasts longer, than your own",
            in_words(std::slice::from_ref(role))
        ))
        .named("PermissionBoundaryError")),
    }
}

/// Gives a member these roles in place of those it has.
pub(crate) async fn set_roles(
    ctx: &Ctx,
    caller: &Caller,
    project: &Project,
    mut member: Stored<Membership>,
    roles: Vec<MembershipRole>,
) -> Result<Stored<Membership>, Problem> {
    if member.roles != roles {
        within(ctx, caller, project, &roles).await?;
    }
    for _ in 1..which::ATTEMPTS {
        if member.roles == roles {
            return Ok(member);
        }
        let next = Membership { roles: roles.clone(), ..member.value.clone() };
        let mut audit = caller.audit("membership.update", &next.actor_id, &next.actor_name, next.scope());
        audit.details = vec![in_words(&next.roles)];
        let change = Change::new(caller.now).replace(&member, &next);
        match ctx.store.commit_kept(change, &audit, project.audit_logs_retention_days).await {
            Ok(()) => return Ok(member.replaced(next, caller.now)),
            Err(error) if error.is_outpaced() => {
                member = again(ctx, &member).await?;
            }
            Err(error) => return Err(error.into()),
        }
    }
    Err(error::crowded())
}

/// Ends a membership. The last administrator's too: the organisation's administrators remain.
pub(crate) async fn end(
    ctx: &Ctx,
    caller: &Caller,
    project: &Project,
    mut member: Stored<Membership>,
) -> Result<Stored<Membership>, Problem> {
    for _ in 1..which::ATTEMPTS {
        let audit = caller.audit("membership.delete", &member.actor_id, &member.actor_name, member.scope());
        let change = Change::new(caller.now).delete(&member);
        match ctx.store.commit_kept(change, &audit, project.audit_logs_retention_days).await {
            Ok(()) => return Ok(member),
            Err(error) if error.is_outpaced() => {
                member = again(ctx, &member).await?;
            }
            Err(error) => return Err(error.into()),
        }
    }
    Err(error::crowded())
}

/// The membership as somebody else left it a moment ago.
async fn again(ctx: &Ctx, member: &Membership) -> Result<Stored<Membership>, Problem> {
    let found = ctx.store.membership(member.actor_kind, &member.actor_id, member.project_id).await?;
    found.ok_or_else(|| error::absent_member(&member.actor_name))
}
