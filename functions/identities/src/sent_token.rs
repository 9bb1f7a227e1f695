//! A token of ours that its owner sends in a body, to renew or revoke it.

use model::Timestamp;
use model::access_token::{AccessToken, Claims, ISSUER};
use model::audit::Origin;
use model::bearer::Refusal;
use model::form::{Form, Read, rule};
use model::trusted_ip::TrustedIp;
use secrecy::{ExposeSecret as _, SecretString};
use store::{Change, CommitError, Conflict, Stored};
use web::{JsonBody, Problem};

use crate::login::line;
use crate::{Ctx, error};

/// The longest token that is read, of ours or of another issuer.
pub(crate) const MAX_TOKEN_CHARACTERS: usize = 16_384;

/// Attempts while the token's uses are counted, or it is renewed, at the same moment.
const ATTEMPTS: u32 = 5;

/// The token of a body.
pub(crate) struct SentToken(SecretString);

impl Read for SentToken {
    fn read(form: &mut Form<'_>) -> Option<Self> {
        form.required("accessToken", rule::secret(MAX_TOKEN_CHARACTERS)).map(Self)
    }
}

/// What the token of the body says, if it is one of a machine and has not ended.
pub(crate) async fn claims(ctx: &Ctx, body: &JsonBody<SentToken>, now: Timestamp) -> Result<Claims, Problem> {
    let SentToken(token) = body.read()?;
    let token = token.expose_secret();
    if tokens::unverified_issuer(token).is_some_and(|issuer| issuer != ISSUER) {
        return Err(Problem::bad_request(
            "Only access tokens of machine identities can be renewed or revoked",
        ));
    }
    let key = ctx.signer.public_key().await.map_err(error::public_key)?;
    key.verify(token, ctx.organization.id, now).map_err(|refused| Refusal::from(refused).into())
}

/// Commits what `plan` makes of the token's record, if all that it rests on still stands. `plan` also says what the owner
/// gets for it, and is told from where the token may be used; it is asked again when the record has changed in the meantime.
pub(crate) async fn change<T, F: Future<Output = Result<(Change, T), Problem>>>(
    ctx: &Ctx,
    claims: &Claims,
    action: &str,
    origin: &Origin,
    now: Timestamp,
    plan: impl Fn(Stored<AccessToken>, Vec<TrustedIp>) -> F,
) -> Result<T, Problem> {
    for attempt in 1..=ATTEMPTS {
        let (token, standing) = ctx.store.token_standing(claims).await?;
        let token = token.ok_or(Refusal::Revoked)?;
        let owner = standing.owner(&token, ctx.administration()).ok_or(Refusal::Revoked)?;
        let mut audit = line(&owner.identity, action, origin, now);
        audit.details = vec![format!("token {}", token.id)];
        let (change, answer) = plan(token, owner.trusted_ips).await?;
        match ctx.store.commit(change, &audit).await {
            Ok(()) => return Ok(answer),
            Err(CommitError::Conflict(Conflict::Stale { .. })) if attempt < ATTEMPTS => {}
            Err(error) => return Err(error.into()),
        }
    }
    Err(Problem::unavailable("The access token is in use right now; please try again"))
}
