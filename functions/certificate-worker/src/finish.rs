//! A certificate that came back: checked against what was asked for, its key sealed, and stored.

use model::Timestamp;
use model::certificate::order::{Failure, KeyOrigin, Order, Renews};
use model::certificate::{Bundle, Certificate, Facts, Life};
use model::id::CertificateId;
use store::ReadError;
use x509::{CertificateRequest, Chain, Issued, PrivateKey, PublicKey};

use crate::fault::Stop;
use crate::hold::Hold;

/// What an authority gave.
pub(crate) struct Got {
    /// PEM.
    pub(crate) certificate: String,
    /// What stands above it, PEM.
    pub(crate) chain: String,
    /// Its key, unless that is elsewhere.
    pub(crate) key: Option<PrivateKey>,
}

/// Checks what came back, and stores it with the end of its order. At most one KMS call; nothing is stored of what is not as
/// it was asked for.
pub(crate) async fn finish(hold: &mut Hold<'_>, arn: &str, got: Got) -> Result<(), Stop> {
    let now = hold.now();
    let (leaf, chain) = match checked(&hold.order, &got, now) {
        Ok(checked) => checked,
        Err(reason) => return hold.fail(&Failure::NotAsRequested { arn: arn.to_owned(), reason }).await,
    };
    // ACM may still give the one that is being renewed.
    let is_old = |old: &Renews| old.arn.is_some() && leaf.1.serial_number == old.serial_number;
    if hold.order.renews.as_ref().is_some_and(is_old) {
        return hold.in_progress().await;
    }
    let (id, project) = (CertificateId::random(), hold.order.project_id);
    let sealed_key = match &got.key {
        None => None,
        Some(key) => match hold.worker.sealer.seal_certificate_key(project, id, &key.to_pem()).await {
            Ok(sealed) => Some(sealed.as_str().to_owned()),
            Err(error) => return hold.unsealed(&error).await,
        },
    };
    let told = if hold.order.removes_roots { chain.without_root() } else { chain.clone() };
    let bundle = Bundle {
        certificate_id: id,
        project_id: project,
        certificate: leaf.0,
        chain: told.certificates().iter().map(x509::Certificate::to_pem).collect(),
        issuer: chain.issuer().map(x509::Certificate::to_pem),
        sealed_key,
    };
    let life = life(hold).await?;
    let certificate = certificate(&hold.order, id, arn, leaf.1, got.key.is_some(), life);
    hold.complete(&certificate, &bundle).await
}

/// The certificate, as PEM and as what it says, with its chain in order; else, in public words, why it is not what was asked
/// for.
fn checked(order: &Order, got: &Got, now: Timestamp) -> Result<((String, Facts), Chain), String> {
    let leaf = x509::Certificate::from_pem(&got.certificate).map_err(|error| error.to_string())?;
    let above = x509::Certificate::all_from_pem(&got.chain).map_err(|error| error.to_string())?;
    let key = public_key(order, got.key.as_ref())?;
    let issued = Issued { certificate: &leaf, chain: &above, authority: None };
    let chain = x509::verify(issued, &order.spec, &key, now).map_err(|differences| {
        let words: Vec<String> = differences.iter().map(ToString::to_string).collect();
        words.join("; ")
    })?;
    let facts = leaf.record().map_err(|error| error.to_string())?;
    Ok(((leaf.to_pem(), facts), chain))
}

fn public_key(order: &Order, key: Option<&PrivateKey>) -> Result<PublicKey, String> {
    match (key, &order.key) {
        (Some(key), _) => Ok(key.public_key().clone()),
        (None, KeyOrigin::Csr(csr)) => {
            let request = CertificateRequest::from_pem(csr).map_err(|error| error.to_string())?;
            Ok(request.public_key)
        }
        (None, KeyOrigin::Made) => Err("the key that was made for it is gone".to_owned()),
    }
}

/// Whether and when the certificate is renewed by itself: as the one that it takes the place of, or as its enrolment says.
async fn life(hold: &Hold<'_>) -> Result<Life, ReadError> {
    let (order, store) = (&hold.order, &hold.worker.store);
    if let Some(renews) = &order.renews {
        let before = store.certificate(renews.certificate_id).await?;
        return Ok(before.map_or_else(Life::default, |before| Life {
            renews: before.life.renews,
            renew_before_days: before.life.renew_before_days,
            ..Life::default()
        }));
    }
    let Some(profile) = order.profile_id else { return Ok(Life::default()) };
    let api = match order.application_id {
        Some(application) => {
            store.application_profile(application, profile).await?.and_then(|attached| attached.api)
        }
        None => store.certificate_profile(profile).await?.and_then(|profile| profile.api),
    };
    Ok(api.map_or_else(Life::default, |api| Life {
        renews: api.settings.auto_renew,
        renew_before_days: api.settings.renew_before_days,
        ..Life::default()
    }))
}

fn certificate(
    order: &Order,
    id: CertificateId,
    arn: &str,
    facts: Facts,
    has_private_key: bool,
    life: Life,
) -> Certificate {
    Certificate {
        id,
        project_id: order.project_id,
        profile_id: order.profile_id,
        application_id: order.application_id,
        certificate_authority_id: Some(order.certificate_authority_id),
        request_id: Some(order.id),
        facts,
        arn: Some(arn.to_owned()),
        has_private_key,
        removes_roots: order.removes_roots,
        renewed_from: order.renews.as_ref().map(|renews| renews.certificate_id),
        renewed_by: None,
        revocation: None,
        life,
        due_at: None,
    }
}
