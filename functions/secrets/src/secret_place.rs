//! Where a request about secrets takes place: the clients name the project in four ways.

use model::environment::Environment;
use model::form::{Form, Rule, rule};
use model::id::ProjectId;
use model::membership::ActorKind;
use model::permission::{Action, Scoped as _, Subject};
use model::project::Project;
use model::secret::{Owner, SecretKind, SecretPath};
use store::Stored;
use vault::Place;
use web::{Caller, Permissions, Problem};

use crate::Ctx;
use crate::error;
use crate::place::environment_of;

/// The longest slug or id that is looked up.
const LONGEST_WORD: usize = 256;

/// How a request names a project.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Which {
    /// By its id.
    Id(ProjectId),
    /// By its slug.
    Slug(String),
    /// By a text that can be no project's id.
    Nothing(String),
}

/// The folder that a request is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SecretPlace {
    /// The project, if the request names one.
    pub(crate) project: Option<Which>,
    /// The environment's slug, if the request names one.
    pub(crate) environment: Option<String>,
    /// The folder, the root by default.
    pub(crate) path: SecretPath,
}

impl SecretPlace {
    /// From a query string, where a missing environment is no broken rule but a refusal of its own.
    pub(crate) fn query(form: &mut Form<'_>) -> Option<Self> {
        let environment = form.nullish("environment", word());
        Self::with(form, environment.map(Option::flatten))
    }

    /// From a body.
    pub(crate) fn body(form: &mut Form<'_>) -> Option<Self> {
        let environment = form.required("environment", rule::trimmed(1, LONGEST_WORD));
        Self::with(form, environment.map(Some))
    }

    fn with(form: &mut Form<'_>, environment: Option<Option<String>>) -> Option<Self> {
        let project = Which::form(form);
        let path = form.nullish("secretPath", path()).map(Option::unwrap_or_default);
        Some(Self { project: project?, environment: environment?, path: path? })
    }
}

impl Which {
    /// The clients have four names for it, and send those that they do not mean as empty texts.
    fn form(form: &mut Form<'_>) -> Option<Option<Self>> {
        let ids = ["workspaceId", "projectId"].map(|name| form.nullish(name, word()));
        let slugs = ["workspaceSlug", "projectSlug"].map(|name| form.nullish(name, word()));
        let [first, second] = ids;
        let id = first?.flatten().or(second?.flatten());
        let [first, second] = slugs;
        let slug = first?.flatten().or(second?.flatten());
        let by_id = id.map(|text| text.parse().map_or_else(|_| Self::Nothing(text), Self::Id));
        Some(by_id.or_else(|| slug.map(Self::Slug)))
    }
}

/// A word where the empty text means none.
fn word() -> impl Rule<Output = Option<String>> {
    rule::json("string", |value| {
        rule::trimmed(0, LONGEST_WORD).read(value).map(|word| Some(word).filter(|word| !word.is_empty()))
    })
}

fn path() -> impl Rule<Output = SecretPath> {
    rule::parsed()
}

/// A folder's project and environment, found, and what the caller may do there.
pub(crate) struct Found {
    pub(crate) project: Stored<Project>,
    pub(crate) environment: Environment,
    pub(crate) path: SecretPath,
    permissions: Permissions,
}

impl Found {
    /// The same for the vault.
    pub(crate) fn place(&self) -> Place<'_> {
        Place { project: &self.project, environment: self.environment.id, path: &self.path }
    }

    /// Whether the caller may do this to the secrets of the project.
    pub(crate) fn allows(&self, action: Action) -> bool {
        self.permissions.allows(action, Subject::Secrets, self.project.scope())
    }

    /// Refuses what the caller may not do to them.
    ///
    /// # Errors
    /// 403 `PermissionDenied`.
    pub(crate) fn may(&self, action: Action) -> Result<(), Problem> {
        self.permissions.may(action, Subject::Secrets, self.project.scope())
    }
}

impl SecretPlace {
    /// The place, if the caller may do `action` to secrets there. Project and permissions are read side by side.
    ///
    /// # Errors
    /// 400 when the request names no project or no environment; 404 when there is none such, or another's.
    pub(crate) async fn find(self, ctx: &Ctx, caller: &Caller, action: Action) -> Result<Found, Problem> {
        let (Some(which), Some(slug)) = (self.project, self.environment) else {
            return Err(Problem::bad_request("Missing project id or environment"));
        };
        let (permissions, project) = tokio::try_join!(caller.permissions(&ctx.store), async {
            match &which {
                Which::Id(id) => ctx.store.project(*id).await,
                Which::Slug(slug) => ctx.store.project_by_slug(ctx.organization, slug).await,
                Which::Nothing(_) => Ok(None),
            }
        })?;
        let project = permissions.open(action, Subject::Secrets, project, || match &which {
            Which::Id(id) => error::absent_project(*id),
            Which::Slug(slug) => Problem::not_found(format!("Project with slug '{slug}' was not found")),
            Which::Nothing(text) => Problem::not_found(format!("Project with ID '{text}' was not found")),
        })?;
        let environment = environment_of(&project, &slug)?.clone();
        Ok(Found { project, environment, path: self.path, permissions })
    }
}

/// Whose personal secrets a caller has: people alone have any.
pub(crate) fn owner(caller: &Caller) -> Option<Owner> {
    match caller.kind {
        ActorKind::User => Some(Owner { kind: caller.kind, id: caller.id.clone() }),
        ActorKind::Identity => None,
    }
}

/// The shared secret of a name, or the caller's own.
///
/// # Errors
/// 400 for a machine that means its own.
pub(crate) fn kind(caller: &Caller, personal: bool) -> Result<SecretKind, Problem> {
    if !personal {
        return Ok(SecretKind::Shared);
    }
    let owner = owner(caller);
    owner
        .map(SecretKind::Personal)
        .ok_or_else(|| Problem::bad_request("A machine identity cannot have personal secrets"))
}

/// Whether a secret is everybody's or the caller's.
pub(crate) fn is_own(caller: &Caller, kind: &SecretKind) -> bool {
    kind.owner().is_none_or(|owner| owner.kind == caller.kind && owner.id == caller.id)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

    use model::form;
    use serde_json::json;

    use super::*;

    #[test]
    fn a_project_is_named_in_any_of_four_ways_and_empty_means_absent() {
        let id = ProjectId::random();
        let which = |value| form::read(&value, SecretPlace::query).unwrap().project;
        for name in ["workspaceId", "projectId"] {
            assert_eq!(which(json!({ name: id, "workspaceSlug": "" })), Some(Which::Id(id)), "{name}");
        }
        for name in ["workspaceSlug", "projectSlug"] {
            assert_eq!(
                which(json!({ name: " demo ", "workspaceId": "" })),
                Some(Which::Slug("demo".into())),
                "{name}"
            );
        }
        assert_eq!(which(json!({ "workspaceId": id, "projectSlug": "demo" })), Some(Which::Id(id)));
        assert_eq!(which(json!({ "workspaceId": "demo" })), Some(Which::Nothing("demo".into())));
        assert_eq!(which(json!({ "workspaceId": null, "projectSlug": "" })), None);
    }

    #[test]
    fn the_path_is_the_root_by_default_and_slashes_are_set_right() {
        let path = |value| form::read(&value, SecretPlace::query).unwrap().path;
        for (given, path_) in
            [(json!({}), "/"), (json!({ "secretPath": "api/" }), "/api"), (json!({ "secretPath": "/" }), "/")]
        {
            assert_eq!(path(given).as_str(), path_);
        }
        assert!(form::read(&json!({ "secretPath": "x".repeat(2_000) }), SecretPlace::query).is_err());
    }

    #[test]
    fn a_body_must_name_the_environment_and_a_query_need_not() {
        assert_eq!(form::read(&json!({ "environment": "" }), SecretPlace::query).unwrap().environment, None);
        for body in [
            json!({}),
            json!({ "environment": "" }),
            json!({ "environment": null }),
            json!({ "environment": 5 }),
        ] {
            assert!(form::read(&body, SecretPlace::body).is_err(), "{body}");
        }
    }
}
