//! `DELETE /api/v1/identities/{identityId}`: the identity with all that hangs on it.

use axum::Json;
use model::id::IdentityId;
use model::membership::ActorKind;
use model::permission::{Action, Scope, Subject};
use serde_json::{Value, json};
use store::{Change, IdentityPartition};
use web::{Caller, Path, Problem};

use crate::create::within;
use crate::login_method::changeable;
use crate::{State, error, get, view};

/// How many client secrets and memberships go in one transaction, beside the identity and its login methods:
/// a membership is two writes (itself and the guard of its id), and a transaction takes a hundred.
const BATCH: usize = 40;

/// Its tokens stop with the identity, since every request looks for it. A deletion that is too large for one transaction
/// takes client secrets and memberships first: if it is interrupted, the identity can do less, and can be deleted again.
pub(crate) async fn delete(
    axum::extract::State(ctx): State,
    caller: Caller,
    Path(id): Path<IdentityId>,
) -> Result<Json<Value>, Problem> {
    let permissions = caller.permissions(&ctx.store).await?;
    permissions
        .open(Action::Delete, Subject::Identities, get::found(&ctx, id).await?, || error::no_identity(id))?;
    changeable(&ctx, id)?;
    let partition = ctx.store.identity_partition(id).await?.ok_or_else(|| error::no_identity(id))?;
    let mut memberships = ctx.store.memberships_of(ActorKind::Identity, &id.to_string()).await?;
    let IdentityPartition { identity, universal_auth, aws_auth, oidc_auth, mut client_secrets, lockout } =
        partition;
    within(&caller, identity.role)?;
    if identity.has_delete_protection {
        return Err(Problem::bad_request("Identity has delete protection: remove the protection first"));
    }
    while client_secrets.len() + memberships.len() > BATCH {
        let mut change = Change::new(caller.now);
        let secrets = client_secrets.split_off(client_secrets.len().saturating_sub(BATCH));
        let left = BATCH - secrets.len();
        let others = memberships.split_off(memberships.len().saturating_sub(left));
        change = secrets.iter().fold(change, |change, secret| change.discard(&**secret));
        change = others.iter().fold(change, Change::delete);
        let mut audit = caller.audit("identity.delete", id, &identity.name, Scope::Organization);
        audit.details =
            vec![format!("begun: {} client secrets, {} memberships", secrets.len(), others.len())];
        ctx.store.commit(change, &audit).await?;
    }
    let mut change = Change::new(caller.now).delete(&identity);
    change = universal_auth.iter().fold(change, Change::delete);
    change = aws_auth.iter().fold(change, Change::delete);
    change = oidc_auth.iter().fold(change, Change::delete);
    change = lockout.iter().fold(change, |change, lockout| change.discard(&**lockout));
    change = client_secrets.iter().fold(change, |change, secret| change.discard(&**secret));
    change = memberships.iter().fold(change, Change::delete);
    let audit = caller.audit("identity.delete", id, &identity.name, Scope::Organization);
    ctx.store.commit(change, &audit).await?;
    Ok(Json(json!({ "identity": view::identity(&identity) })))
}
