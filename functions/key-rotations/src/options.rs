//! What kinds of rotations there are.

use axum::Json;
use model::key_rotation::view::TYPE;
use serde::Serialize;
use web::Caller;

#[derive(Debug, Serialize)]
struct RotationOption {
    name: &'static str,
    connection: &'static str,
    r#type: &'static str,
    template: Template,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Template {
    secrets_mapping: Mapping,
}

/// The names that secrets with a key usually have.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Mapping {
    access_key_id: &'static str,
    secret_access_key: &'static str,
}

/// The answer.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Answer {
    secret_rotation_options: [RotationOption; 1],
}

/// `GET /api/v2/secret-rotations/options`.
pub(crate) async fn options(_: Caller) -> Json<Answer> {
    let secrets_mapping =
        Mapping { access_key_id: "AWS_ACCESS_KEY_ID", secret_access_key: "AWS_SECRET_ACCESS_KEY" };
    let option = RotationOption {
        name: "AWS IAM User Secret",
        connection: "aws",
        r#type: TYPE,
        template: Template { secrets_mapping },
    };
    Json(Answer { secret_rotation_options: [option] })
}
