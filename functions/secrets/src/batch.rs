//! Many secrets in one request: all of them are judged before the first one is written.

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use model::permission::Action;
use model::secret::SecretKind;
use serde::Serialize;
use vault::{Absent, OpenSecret, Write};
use web::{Caller, JsonBody, Problem};

use crate::Ctx;
use crate::batch_form::{CreateMany, DeleteMany, Mode, Update, UpdateMany};
use crate::secret_get::existing;
use crate::secret_place::{Found, kind};
use crate::secret_view::{RawSecret, Tags, View};
use crate::secret_write::{Task, carry_out, change, known_tags, new_secret};

/// The answer about many secrets.
#[derive(Debug, Serialize)]
struct Many<'a> {
    secrets: Vec<RawSecret<'a>>,
}

/// `POST /api/v3/secrets/batch/raw` and `POST /api/v4/secrets/batch`.
pub(crate) async fn create(
    State(ctx): State<Ctx>,
    caller: Caller,
    body: JsonBody<CreateMany>,
) -> Result<Response, Problem> {
    let CreateMany { place, secrets } = body.read()?;
    let found = place.find(&ctx, &caller, Action::Create).await?;
    known_tags(&ctx, &found, secrets.iter().map(|(_, said)| said)).await?;
    let tasks = secrets.into_iter().map(|(name, said)| Task {
        path: found.path.clone(),
        kind: SecretKind::Shared,
        write: Write::Create(new_secret(name, said)),
    });
    let secrets = carry_out(&ctx, &caller, &found, tasks.collect()).await?;
    many(&ctx, &found, &secrets).await
}

/// `PATCH /api/v3/secrets/batch/raw` and `PATCH /api/v4/secrets/batch`: `mode` says what becomes of those that are not there.
pub(crate) async fn update(
    State(ctx): State<Ctx>,
    caller: Caller,
    body: JsonBody<UpdateMany>,
) -> Result<Response, Problem> {
    let UpdateMany { place, mode, secrets } = body.read()?;
    let found = place.find(&ctx, &caller, Action::Edit).await?;
    let absent = match mode {
        Mode::FailOnNotFound => Absent::Refuse,
        Mode::Ignore => Absent::Ignore,
        Mode::Upsert => {
            found.may(Action::Create)?;
            Absent::Create
        }
    };
    known_tags(&ctx, &found, secrets.iter().map(|update| &update.said)).await?;
    let tasks = secrets.into_iter().map(|Update { name, path, new_name, said }| Task {
        path: path.unwrap_or_else(|| found.path.clone()),
        kind: SecretKind::Shared,
        write: Write::Update { name, change: change(new_name, said), absent },
    });
    let secrets = carry_out(&ctx, &caller, &found, tasks.collect()).await?;
    many(&ctx, &found, &secrets).await
}

/// `DELETE /api/v3/secrets/batch/raw` and `DELETE /api/v4/secrets/batch`: answers the secrets as they were.
pub(crate) async fn delete(
    State(ctx): State<Ctx>,
    caller: Caller,
    body: JsonBody<DeleteMany>,
) -> Result<Response, Problem> {
    let DeleteMany { place, secrets } = body.read()?;
    let found = place.find(&ctx, &caller, Action::Delete).await?;
    let tasks: Result<Vec<Task>, Problem> = secrets
        .into_iter()
        .map(|(name, personal)| {
            let (name, kind) = (existing(&name)?, kind(&caller, personal)?);
            Ok(Task { path: found.path.clone(), kind, write: Write::Delete { name } })
        })
        .collect();
    let secrets = carry_out(&ctx, &caller, &found, tasks?).await?;
    many(&ctx, &found, &secrets).await
}

async fn many(ctx: &Ctx, found: &Found, secrets: &[OpenSecret]) -> Result<Response, Problem> {
    let tags = Tags::on(ctx, found.project.id, secrets.iter()).await?;
    let view = View { project: &found.project, tags: &tags };
    let secrets = secrets.iter().map(|secret| view.secret(secret)).collect();
    Ok(Json(Many { secrets }).into_response())
}
