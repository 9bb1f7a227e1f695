//! Universal auth of an identity: its configuration and its lock.

use axum::Json;
use model::form::{Form, rule};
use model::id::{AuthConfigurationId, ClientId, IdentityId};
use model::lockout::LockoutPolicy;
use model::permission::Action;
use model::trusted_ip::TrustedIp;
use model::universal_auth::UniversalAuth;
use serde_json::{Value, json};
use store::{Bookkeeping, Change, Stored};
use web::{Caller, JsonBody, Path, Problem};

use crate::attach::{self, line};
use crate::fields::{TokenFields, trusted_ips};
use crate::{State, view};

/// As many client secrets as fit into one transaction beside the configuration.
const BATCH: usize = 80;

fn answer(read: &Stored<UniversalAuth>) -> Json<Value> {
    Json(json!({ "identityUniversalAuth": view::universal_auth(read) }))
}

pub(crate) async fn attach(
    axum::extract::State(ctx): State,
    caller: Caller,
    Path(id): Path<IdentityId>,
    body: JsonBody,
) -> Result<Json<Value>, Problem> {
    let (identity, method) = attach::open::<UniversalAuth>(&ctx, &caller, Action::Create, id).await?;
    let TokenFields { lifetime, uses_limit, trusted_ips: access_token_trusted_ips } = TokenFields::default();
    let defaults = UniversalAuth {
        id: AuthConfigurationId::random(),
        identity_id: id,
        client_id: ClientId::random(),
        client_secret_trusted_ips: TrustedIp::EVERYWHERE.to_vec(),
        access_token_trusted_ips,
        lifetime,
        uses_limit,
        lockout: LockoutPolicy::default(),
    };
    let auth = body.read(|form| read(form, &defaults))?;
    attach::must_be_absent(method.as_ref())?;
    Ok(answer(&attach::create(&ctx, &caller, &identity, auth).await?))
}

pub(crate) async fn get(
    axum::extract::State(ctx): State,
    caller: Caller,
    Path(id): Path<IdentityId>,
) -> Result<Json<Value>, Problem> {
    let (_, method) = attach::open_attached::<UniversalAuth>(&ctx, &caller, Action::Read, id).await?;
    Ok(answer(&method))
}

pub(crate) async fn update(
    axum::extract::State(ctx): State,
    caller: Caller,
    Path(id): Path<IdentityId>,
    body: JsonBody,
) -> Result<Json<Value>, Problem> {
    let (identity, before) = attach::open_attached::<UniversalAuth>(&ctx, &caller, Action::Edit, id).await?;
    let after = body.read(|form| read(form, &before))?;
    Ok(answer(&attach::replace(&ctx, &caller, &identity, before, after).await?))
}

/// Client secrets go with the configuration. Those beyond one transaction open nothing any more, since they name the
/// configuration that they were made for; they are taken first all the same.
pub(crate) async fn detach(
    axum::extract::State(ctx): State,
    caller: Caller,
    Path(id): Path<IdentityId>,
) -> Result<Json<Value>, Problem> {
    let (identity, method) =
        attach::open_attached::<UniversalAuth>(&ctx, &caller, Action::Delete, id).await?;
    let partition = ctx.store.identity_partition(id).await?;
    let (mut secrets, lockout) =
        partition.map_or_else(Default::default, |partition| (partition.client_secrets, partition.lockout));
    while secrets.len() > BATCH {
        let batch = secrets.split_off(secrets.len() - BATCH);
        let change = batch.iter().fold(Change::new(caller.now), Change::delete);
        ctx.store.keep_count(Bookkeeping(change)).await?;
    }
    let mut change = attach::removal(&caller, &identity, &method);
    change = secrets.iter().fold(change, Change::delete);
    change = lockout.iter().fold(change, Change::delete);
    ctx.store.commit(change, &line(&caller, &identity, "universal-auth", "detach")).await?;
    Ok(answer(&method))
}

pub(crate) async fn clear_lockouts(
    axum::extract::State(ctx): State,
    caller: Caller,
    Path(id): Path<IdentityId>,
) -> Result<Json<Value>, Problem> {
    let (identity, _) = attach::open_attached::<UniversalAuth>(&ctx, &caller, Action::Edit, id).await?;
    let lockout = ctx.store.identity_partition(id).await?.and_then(|partition| partition.lockout);
    let Some(lockout) = lockout else { return Ok(Json(json!({ "deleted": 0 }))) };
    let change = Change::new(caller.now).delete(&lockout);
    ctx.store.commit(change, &line(&caller, &identity, "universal-auth", "clear-lockouts")).await?;
    Ok(Json(json!({ "deleted": 1 })))
}

/// The fields of a body; what is absent stays as it is in `before`.
fn read(form: &mut Form<'_>, before: &UniversalAuth) -> Option<UniversalAuth> {
    let client_secret_trusted_ips =
        trusted_ips(form, "clientSecretTrustedIps", &before.client_secret_trusted_ips);
    let tokens = TokenFields {
        lifetime: before.lifetime,
        uses_limit: before.uses_limit,
        trusted_ips: before.access_token_trusted_ips.clone(),
    };
    let tokens = TokenFields::read(form, &tokens, true);
    let lockout = before.lockout;
    let enabled = form.or("lockoutEnabled", rule::boolean(), lockout.enabled);
    let threshold = form.or("lockoutThreshold", rule::integer(1, 30), lockout.threshold.into());
    let duration = form.or("lockoutDurationSeconds", rule::integer(30, 86_400), lockout.duration_seconds);
    let reset = form.or("lockoutCounterResetSeconds", rule::integer(5, 3_600), lockout.counter_reset_seconds);
    let TokenFields { lifetime, uses_limit, trusted_ips } = tokens?;
    Some(UniversalAuth {
        client_secret_trusted_ips: client_secret_trusted_ips?,
        access_token_trusted_ips: trusted_ips,
        lifetime,
        uses_limit,
        lockout: LockoutPolicy {
            enabled: enabled?,
            threshold: u32::try_from(threshold?).ok()?,
            duration_seconds: duration?,
            counter_reset_seconds: reset?,
        },
        ..before.clone()
    })
}
