//! A resource as the wire shows it.

use axum::Json;
use model::Timestamp;
use model::id::{PamResourceId, ProjectId};
use model::pam::{Metadata, PamResource};
use serde::Serialize;
use store::Stored;

/// A resource.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Resource {
    id: PamResourceId,
    project_id: ProjectId,
    name: String,
    resource_type: &'static str,
    connection_details: ConnectionDetails,
    gateway_id: Option<()>,
    metadata: Vec<Metadata>,
    created_at: Timestamp,
    updated_at: Timestamp,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct ConnectionDetails {
    role_arn: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    region: Option<String>,
}

impl Resource {
    pub(crate) fn new(stored: Stored<PamResource>) -> Self {
        let Stored { value: resource, created_at, updated_at, .. } = stored;
        Self {
            id: resource.id,
            project_id: resource.project_id,
            name: resource.name,
            resource_type: "aws-iam",
            connection_details: ConnectionDetails {
                role_arn: resource.role_arn.to_string(),
                region: resource.region.map(|region| region.to_string()),
            },
            gateway_id: None,
            metadata: resource.metadata,
            created_at,
            updated_at,
        }
    }
}

/// The answer about one resource.
#[derive(Debug, Serialize)]
pub(crate) struct One {
    resource: Resource,
    /// What the caller should know although the request was done. Ours alone; absent when there is nothing.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    warnings: Vec<String>,
}

pub(crate) fn one(stored: Stored<PamResource>, warnings: Vec<String>) -> Json<One> {
    Json(One { resource: Resource::new(stored), warnings })
}
