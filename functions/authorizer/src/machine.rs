//! Machines, by our own tokens.

use std::net::IpAddr;

use model::Timestamp;
use model::access_token::AccessToken;
use model::bearer::Refusal;
use model::error::chain;
use model::identity::Identity;
use model::membership::ActorKind;
use model::standing::{Administration, Owner, Standing};
use model::trusted_ip;
use tokens::{FetchPublicKeyError, TokenKey};

use crate::Authorizer;
use crate::answer::{Answer, Caller};

/// Who calls with this token. Warm: one verification of a signature and one read; one write more for a token whose uses
/// are limited.
pub(crate) async fn caller(
    authorizer: &Authorizer,
    token: &str,
    source_ip: Option<IpAddr>,
    now: Timestamp,
) -> Result<Answer, Refusal> {
    let key = public_key(authorizer).await.map_err(|error| {
        tracing::error!(error = chain(&error), "could not get the public key");
        Refusal::Unavailable
    })?;
    let claims = key.verify(token, authorizer.organization, now)?;
    let (token, standing) = authorizer.store.token_standing(&claims).await.map_err(unreadable)?;
    let administration =
        Administration { organization: authorizer.organization, principals: &authorizer.administrators };
    let token = token.ok_or(Refusal::Revoked)?.value;
    let identity = decide(&token, standing, administration, source_ip, now)?;
    if token.uses_limit > 0
        && !authorizer.store.count_token_use(token.id, token.uses_limit).await.map_err(unreadable)?
    {
        return Err(Refusal::Exhausted);
    }
    Ok(Answer::caller(Caller {
        kind: ActorKind::Identity.name(),
        id: identity.id.to_string(),
        name: identity.name,
        email: String::new(),
        groups: Vec::new(),
        organization_role: identity.role,
        auth_method: token.auth_method.name(),
        token_id: Some(token.id.to_string()),
        expires_at: claims.exp.map(Timestamp::from_unix_seconds),
    }))
}

async fn public_key(authorizer: &Authorizer) -> Result<&TokenKey, FetchPublicKeyError> {
    let fetch = || TokenKey::fetch(&authorizer.kms, &authorizer.signing_key_id);
    authorizer.public_key.get_or_try_init(fetch).await
}

fn unreadable(error: store::ReadError) -> Refusal {
    tracing::error!(error = chain(&error), "could not look a token up");
    Refusal::Unavailable
}

/// Whether a token with a valid signature still counts, and whose it is.
fn decide(
    token: &AccessToken,
    standing: Standing,
    administration: Administration<'_>,
    source_ip: Option<IpAddr>,
    now: Timestamp,
) -> Result<Identity, Refusal> {
    if token.is_expired(now) {
        return Err(Refusal::Expired);
    }
    let Owner { identity, trusted_ips } = standing.owner(token, administration).ok_or(Refusal::Revoked)?;
    if !source_ip.is_some_and(|address| trusted_ip::allows(&trusted_ips, address)) {
        return Err(Refusal::Address);
    }
    if token.is_exhausted() {
        return Err(Refusal::Exhausted);
    }
    Ok(identity)
}
