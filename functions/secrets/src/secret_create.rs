//! A new secret.

use axum::extract::State;
use axum::response::Response;
use model::form::{Form, ReadWith};
use model::permission::Action;
use model::secret::SecretName;
use vault::Write;
use web::{Caller, JsonBody, Path, Problem};

use crate::Ctx;
use crate::secret_form::{Said, new_name, personal};
use crate::secret_get::one;
use crate::secret_place::{SecretPlace, kind};
use crate::secret_write::{carry_out_one, known_tags, new_secret};

/// A new secret, whose name the path has.
pub(crate) struct Create {
    place: SecretPlace,
    name: SecretName,
    personal: bool,
    said: Said,
}

impl ReadWith for Create {
    type Known<'k> = &'k str;

    fn read_with(form: &mut Form<'_>, name: &str) -> Option<Self> {
        let place = SecretPlace::body(form);
        let name = new_name(form, name);
        let personal = personal(form);
        let said = Said::new_form(form);
        Some(Self { place: place?, name: name?, personal: personal?, said: said? })
    }

    #[cfg(debug_assertions)]
    fn each_known(mut with: impl FnMut(&str)) {
        with("NAME");
    }
}

/// `POST /api/v3/secrets/raw/{secretName}` and `POST /api/v4/secrets/{secretName}`.
pub(crate) async fn create(
    State(ctx): State<Ctx>,
    caller: Caller,
    Path(name): Path<String>,
    body: JsonBody<Create>,
) -> Result<Response, Problem> {
    let Create { place, name, personal, said } = body.read_with(&name)?;
    let found = place.find(&ctx, &caller, Action::Create).await?;
    let kind = kind(&caller, personal)?;
    known_tags(&ctx, &found, std::iter::once(&said)).await?;
    let write = Write::Create(new_secret(name, said));
    let secret = carry_out_one(&ctx, &caller, &found, kind, write).await?;
    one(&ctx, &found.project, &secret).await
}
