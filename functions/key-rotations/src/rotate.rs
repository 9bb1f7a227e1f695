//! What people ask of a rotation: a new key now, or the previous one back.

use axum::Json;
use axum::extract::State;
use model::id::KeyRotationId;
use model::key_rotation::body::RotateNow;
use model::key_rotation::{Origin, Phase, Progress, RotationStatus, Wanted};
use model::permission::Action;
use store::RotationAndState;
use web::{Caller, JsonBody, Path, Problem};

use crate::get::open;
use crate::view::{One, one};
use crate::{Ctx, author, error, until};

/// `POST …/{rotationId}/rotate-secrets`. The new key is in the secrets once it has worked twice, ten seconds apart: the
/// answer shows the previous state of them until then.
///
/// `ignoreUseOfPreviousKey`, ours alone, lets a previous key go although it is in use.
pub(crate) async fn rotate(
    State(ctx): State<Ctx>,
    caller: Caller,
    Path(id): Path<KeyRotationId>,
    body: JsonBody<RotateNow>,
) -> Result<Json<One>, Problem> {
    let RotateNow(wanted) = body.read()?;
    let (found, _) = open(&ctx, &caller, id, Action::Rotate).await?;
    idle(&found.state.progress)?;
    want(&ctx, &caller, &found, wanted).await
}

/// `POST …/{rotationId}/rollback`, ours alone: the previous key works again, and is in the secrets.
pub(crate) async fn roll_back(
    State(ctx): State<Ctx>,
    caller: Caller,
    Path(id): Path<KeyRotationId>,
) -> Result<Json<One>, Problem> {
    let (found, _) = open(&ctx, &caller, id, Action::Rotate).await?;
    let progress = &found.state.progress;
    idle(progress)?;
    let is_previous = |origin, is_previous| origin == Origin::Made && is_previous;
    let previous = progress.keys.iter().any(|key| is_previous(key.origin, key.is_previous()));
    if progress.published().is_none() || !previous {
        return Err(error::nothing_to_return_to());
    }
    want(&ctx, &caller, &found, Wanted::Rollback).await
}

/// A key that is being tried is a rotation that is not over.
fn idle(progress: &Progress) -> Result<(), Problem> {
    let proves = progress.keys.iter().any(|key| matches!(key.phase, Phase::Proving { .. }));
    if proves { Err(error::running()) } else { Ok(()) }
}

async fn want(
    ctx: &Ctx,
    caller: &Caller,
    found: &RotationAndState,
    wanted: Wanted,
) -> Result<Json<One>, Problem> {
    let done = ctx.rotations.rotate_now(found.rotation.id, &author(caller), wanted, until(caller)).await;
    let found =
        done.map_err(|error| error::from_rotation("Unable to rotate the key", &found.rotation, error))?;
    match failure(&found) {
        Some(message) => Err(error::failed(message)),
        None => Ok(one(&ctx.store, found).await?),
    }
}

/// Why it went wrong just now; what went wrong before was forgotten with the new wish.
fn failure(found: &RotationAndState) -> Option<&str> {
    let progress = &found.state.progress;
    let failed = progress.status == RotationStatus::Failed && progress.failures > 0;
    failed.then(|| progress.message.as_deref().unwrap_or("the rotation failed"))
}
