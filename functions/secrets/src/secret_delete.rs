//! The end of a secret.

use axum::extract::State;
use axum::response::Response;
use model::form::{Form, Read};
use model::permission::Action;
use vault::Write;
use web::{Caller, JsonBody, Path, Problem};

use crate::Ctx;
use crate::secret_form::personal;
use crate::secret_get::{existing, one};
use crate::secret_place::{SecretPlace, kind};
use crate::secret_write::carry_out_one;

/// Which secret of a name is deleted.
pub(crate) struct Delete {
    place: SecretPlace,
    personal: bool,
}

impl Read for Delete {
    fn read(form: &mut Form<'_>) -> Option<Self> {
        let place = SecretPlace::body(form);
        let personal = personal(form);
        Some(Self { place: place?, personal: personal? })
    }
}

/// `DELETE /api/v3/secrets/raw/{secretName}` and `DELETE /api/v4/secrets/{secretName}`: answers the secret as it was.
pub(crate) async fn delete(
    State(ctx): State<Ctx>,
    caller: Caller,
    Path(name): Path<String>,
    body: JsonBody<Delete>,
) -> Result<Response, Problem> {
    let Delete { place, personal } = body.read()?;
    let found = place.find(&ctx, &caller, Action::Delete).await?;
    let (name, kind) = (existing(&name)?, kind(&caller, personal)?);
    let secret = carry_out_one(&ctx, &caller, &found, kind, Write::Delete { name }).await?;
    one(&ctx, &found.project, &secret).await
}
