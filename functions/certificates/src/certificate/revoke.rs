//! The end of a certificate before its time.

use std::time::{Duration, Instant};

use ::authority::{AcmDeed, At, Deed, Error};
use axum::Json;
use axum::extract::State;
use model::Timestamp;
use model::audit::AuditRecord;
use model::certificate::{Certificate, CertificateStatus, RevocationReason};
use model::certificate_authority::{CertificateAuthority, Configuration};
use model::connection::Connection;
use model::form::{Form, Read, rule};
use model::id::CertificateId;
use model::permission::{Action, Scoped as _};
use serde::Serialize;
use web::{Caller, JsonBody, Path, Problem};

use super::{NOUN, called, open};
use crate::{Ctx, error};

/// No call to AWS begins later than this after the first: clients repeat a request after ten seconds.
const PATIENCE: Duration = Duration::from_secs(5);

/// Why it is revoked.
pub(crate) struct Why(RevocationReason);

impl Read for Why {
    fn read(form: &mut Form<'_>) -> Option<Self> {
        let reason = form.nullish("revocationReason", rule::one_of(RevocationReason::NAMES))?;
        Some(Self(reason.unwrap_or_default()))
    }
}

/// The answer.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Answer {
    message: &'static str,
    serial_number: String,
    revoked_at: Timestamp,
}

/// `POST …/{certificateId}/revoke` `{revocationReason}`.
///
/// The intent is stored before AWS is asked, and from then on the certificate is shown as revoked. When AWS clearly refuses,
/// the intent goes again and its words are the answer; when it does not answer, the answer is 503 and the worker asks again
/// until it knows. Two transactions, and two to four calls to AWS.
pub(super) async fn revoke(
    State(ctx): State<Ctx>,
    caller: Caller,
    Path(id): Path<CertificateId>,
    body: JsonBody<Why>,
) -> Result<Json<Answer>, Problem> {
    let (certificate, _) = open(&ctx, &caller, id, Action::Revoke).await?;
    let Why(reason) = body.read()?;
    revocable(&certificate, caller.now)?;
    let (authority, connection) = authority(&ctx, &certificate).await?;
    alone(&certificate, &authority)?;
    let mut audit = caller.audit("certificate.revoke", id, called(&certificate), certificate.scope());
    audit.details = vec![format!("reason: {}", reason.name())];
    amend(&ctx, id, caller.now, Some(&audit), |read| read.revoking(reason, caller.now)).await?;
    let at = At { now: caller.now, until: Some(Instant::now() + PATIENCE) };
    // Someone may have asked for it before, for another reason: what is stored is what is asked.
    let reason = certificate.revocation.map_or(reason, |revocation| revocation.reason);
    let outcome = ask(&ctx, &certificate, &authority, &connection, reason, at).await;
    settle(&ctx, &certificate, reason, outcome, caller.now).await
}

/// Writes down what AWS said, and answers it. `certificate` is as it was before.
async fn settle(
    ctx: &Ctx,
    certificate: &Certificate,
    reason: RevocationReason,
    outcome: Result<(), Error>,
    now: Timestamp,
) -> Result<Json<Answer>, Problem> {
    const ATTEMPT: &str = "Unable to revoke the certificate";
    match outcome {
        Ok(()) => {
            // Another request may have been refused meanwhile, and have taken the intent away: this is certain.
            let done = |read: &Certificate| read.revoking(reason, now).revoked(now);
            let revoked = amend(ctx, certificate.id, now, None, done).await?;
            ctx.bus.tell("CertificateRevoked", &certificate.event()).await;
            let revoked_at = revoked.revocation.and_then(|revocation| revocation.revoked_at).unwrap_or(now);
            Ok(Json(Answer {
                message: "Successfully revoked certificate",
                serial_number: revoked.facts.serial_number,
                revoked_at,
            }))
        }
        Err(error) if error.is_passing() || error.may_be_done() => {
            let unknown = |read: &Certificate| read.revoking(reason, now).revocation_failed(now);
            amend(ctx, certificate.id, now, None, unknown).await?;
            let message =
                format!("{ATTEMPT} right now: AWS is busy or failed. It is asked again until it has done it");
            Err(Problem::unavailable(message).because(error))
        }
        Err(error) => {
            // Somebody asked before and never heard: AWS may have done it then, so the intent stays.
            let is_first = certificate.revocation.is_none();
            let step = |read: &Certificate| {
                let heard = read.revocation.is_none_or(|revocation| revocation.failures == 0);
                if is_first && heard { read.not_revoked() } else { read.revocation_failed(now) }
            };
            amend(ctx, certificate.id, now, None, step).await?;
            Err(error::from_authority(ATTEMPT, error))
        }
    }
}

/// The one call that revokes it, after those that open the connection.
async fn ask(
    ctx: &Ctx,
    certificate: &Certificate,
    authority: &CertificateAuthority,
    connection: &Connection,
    reason: RevocationReason,
    at: At,
) -> Result<(), Error> {
    match &authority.configuration {
        Configuration::AwsPca(private) => {
            let arn = private.certificate_authority_arn.arn();
            let opened = ctx.authorities.private_ca(connection, arn, Deed::Revoke, at).await?;
            opened.revoke(&certificate.facts.serial_number, reason).await?;
        }
        Configuration::AwsAcmPublicCa(public) => {
            let arn = certificate.arn.as_deref().unwrap_or_default();
            let opened = ctx.authorities.acm(connection, &public.region, AcmDeed::Revoke(arn), at).await?;
            opened.revoke(arn, &certificate.facts.serial_number, reason).await?;
        }
    }
    Ok(())
}

/// Whether it may be tried.
fn revocable(certificate: &Certificate, now: Timestamp) -> Result<(), Problem> {
    if certificate.certificate_authority_id.is_none() {
        return Err(Problem::bad_request(
            "An imported certificate cannot be revoked here: its authority is not one of this project's",
        ));
    }
    if certificate.revocation.is_some_and(|revocation| revocation.revoked_at.is_some()) {
        return Err(Problem::bad_request("The certificate is revoked already"));
    }
    if certificate.status(now) == CertificateStatus::Expired {
        return Err(Problem::bad_request("The certificate has expired: there is nothing left to revoke"));
    }
    Ok(())
}

/// ACM renews a certificate under the ARN that it has, and revokes whatever is there: its successor would be hit.
fn alone(certificate: &Certificate, authority: &CertificateAuthority) -> Result<(), Problem> {
    match (&authority.configuration, certificate.renewed_by) {
        (Configuration::AwsAcmPublicCa(_), Some(by)) => Err(Problem::bad_request(format!(
            "The certificate was renewed, as certificate {by} under the same ARN: revoke that one"
        ))),
        (Configuration::AwsAcmPublicCa(_) | Configuration::AwsPca(_), _) => Ok(()),
    }
}

/// Who issued it, and the connection to them. Two GetItems.
async fn authority(
    ctx: &Ctx,
    certificate: &Certificate,
) -> Result<(CertificateAuthority, Connection), Problem> {
    let gone = |what: &str| {
        Problem::bad_request(format!(
            "The certificate cannot be revoked here: {what} was deleted. Its serial number is {}",
            certificate.facts.serial_number
        ))
    };
    let found = match certificate.certificate_authority_id {
        Some(id) => ctx.store.certificate_authority(id).await?,
        None => None,
    };
    let authority = found.ok_or_else(|| gone("its certificate authority"))?.value;
    let connection = match &authority.configuration {
        Configuration::AwsPca(private) => private.app_connection_id,
        Configuration::AwsAcmPublicCa(public) => public.app_connection_id,
    };
    let connection = ctx.store.connection(connection).await?;
    let connection = connection.ok_or_else(|| gone("the connection of its certificate authority"))?.value;
    Ok((authority, connection))
}

/// Stores a step, and answers what the certificate is then. The syncs that have it are told when it is revoked, or is not after
/// all.
async fn amend(
    ctx: &Ctx,
    id: CertificateId,
    now: Timestamp,
    audit: Option<&AuditRecord>,
    step: impl Fn(&Certificate) -> Certificate,
) -> Result<Certificate, Problem> {
    let stored = ctx.store.amend_certificate(id, now, audit, |read| {
        let next = step(read);
        (Some(next.clone()), (read.revocation.is_some(), next))
    });
    let (was, next) = stored.await?.ok_or_else(|| error::absent(NOUN, id))?;
    if was != next.revocation.is_some() {
        // They are due already: a lost message costs a tick.
        ctx.syncs.wake(ctx.store.syncs_of_certificate(id).await?.syncs()).await;
    }
    Ok(next)
}
