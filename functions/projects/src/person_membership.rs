//! People in a project. A person needs no record: whoever the company's identity provider says has the e-mail is meant.

use std::collections::BTreeSet;

use axum::Json;
use axum::extract::State;
use futures::future::try_join_all;
use model::form::{Fault, Form, Read, Rule, rule};
use model::id::{MembershipId, ProjectId};
use model::membership::{ActorKind, LONGEST_PERSON, Membership, MembershipRole, SUBJECT, address};
use model::permission::{Action, Role, Scoped as _, Subject};
use model::project::Project;
use serde_json::{Value, json};
use store::{Change, CommitError, Conflict, Stored};
use web::{Caller, JsonBody, Path, Problem};

use crate::membership::RequiredRoles;
use crate::which::{ATTEMPTS, Which, open};
use crate::{Ctx, error, membership};

type Answer = Result<Json<Value>, Problem>;

/// The most people of one request: each is two writes of one transaction.
const MAX_PEOPLE: usize = 40;

fn view(member: &Stored<Membership>, project: &Project) -> Value {
    let mut fields = membership::view(member, project);
    let id = &member.actor_id;
    let email = Some(id).filter(|id| !id.starts_with(SUBJECT));
    // Clients compare with what they sent. A subject that looks like an address keeps its mark.
    let username = id.strip_prefix(SUBJECT).filter(|subject| !subject.contains('@')).unwrap_or(id);
    fields.insert("userId".to_owned(), json!(member.actor_id));
    fields.insert(
        "user".to_owned(),
        json!({
            "id": id, "username": username, "email": email,
            "firstName": null, "lastName": null, "publicKey": null,
        }),
    );
    Value::Object(fields)
}

/// An e-mail address, in lower case: the id of the person who has it.
fn email() -> impl Rule<Output = String> {
    rule::text(|text| {
        let dotted =
            |address: &String| address.split_once('@').is_some_and(|(_, domain)| domain.contains('.'));
        address(text).filter(dotted).ok_or_else(|| vec![Fault::invalid("email", "Invalid email")])
    })
}

/// A person's id: an e-mail address, or the `sub` claim of one whose provider vouches for none, with or without the `sub:`
/// before it.
fn username() -> impl Rule<Output = String> {
    rule::text(|text| {
        let text = text.trim();
        let (subject, marked) = text.strip_prefix(SUBJECT).map_or((text, false), |subject| (subject, true));
        match subject {
            "" => Err(vec![Fault::custom("A username cannot be empty")]),
            long if long.len() > LONGEST_PERSON => {
                Err(vec![Fault::custom(format!("A username has at most {LONGEST_PERSON} bytes"))])
            }
            email if email.contains('@') && !marked => {
                address(email).ok_or_else(|| vec![Fault::custom("Invalid e-mail address")])
            }
            subject => Ok(format!("{SUBJECT}{subject}")),
        }
    })
}

/// `emails` and `usernames` together, each once.
pub(crate) struct People(BTreeSet<String>);

impl Read for People {
    fn read(form: &mut Form<'_>) -> Option<Self> {
        let emails = form.nullish("emails", rule::list(0, MAX_PEOPLE, email()));
        let usernames = form.nullish("usernames", rule::list(0, MAX_PEOPLE, username()));
        let people: BTreeSet<String> = [emails?, usernames?].into_iter().flatten().flatten().collect();
        match people.len() {
            0 => form.refuse("emails", "Name at least one person, in emails or usernames"),
            1..=MAX_PEOPLE => Some(Self(people)),
            _ => form.refuse("emails", format!("At most {MAX_PEOPLE} people at once")),
        }
    }
}

/// Who becomes a member, and what they become.
pub(crate) struct Invitation {
    people: People,
    roles: Vec<Role>,
}

impl Read for Invitation {
    fn read(form: &mut Form<'_>) -> Option<Self> {
        let people = People::read(form);
        let roles = form.nullish("roleSlugs", rule::list(1, 20, rule::one_of(Role::NAMES)));
        Some(Self { people: people?, roles: roles?.unwrap_or_else(|| vec![Role::Member]) })
    }
}

/// One person, who must be named.
pub(crate) struct Person(String);

impl Read for Person {
    fn read(form: &mut Form<'_>) -> Option<Self> {
        form.required("username", username()).map(Self)
    }
}

/// `POST …/{projectId}/memberships`: whoever is a member already stays as they are.
pub(crate) async fn create(
    State(ctx): State<Ctx>,
    caller: Caller,
    Path(project): Path<ProjectId>,
    body: JsonBody<Invitation>,
) -> Answer {
    let Invitation { people: People(people), roles } = body.read()?;
    let roles: Vec<_> = roles.into_iter().map(MembershipRole::permanent).collect();
    for _ in 1..ATTEMPTS {
        let project = open(&ctx, &caller, &Which::Id(project), Action::Create, Subject::Members).await?;
        membership::within(&ctx, &caller, &project, &roles).await?;
        let found = find(&ctx, project.id, &people).await?;
        let (mut members, mut change, mut new) =
            (Vec::new(), Change::new(caller.now).require(&project.value), Vec::new());
        for (person, found) in people.iter().zip(found) {
            if let Some(member) = found {
                members.push(member);
                continue;
            }
            let value = Membership {
                id: MembershipId::random(),
                organization_id: ctx.organization.id,
                project_id: project.id,
                actor_kind: ActorKind::User,
                actor_id: person.clone(),
                actor_name: person.clone(),
                roles: roles.clone(),
            };
            change = change.create(&value);
            new.push(person.clone());
            members.push(Stored::created(value, caller.now));
        }
        let answer = || Ok(Json(json!({ "memberships": views(&members, &project) })));
        if new.is_empty() {
            return answer();
        }
        let names = new.join(", ");
        let mut audit = caller.audit("membership.create", &names, &names, project.scope());
        audit.details = vec![membership::in_words(&roles)];
        match ctx.store.commit_kept(change, &audit, project.audit_logs_retention_days).await {
            Ok(()) => return answer(),
            // Somebody else made one of them, or removed the project: look again.
            Err(CommitError::Conflict(
                Conflict::Exists { .. } | Conflict::Stale { .. } | Conflict::Contended,
            )) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Err(error::crowded())
}

fn views(members: &[Stored<Membership>], project: &Project) -> Vec<Value> {
    members.iter().map(|member| view(member, project)).collect()
}

/// What each of the people is in the project, side by side.
async fn find(
    ctx: &Ctx,
    project: ProjectId,
    people: &BTreeSet<String>,
) -> Result<Vec<Option<Stored<Membership>>>, Problem> {
    let reads = people.iter().map(|person| ctx.store.membership(ActorKind::User, person, project));
    Ok(try_join_all(reads).await?)
}

/// `GET …/{projectId}/memberships`: the people, by name.
pub(crate) async fn list(State(ctx): State<Ctx>, caller: Caller, Path(project): Path<ProjectId>) -> Answer {
    let project = open(&ctx, &caller, &Which::Id(project), Action::Read, Subject::Members).await?;
    let mut members = ctx.store.members_of(project.id).await?;
    members.retain(|member| member.actor_kind == ActorKind::User);
    Ok(Json(json!({ "memberships": views(&members, &project) })))
}

/// The project and the person's membership, when the caller may do this to it.
async fn member(
    ctx: &Ctx,
    caller: &Caller,
    (project, id): (ProjectId, MembershipId),
    action: Action,
) -> Result<(Stored<Project>, Stored<Membership>), Problem> {
    let project = open(ctx, caller, &Which::Id(project), action, Subject::Members).await?;
    let found = ctx.store.membership_by_id(project.id, id).await?;
    let found = found.filter(|member| member.actor_kind == ActorKind::User);
    let absent = || Problem::not_found(format!("Membership with ID '{id}' was not found"));
    Ok((project, found.ok_or_else(absent)?))
}

/// `GET …/{projectId}/memberships/{membershipId}`.
pub(crate) async fn get(
    State(ctx): State<Ctx>,
    caller: Caller,
    Path(ids): Path<(ProjectId, MembershipId)>,
) -> Answer {
    let (project, member) = member(&ctx, &caller, ids, Action::Read).await?;
    Ok(Json(json!({ "membership": view(&member, &project) })))
}

/// `POST …/{projectId}/memberships/details`: a membership by the person's name, as Terraform reads it.
pub(crate) async fn get_by_name(
    State(ctx): State<Ctx>,
    caller: Caller,
    Path(project): Path<ProjectId>,
    body: JsonBody<Person>,
) -> Answer {
    let Person(person) = body.read()?;
    let project = open(&ctx, &caller, &Which::Id(project), Action::Read, Subject::Members).await?;
    let found = ctx.store.membership(ActorKind::User, &person, project.id).await?;
    let member = found.ok_or_else(|| error::absent_member(&person))?;
    Ok(Json(json!({ "membership": view(&member, &project) })))
}

/// `PATCH …/{projectId}/memberships/{membershipId}`.
pub(crate) async fn update(
    State(ctx): State<Ctx>,
    caller: Caller,
    Path(ids): Path<(ProjectId, MembershipId)>,
    body: JsonBody<RequiredRoles>,
) -> Answer {
    let RequiredRoles(roles) = body.read()?;
    let (project, member) = member(&ctx, &caller, ids, Action::Edit).await?;
    let member = membership::set_roles(&ctx, &caller, &project, member, roles).await?;
    Ok(Json(json!({ "roles": membership::roles_view(&member), "membership": view(&member, &project) })))
}

/// `DELETE …/{projectId}/memberships/{membershipId}`.
pub(crate) async fn delete(
    State(ctx): State<Ctx>,
    caller: Caller,
    Path(ids): Path<(ProjectId, MembershipId)>,
) -> Answer {
    let (project, member) = member(&ctx, &caller, ids, Action::Delete).await?;
    let member = membership::end(&ctx, &caller, &project, member).await?;
    Ok(Json(json!({ "membership": view(&member, &project) })))
}

/// `DELETE …/{projectId}/memberships` with names in the body: all of them or none.
pub(crate) async fn delete_several(
    State(ctx): State<Ctx>,
    caller: Caller,
    Path(project): Path<ProjectId>,
    body: JsonBody<People>,
) -> Answer {
    let People(people) = body.read()?;
    for _ in 1..ATTEMPTS {
        let project = open(&ctx, &caller, &Which::Id(project), Action::Delete, Subject::Members).await?;
        let found = find(&ctx, project.id, &people).await?;
        let absent: Vec<&str> = people
            .iter()
            .zip(&found)
            .filter(|(_, found)| found.is_none())
            .map(|(person, _)| person.as_str())
            .collect();
        if !absent.is_empty() {
            return Err(error::absent_member(absent.join("', '")));
        }
        let members: Vec<_> = found.into_iter().flatten().collect();
        let change = members.iter().fold(Change::new(caller.now), |change, member| change.delete(member));
        let names = people.iter().cloned().collect::<Vec<_>>().join(", ");
        let audit = caller.audit("membership.delete", &names, &names, project.scope());
        match ctx.store.commit_kept(change, &audit, project.audit_logs_retention_days).await {
            Ok(()) => return Ok(Json(json!({ "memberships": views(&members, &project) }))),
            Err(error) if error.is_outpaced() => {}
            Err(error) => return Err(error.into()),
        }
    }
    Err(error::crowded())
}
