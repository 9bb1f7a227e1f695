//! What a plan of a certificate sync is made from: ACM's list, what must be asked besides, and listeners. Reads alone.

use std::collections::BTreeSet;

use aws_lc_rs::digest;
use call::{At, Class, Error};
use futures::{StreamExt as _, TryStreamExt as _, stream};
use model::certificate_sync::plan::{
    Answer, Found, FoundListener, InAcm, Inquiry, Question, State, balancers, inquiries,
};
use model::certificate_sync::slot::Listed as Stamp;
use model::certificate_sync::{Destination, DestinationConfig};
use model::connection::Connection;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;

use crate::acm::{Acm, Kind, Listed, Status};
use crate::{AcmDeed, BalancerDeed, LoadBalancers, Placements};

/// So many answers are waited for at once. Their pace is that of their lanes.
const AT_ONCE: usize = 8;

/// What was found, and what could not be asked.
#[derive(Debug, Clone, Default)]
pub struct Survey {
    /// What was found.
    pub found: Found,
    /// The actions that the role may not, without which the plan does what it can.
    pub denied: BTreeSet<String>,
}

/// Looks at what a plan needs. `taken` are the ARNs that slots of other syncs hold, where that matters: while an import of
/// this sync's may have been lost.
///
/// Costs one call for each thousand certificates of the account and region; of certificates that are as they were left,
/// nothing more; one call for each load balancer that matters, and one for each of its listeners.
///
/// # Errors
/// [`Error`] when the connection does not open, or what the plan cannot do without could not be read.
pub async fn survey(
    placements: &Placements,
    connection: &Connection,
    question: &Question<'_>,
    taken: BTreeSet<String>,
    at: At,
) -> Result<Survey, Error> {
    let region = question.sync.destination.region();
    let acm = placements.acm(connection, region, AcmDeed::Look, at).await?;
    let listed = acm.list().await?.into_iter().map(|one| (one.arn.clone(), line(&one))).collect();
    let mut survey = Survey { found: Found { listed, taken, ..Found::default() }, ..Survey::default() };
    let asked = inquiries(question, &survey.found.listed, &survey.found.taken);
    // The policy of load balancers has no GetCertificate: there the number must do.
    let reads = question.sync.destination.destination() == Destination::AwsCertificateManager;
    // All made first: whoever spawns this needs it to be `Send`, which a closure in a stream is not.
    let answers: Vec<_> = asked.iter().map(|inquiry| ask(&acm, inquiry, reads)).collect();
    let answers: Vec<_> = stream::iter(answers).buffered(AT_ONCE).try_collect().await?;
    for (inquiry, (answer, denied)) in asked.into_iter().zip(answers) {
        survey.found.answers.insert(inquiry.arn, answer);
        survey.denied.extend(denied);
    }
    let matter = balancers(question, &survey.found);
    if matter.is_empty() {
        return Ok(survey);
    }
    let own = match &question.sync.destination {
        DestinationConfig::AwsElasticLoadBalancer { load_balancer_arn, .. } => {
            Some(load_balancer_arn.as_str())
        }
        DestinationConfig::AwsCertificateManager { .. } => None,
    };
    let looked = placements.load_balancers(connection, region, BalancerDeed::Look, at).await?;
    for balancer in &matter {
        match listeners(&looked, balancer).await {
            Ok(listeners) => survey.found.listeners.extend(listeners),
            // What is gone has no listeners.
            Err(error) if error.class() == Class::NotFound => {}
            Err(error) if error.class() == Class::Denied && Some(balancer.as_str()) != own => {
                survey.denied.insert(error.action().to_owned());
            }
            Err(error) => return Err(error),
        }
    }
    Ok(survey)
}

type Asked = (Option<Answer>, Vec<String>);

async fn ask(acm: &Acm, inquiry: &Inquiry, reads: bool) -> Result<Asked, Error> {
    let (mut answer, mut denied) = (Answer::default(), Vec::new());
    if inquiry.describes {
        match unless_denied(acm.describe(&inquiry.arn).await, &mut denied)? {
            Some(Some(described)) => {
                answer.serial_number = described.serial_number;
                answer.in_use_by = Some(described.in_use_by);
                answer.not_after = described.not_after;
            }
            Some(None) => return Ok((None, denied)),
            None => {}
        }
        if reads {
            match unless_denied(acm.get(&inquiry.arn).await, &mut denied)? {
                Some(Some(got)) => answer.fingerprint_sha256 = fingerprint(&got.certificate),
                Some(None) => return Ok((None, denied)),
                None => {}
            }
        }
    }
    if inquiry.tags {
        match unless_denied(acm.tags(&inquiry.arn).await, &mut denied)? {
            Some(Some(tags)) => answer.tags = Some(tags),
            Some(None) => return Ok((None, denied)),
            None => {}
        }
    }
    Ok((Some(answer), denied))
}

/// What was answered; `None` where the role may not ask, whose action is written down.
fn unless_denied<T>(answer: Result<T, Error>, denied: &mut Vec<String>) -> Result<Option<T>, Error> {
    match answer {
        Ok(answer) => Ok(Some(answer)),
        Err(error) if error.class() == Class::Denied => {
            denied.push(error.action().to_owned());
            Ok(None)
        }
        Err(error) => Err(error),
    }
}

/// The listeners of a load balancer; one that is deleted while they are looked at is none of them.
async fn listeners(balancers: &LoadBalancers, balancer: &str) -> Result<Vec<FoundListener>, Error> {
    let all = balancers.listeners(balancer).await?;
    let found: Vec<_> = all
        .into_iter()
        .map(|listener| async move {
            let mut found = FoundListener {
                load_balancer_arn: balancer.to_owned(),
                port: listener.port,
                protocol: listener.protocol.to_string(),
                default: listener.default,
                listed: BTreeSet::new(),
                arn: listener.arn,
            };
            if listener.protocol.has_certificates() {
                let certificates = match balancers.certificates(&found.arn).await {
                    Ok(certificates) => certificates,
                    Err(error) if error.class() == Class::NotFound => return Ok(None),
                    Err(error) => return Err(error),
                };
                found.listed = certificates.others;
                found.default = certificates.default.or(found.default);
            }
            Ok::<_, Error>(Some(found))
        })
        .collect();
    let found: Vec<_> = stream::iter(found).buffered(AT_ONCE).try_collect().await?;
    Ok(found.into_iter().flatten().collect())
}

fn line(listed: &Listed) -> InAcm {
    let state = match &listed.status {
        Status::Issued => State::Issued,
        Status::Expired => State::Expired,
        status @ (Status::Pending | Status::Other(_)) => State::Other(status.name().to_owned()),
    };
    InAcm {
        state,
        is_imported: listed.kind == Kind::Imported,
        in_use: listed.is_in_use,
        stamp: Stamp { imported_at: listed.imported_at, not_after: listed.not_after },
    }
}

/// SHA-256 over the DER, hexadecimal in lower case; `None` when it is no PEM.
fn fingerprint(pem: &str) -> Option<String> {
    let der = CertificateDer::from_pem_slice(pem.as_bytes()).ok()?;
    Some(hex::encode(digest::digest(&digest::SHA256, &der)))
}
