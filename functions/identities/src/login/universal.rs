//! `POST /api/v1/auth/universal-auth/login`: by client id and client secret.

use std::net::IpAddr;
use std::time::Duration;

use axum::{Extension, Json};
use model::Timestamp;
use model::audit::Origin;
use model::client_secret::{ClientSecret, PREFIX_LENGTH, Revocation};
use model::form::{Form, Read, rule};
use model::id::{ClientId, IdentityId};
use model::lockout::{LockoutRecord, after_failure};
use model::trusted_ip;
use model::universal_auth::UniversalAuth;
use secrecy::{ExposeSecret as _, SecretString};
use store::{Bookkeeping, Change, CommitError, Conflict, IdentityPartition, Limit, Stored};
use subtle::ConstantTimeEq as _;
use web::{JsonBody, Now, Problem};

use crate::client_secrets::sha256;
use crate::login::{Issued, LoginError, Proven, line, must_be_ours, organization};
use crate::{Ctx, State};

/// Far more than a client secret of ours has.
const MAX_SECRET_CHARACTERS: usize = 1_024;

/// Attempts to count a failure while others count theirs.
const ATTEMPTS: u32 = 5;

/// What the body says.
pub(crate) struct Login {
    client_id: String,
    client_secret: SecretString,
    organization: Option<String>,
}

impl Read for Login {
    fn read(form: &mut Form<'_>) -> Option<Self> {
        let client_id = form.required("clientId", rule::trimmed(0, 255));
        let client_secret = form.required("clientSecret", rule::secret(MAX_SECRET_CHARACTERS));
        let organization = organization(form);
        Some(Self { client_id: client_id?, client_secret: client_secret?, organization: organization? })
    }
}

/// One text for an unknown client id and a wrong secret: which of both it was is nobody's business.
fn invalid() -> Problem {
    Problem::unauthorized("Invalid credentials")
}

fn locked() -> Problem {
    Problem::unauthorized("This identity auth method is temporarily locked, please try again later")
}

pub(crate) async fn login(
    axum::extract::State(ctx): State,
    Now(now): Now,
    Extension(origin): Extension<Origin>,
    body: JsonBody<Login>,
) -> Result<Json<Issued>, Problem> {
    let login = body.read()?;
    let (partition, auth) = find(&ctx, &login.client_id).await?.ok_or_else(|| {
        // As much work as for a known one.
        choose(&[], None, login.client_secret.expose_secret());
        invalid()
    })?;
    let address: Option<IpAddr> = origin.source_ip.parse().ok();
    if !address.is_some_and(|address| trusted_ip::allows(&auth.client_secret_trusted_ips, address)) {
        return Err(Problem::forbidden("You are not allowed to log in from this address"));
    }
    if partition.lockout.as_ref().is_some_and(|lockout| lockout.state.is_locked(now)) {
        return Err(locked());
    }
    let Some(secret) = choose(&partition.client_secrets, Some(&auth), login.client_secret.expose_secret())
    else {
        return Err(count_failure(&ctx, &partition, &auth, &origin, now).await?);
    };
    if let Err(ended) = secret.check(now) {
        return Err(refuse_ended(&ctx, &partition, secret, ended, &origin, now).await);
    }
    must_be_ours(&ctx, login.organization.as_deref())?;
    issue(&ctx, &partition, &auth, secret, &origin, now).await
}

/// The identity that a client id belongs to. Two reads, whether there is one or not.
async fn find(
    ctx: &Ctx,
    client_id: &str,
) -> Result<Option<(IdentityPartition, Stored<UniversalAuth>)>, Problem> {
    let client: Option<ClientId> = client_id.parse().ok();
    let owner = ctx.store.identity_of_client(client.unwrap_or_else(ClientId::random)).await?;
    let partition = ctx.store.identity_partition(owner.unwrap_or_else(IdentityId::random)).await?;
    let with_auth = partition.and_then(|mut partition| {
        let auth = partition.universal_auth.take().filter(|auth| Some(auth.client_id) == client)?;
        Some((partition, auth))
    });
    Ok(with_auth)
}

/// The secret that was sent, among those that have not been revoked. Every candidate is compared, and at least one, in a
/// time that does not depend on where they differ.
fn choose<'a>(
    secrets: &'a [Stored<ClientSecret>],
    auth: Option<&Stored<UniversalAuth>>,
    sent: &str,
) -> Option<&'a Stored<ClientSecret>> {
    let digest = sha256(sent);
    let prefix: String = sent.chars().take(PREFIX_LENGTH).collect();
    let equal = |known: &str| bool::from(known.as_bytes().ct_eq(digest.as_bytes()));
    let nobody = equal(&sha256("nobody's client secret"));
    let candidates = secrets.iter().filter(|secret| {
        let ours = auth.is_some_and(|auth| auth.id == secret.universal_auth_id);
        ours && secret.revocation.is_none() && secret.prefix == prefix
    });
    let found =
        candidates.fold(None, |found, secret| if equal(&secret.sha256) { Some(secret) } else { found });
    found.filter(|_| !nobody)
}

/// Counts a wrong secret, and locks when it was one too many. Answers what the caller is told.
async fn count_failure(
    ctx: &Ctx,
    partition: &IdentityPartition,
    auth: &UniversalAuth,
    origin: &Origin,
    now: Timestamp,
) -> Result<Problem, Problem> {
    let mut before = partition.lockout.clone();
    for _ in 0..ATTEMPTS {
        let Some(state) = after_failure(before.as_ref().map(|lockout| lockout.state), &auth.lockout, now)
        else {
            return Ok(invalid());
        };
        if before.as_ref().is_some_and(|lockout| lockout.state.is_locked(now)) {
            return Ok(locked());
        }
        let record = LockoutRecord {
            identity_id: auth.identity_id,
            state,
            forgotten_at: state.ends_at(&auth.lockout),
        };
        let change = Change::new(now);
        let change = match &before {
            Some(before) => change.replace(before, &record),
            None => change.create(&record),
        };
        // A lock keeps a customer's machine out: that is remembered. A failure alone is only counted.
        let counted = if state.is_locked(now) {
            let mut audit = line(&partition.identity, "identity.lock", origin, now);
            audit.actor.kind = "anonymous".to_owned();
            audit.details = vec![format!("universal-auth, after {} failures", state.failures)];
            ctx.store.commit(change, &audit).await
        } else {
            ctx.store.keep_count(Bookkeeping(change)).await
        };
        match counted {
            Ok(()) => return Ok(invalid()),
            Err(CommitError::Conflict(_)) => {
                before =
                    ctx.store.identity_partition(auth.identity_id).await?.and_then(|found| found.lockout);
            }
            Err(error) => return Err(error.into()),
        }
    }
    Ok(Problem::too_many("Too many failed logins at once; please try again later", Duration::from_secs(1)))
}

/// An expired or used-up secret says so, and is marked revoked.
async fn refuse_ended(
    ctx: &Ctx,
    partition: &IdentityPartition,
    secret: &Stored<ClientSecret>,
    ended: Revocation,
    origin: &Origin,
    now: Timestamp,
) -> Problem {
    let (verb, message) = match ended {
        Revocation::Expired => ("expire", "Access denied due to expired client secret"),
        Revocation::Exhausted => ("exhaust", "Access denied due to client secret usage limit reached"),
        Revocation::Operator => return invalid(),
    };
    let mut audit = line(&partition.identity, &format!("client-secret.{verb}"), origin, now);
    audit.details = vec![format!("client secret {}", secret.id)];
    let change = Change::new(now).replace(secret, &secret.revoked(ended, now));
    if let Err(error) = ctx.store.commit(change, &audit).await {
        // The next login finds the same; this one is refused either way.
        tracing::warn!(client_secret.id = %secret.id, error = %error, "could not mark an ended client secret");
    }
    Problem::unauthorized(message)
}

async fn issue(
    ctx: &Ctx,
    partition: &IdentityPartition,
    auth: &UniversalAuth,
    secret: &Stored<ClientSecret>,
    origin: &Origin,
    now: Timestamp,
) -> Result<Json<Issued>, Problem> {
    const USED_UP: Conflict = Conflict::Unmet("Access denied due to client secret usage limit reached");
    let proven = Proven {
        identity: &partition.identity,
        method: auth,
        client_secret: Some(secret.id),
        identity_auth: None,
        evidence: format!("client secret {}", secret.id),
    };
    // Of two logins for the last use, one gets it.
    let limit = Limit::Below(secret.uses_limit);
    let count = |change: Change| match secret.uses_limit {
        0 => change,
        _ => change.count(&secret.value, "uses", 1, Some(limit), USED_UP),
    };
    let issued = match proven.issue(ctx, count, origin, now).await {
        Ok(issued) => issued,
        Err(LoginError::Commit(CommitError::Conflict(Conflict::Unmet(reason)))) => {
            return Err(Problem::unauthorized(reason));
        }
        Err(error) => return Err(error.into()),
    };
    // Neither of these decides anything: an unlimited secret's uses are for people to see, and a lockout record that is
    // left over only lets the next failures count from where they were.
    if secret.uses_limit == 0
        && let Err(error) = ctx.store.count_client_secret_use(auth.identity_id, secret.id).await
    {
        tracing::warn!(client_secret.id = %secret.id, error = %error, "could not count a login");
    }
    if let Some(lockout) = &partition.lockout
        && let Err(error) = ctx.store.keep_count(Bookkeeping(Change::new(now).delete(lockout))).await
    {
        tracing::warn!(identity.id = %auth.identity_id, error = %error, "could not clear failed logins");
    }
    Ok(issued)
}
