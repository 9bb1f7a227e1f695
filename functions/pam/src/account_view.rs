//! An account as the wire shows it.

use axum::Json;
use model::Timestamp;
use model::id::{IdentityId, PamAccountId, PamResourceId, ProjectId};
use model::pam::{AccessList, Metadata, PamAccount, PamResource};
use serde::Serialize;
use store::Stored;

/// An account.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Account {
    id: PamAccountId,
    project_id: ProjectId,
    resource_id: PamResourceId,
    folder_id: Option<()>,
    name: String,
    description: Option<String>,
    account_type: &'static str,
    require_mfa: bool,
    require_reason: bool,
    credentials: Credentials,
    resource: ResourceSummary,
    access: Access,
    metadata: Vec<Metadata>,
    created_at: Timestamp,
    updated_at: Timestamp,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Credentials {
    target_role_arn: String,
    default_session_duration: u16,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct ResourceSummary {
    id: PamResourceId,
    name: String,
    resource_type: &'static str,
    rotation_credentials_configured: bool,
}

/// Who may use it. All empty: the project's members.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Access {
    emails: Vec<String>,
    groups: Vec<String>,
    identities: Vec<IdentityId>,
    project_roles: Vec<&'static str>,
}

impl From<AccessList> for Access {
    fn from(list: AccessList) -> Self {
        let AccessList { emails, groups, identities, project_roles } = list;
        let project_roles = project_roles.into_iter().map(model::permission::Role::name).collect();
        Self { emails, groups, identities, project_roles }
    }
}

impl Account {
    pub(crate) fn new(stored: Stored<PamAccount>, resource: &PamResource) -> Self {
        let Stored { value: account, created_at, updated_at, .. } = stored;
        Self {
            id: account.id,
            project_id: account.project_id,
            resource_id: account.resource_id,
            folder_id: None,
            name: account.name,
            description: account.description,
            account_type: "aws-iam",
            require_mfa: false,
            require_reason: account.requires_reason,
            credentials: Credentials {
                target_role_arn: account.target_role_arn.to_string(),
                default_session_duration: account.default_duration.seconds(),
            },
            resource: ResourceSummary {
                id: resource.id,
                name: resource.name.clone(),
                resource_type: "aws-iam",
                rotation_credentials_configured: false,
            },
            access: account.access.into(),
            metadata: account.metadata,
            created_at,
            updated_at,
        }
    }
}

/// The answer about one account.
#[derive(Debug, Serialize)]
pub(crate) struct One {
    account: Account,
}

pub(crate) fn one(stored: Stored<PamAccount>, resource: &PamResource) -> Json<One> {
    Json(One { account: Account::new(stored, resource) })
}
