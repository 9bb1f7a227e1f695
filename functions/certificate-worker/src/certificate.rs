//! A look at one certificate: whether it is to be renewed or revoked, or somebody is to be told that it ends.

use std::time::Duration;

use authority::{AcmDeed, At, Authorities, Class, Deed, Error, Revoked};
use futures::FutureExt as _;
use job::Deadline;
use model::certificate::order::Order;
use model::certificate::{Certificate, Due, RevocationReason};
use model::certificate_authority::Configuration;
use model::id::{CertificateId, CertificateRequestId};
use store::{Change, Stored};

use crate::hold::TO_PUT_AWAY;
use crate::target::Target;
use crate::worker::CertificateWorker;
use crate::{Fault, told};

/// So many things in one look: more than are ever due at once.
const THINGS: u32 = 8;

/// An end is near from the notice of so many days on, in which people can still do something about it.
const NEAR: u16 = 14;

/// Does what is due about a certificate. One GetItem, and for each thing what it does and one write.
pub(crate) async fn look(
    worker: &CertificateWorker,
    id: CertificateId,
    deadline: &Deadline,
) -> Result<&'static str, Fault> {
    let mut did = "nothing";
    for _ in 0..THINGS {
        if deadline.is_near(TO_PUT_AWAY) {
            break;
        }
        let now = deadline.now();
        let Some(read) = worker.store.certificate(id).await? else { return Ok("no such certificate") };
        did = match read.due(now) {
            Due::Nothing | Due::At(_) => {
                if read.due_at.is_some_and(|at| at <= now) {
                    // It was due for something that has been done, or is not to be done any more.
                    settle(worker, id, deadline).await?;
                }
                return Ok(did);
            }
            Due::Revoke => match revoke(worker, &read, deadline).boxed().await? {
                true => "revoked",
                false => return Ok("not revoked"),
            },
            Due::Renew => match renew(worker, &read, deadline).boxed().await? {
                true => "renewal ordered",
                false => return Ok("not renewed"),
            },
            Due::Notice { days } => {
                // Told first: whoever dies in between tells it twice, and never not at all.
                told::expiring(worker, &read, days).await;
                if days <= NEAR && read.is_left_alone(now) {
                    metrics::ending();
                }
                let noticed = |certificate: &Certificate| (Some(certificate.noticed(days)), ());
                worker.store.amend_certificate(id, now, None, noticed).await?;
                "told"
            }
        };
    }
    Ok(did)
}

async fn settle(worker: &CertificateWorker, id: CertificateId, deadline: &Deadline) -> Result<(), Fault> {
    let same = |certificate: &Certificate| (Some(certificate.clone()), ());
    Ok(worker.store.amend_certificate(id, deadline.now(), None, same).await.map(drop)?)
}

/// Orders the certificate that takes this one's place. Two GetItems and one transaction, which another worker's excludes.
async fn renew(
    worker: &CertificateWorker,
    read: &Stored<Certificate>,
    deadline: &Deadline,
) -> Result<bool, Fault> {
    let now = deadline.now();
    let before = match read.request_id {
        Some(id) => worker.store.certificate_order(id).await?,
        None => None,
    };
    let Some(before) = before else {
        return not_renewed(worker, read, "the request that it came of is not there any more", deadline)
            .await;
    };
    let id = CertificateRequestId::random();
    let requested_by = format!("system:{}", told::worker().id);
    let order = match Order::renewal(id, read, &before, requested_by, now) {
        Ok(order) => order,
        Err(why) => return not_renewed(worker, read, &why.to_string(), deadline).await,
    };
    let audit = told::audit(&order, "certificate.renew", now, Vec::new());
    let change = Change::new(now).create_order(&order, Some(read));
    match worker.store.commit(change, &audit).await {
        Ok(()) => {
            worker.orders.wake([id]).await;
            Ok(true)
        }
        // Somebody else was faster.
        Err(error) if error.is_outpaced() => Ok(false),
        Err(error) => Err(error.into()),
    }
}

async fn not_renewed(
    worker: &CertificateWorker,
    read: &Stored<Certificate>,
    reason: &str,
    deadline: &Deadline,
) -> Result<bool, Fault> {
    let now = deadline.now();
    told::troubled(read, reason);
    let failed = |certificate: &Certificate| {
        let is_still_due = certificate.due(now) == Due::Renew;
        (is_still_due.then(|| certificate.renewal_failed(reason, now)), ())
    };
    worker.store.amend_certificate(read.id, now, None, failed).await?;
    Ok(false)
}

/// Carries a revocation through that was asked for and interrupted. At most one AssumeRole, one RevokeCertificate, which is
/// safe to repeat, and one write.
async fn revoke(
    worker: &CertificateWorker,
    read: &Stored<Certificate>,
    deadline: &Deadline,
) -> Result<bool, Fault> {
    let Some(revocation) = read.revocation else { return Ok(false) };
    let asked = match read.certificate_authority_id {
        None => Ok(Revoked::Now),
        Some(authority) => match Target::find(&worker.store, authority).await? {
            Ok(target) => target.revoke(&worker.authorities, read, revocation.reason, deadline).await,
            Err(failure) => {
                told::troubled(read, &failure.to_string());
                return not_revoked(worker, read, false, deadline).await;
            }
        },
    };
    let now = deadline.now();
    match asked {
        Ok(Revoked::Now | Revoked::Already) => {
            let audit = told::audit_of(read, "certificate.revoke", now);
            let revoked = |certificate: &Certificate| (Some(certificate.revoked(now)), ());
            worker.store.amend_certificate(read.id, now, Some(&audit), revoked).await?;
            told::revoked(worker, read).await;
            Ok(true)
        }
        Err(error) => {
            if !error.is_passing() {
                told::troubled(read, &error.to_string());
            }
            not_revoked(worker, read, is_final(&error), deadline).await
        }
    }
}

/// Whether asking again is in vain: AWS does not know it, or does not revoke such a thing. A missing permission or an authority
/// that is switched off may still be mended.
fn is_final(error: &Error) -> bool {
    match error.class() {
        Class::NotFound | Class::Invalid => true,
        Class::Denied
        | Class::Credentials
        | Class::InvalidState
        | Class::LimitExceeded
        | Class::InProgress
        | Class::AlreadyDone
        | Class::Passing
        | Class::Other => false,
    }
}

async fn not_revoked(
    worker: &CertificateWorker,
    read: &Stored<Certificate>,
    is_final: bool,
    deadline: &Deadline,
) -> Result<bool, Fault> {
    let now = deadline.now();
    let audit = is_final.then(|| told::audit_of(read, "certificate.not-revoked", now));
    let next = |certificate: &Certificate| {
        let next = if is_final { certificate.not_revoked() } else { certificate.revocation_failed(now) };
        (Some(next), ())
    };
    worker.store.amend_certificate(read.id, now, audit.as_ref(), next).await?;
    if is_final {
        told::syncs(worker, read.id).await;
    }
    Ok(false)
}

impl Target {
    async fn revoke(
        &self,
        authorities: &Authorities,
        certificate: &Certificate,
        reason: RevocationReason,
        deadline: &Deadline,
    ) -> Result<Revoked, Error> {
        let left: Duration = deadline.left().saturating_sub(TO_PUT_AWAY);
        let at = At { now: deadline.now(), until: Some(authorities.pace().now() + left) };
        match (&self.authority.configuration, &certificate.arn) {
            (Configuration::AwsPca(ca), _) => {
                let arn = ca.certificate_authority_arn.arn();
                let ca = authorities.private_ca(self.connection(), arn, Deed::Revoke, at).await?;
                ca.revoke(&certificate.facts.serial_number, reason).await
            }
            // ACM renews under the same ARN: its successor would be revoked.
            (Configuration::AwsAcmPublicCa(_), Some(arn)) if certificate.renewed_by.is_some() => Err(
                Error::impossible("acm:RevokeCertificate", arn, "another certificate has this ARN by now"),
            ),
            (Configuration::AwsAcmPublicCa(ca), Some(arn)) => {
                let deed = AcmDeed::Revoke(arn);
                let acm = authorities.acm(self.connection(), &ca.region, deed, at).await?;
                acm.revoke(arn, &certificate.facts.serial_number, reason).await
            }
            (Configuration::AwsAcmPublicCa(_), None) => {
                Err(Error::impossible("acm:RevokeCertificate", "nothing", "the certificate has no ARN"))
            }
        }
    }
}
