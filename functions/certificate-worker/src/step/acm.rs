//! The steps with ACM and Route 53.

use authority::acm::{Exported, PublicRequest};
use authority::{AcmDeed, Class, ValidationRecord};
use model::Timestamp;
use model::certificate::order::{Failure, Record, Zone, place};
use model::certificate_authority::{HostedZone, HostedZoneId};
use secrecy::SecretString;
use uuid::Uuid;
use x509::PrivateKey;

use crate::fault::Stop;
use crate::finish::{self, Got};
use crate::hold::Hold;
use crate::outcome;
use crate::target::Target;

/// Each name's zone is found. One GetHostedZone for each zone.
pub(super) async fn place_names(hold: &mut Hold<'_>, target: &Target, names: &[String]) -> Result<(), Stop> {
    let route53 = match target.zones(hold).await {
        Ok(zones) => zones,
        Err(error) => return hold.trouble(&error).await,
    };
    let mut zones = Vec::new();
    for id in target.zone_ids() {
        match route53.zone(id.as_str()).await {
            Ok(zone) => zones.push(Zone {
                hosted: HostedZone::new(id.clone(), &zone.name),
                is_private: zone.is_private,
                name_servers: zone.name_servers,
            }),
            Err(error) => return hold.trouble(&error).await,
        }
    }
    match place(names, &zones) {
        Ok(places) => hold.store(|order| order.placed(places.clone())).await,
        Err(failure) => hold.fail(&failure).await,
    }
}

/// The intent is stored, the certificate requested, and its ARN stored. One RequestCertificate.
pub(super) async fn request(
    hold: &mut Hold<'_>,
    target: &Target,
    token: &str,
    names: &[String],
    before: Timestamp,
) -> Result<(), Stop> {
    let acm = match target.acm(hold, AcmDeed::Request, Some(before)).await {
        Ok(acm) => acm,
        Err(error) => return hold.trouble(&error).await,
    };
    if !hold.pay(target.budget()).await? {
        return Ok(());
    }
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let wanted = PublicRequest { names: &names, key: hold.order.spec.key_algorithm, token };
    let requested = acm.request(&wanted).await;
    let now = hold.now();
    match requested {
        Ok(arn) => hold.store(|order| order.ordered(arn.clone(), now)).await,
        Err(error) => {
            let trouble = outcome::trouble(&error);
            hold.store(|order| order.not_ordered(&trouble, now)).await
        }
    }
}

/// A request whose answer was lost is looked for. One ListCertificates for a thousand certificates of the account, and one
/// GetItem for each that has the names.
pub(super) async fn search(
    hold: &mut Hold<'_>,
    target: &Target,
    since: Timestamp,
    names: &[String],
) -> Result<(), Stop> {
    let acm = match target.acm(hold, AcmDeed::Request, None).await {
        Ok(acm) => acm,
        Err(error) => return hold.trouble(&error).await,
    };
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let found = match acm.requested_since(since, &names).await {
        Ok(found) => found,
        Err(error) => return hold.trouble(&error).await,
    };
    let mut arns = Vec::new();
    for one in found {
        let owner = hold.worker.store.certificate_order_with_arn(&one.arn).await?;
        if owner.is_none_or(|owner| owner == hold.order.id) {
            arns.push(one.arn);
        }
    }
    let now = hold.now();
    hold.store(|order| order.searched(&arns, now)).await
}

/// The certificate is looked at. One DescribeCertificate.
pub(super) async fn describe(hold: &mut Hold<'_>, target: &Target, arn: &str) -> Result<(), Stop> {
    let acm = match target.acm(hold, AcmDeed::Use(arn), None).await {
        Ok(acm) => acm,
        Err(error) => return hold.trouble(&error).await,
    };
    let seen = match acm.describe(arn).await {
        Ok(described) => outcome::seen(&described),
        Err(error) => return hold.trouble(&error).await,
    };
    let now = hold.now();
    hold.store(|order| order.described(&seen, now)).await
}

/// The validation records are written. One ChangeResourceRecordSets for each zone.
pub(super) async fn record(
    hold: &mut Hold<'_>,
    target: &Target,
    batches: &[(HostedZoneId, Vec<Record>)],
) -> Result<(), Stop> {
    let zones = match target.zones(hold).await {
        Ok(zones) => zones,
        Err(error) => return hold.trouble(&error).await,
    };
    for (zone, records) in batches {
        let records = records
            .iter()
            .map(|record| ValidationRecord { name: record.name.clone(), value: record.value.clone() });
        if let Err(error) = zones.upsert(zone.as_str(), &records.collect::<Vec<_>>()).await {
            return hold.trouble(&error).await;
        }
    }
    let now = hold.now();
    hold.store(|order| order.recorded(now)).await
}

/// The intent is stored, the renewal asked for, and the outcome stored. One RenewCertificate.
pub(super) async fn renew(
    hold: &mut Hold<'_>,
    target: &Target,
    arn: &str,
    before: Timestamp,
) -> Result<(), Stop> {
    let acm = match target.acm(hold, AcmDeed::Use(arn), Some(before)).await {
        Ok(acm) => acm,
        Err(error) => return hold.trouble(&error).await,
    };
    if !hold.pay(target.budget()).await? {
        return Ok(());
    }
    let renewed = acm.renew(arn).await;
    let now = hold.now();
    match renewed {
        Ok(()) => hold.store(|order| order.ordered(arn.to_owned(), now)).await,
        // ACM is at it already.
        Err(error) if error.class() == Class::InProgress => {
            hold.store(|order| order.ordered(arn.to_owned(), now)).await
        }
        Err(error) => {
            let trouble = outcome::trouble(&error);
            hold.store(|order| order.not_ordered(&trouble, now)).await
        }
    }
}

/// The certificate is exported with its key, under a passphrase that is forgotten at once; both are checked and stored. One
/// ExportCertificate.
pub(super) async fn export(hold: &mut Hold<'_>, target: &Target, arn: &str) -> Result<(), Stop> {
    let acm = match target.acm(hold, AcmDeed::Use(arn), None).await {
        Ok(acm) => acm,
        Err(error) => return hold.trouble(&error).await,
    };
    // 32 letters and digits, of which 122 bits are random.
    let passphrase: SecretString = Uuid::new_v4().simple().to_string().into();
    let (certificate, chain, encrypted_key) = match acm.export(arn, &passphrase).await {
        Ok(Exported::InProgress) => return hold.in_progress().await,
        Ok(Exported::Done { certificate, chain, encrypted_key }) => (certificate, chain, encrypted_key),
        Err(error) => return hold.trouble(&error).await,
    };
    let key = match PrivateKey::from_encrypted_pem(&encrypted_key, &passphrase) {
        Ok(key) => key,
        Err(error) => {
            let reason = format!("its key cannot be read: {error}");
            return hold.fail(&Failure::NotAsRequested { arn: arn.to_owned(), reason }).await;
        }
    };
    let got = Got { certificate, chain: chain.unwrap_or_default(), key: Some(key) };
    finish::finish(hold, arn, got).await
}
