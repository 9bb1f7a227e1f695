//! `GET /api/docs/json`: the document of the whole API (OpenAPI 3.1), as `cargo run -p tests --bin openapi` makes it of
//! the code. Whether it is what this code says is a test of `tests`.

use std::error::Error;

use axum::Json;
use miniz_oxide::inflate::decompress_to_vec_zlib;
use serde_json::Value;
use web::Problem;

const DOCUMENT: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/openapi.zlib"));

/// Read for each answer, since hardly anybody asks.
pub(crate) async fn docs() -> Result<Json<Value>, Problem> {
    document().map(Json).map_err(|error| Problem::bug("read the document of the API", error))
}

fn document() -> Result<Value, Box<dyn Error + Send + Sync>> {
    let text = decompress_to_vec_zlib(DOCUMENT)?;
    Ok(serde_json::from_slice(&text)?)
}
