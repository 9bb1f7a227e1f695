//! AWS auth of an identity: its configuration.

use axum::Json;
use model::aws_auth::AwsAuth;
use model::form::{Fault, Form, rule};
use model::id::{AuthConfigurationId, IdentityId};
use model::permission::Action;
use model::principal::{AccountIds, PrincipalPatterns};
use model::sts_endpoint::{self, StsEndpoint};
use serde_json::{Value, json};
use store::Stored;
use web::{Caller, JsonBody, Path, Problem};

use crate::attach;
use crate::fields::TokenFields;
use crate::{State, get, view};

/// The longest list of principals or accounts, as text.
const MAX_LIST_CHARACTERS: usize = 4_096;

fn answer(read: &Stored<AwsAuth>) -> Json<Value> {
    Json(json!({ "identityAwsAuth": view::aws_auth(read) }))
}

pub(crate) async fn attach(
    axum::extract::State(ctx): State,
    caller: Caller,
    Path(id): Path<IdentityId>,
    body: JsonBody,
) -> Result<Json<Value>, Problem> {
    let (identity, method) = attach::open::<AwsAuth>(&ctx, &caller, Action::Create, id).await?;
    let TokenFields { lifetime, uses_limit, trusted_ips } = TokenFields::default();
    let defaults = AwsAuth {
        id: AuthConfigurationId::random(),
        identity_id: id,
        sts_endpoint: StsEndpoint::global(),
        allowed_principal_arns: PrincipalPatterns::default(),
        allowed_account_ids: AccountIds::default(),
        access_token_trusted_ips: trusted_ips,
        lifetime,
        uses_limit,
    };
    let auth = body.read(|form| read(form, &defaults))?;
    attach::must_be_absent(method.as_ref())?;
    Ok(answer(&attach::create(&ctx, &caller, &identity, auth).await?))
}

pub(crate) async fn get_one(
    axum::extract::State(ctx): State,
    caller: Caller,
    Path(id): Path<IdentityId>,
) -> Result<Json<Value>, Problem> {
    let (identity, method) = attach::open::<AwsAuth>(&ctx, &caller, Action::Read, id).await?;
    if get::administrator(&ctx).is_some_and(|administrator| administrator.id == id) {
        let built_in = AwsAuth::administrator(ctx.organization.id, ctx.administrators.clone());
        return Ok(answer(&identity.map(|_| built_in)));
    }
    let method = method.ok_or_else(|| attach::not_attached::<AwsAuth>(id))?;
    Ok(answer(&method))
}

pub(crate) async fn update(
    axum::extract::State(ctx): State,
    caller: Caller,
    Path(id): Path<IdentityId>,
    body: JsonBody,
) -> Result<Json<Value>, Problem> {
    let (identity, before) = attach::open_attached::<AwsAuth>(&ctx, &caller, Action::Edit, id).await?;
    let after = body.read(|form| read(form, &before))?;
    Ok(answer(&attach::replace(&ctx, &caller, &identity, before, after).await?))
}

pub(crate) async fn detach(
    axum::extract::State(ctx): State,
    caller: Caller,
    Path(id): Path<IdentityId>,
) -> Result<Json<Value>, Problem> {
    let (identity, method) = attach::open_attached::<AwsAuth>(&ctx, &caller, Action::Delete, id).await?;
    let change = attach::removal(&caller, &identity, &method);
    ctx.store.commit(change, &attach::line(&caller, &identity, "aws-auth", "detach")).await?;
    Ok(answer(&method))
}

/// The fields of a body; what is absent stays as it is in `before`. One of the two lists must name somebody.
fn read(form: &mut Form<'_>, before: &AwsAuth) -> Option<AwsAuth> {
    let sts_endpoint = form.or("stsEndpoint", endpoint(), before.sts_endpoint.clone());
    let arns = form.or("allowedPrincipalArns", list(), before.allowed_principal_arns.clone());
    let accounts = form.or("allowedAccountIds", list(), before.allowed_account_ids.clone());
    let tokens = TokenFields {
        lifetime: before.lifetime,
        uses_limit: before.uses_limit,
        trusted_ips: before.access_token_trusted_ips.clone(),
    };
    let tokens = TokenFields::read(form, &tokens, false);
    if let (Some(arns), Some(accounts)) = (&arns, &accounts)
        && arns.is_empty()
        && accounts.is_empty()
    {
        return form.refuse(
            "allowedPrincipalArns",
            "Either allowedPrincipalArns or allowedAccountIds must name somebody: with both empty any AWS principal could log in",
        );
    }
    let TokenFields { lifetime, uses_limit, trusted_ips } = tokens?;
    Some(AwsAuth {
        sts_endpoint: sts_endpoint?,
        allowed_principal_arns: arns?,
        allowed_account_ids: accounts?,
        access_token_trusted_ips: trusted_ips,
        lifetime,
        uses_limit,
        ..before.clone()
    })
}

fn endpoint() -> impl model::form::Rule<Output = StsEndpoint> {
    rule::text(|text| {
        let faults = |faults: Vec<_>| {
            faults
                .into_iter()
                .map(|fault: sts_endpoint::StsEndpointFault| Fault::custom(fault.to_string()))
                .collect()
        };
        sts_endpoint::parse(text).map_err(faults)
    })
}

/// A comma-separated list, as text of limited length.
fn list<T: std::str::FromStr<Err: std::fmt::Display>>() -> impl model::form::Rule<Output = T> {
    rule::text(|text| {
        if text.chars().count() > MAX_LIST_CHARACTERS {
            let message = format!("String must contain at most {MAX_LIST_CHARACTERS} character(s)");
            return Err(vec![Fault::too_big("string", MAX_LIST_CHARACTERS, message)]);
        }
        text.parse().map_err(|error: T::Err| vec![Fault::custom(error.to_string())])
    })
}
