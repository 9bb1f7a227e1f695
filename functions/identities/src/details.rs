//! `GET /api/v1/identities/details`: a machine asks where it belongs.

use axum::Json;
use serde_json::{Value, json};

use crate::State;

pub(crate) async fn details(axum::extract::State(ctx): State) -> Json<Value> {
    let organization = &ctx.organization;
    Json(json!({ "identityDetails": { "organization": {
        "id": organization.id, "name": organization.name, "slug": organization.slug(),
    } } }))
}
