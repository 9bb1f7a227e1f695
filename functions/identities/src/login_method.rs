//! The configuration of a login method: attached to an identity, read, changed and detached, the same for each method.

use std::future::{Future, ready};

use axum::Json;
use model::audit::AuditRecord;
use model::form::{Form, ReadWith};
use model::id::IdentityId;
use model::identity::Identity;
use model::permission::{Action, Scope, Subject};
use serde_json::{Map, Value};
use store::{Change, LoginMethod, Stored};
use web::{Caller, JsonBody, Path, Problem};

use crate::{Ctx, State, error, get, view};

/// A login method as this function configures it.
pub(crate) trait Configuration: LoginMethod + Send + Sync + 'static {
    /// What answers wrap the configuration in.
    const WRAPPER: &'static str;

    /// The fields of a body; what is absent stays as it is in `before`, or gets its default when there is nothing before.
    fn read(form: &mut Form<'_>, identity_id: IdentityId, before: Option<&Self>) -> Option<Self>;

    /// What only this method has, on the wire.
    fn view(&self) -> Value;

    /// The built-in administrator's.
    fn built_in(_: &Ctx) -> Option<Self> {
        None
    }

    /// Adds to `removal` what goes with the configuration.
    fn with_dependents(
        _: &Ctx,
        _: &Caller,
        _: IdentityId,
        removal: Change,
    ) -> impl Future<Output = Result<Change, Problem>> + Send {
        ready(Ok(removal))
    }
}

/// A configuration as a body says it, of an identity that has none.
pub(crate) struct Attach<T>(T);

impl<T: Configuration> ReadWith for Attach<T> {
    type Known<'k> = IdentityId;

    fn read_with(form: &mut Form<'_>, identity: IdentityId) -> Option<Self> {
        T::read(form, identity, None).map(Self)
    }

    #[cfg(debug_assertions)]
    fn each_known(mut with: impl FnMut(IdentityId)) {
        with(IdentityId::random());
    }
}

/// A configuration as a body changes it.
pub(crate) struct Amend<T>(T);

impl<T: Configuration> ReadWith for Amend<T> {
    type Known<'k> = (IdentityId, &'k T);

    fn read_with(form: &mut Form<'_>, (identity, before): (IdentityId, &T)) -> Option<Self> {
        T::read(form, identity, Some(before)).map(Self)
    }

    #[cfg(debug_assertions)]
    fn each_known(mut with: impl FnMut((IdentityId, &T))) {
        // As little as each method must be told.
        let before = serde_json::json!({ "oidcDiscoveryUrl": "https://example.com", "boundIssuer": "https://example.com" });
        let identity = IdentityId::random();
        if let Ok(before) = model::form::read(&before, |form| T::read(form, identity, None)) {
            with((identity, &before));
        }
    }
}

pub(crate) async fn attach<T: Configuration>(
    axum::extract::State(ctx): State,
    caller: Caller,
    Path(id): Path<IdentityId>,
    body: JsonBody<Attach<T>>,
) -> Result<Json<Value>, Problem> {
    let (identity, method) = open::<T>(&ctx, &caller, Action::Create, id).await?;
    let Attach(new) = body.read_with(id)?;
    let name = T::METHOD.name();
    if method.is_some() {
        return Err(Problem::bad_request(format!("Failed to add {name}: the identity has it already")));
    }
    let change = Change::new(caller.now).create(&new).replace(&identity, &identity.with(T::METHOD));
    ctx.store.commit(change, &line(&caller, &identity, name, "attach")).await?;
    let created = Stored::created(new, caller.now);
    Ok(answer(id, &created))
}

pub(crate) async fn get<T: Configuration>(
    axum::extract::State(ctx): State,
    caller: Caller,
    Path(id): Path<IdentityId>,
) -> Result<Json<Value>, Problem> {
    let (_, method) = open_attached::<T>(&ctx, &caller, Action::Read, id).await?;
    Ok(answer(id, &method))
}

pub(crate) async fn update<T: Configuration>(
    axum::extract::State(ctx): State,
    caller: Caller,
    Path(id): Path<IdentityId>,
    body: JsonBody<Amend<T>>,
) -> Result<Json<Value>, Problem> {
    let (identity, before) = open_attached::<T>(&ctx, &caller, Action::Edit, id).await?;
    let Amend(after) = body.read_with((id, &before))?;
    let change = Change::new(caller.now).replace(&before, &after).require(&identity.value);
    ctx.store.commit(change, &line(&caller, &identity, T::METHOD.name(), "update")).await?;
    Ok(answer(id, &before.replaced(after, caller.now)))
}

/// Ends the method's tokens at once.
pub(crate) async fn detach<T: Configuration>(
    axum::extract::State(ctx): State,
    caller: Caller,
    Path(id): Path<IdentityId>,
) -> Result<Json<Value>, Problem> {
    let (identity, method) = open_attached::<T>(&ctx, &caller, Action::Delete, id).await?;
    let removal = Change::new(caller.now).delete(&method).replace(&identity, &identity.without(T::METHOD));
    let change = T::with_dependents(&ctx, &caller, id, removal).await?;
    ctx.store.commit(change, &line(&caller, &identity, T::METHOD.name(), "detach")).await?;
    Ok(answer(id, &method))
}

fn answer<T: Configuration>(id: IdentityId, read: &Stored<T>) -> Json<Value> {
    let wrapped = (T::WRAPPER.to_owned(), view::login_method(id, read));
    Json(Value::Object(Map::from_iter([wrapped])))
}

/// An identity with its configuration of one login method, stored or built in. At most one read.
pub(crate) async fn found<T: Configuration>(
    ctx: &Ctx,
    id: IdentityId,
) -> Result<(Option<Stored<Identity>>, Option<Stored<T>>), Problem> {
    match get::administrator(ctx).filter(|administrator| administrator.id == id) {
        Some(administrator) => {
            let method = T::built_in(ctx).map(|method| administrator.clone().map(|_| method));
            Ok((Some(administrator), method))
        }
        None => Ok(ctx.store.identity_with::<T>(id).await?),
    }
}

/// The same for a caller who wants to do `action` to it.
async fn open<T: Configuration>(
    ctx: &Ctx,
    caller: &Caller,
    action: Action,
    id: IdentityId,
) -> Result<(Stored<Identity>, Option<Stored<T>>), Problem> {
    let permissions = caller.permissions(&ctx.store).await?;
    let (identity, method) = found::<T>(ctx, id).await?;
    let identity = permissions.open(action, Subject::Identities, identity, || error::no_identity(id))?;
    if action != Action::Read {
        changeable(ctx, id)?;
    }
    Ok((identity, method))
}

/// The same for a configuration that must be there.
pub(crate) async fn open_attached<T: Configuration>(
    ctx: &Ctx,
    caller: &Caller,
    action: Action,
    id: IdentityId,
) -> Result<(Stored<Identity>, Stored<T>), Problem> {
    let (identity, method) = open::<T>(ctx, caller, action, id).await?;
    let absent = || Problem::not_found(format!("The identity with ID {id} has no {}", T::METHOD.name()));
    Ok((identity, method.ok_or_else(absent)?))
}

/// Refuses changes of the built-in administrator.
pub(crate) fn changeable(ctx: &Ctx, id: IdentityId) -> Result<(), Problem> {
    if get::administrator(ctx).is_some_and(|administrator| administrator.id == id) {
        return Err(error::built_in());
    }
    Ok(())
}

/// A line of the audit trail about something that hangs on an identity.
pub(crate) fn line(caller: &Caller, identity: &Stored<Identity>, noun: &str, verb: &str) -> AuditRecord {
    caller.audit(&format!("{noun}.{verb}"), identity.id, &identity.name, Scope::Organization)
}
