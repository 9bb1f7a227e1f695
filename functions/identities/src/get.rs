//! `GET /api/v1/identities[/{identityId}]`.

use axum::Json;
use model::Timestamp;
use model::form::{Fault, Form, Read, rule};
use model::id::IdentityId;
use model::identity::Identity;
use model::permission::{Action, Scope, Subject};
use serde_json::{Value, json};
use store::Stored;
use web::{Caller, Path, Problem, Query};

use crate::{Ctx, State, error, view};

const MAX_PAGE: usize = 1_000;

pub(crate) async fn get(
    axum::extract::State(ctx): State,
    caller: Caller,
    Path(id): Path<IdentityId>,
) -> Result<Json<Value>, Problem> {
    let found = found(&ctx, id).await?;
    let permissions = caller.permissions(&ctx.store).await?;
    let identity = permissions.open(Action::Read, Subject::Identities, found, || error::no_identity(id))?;
    Ok(Json(json!({ "identity": view::membership(&identity) })))
}

/// An identity, stored or built in.
pub(crate) async fn found(ctx: &Ctx, id: IdentityId) -> Result<Option<Stored<Identity>>, Problem> {
    match administrator(ctx).filter(|administrator| administrator.id == id) {
        Some(administrator) => Ok(Some(administrator)),
        None => Ok(ctx.store.identity(id).await?),
    }
}

/// The built-in administrator, where the stack names one. It is as old as the stack, whose age nobody records here.
pub(crate) fn administrator(ctx: &Ctx) -> Option<Stored<Identity>> {
    let identity = Identity::administrator(ctx.organization.id);
    ctx.has_administrator().then_some(Stored::created(identity, Timestamp::from_unix_seconds(0)))
}

/// The page that the query asks for.
pub(crate) struct Page {
    limit: usize,
    offset: usize,
}

impl Read for Page {
    fn read(form: &mut Form<'_>) -> Option<Self> {
        let limit = form.or("limit", count(1, MAX_PAGE), MAX_PAGE);
        let offset = form.or("offset", count(0, usize::MAX), 0);
        Some(Self { limit: limit?, offset: offset? })
    }
}

/// All identities by name, the built-in administrator first; `limit` and `offset` cut a page out.
pub(crate) async fn list(
    axum::extract::State(ctx): State,
    caller: Caller,
    query: Query<Page>,
) -> Result<Json<Value>, Problem> {
    let permissions = caller.permissions(&ctx.store).await?;
    permissions.may(Action::Read, Subject::Identities, Scope::Organization)?;
    let Page { limit, offset } = query.read()?;
    let stored = ctx.store.identities_of(ctx.organization.id).await?;
    let all: Vec<_> = administrator(&ctx).into_iter().chain(stored).collect();
    let page: Vec<Value> = all.iter().skip(offset).take(limit).map(view::membership).collect();
    Ok(Json(json!({ "identities": page, "totalCount": all.len() })))
}

/// A whole number in a query string.
fn count(minimum: usize, maximum: usize) -> impl model::form::Rule<Output = usize> {
    rule::text(move |text| match text.parse() {
        Ok(number) if (minimum..=maximum).contains(&number) => Ok(number),
        Ok(_) | Err(_) => {
            Err(vec![Fault::custom(format!("Expected a whole number from {minimum} to {maximum}"))])
        }
    })
}
