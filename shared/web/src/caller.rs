//! Who is calling, as the authorizer found out, and what they may do.

use std::collections::HashMap;

use axum::extract::FromRequestParts;
use http::request::Parts;
use model::Timestamp;
use model::audit::{Actor, AuditRecord, Origin};
use model::bearer::Refusal;
use model::id::ProjectId;
use model::membership::ActorKind;
use model::permission::{Action, Role, Scope, Scoped, Subject};
use serde::Deserialize;
use serde_json::{Value, json};
use store::{ReadError, Store, Stored};

use crate::Problem;

/// Who is calling: the context that the authorizer answered, and where the request came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    /// Person or machine.
    pub kind: ActorKind,
    /// The identity's UUID, or the person's verified e-mail in lower case (`sub:` and the `sub` claim where there is none).
    pub id: String,
    /// As people call it.
    pub name: String,
    /// The person's e-mail.
    pub email: Option<String>,
    /// The groups of the company's directory that the person is in.
    pub groups: Vec<String>,
    /// What it is in the organisation.
    pub organization_role: Role,
    /// From where.
    pub origin: Origin,
    /// When the request came.
    pub now: Timestamp,
}

/// The authorizer's context, as API Gateway hands it on.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Context {
    kind: String,
    #[serde(default)]
    refusal: String,
    #[serde(default)]
    id: String,
    #[serde(default)]
    name: String,
    #[serde(default)]
    email: String,
    #[serde(default)]
    groups: Vec<String>,
    #[serde(default)]
    organization_role: String,
}

impl Caller {
    /// The caller that the authorizer's context describes.
    ///
    /// # Errors
    /// The [`Problem`] of the wire for every reason to refuse; also where there is no context, or one that this
    /// code does not know.
    pub(crate) fn from_context(
        context: &HashMap<String, Value>,
        origin: Origin,
        now: Timestamp,
    ) -> Result<Self, Problem> {
        let fields = context.iter().map(|(name, value)| (name.clone(), value.clone())).collect();
        let context: Context =
            serde_json::from_value(Value::Object(fields)).map_err(|_| Problem::from(Refusal::Missing))?;
        let kind = match context.kind.as_str() {
            "identity" => ActorKind::Identity,
            "user" => ActorKind::User,
            _ => return Err(Refusal::named(&context.refusal).unwrap_or(Refusal::Missing).into()),
        };
        let role = Role::named(&context.organization_role);
        let (Some(organization_role), false) = (role, context.id.is_empty()) else {
            return Err(Problem::from(Refusal::Missing));
        };
        Ok(Self {
            kind,
            id: context.id,
            name: context.name,
            email: Some(context.email).filter(|email| !email.is_empty()),
            groups: context.groups,
            organization_role,
            origin,
            now,
        })
    }

    /// What the caller may do, everywhere. One Query, which an organisation's administrator does not need.
    ///
    /// # Errors
    /// [`ReadError`] when the table cannot be read.
    pub async fn permissions(&self, store: &Store) -> Result<Permissions, ReadError> {
        let memberships = match self.organization_role {
            Role::Admin => Vec::new(),
            Role::Member | Role::Viewer | Role::NoAccess => store.memberships_of(self.kind, &self.id).await?,
        };
        let projects =
            memberships.iter().map(|member| (member.project_id, member.role_at(self.now))).collect();
        Ok(Permissions { organization: self.organization_role, projects })
    }

    /// The line of the audit trail for something that this caller does now.
    #[must_use]
    pub fn audit(
        &self,
        action: &str,
        resource: impl ToString,
        name: impl ToString,
        scope: Scope,
    ) -> AuditRecord {
        AuditRecord {
            at: self.now,
            actor: Actor { kind: self.kind.name().to_owned(), id: self.id.clone(), name: self.name.clone() },
            origin: self.origin.clone(),
            action: action.to_owned(),
            resource_id: resource.to_string(),
            resource_name: name.to_string(),
            project_id: scope.project(),
            details: Vec::new(),
        }
    }
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Missing => Self::unauthorized("Token missing"),
            Refusal::Malformed => {
                Self::token("The provided access token is malformed. Please re-authenticate.")
            }
            Refusal::Expired => Self::token("Your token has expired. Please re-authenticate."),
            Refusal::Algorithm => {
                Self::token("The access token is signed with an incorrect algorithm. Please re-authenticate.")
            }
            Refusal::Revoked => {
                Self::unauthorized("The access token is unknown or has been revoked. Please re-authenticate.")
            }
            Refusal::Exhausted => {
                Self::unauthorized("The access token has reached its limit of uses. Please re-authenticate.")
            }
            Refusal::Address => Self::forbidden("The access token may not be used from this address"),
            Refusal::Unavailable => {
                Self::unavailable("The access token could not be checked just now; please try again")
            }
        }
    }
}

impl<S: Sync> FromRequestParts<S> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        parts.extensions.get::<Self>().cloned().ok_or_else(|| Problem::from(Refusal::Missing))
    }
}

/// What one caller may do, in the organisation and in each project.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Permissions {
    organization: Role,
    projects: HashMap<ProjectId, Role>,
}

impl Permissions {
    /// The projects that the caller belongs to; `None` means all, for the organisation's administrators.
    #[must_use]
    pub fn projects(&self) -> Option<Vec<ProjectId>> {
        let seen = |(project, role): (&ProjectId, &Role)| (*role != Role::NoAccess).then_some(*project);
        (self.organization != Role::Admin).then(|| self.projects.iter().filter_map(seen).collect())
    }

    /// What the caller is in a scope. The organisation's administrators are administrators of every project.
    #[must_use]
    pub fn role_in(&self, scope: Scope) -> Role {
        match (self.organization, scope) {
            (Role::Admin, _) => Role::Admin,
            (role, Scope::Organization) => role,
            (Role::Member | Role::Viewer | Role::NoAccess, Scope::Project(project)) => {
                self.projects.get(&project).copied().unwrap_or(Role::NoAccess)
            }
        }
    }

    /// Whether the caller belongs to the scope at all. To anybody else, what is in it does not exist.
    #[must_use]
    pub fn sees(&self, scope: Scope) -> bool {
        self.role_in(scope) != Role::NoAccess
    }

    /// Whether the caller may do this to such a thing in this scope.
    #[must_use]
    pub fn allows(&self, action: Action, subject: Subject, scope: Scope) -> bool {
        let role = self.role_in(scope);
        match scope {
            Scope::Organization => role.allows_in_organization(action, subject),
            Scope::Project(_) => role.allows_in_project(action, subject),
        }
    }

    /// Refuses what [`Permissions::allows`] does not allow.
    ///
    /// # Errors
    /// 403 `PermissionDenied`, with the action and the subject.
    pub fn may(&self, action: Action, subject: Subject, scope: Scope) -> Result<(), Problem> {
        if self.allows(action, subject, scope) {
            return Ok(());
        }
        let (action, subject) = (action.name(), subject.name());
        let place =
            scope.project().map_or_else(|| "the organization".to_owned(), |id| format!("project {id}"));
        Err(Problem::forbidden(format!("You are not allowed to {action} {subject} in {place}"))
            .named("PermissionDenied")
            .with_details(
                json!([{ "action": [action], "subject": [subject], "inverted": false, "conditions": {} }]),
            ))
    }

    /// A thing that was looked up by its id, if the caller may do this to it.
    ///
    /// # Errors
    /// `absent` when it is not there or in a scope that the caller does not belong to, which cannot be told apart from
    /// outside; 403 `PermissionDenied` when the caller sees it and may not.
    pub fn open<T: Scoped>(
        &self,
        action: Action,
        subject: Subject,
        found: Option<Stored<T>>,
        absent: impl FnOnce() -> Problem,
    ) -> Result<Stored<T>, Problem> {
        match found {
            Some(thing) if self.sees(thing.value.scope()) => {
                self.may(action, subject, thing.value.scope())?;
                Ok(thing)
            }
            Some(_) | None => Err(absent()),
        }
    }
}
