//! A change of a definition.

use axum::Json;
use axum::extract::State;
use model::id::KeyRotationId;
use model::key_rotation::body::Update;
use model::key_rotation::{KeyRotation, Parameters};
use model::permission::Action;
use web::{Caller, JsonBody, Path, Permissions, Problem};

use crate::connection::usable;
use crate::get::open;
use crate::view::{One, one};
use crate::{Ctx, author, error, until};

/// `PATCH …/{rotationId}`: the secrets are renamed with it. The connection and the folder cannot change, and are ignored.
pub(crate) async fn update(
    State(ctx): State<Ctx>,
    caller: Caller,
    Path(id): Path<KeyRotationId>,
    body: JsonBody<Update>,
) -> Result<Json<One>, Problem> {
    let change = body.read()?;
    change.secrets_mapping.as_ref().map_or(Ok(()), error::refuse_one_secret)?;
    let (found, permissions) = open(&ctx, &caller, id, Action::Edit).await?;
    let read = &found.rotation.value;
    let next = applied(&change, read);
    allowed(&ctx, &permissions, &change, read, &next).await?;
    let edit = |read: &KeyRotation| applied(&change, read);
    let changed = ctx.rotations.update(id, &author(&caller), edit, until(&caller)).await;
    let changed = changed
        .map_err(|error| error::from_rotation("Unable to change the secret rotation", &next, error))?;
    Ok(one(&ctx.store, changed).await?)
}

/// The rotation with the change. Whether it is the connection's own key was decided with the rotation: clients that do not
/// know of it leave it out.
fn applied(change: &Update, read: &KeyRotation) -> KeyRotation {
    let next = change.onto(read);
    KeyRotation { parameters: Parameters { own_key: read.parameters.own_key, ..next.parameters }, ..next }
}

/// Whoever points a connection at another user uses it: that asks for the same permission as a rotation that is new.
async fn allowed(
    ctx: &Ctx,
    permissions: &Permissions,
    change: &Update,
    read: &KeyRotation,
    next: &KeyRotation,
) -> Result<(), Problem> {
    let asks_for_own = change.parameters.as_ref().is_some_and(|parameters| parameters.own_key);
    if asks_for_own && !read.parameters.own_key {
        return Err(error::own_key_is_decided_at_create());
    }
    error::refuse_own_key_revoked(next)?;
    if read.parameters == next.parameters {
        return Ok(());
    }
    if read.parameters.own_key && read.parameters.user_name != next.parameters.user_name {
        return Err(error::own_key_is_of_its_user());
    }
    let connection = ctx.store.connection(read.connection_id).await?;
    usable(permissions, connection, read.connection_id, read.project_id, &next.parameters)?;
    Ok(())
}
