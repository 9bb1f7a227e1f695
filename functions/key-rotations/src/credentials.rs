//! The keys that a rotation made, whole, for those who may see them.

use axum::Json;
use axum::extract::State;
use http::HeaderValue;
use http::header::{CACHE_CONTROL, HeaderName};
use model::id::KeyRotationId;
use model::key_rotation::view::TYPE;
use model::permission::{Action, Scoped as _};
use rotation::Credential;
use secrecy::ExposeSecret as _;
use serde::{Serialize, Serializer};
use store::Change;
use web::{Caller, Path, Problem};

use crate::get::open;
use crate::{Ctx, error};

/// The answer.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Answer {
    generated_credentials: Vec<Shown>,
    /// Which of them is in the secrets.
    active_index: usize,
    rotation_id: KeyRotationId,
    r#type: &'static str,
}

/// A key on the wire; its secret half appears nowhere else.
#[derive(Debug)]
struct Shown(Credential);

impl Serialize for Shown {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        #[serde(rename_all = "camelCase")]
        struct Wire<'a> {
            access_key_id: &'a str,
            secret_access_key: &'a str,
        }
        Wire {
            access_key_id: self.0.access_key_id.as_str(),
            secret_access_key: self.0.secret_access_key.expose_secret(),
        }
        .serialize(serializer)
    }
}

/// `GET …/{rotationId}/generated-credentials`: one or two keys; none until the first is made. Who looked is in the audit
/// trail before they see anything.
pub(crate) async fn generated(
    State(ctx): State<Ctx>,
    caller: Caller,
    Path(id): Path<KeyRotationId>,
) -> Result<([(HeaderName, HeaderValue); 1], Json<Answer>), Problem> {
    let (found, _) = open(&ctx, &caller, id, Action::ReadGeneratedCredentials).await?;
    let rotation = &found.rotation;
    let credentials = ctx.rotations.credentials(&found).await;
    let credentials = credentials
        .map_err(|error| error::from_rotation("Unable to read the keys", &found.rotation, error))?;
    let mut audit = caller.audit("key-rotation.read-credentials", id, &rotation.name, rotation.scope());
    let keys = credentials.iter().map(|key| format!("key …{}", key.access_key_id.last_four()));
    audit.details = keys.collect();
    ctx.store.commit(Change::new(caller.now).require(&rotation.value), &audit).await?;
    let published = found.state.progress.published();
    let active_index = published
        .and_then(|key| credentials.iter().position(|credential| credential.access_key_id == key.id))
        .unwrap_or_default();
    let answer = Answer {
        generated_credentials: credentials.into_iter().map(Shown).collect(),
        active_index,
        rotation_id: id,
        r#type: TYPE,
    };
    Ok(([(CACHE_CONTROL, HeaderValue::from_static("no-store"))], Json(answer)))
}
