//! Machines, by our own tokens.

use std::net::IpAddr;

use model::Timestamp;
use model::access_token::{AccessToken, Claims};
use model::id::OrganizationId;
use model::identity::{Identity, administrator_id};
use model::membership::ActorKind;
use model::principal::{Principal, PrincipalPatterns};
use model::trusted_ip;
use store::TokenStanding;
use tokens::{FetchPublicKeyError, TokenKey};

use crate::Authorizer;
use crate::answer::{Answer, Caller, Refusal};

/// Who calls with this token. Warm: one verification of a signature and one read; one write more for a token whose uses
/// are limited.
pub(crate) async fn caller(
    authorizer: &Authorizer,
    token: &str,
    source_ip: Option<IpAddr>,
    now: Timestamp,
) -> Result<Answer, Refusal> {
    let key = public_key(authorizer).await.map_err(|error| {
        tracing::error!(error = %error, source = source(&error), "could not get the public key");
        Refusal::Unavailable
    })?;
    let claims = key.verify(token, authorizer.organization, now)?;
    let standing = authorizer.store.token_standing(&claims).await.map_err(unreadable)?;
    let house = House { organization: authorizer.organization, administrators: &authorizer.administrators };
    let (identity, token) = decide(&claims, standing, house, source_ip, now)?;
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
    tracing::error!(error = %error, source = source(&error), "could not look a token up");
    Refusal::Unavailable
}

fn source(error: &dyn std::error::Error) -> String {
    let mut line = String::new();
    let mut next = error.source();
    while let Some(error) = next {
        line.push_str(&error.to_string());
        line.push_str("; ");
        next = error.source();
    }
    line
}

/// What the stack's parameters say.
#[derive(Clone, Copy)]
struct House<'a> {
    organization: OrganizationId,
    administrators: &'a PrincipalPatterns,
}

/// Whether a token with a valid signature still counts, by what stands behind it.
fn decide(
    claims: &Claims,
    standing: TokenStanding,
    house: House<'_>,
    source_ip: Option<IpAddr>,
    now: Timestamp,
) -> Result<(Identity, AccessToken), Refusal> {
    let token = standing.token.ok_or(Refusal::Revoked)?.value;
    if token.identity_id != claims.identity_id {
        return Err(Refusal::Revoked);
    }
    if token.is_expired(now) {
        return Err(Refusal::Expired);
    }
    let identity = if claims.identity_id == administrator_id(house.organization) {
        administrator(&token, house).ok_or(Refusal::Revoked)?
    } else {
        if claims.client_secret_id.is_some()
            && !standing.client_secret.is_some_and(|secret| secret.vouches_for_its_tokens())
        {
            return Err(Refusal::Revoked);
        }
        let trusted_ips = standing.trusted_ips.ok_or(Refusal::Revoked)?;
        let identity = standing.identity.ok_or(Refusal::Revoked)?.value;
        if !source_ip.is_some_and(|address| trusted_ip::allows(&trusted_ips, address)) {
            return Err(Refusal::Address);
        }
        identity
    };
    if token.is_exhausted() {
        return Err(Refusal::Exhausted);
    }
    Ok((identity, token))
}

/// The built-in administrator, as long as the stack's parameter still names the principal that logged in.
fn administrator(token: &AccessToken, house: House<'_>) -> Option<Identity> {
    let principal: Principal = token.principal_arn.as_deref()?.parse().ok()?;
    house.administrators.admit(&principal).then(|| Identity::administrator(house.organization))
}
