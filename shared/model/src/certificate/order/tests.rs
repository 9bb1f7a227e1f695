//! Orders, step by step and through random histories.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod acm;
mod histories;
mod pacing;
mod private_ca;
mod world;

use super::*;
use crate::certificate::{AltName, AltNameKind, BasicConstraints, KeyAlgorithm, Subject, Validity};
use crate::certificate_authority::HostedZone;

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_unix_seconds(1_800_000_000 + seconds)
}

fn spec(names: &[&str]) -> Spec {
    Spec {
        subject: Subject { common_name: Some(names[0].to_owned()), ..Subject::default() },
        alt_names: names.iter().map(|name| AltName::read(AltNameKind::DnsName, name).unwrap()).collect(),
        key_algorithm: KeyAlgorithm::EcP256,
        signature_algorithm: None,
        key_usages: Default::default(),
        extended_key_usages: Default::default(),
        basic_constraints: BasicConstraints::default(),
        validity: Validity::OfAuthority { days: 198 },
    }
}

fn order(authority_type: AuthorityType) -> Order {
    Order {
        id: CertificateRequestId::random(),
        project_id: ProjectId::random(),
        profile_id: None,
        application_id: None,
        certificate_authority_id: CertificateAuthorityId::random(),
        authority_type,
        spec: spec(&["a.example.com", "*.a.example.com", "b.example.com"]),
        key: KeyOrigin::Made,
        removes_roots: false,
        renews: None,
        requested_by: "identity:tests".to_owned(),
        progress: Progress::accepted(at(0)),
        lease: None,
        due_at: Some(at(0)),
    }
}

/// Of the certificate 01.
fn renewal() -> Order {
    let (arn, serial_number) = (Some("arn:of:the:old".to_owned()), "01".to_owned());
    let renews = Renews { certificate_id: CertificateId::random(), arn, serial_number };
    Order { renews: Some(renews), ..order(AuthorityType::AwsAcmPublicCa) }
}

fn zone(name: &str) -> Zone {
    let id = format!("Z{}", name.replace('.', "").to_uppercase());
    Zone {
        hosted: HostedZone::new(id.parse().unwrap(), name),
        is_private: false,
        name_servers: vec![format!("ns-1.{name}"), format!("ns-2.{name}")],
    }
}
