//! A connection as the wire shows it.

use aws_lc_rs::digest::{Context, SHA256};
use axum::Json;
use model::Timestamp;
use model::connection::{Connection, Way};
use model::id::{ConnectionId, OrganizationId, ProjectId};
use serde::Serialize;
use store::Stored;
use web::Problem;

use crate::Ctx;
use crate::project_names::ProjectSummary;

/// An AppConnection: everything about a connection but its secrets and its role.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct AppConnection {
    id: ConnectionId,
    name: String,
    description: Option<String>,
    app: &'static str,
    method: &'static str,
    version: u8,
    org_id: OrganizationId,
    project_id: Option<ProjectId>,
    created_at: Timestamp,
    updated_at: Timestamp,
    is_platform_managed_credentials: bool,
    gateway_id: Option<()>,
    gateway_pool_id: Option<()>,
    is_auto_rotation_enabled: bool,
    rotation: Option<()>,
    #[serde(skip_serializing_if = "Option::is_none")]
    project: Option<ProjectSummary>,
    credentials_hash: String,
    credentials: Credentials,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Credentials {
    #[serde(skip_serializing_if = "Option::is_none")]
    sts_endpoint: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    access_key_id: Option<String>,
}

impl AppConnection {
    pub(crate) fn new(stored: Stored<Connection>, project: Option<ProjectSummary>) -> Self {
        let Stored { value: connection, created_at, updated_at, .. } = stored;
        let (method, version) = (connection.method().name(), connection.wire_version());
        let credentials_hash = credentials_hash(&connection);
        let credentials = match connection.way {
            Way::AssumeRole { sts_endpoint, .. } => Credentials {
                sts_endpoint: sts_endpoint.map(|endpoint| endpoint.to_string()),
                access_key_id: None,
            },
            Way::AccessKey { access_key_id, .. } => {
                Credentials { sts_endpoint: None, access_key_id: Some(access_key_id) }
            }
        };
        Self {
            id: connection.id,
            name: connection.name,
            description: connection.description,
            app: "aws",
            method,
            version,
            org_id: connection.organization_id,
            project_id: connection.scope.project(),
            created_at,
            updated_at,
            is_platform_managed_credentials: false,
            gateway_id: None,
            gateway_pool_id: None,
            is_auto_rotation_enabled: false,
            rotation: None,
            project,
            credentials_hash,
            credentials,
        }
    }

    /// For sorting lists.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }
}

/// Changes with every change of the credentials, and says nothing about them: clients compare it.
fn credentials_hash(connection: &Connection) -> String {
    let mut hash = Context::new(&SHA256);
    hash.update(connection.id.uuid().as_bytes());
    hash.update(&connection.credentials_version.to_be_bytes());
    hex::encode(hash.finish())
}

/// The answer about one connection.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct One {
    app_connection: AppConnection,
    /// What the caller should know although the request was done. Ours alone; absent when there is nothing.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    warnings: Vec<String>,
}

/// The answer about one connection, with its project's name.
pub(crate) async fn one(
    ctx: &Ctx,
    now: Timestamp,
    connection: Stored<Connection>,
    warnings: Vec<String>,
) -> Result<Json<One>, Problem> {
    let project = match connection.scope.project() {
        Some(id) => ctx.project_names.of(&ctx.store, now, &[id]).await?.remove(&id),
        None => None,
    };
    Ok(Json(One { app_connection: AppConnection::new(connection, project), warnings }))
}
