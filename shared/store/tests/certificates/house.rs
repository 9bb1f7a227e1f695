//! Orders and certificates to store.

use std::time::Duration;

use model::Timestamp;
use model::audit::{Actor, AuditRecord, Origin};
use model::certificate::order::{KeyOrigin, Order, Place, Progress};
use model::certificate::{
    AltName, AltNameKind, BasicConstraints, Bundle, Certificate, ExtendedKeyUsage, Facts, KeyAlgorithm,
    KeyUsage, Life, SignatureAlgorithm, Spec, Subject, Validity,
};
use model::certificate_authority::{AuthorityType, HostedZone};
use model::id::{
    ApplicationId, CertificateAuthorityId, CertificateId, CertificateProfileId, CertificateRequestId,
    ProjectId,
};
use store::{Change, Ended, Paying, Store};

pub(crate) const LEASE: Duration = Duration::from_secs(120);

pub(crate) fn audit() -> AuditRecord {
    AuditRecord {
        at: testkit::now(),
        actor: Actor { kind: "user".into(), id: "ada@example.com".into(), name: "Ada".into() },
        origin: Origin::default(),
        action: "certificate.test".into(),
        resource_id: "r".into(),
        resource_name: "r".into(),
        project_id: None,
        details: Vec::new(),
    }
}

pub(crate) fn at(seconds: u64) -> Timestamp {
    testkit::later(seconds)
}

fn subject() -> Subject {
    Subject { common_name: Some("api.example.com".to_owned()), ..Subject::default() }
}

fn alt_names() -> Vec<AltName> {
    ["api.example.com", "www.example.com", "static.example.com"]
        .map(|name| AltName::read(AltNameKind::DnsName, name).unwrap())
        .into()
}

/// An order of this kind.
pub(crate) fn order(authority_type: AuthorityType) -> Order {
    Order {
        id: CertificateRequestId::random(),
        project_id: ProjectId::random(),
        profile_id: Some(CertificateProfileId::random()),
        application_id: Some(ApplicationId::random()),
        certificate_authority_id: CertificateAuthorityId::random(),
        authority_type,
        spec: Spec {
            subject: subject(),
            alt_names: alt_names(),
            key_algorithm: KeyAlgorithm::EcP256,
            signature_algorithm: None,
            key_usages: [KeyUsage::DigitalSignature].into(),
            extended_key_usages: [ExtendedKeyUsage::ServerAuth].into(),
            basic_constraints: BasicConstraints::default(),
            validity: Validity::lasting(Duration::from_secs(90 * 86_400), testkit::now()),
        },
        key: KeyOrigin::Made,
        removes_roots: false,
        renews: None,
        requested_by: "identity:tests".to_owned(),
        progress: Progress::accepted(testkit::now()),
        lease: None,
        due_at: Some(testkit::now()),
    }
}

/// What ACM's names are placed in.
pub(crate) fn places() -> Vec<Place> {
    let zone = HostedZone::new("ZEXAMPLE".parse().unwrap(), "example.com");
    vec![Place { name: "api.example.com".into(), zone, name_servers: vec!["ns-1".into()] }]
}

/// The certificate of an order, with its bytes, which ends so many days from now.
pub(crate) fn certificate(order: &Order, days: u64) -> (Certificate, Bundle) {
    let id = CertificateId::random();
    let certificate = Certificate {
        id,
        project_id: order.project_id,
        profile_id: order.profile_id,
        application_id: order.application_id,
        certificate_authority_id: Some(order.certificate_authority_id),
        request_id: Some(order.id),
        facts: Facts {
            serial_number: "5f".repeat(16),
            subject: subject(),
            alt_names: alt_names(),
            key_algorithm: KeyAlgorithm::EcP256,
            signature_algorithm: Some(SignatureAlgorithm::EcdsaSha256),
            key_usages: [KeyUsage::DigitalSignature].into(),
            extended_key_usages: [ExtendedKeyUsage::ServerAuth].into(),
            basic_constraints: BasicConstraints::default(),
            not_before: testkit::now(),
            not_after: at(days * 86_400),
            fingerprint_sha1: "a".repeat(40),
            fingerprint_sha256: "b".repeat(64),
        },
        arn: Some(format!(
            "arn:aws:acm-pca:us-east-1:222222222222:certificate-authority/{}/certificate/{}",
            order.certificate_authority_id,
            "5f".repeat(16)
        )),
        has_private_key: true,
        removes_roots: false,
        renewed_from: order.renews.as_ref().map(|renews| renews.certificate_id),
        renewed_by: None,
        revocation: None,
        life: Life { renews: true, ..Life::default() },
        due_at: None,
    };
    let bundle = Bundle {
        certificate_id: id,
        project_id: order.project_id,
        certificate: "-----BEGIN CERTIFICATE-----".to_owned(),
        chain: Vec::new(),
        issuer: None,
        sealed_key: Some("sealed".to_owned()),
    };
    (certificate, bundle)
}

/// Stores an order that `token` holds, ready for its paid call.
pub(crate) async fn held(store: &Store, order: &Order, token: &str) {
    let now = testkit::now();
    store.commit(Change::new(now).create_order(order, None), &audit()).await.unwrap();
    let ready = |read: &Order| {
        let claimed = read.claim(now, token, LEASE).unwrap();
        let ready = match read.authority_type {
            AuthorityType::AwsPca => claimed.key_made("sealed".into(), "csr".into()),
            AuthorityType::AwsAcmPublicCa => claimed.placed(places()),
        };
        (Some(ready), ())
    };
    store.amend_order(order.id, now, None, ready).await.unwrap();
}

/// Has AWS take an order that `token` holds.
pub(crate) async fn ordered(store: &Store, order: &Order, token: &str, arn: &str) {
    let begun = store.begin_paying(order.id, testkit::now(), token, None).await.unwrap();
    assert!(matches!(begun, Paying::Begun(_)), "{begun:?}");
    let step = |read: &Order| (Some(read.ordered(arn.to_owned(), testkit::now())), ());
    store.amend_order(order.id, testkit::now(), None, step).await.unwrap();
}

/// Has an order that `token` holds end with this certificate.
pub(crate) async fn issued(store: &Store, order: &Order, token: &str, days: u64) -> CertificateId {
    let (certificate, bundle) = certificate(order, days);
    let now = testkit::now();
    let ended = store.complete_order(order.id, now, token, &audit(), (&certificate, &bundle)).await.unwrap();
    assert!(matches!(ended, Ended::Stored(_)));
    certificate.id
}
