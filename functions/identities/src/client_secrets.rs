//! Client secrets: made and shown once, listed, revoked.

use axum::Json;
use model::access_token::MAX_TTL_SECONDS;
use model::client_secret::{ClientSecret, PREFIX_LENGTH, Revocation};
use model::form::{Form, Read, rule};
use model::id::{ClientSecretId, IdentityId};
use model::permission::Action;
use model::universal_auth::UniversalAuth;
use serde_json::{Value, json};
use store::{Change, CommitError, Conflict, Stored};
use web::{Caller, JsonBody, Path, Problem};

use crate::fields::MAX_COUNT;
use crate::login_method::{line, open_attached};
use crate::{Ctx, State, view};

/// 256 bits: nobody guesses one, so that a plain hash of it may be stored.
const SECRET_BYTES: usize = 32;

/// Attempts to revoke a secret that logins count on at the same moment.
const ATTEMPTS: u32 = 5;

/// What the body says of a new client secret.
pub(crate) struct Create {
    description: String,
    uses_limit: u64,
    ttl_seconds: u64,
}

impl Read for Create {
    fn read(form: &mut Form<'_>) -> Option<Self> {
        let description = form.or("description", rule::string(0, 500), String::new());
        let uses_limit = form.or("numUsesLimit", rule::integer(0, MAX_COUNT), 0);
        let ttl = form.or("ttl", rule::integer(0, MAX_TTL_SECONDS), 0);
        Some(Self { description: description?, uses_limit: uses_limit?, ttl_seconds: ttl? })
    }
}

pub(crate) async fn create(
    axum::extract::State(ctx): State,
    caller: Caller,
    Path(id): Path<IdentityId>,
    body: JsonBody<Create>,
) -> Result<Json<Value>, Problem> {
    let (identity, auth) = open_attached::<UniversalAuth>(&ctx, &caller, Action::Create, id).await?;
    let mut random = [0; SECRET_BYTES];
    aws_lc_rs::rand::fill(&mut random).map_err(|error| Problem::bug("make a client secret", error))?;
    let text = hex::encode(random);
    let Create { description, uses_limit, ttl_seconds } = body.read()?;
    let secret = ClientSecret {
        id: ClientSecretId::random(),
        identity_id: id,
        universal_auth_id: auth.id,
        description,
        prefix: text.chars().take(PREFIX_LENGTH).collect(),
        sha256: sha256(&text),
        uses_limit,
        uses: 0,
        ttl_seconds,
        issued_at: caller.now,
        revocation: None,
        revoked_at: None,
    };
    let mut audit = line(&caller, &identity, "client-secret", "create");
    audit.details.push(format!("client secret {}", secret.id));
    ctx.store.commit(Change::new(caller.now).create(&secret).require(&auth.value), &audit).await?;
    let created = Stored::created(secret, caller.now);
    Ok(Json(json!({ "clientSecret": text, "clientSecretData": view::client_secret(&created) })))
}

/// The SHA-256 of a client secret or signature, in hexadecimal.
pub(crate) fn sha256(text: &str) -> String {
    hex::encode(aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, text.as_bytes()))
}

pub(crate) async fn list(
    axum::extract::State(ctx): State,
    caller: Caller,
    Path(id): Path<IdentityId>,
) -> Result<Json<Value>, Problem> {
    let (_, auth) = open_attached::<UniversalAuth>(&ctx, &caller, Action::Read, id).await?;
    let secrets = ctx.store.identity_partition(id).await?.map(|partition| partition.client_secrets);
    let counts =
        |secret: &&Stored<ClientSecret>| secret.universal_auth_id == auth.id && secret.revocation.is_none();
    let data: Vec<Value> =
        secrets.unwrap_or_default().iter().filter(counts).map(view::client_secret).collect();
    Ok(Json(json!({ "clientSecretData": data })))
}

pub(crate) async fn get(
    axum::extract::State(ctx): State,
    caller: Caller,
    Path((id, secret)): Path<(IdentityId, ClientSecretId)>,
) -> Result<Json<Value>, Problem> {
    let (_, auth) = open_attached::<UniversalAuth>(&ctx, &caller, Action::Read, id).await?;
    let secret = find(&ctx, &auth, secret).await?;
    Ok(Json(json!({ "clientSecretData": view::client_secret(&secret) })))
}

/// Tokens that were made with the secret stop at once. Revoking twice is as good as once.
pub(crate) async fn revoke(
    axum::extract::State(ctx): State,
    caller: Caller,
    Path((id, secret)): Path<(IdentityId, ClientSecretId)>,
) -> Result<Json<Value>, Problem> {
    let (identity, auth) = open_attached::<UniversalAuth>(&ctx, &caller, Action::Delete, id).await?;
    let mut audit = line(&caller, &identity, "client-secret", "revoke");
    audit.details.push(format!("client secret {secret}"));
    for attempt in 1..=ATTEMPTS {
        let before = find(&ctx, &auth, secret).await?;
        if before.revocation == Some(Revocation::Operator) {
            return Ok(Json(json!({ "clientSecretData": view::client_secret(&before) })));
        }
        let after = before.revoked(Revocation::Operator, caller.now);
        match ctx.store.commit(Change::new(caller.now).replace(&before, &after), &audit).await {
            Ok(()) => {
                let revoked = before.replaced(after, caller.now);
                return Ok(Json(json!({ "clientSecretData": view::client_secret(&revoked) })));
            }
            Err(CommitError::Conflict(Conflict::Stale { .. })) if attempt < ATTEMPTS => {}
            Err(error) => return Err(error.into()),
        }
    }
    Err(Problem::unavailable("The client secret is in use right now; please try again"))
}

async fn find(
    ctx: &Ctx,
    auth: &Stored<UniversalAuth>,
    id: ClientSecretId,
) -> Result<Stored<ClientSecret>, Problem> {
    let found = ctx.store.client_secret(auth.identity_id, id).await?;
    let found = found.filter(|secret| secret.universal_auth_id == auth.id);
    found.ok_or_else(|| Problem::not_found(format!("Failed to find client secret with ID {id}")))
}
