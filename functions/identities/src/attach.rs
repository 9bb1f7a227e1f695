//! What the configurations of all login methods have in common: finding, attaching, changing and removing one.

use model::id::IdentityId;
use model::identity::Identity;
use model::permission::{Action, Scope, Subject};
use store::{Change, LoginMethod, Stored};
use web::{Caller, Problem};

use crate::{Ctx, error, get};

/// An identity that the caller may do `action` to, with its configuration of one login method.
pub(crate) async fn open<T: LoginMethod>(
    ctx: &Ctx,
    caller: &Caller,
    action: Action,
    id: IdentityId,
) -> Result<(Stored<Identity>, Option<Stored<T>>), Problem> {
    let permissions = caller.permissions(&ctx.store).await?;
    let (identity, method) = match get::administrator(ctx).filter(|administrator| administrator.id == id) {
        Some(administrator) => (Some(administrator), None),
        None => ctx.store.identity_with::<T>(id).await?,
    };
    let identity = permissions.open(action, Subject::Identities, identity, || error::no_identity(id))?;
    if action != Action::Read {
        changeable(ctx, id)?;
    }
    Ok((identity, method))
}

/// Refuses changes of the built-in administrator.
pub(crate) fn changeable(ctx: &Ctx, id: IdentityId) -> Result<(), Problem> {
    if get::administrator(ctx).is_some_and(|administrator| administrator.id == id) {
        return Err(error::built_in());
    }
    Ok(())
}

/// The same for a configuration that must be there.
pub(crate) async fn open_attached<T: LoginMethod>(
    ctx: &Ctx,
    caller: &Caller,
    action: Action,
    id: IdentityId,
) -> Result<(Stored<Identity>, Stored<T>), Problem> {
    let (identity, method) = open::<T>(ctx, caller, action, id).await?;
    Ok((identity, method.ok_or_else(|| not_attached::<T>(id))?))
}

pub(crate) fn not_attached<T: LoginMethod>(id: IdentityId) -> Problem {
    Problem::not_found(format!("The identity with ID {id} has no {}", T::METHOD.name()))
}

/// Refuses a second configuration of the same method.
pub(crate) fn must_be_absent<T: LoginMethod>(method: Option<&Stored<T>>) -> Result<(), Problem> {
    match method {
        None => Ok(()),
        Some(_) => {
            let name = T::METHOD.name();
            Err(Problem::bad_request(format!("Failed to add {name}: the identity has it already")))
        }
    }
}

/// Stores a new configuration, and notes on the identity that it has one.
pub(crate) async fn create<T: LoginMethod>(
    ctx: &Ctx,
    caller: &Caller,
    identity: &Stored<Identity>,
    method: T,
) -> Result<Stored<T>, Problem> {
    let change = Change::new(caller.now).create(&method).replace(identity, &identity.with(T::METHOD));
    ctx.store.commit(change, &line(caller, identity, T::METHOD.name(), "attach")).await?;
    Ok(Stored { value: method, version: 1, created_at: caller.now, updated_at: caller.now })
}

/// Stores a changed configuration.
pub(crate) async fn replace<T: LoginMethod>(
    ctx: &Ctx,
    caller: &Caller,
    identity: &Stored<Identity>,
    before: Stored<T>,
    method: T,
) -> Result<Stored<T>, Problem> {
    let change = Change::new(caller.now).replace(&before, &method).require(&identity.value);
    ctx.store.commit(change, &line(caller, identity, T::METHOD.name(), "update")).await?;
    let version = before.version.saturating_add(1);
    Ok(Stored { value: method, version, created_at: before.created_at, updated_at: caller.now })
}

/// The change that removes a configuration, which ends its tokens at once.
pub(crate) fn removal<T: LoginMethod>(
    caller: &Caller,
    identity: &Stored<Identity>,
    method: &Stored<T>,
) -> Change {
    Change::new(caller.now).delete(method).replace(identity, &identity.without(T::METHOD))
}

/// Its line in the audit trail.
pub(crate) fn line(
    caller: &Caller,
    identity: &Stored<Identity>,
    noun: &str,
    verb: &str,
) -> model::audit::AuditRecord {
    caller.audit(&format!("{noun}.{verb}"), identity.id, &identity.name, Scope::Organization)
}
