//! Another version of a secret, under its name or another one.

use axum::extract::State;
use axum::response::Response;
use model::form::{Form, Read, rule};
use model::permission::Action;
use model::secret::SecretName;
use vault::{Absent, Write};
use web::{Caller, JsonBody, Path, Problem};

use crate::Ctx;
use crate::secret_form::{Said, personal};
use crate::secret_get::{existing, one};
use crate::secret_place::{SecretPlace, kind};
use crate::secret_write::{carry_out_one, change, known_tags};

/// What is to become of a secret.
pub(crate) struct Update {
    place: SecretPlace,
    new_name: Option<SecretName>,
    personal: bool,
    said: Said,
}

impl Read for Update {
    fn read(form: &mut Form<'_>) -> Option<Self> {
        let place = SecretPlace::body(form);
        let new_name = form.nullish("newSecretName", rule::parsed());
        let personal = personal(form);
        let said = Said::form(form);
        Some(Self { place: place?, new_name: new_name?, personal: personal?, said: said? })
    }
}

/// `PATCH /api/v3/secrets/raw/{secretName}` and `PATCH /api/v4/secrets/{secretName}`. What the body does not say stays as it
/// is, and the id stays in any case.
pub(crate) async fn update(
    State(ctx): State<Ctx>,
    caller: Caller,
    Path(name): Path<String>,
    body: JsonBody<Update>,
) -> Result<Response, Problem> {
    let Update { place, new_name, personal, said } = body.read()?;
    let found = place.find(&ctx, &caller, Action::Edit).await?;
    let (name, kind) = (existing(&name)?, kind(&caller, personal)?);
    known_tags(&ctx, &found, std::iter::once(&said)).await?;
    let write = Write::Update { name, change: change(new_name, said), absent: Absent::Refuse };
    let secret = carry_out_one(&ctx, &caller, &found, kind, write).await?;
    one(&ctx, &found.project, &secret).await
}
