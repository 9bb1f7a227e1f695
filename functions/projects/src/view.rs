//! Projects as the wire shows them. Every key is always there: the Go clients decode into structs, the others read keys.

use axum::Json;
use model::project::Project;
use serde_json::{Map, Value, json};
use store::Stored;

/// The project object.
pub(crate) fn project(project: &Stored<Project>) -> Map<String, Value> {
    let environments: Vec<Value> = project
        .environments
        .iter()
        .map(
            |environment| json!({ "id": environment.id, "name": environment.name, "slug": environment.slug }),
        )
        .collect();
    let object = json!({
        "id": project.id,
        "_id": project.id,
        "name": project.name,
        "slug": project.slug,
        "description": project.description,
        "type": project.project_type.name(),
        "orgId": project.organization_id,
        "autoCapitalization": project.auto_capitalization,
        "hasDeleteProtection": project.has_delete_protection,
        "auditLogsRetentionDays": project.audit_logs_retention_days,
        // One KMS key seals everything, a data key for each project; there is none to choose.
        "kmsSecretManagerKeyId": null,
        // Of the peer's history, at the values that its clients see for a new project.
        "version": 3,
        "upgradeStatus": null,
        "pitVersionLimit": 10,
        "createdAt": project.created_at,
        "updatedAt": project.updated_at,
        "environments": environments,
    });
    match object {
        Value::Object(fields) => fields,
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => Map::new(),
    }
}

/// The bare object: `/api/v2/workspace`.
pub(crate) fn bare(stored: &Stored<Project>) -> Json<Value> {
    Json(Value::Object(project(stored)))
}

/// `{workspace}`: `/api/v1/workspace`.
pub(crate) fn workspace(stored: &Stored<Project>) -> Json<Value> {
    Json(json!({ "workspace": project(stored) }))
}

/// The object both bare and as `project`: on `/api/v1/projects` some clients read one and some the other.
pub(crate) fn bare_and_wrapped(stored: &Stored<Project>) -> Json<Value> {
    let mut fields = project(stored);
    fields.insert("project".to_owned(), Value::Object(project(stored)));
    Json(Value::Object(fields))
}
