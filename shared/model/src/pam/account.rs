//! Accounts: the role that people use, and what clients send about it.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::actor::AccessList;
use super::duration::SessionDuration;
use super::metadata::Metadata;
use super::resource::role_arn;
use crate::arn::RoleArn;
use crate::form::{self, Form, Issues, Read, rule};
use crate::id::{OrganizationId, PamAccountId, PamResourceId, ProjectId};
use crate::permission::{Scope, Scoped};

/// A role that people enter through a resource's role.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PamAccount {
    /// Its id.
    pub id: PamAccountId,
    /// The organisation that it belongs to.
    pub organization_id: OrganizationId,
    /// The project that it belongs to: that of its resource.
    pub project_id: ProjectId,
    /// The resource whose role assumes this one.
    pub resource_id: PamResourceId,
    /// A slug, unique in its resource; the second half of its path.
    pub name: String,
    /// What people say about it. The empty text stays one: clients compare.
    pub description: Option<String>,
    /// The role that people use.
    pub target_role_arn: RoleArn,
    /// How long a session lasts when nobody says otherwise.
    pub default_duration: SessionDuration,
    /// Whether nobody gets in without saying why.
    #[serde(default)]
    pub requires_reason: bool,
    /// Who may use it.
    #[serde(default)]
    pub access: AccessList,
    /// Labels.
    #[serde(default)]
    pub metadata: Vec<Metadata>,
    /// Who made it, `kind:id`: a repeated create of the same caller is the same create.
    pub created_by: String,
}

impl Scoped for PamAccount {
    fn scope(&self) -> Scope {
        Scope::Project(self.project_id)
    }
}

/// The body of a create.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CreateAccount {
    /// The resource.
    pub resource_id: PamResourceId,
    /// The name, a slug.
    pub name: String,
    /// The description, as it was given.
    pub description: Option<String>,
    /// The role that people use.
    pub target_role_arn: RoleArn,
    /// How long a session lasts when nobody says otherwise.
    pub default_duration: SessionDuration,
    /// Whether a reason is required.
    pub requires_reason: bool,
    /// Who may use it.
    pub access: AccessList,
    /// Labels.
    pub metadata: Vec<Metadata>,
}

/// The body of a change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UpdateAccount {
    /// The new name, if any.
    pub name: Option<String>,
    /// The new description: `Some(None)` removes it.
    pub description: Option<Option<String>>,
    /// The new role, if any.
    pub target_role_arn: Option<RoleArn>,
    /// The new duration, if any.
    pub default_duration: Option<SessionDuration>,
    /// Whether a reason is required from now on.
    pub requires_reason: Option<bool>,
    /// Who may use it from now on.
    pub access: Option<AccessList>,
    /// The new labels, if any.
    pub metadata: Option<Vec<Metadata>>,
}

const NO_MFA: &str = "A second factor is your OIDC provider's: Drawbridge does not ask for another";
const NO_FOLDERS: &str = "Folders are not supported: an account's path is resource/account";

impl CreateAccount {
    /// Reads the body of a create.
    ///
    /// # Errors
    /// Every rule that it breaks.
    pub fn read(body: &Value) -> Result<Self, Issues> {
        form::read(body, <Self as Read>::read)
    }
}

impl Read for CreateAccount {
    fn read(form: &mut Form<'_>) -> Option<Self> {
        let resource_id = form.required("resourceId", rule::id());
        let name = form.required("name", rule::slug(1, 64));
        let description = form.nullish("description", rule::string(0, 512));
        let credentials = form.object("credentials", |form| {
            let target_role_arn = form.required("targetRoleArn", role_arn());
            let duration = form.required(duration_name(form), SessionDuration::rule());
            Some((target_role_arn?, duration?))
        });
        let requires_reason = form.or("requireReason", rule::boolean(), false);
        let access = form.nullish_object("access", AccessList::read);
        let metadata = Metadata::read(form);
        unsupported(form);
        let (target_role_arn, default_duration) = credentials?;
        Some(Self {
            resource_id: resource_id?,
            name: name?,
            description: description?,
            target_role_arn,
            default_duration,
            requires_reason: requires_reason?,
            access: access?.unwrap_or_default(),
            metadata: metadata?.unwrap_or_default(),
        })
    }
}

impl UpdateAccount {
    /// Reads the body of a change. Its `resourceId` cannot change and is ignored.
    ///
    /// # Errors
    /// Every rule that it breaks.
    pub fn read(body: &Value) -> Result<Self, Issues> {
        form::read(body, <Self as Read>::read)
    }
}

impl Read for UpdateAccount {
    fn read(form: &mut Form<'_>) -> Option<Self> {
        let name = form.optional("name", rule::slug(1, 64));
        let names_description = form.names("description");
        let description = form.nullish("description", rule::string(0, 512));
        let credentials = form.nullish_object("credentials", |form| {
            let target_role_arn = form.optional("targetRoleArn", role_arn());
            let duration = form.optional(duration_name(form), SessionDuration::rule());
            Some((target_role_arn?, duration?))
        });
        let requires_reason = form.optional("requireReason", rule::boolean());
        // `null` is a list that names nobody, as absent is at creation.
        let names_access = form.names("access");
        let access = form.nullish_object("access", AccessList::read);
        let metadata = Metadata::read(form);
        unsupported(form);
        let (target_role_arn, default_duration) = credentials?.unwrap_or_default();
        let description = description?;
        let access = access?.unwrap_or_default();
        Some(Self {
            name: name?,
            description: names_description.then_some(description),
            target_role_arn,
            default_duration,
            requires_reason: requires_reason?,
            access: names_access.then_some(access),
            metadata: metadata?,
        })
    }
}

/// The peer's older clients send another name.
fn duration_name(form: &Form<'_>) -> &'static str {
    if form.has("maxSessionDuration") && !form.has("defaultSessionDuration") {
        "maxSessionDuration"
    } else {
        "defaultSessionDuration"
    }
}

fn unsupported(form: &mut Form<'_>) {
    form.absent("requireMfa", NO_MFA);
    form.absent("folderId", NO_FOLDERS);
    form.absent("rotationEnabled", "An IAM role has no credentials to rotate");
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use serde_json::json;

    use super::*;

    const ROLE: &str = "arn:aws:iam::123456789012:role/pam-readonly";

    #[test]
    fn the_documented_body_is_read_with_a_duration_in_seconds_or_in_words() {
        for (name, duration) in [
            ("defaultSessionDuration", json!(3_600)),
            ("defaultSessionDuration", json!("1h")),
            ("maxSessionDuration", json!("3600")),
        ] {
            let resource = PamResourceId::random();
            let mut credentials = json!({ "targetRoleArn": ROLE });
            credentials[name] = duration;
            let read = CreateAccount::read(&json!({
                "resourceId": resource, "folderId": null, "name": "readonly", "description": "to look",
                "requireMfa": false, "credentials": credentials,
            }))
            .unwrap();
            assert_eq!((read.resource_id, read.default_duration), (resource, SessionDuration::LONGEST));
            assert_eq!(read.target_role_arn.to_string(), ROLE);
            assert!(read.access.is_empty() && !read.requires_reason);
        }
    }

    #[test]
    fn every_broken_rule_is_reported_and_a_long_session_says_why() {
        let said = CreateAccount::read(&json!({
            "resourceId": "r", "name": "", "description": "x".repeat(513), "requireMfa": true, "folderId": "f",
            "credentials": { "targetRoleArn": "role", "defaultSessionDuration": "12h" },
        }))
        .unwrap_err()
        .to_string();
        for expected in [
            "resourceId",
            "name:",
            "description",
            "requireMfa",
            "folderId",
            "targetRoleArn",
            "chained roles to one hour",
        ] {
            assert!(said.contains(expected), "{expected}: {said}");
        }
    }

    #[test]
    fn a_change_tells_absent_from_null() {
        let nothing = UpdateAccount::read(&json!({})).unwrap();
        assert_eq!((nothing.description, nothing.access, nothing.default_duration), (None, None, None));
        let read = UpdateAccount::read(&json!({
            "description": null, "access": null, "credentials": { "defaultSessionDuration": "15m" }, "requireReason": true,
        }))
        .unwrap();
        assert_eq!((read.description, read.access), (Some(None), Some(AccessList::default())));
        assert_eq!(read.default_duration, Some(SessionDuration::SHORTEST));
        assert_eq!((read.target_role_arn, read.requires_reason), (None, Some(true)));
    }
}
