//! `GET /api/docs/json`: the document of the whole API (OpenAPI 3.1), as `cargo run -p tests --bin openapi` makes it of
//! the code. Whether it is what this code says is a test of `tests`.

use axum::Json;
use serde_json::Value;
use web::Problem;

const DOCUMENT: &str = include_str!(concat!(env!("OUT_DIR"), "/openapi.json"));

/// Read for each answer, since hardly anybody asks.
pub(crate) async fn docs() -> Result<Json<Value>, Problem> {
    serde_json::from_str(DOCUMENT)
        .map(Json)
        .map_err(|error| Problem::bug("read the document of the API", error))
}
