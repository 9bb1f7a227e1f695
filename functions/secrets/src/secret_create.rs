//! A new secret.

use axum::extract::State;
use axum::response::Response;
use model::permission::Action;
use vault::Write;
use web::{Caller, JsonBody, Path, Problem};

use crate::Ctx;
use crate::secret_form::{Said, new_name, personal};
use crate::secret_get::one;
use crate::secret_place::{SecretPlace, kind};
use crate::secret_write::{carry_out_one, known_tags, new_secret};

/// `POST /api/v3/secrets/raw/{secretName}` and `POST /api/v4/secrets/{secretName}`.
pub(crate) async fn create(
    State(ctx): State<Ctx>,
    caller: Caller,
    Path(name): Path<String>,
    body: JsonBody,
) -> Result<Response, Problem> {
    let (place, name, personal, said) = body.read(|form| {
        let place = SecretPlace::body(form);
        let name = new_name(form, &name);
        let personal = personal(form);
        let said = Said::new_form(form);
        Some((place?, name?, personal?, said?))
    })?;
    let found = place.find(&ctx, &caller, Action::Create).await?;
    let kind = kind(&caller, personal)?;
    known_tags(&ctx, &found, std::iter::once(&said)).await?;
    let write = Write::Create(new_secret(name, said));
    let secret = carry_out_one(&ctx, &caller, &found, kind, write).await?;
    one(&ctx, &found.project, &secret).await
}
