//! Back to what a secret said before, as its next version.

use axum::extract::State;
use axum::response::Response;
use model::form::{Form, Read, rule};
use model::permission::Action;
use web::{Caller, JsonBody, Path, Problem};

use crate::Ctx;
use crate::place::author;
use crate::secret_get::{Identified, gone, identified, one};

/// The version that becomes the next one.
pub(crate) struct Rollback(u64);

impl Read for Rollback {
    fn read(form: &mut Form<'_>) -> Option<Self> {
        form.required("version", rule::integer(1, u64::from(u32::MAX))).map(Self)
    }
}

/// `POST /api/v1/secret/{secretId}/rollback {version}`: value, comment, metadata, tags and reminder are those of that version
/// again; name and id stay.
pub(crate) async fn rollback(
    State(ctx): State<Ctx>,
    caller: Caller,
    Path(id): Path<String>,
    body: JsonBody<Rollback>,
) -> Result<Response, Problem> {
    let Rollback(version) = body.read()?;
    let Identified { project, secret, .. } = identified(&ctx, &caller, &id, Action::Edit).await?;
    let written = ctx.vault.rollback(&project, &author(&caller), &secret, version).await;
    let mut written = written.map_err(|error| gone(error, &id))?;
    ctx.queue.wake(written.syncs).await;
    let secret = written.secrets.pop().flatten();
    let secret = secret.ok_or_else(|| Problem::bug("roll a secret back", "the vault answered none"))?;
    one(&ctx, &project, &secret).await
}
