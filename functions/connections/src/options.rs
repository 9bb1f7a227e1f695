//! What kinds of connections there are.

use axum::Json;
use serde::Serialize;
use web::Caller;

#[derive(Debug, Serialize)]
struct AppOption {
    name: &'static str,
    app: &'static str,
    methods: [&'static str; 2],
}

/// The answer.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Answer {
    app_connection_options: [AppOption; 1],
}

/// `GET /api/v1/app-connections/options`.
pub(crate) async fn options(_: Caller) -> Json<Answer> {
    let methods = [model::connection::Method::AssumeRole.name(), model::connection::Method::AccessKey.name()];
    Json(Answer { app_connection_options: [AppOption { name: "AWS", app: "aws", methods }] })
}
