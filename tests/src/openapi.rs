//! The document of the whole API, made of the route tables of all functions that answer any.

use serde_json::Value;
use web::openapi::document;

/// Where it is kept, and served from, seen from the project's root.
pub const KEPT: &str = "functions/identities/openapi.json";

/// The document as it follows from the code. Runs every reader many times, which takes seconds.
#[must_use]
pub fn generated() -> Value {
    document([
        ("certificate-syncs", certificate_syncs::routes().describe()),
        ("certificates", certificates::routes().describe()),
        ("connections", connections::routes().describe()),
        ("identities", identities::routes().describe()),
        ("key-rotations", key_rotations::routes().describe()),
        ("pam", pam::routes().describe()),
        ("projects", projects::routes().describe()),
        ("recordings", recordings::routes().describe()),
        ("secret-syncs", secret_syncs::routes().describe()),
        ("secrets", secrets::routes().describe()),
    ])
}

/// As it is kept: what people read in a diff.
///
/// # Errors
/// Never: a JSON value can always be written.
pub fn written(document: &Value) -> serde_json::Result<String> {
    serde_json::to_string_pretty(document).map(|text| text + "\n")
}
