//! Tags as the wire shows them: under the name that the route's family uses, and under the other one beside it.

use axum::Json;
use model::tag::Tag;
use serde_json::{Value, json};
use store::Stored;

/// One tag, on its own or on a secret.
pub(crate) fn tag(tag: &Stored<Tag>) -> Value {
    json!({
        "id": tag.id,
        "slug": tag.slug,
        "name": tag.name.as_ref().unwrap_or(&tag.slug),
        "color": tag.color,
        "projectId": tag.project_id,
        "createdAt": tag.created_at,
        "updatedAt": tag.updated_at,
    })
}

/// The answer about one tag: `workspaceTag` for `/api/v1/workspace`, `tag` for `/api/v1/projects`.
pub(crate) fn one(stored: &Stored<Tag>) -> Json<Value> {
    let tag = tag(stored);
    Json(json!({ "workspaceTag": tag, "tag": tag }))
}

/// The answer about many.
pub(crate) fn many(tags: &[Stored<Tag>]) -> Json<Value> {
    let tags: Vec<Value> = tags.iter().map(tag).collect();
    Json(json!({ "workspaceTags": tags, "tags": tags }))
}
