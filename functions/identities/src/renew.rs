//! `POST /api/v1/auth/token/renew`: a machine's token lives on, within its limits.

use axum::{Extension, Json};
use model::Timestamp;
use model::access_token::{AccessToken, Claims, ISSUER};
use model::audit::Origin;
use model::form::rule;
use model::identity::Identity;
use secrecy::{ExposeSecret as _, SecretString};
use store::{Change, CommitError, Conflict, Stored};
use web::{JsonBody, Now, Problem};

use crate::login::{Issued, line};
use crate::{Ctx, State, error};

const MAX_TOKEN_CHARACTERS: usize = 16_384;

/// Attempts while the token's uses are counted at the same moment.
const ATTEMPTS: u32 = 5;

pub(crate) async fn renew(
    axum::extract::State(ctx): State,
    Now(now): Now,
    Extension(origin): Extension<Origin>,
    body: JsonBody,
) -> Result<Json<Issued>, Problem> {
    let claims = claims(&ctx, &token(&body)?, now).await?;
    for attempt in 1..=ATTEMPTS {
        let (token, identity) = standing(&ctx, &claims).await?;
        let renewed = token.renewed(now).map_err(error::renewal)?;
        let signed = ctx.signer.sign(&renewed.claims(ctx.organization.id)).await.map_err(error::sign)?;
        let mut audit = line(&identity, "token.renew", &origin, now);
        audit.details = vec![format!("token {}", token.id)];
        match ctx.store.commit(Change::new(now).replace(&token, &renewed), &audit).await {
            Ok(()) => return Ok(Issued::new(signed, &renewed.lifetime)),
            Err(CommitError::Conflict(Conflict::Stale { .. })) if attempt < ATTEMPTS => {}
            Err(error) => return Err(error.into()),
        }
    }
    Err(Problem::unavailable("The access token is in use right now; please try again"))
}

/// The token in a body.
pub(crate) fn token(body: &JsonBody) -> Result<SecretString, Problem> {
    body.read(|form| form.required("accessToken", rule::secret(MAX_TOKEN_CHARACTERS)))
}

/// What a token of ours says, if it is one of a machine and has not ended.
pub(crate) async fn claims(ctx: &Ctx, token: &SecretString, now: Timestamp) -> Result<Claims, Problem> {
    let token = token.expose_secret();
    if tokens::unverified_issuer(token).is_some_and(|issuer| issuer != ISSUER) {
        return Err(Problem::bad_request(
            "Only access tokens of machine identities can be renewed or revoked",
        ));
    }
    let key = ctx.signer.public_key().await.map_err(error::public_key)?;
    key.verify(token, ctx.organization.id, now).map_err(error::own_token)
}

/// The token's record and its identity, if all that it rests on still stands.
pub(crate) async fn standing(ctx: &Ctx, claims: &Claims) -> Result<(Stored<AccessToken>, Identity), Problem> {
    let (token, standing) = ctx.store.token_standing(claims).await?;
    let token = token.ok_or_else(error::revoked)?;
    let owner = standing.owner(&token, ctx.administration()).ok_or_else(error::revoked)?;
    Ok((token, owner.identity))
}
