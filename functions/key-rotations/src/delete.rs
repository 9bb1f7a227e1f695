//! The end of a rotation.

use axum::Json;
use axum::extract::State;
use model::form::{Form, Read, rule};
use model::id::KeyRotationId;
use model::permission::Action;
use rotation::Deletion;
use web::{Caller, Path, Problem, Query};

use crate::get::open;
use crate::view::{One, one};
use crate::{Ctx, author, error, until};

/// What goes along with the rotation.
pub(crate) struct Along {
    delete_secrets: bool,
    /// Its keys; `None`: as the rotation itself says.
    revoke: Option<bool>,
}

impl Read for Along {
    fn read(form: &mut Form<'_>) -> Option<Self> {
        let delete_secrets = form.or("deleteSecrets", rule::flag(), false);
        let revoke = form.optional("revokeGeneratedCredentials", rule::flag());
        Some(Self { delete_secrets: delete_secrets?, revoke: revoke? })
    }
}

/// `DELETE …/{rotationId}?deleteSecrets=&revokeGeneratedCredentials=`: answers the rotation as it was. Without the first its
/// secrets stay and are ordinary ones; without the second the rotation's own `revokeOnDelete` decides about its keys.
pub(crate) async fn delete(
    State(ctx): State<Ctx>,
    caller: Caller,
    Path(id): Path<KeyRotationId>,
    query: Query<Along>,
) -> Result<Json<One>, Problem> {
    let Along { delete_secrets, revoke } = query.read()?;
    let (found, _) = open(&ctx, &caller, id, Action::Delete).await?;
    let revoke = revoke.unwrap_or(found.rotation.revoke_on_delete);
    let deletion = Deletion { delete_secrets, revoke };
    let was = ctx.rotations.delete(id, &author(&caller), deletion, until(&caller)).await;
    let was = was.map_err(|error| {
        error::from_rotation("Unable to delete the secret rotation", &found.rotation, error)
    })?;
    Ok(one(&ctx.store, was).await?)
}
