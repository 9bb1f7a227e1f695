//! Certificates of the project, as orders leave them behind; their bytes are nothing to a sync's definition.

use std::time::Duration;

use model::Timestamp;
use model::certificate::order::{KeyOrigin, Order, Progress};
use model::certificate::{
    AltName, AltNameKind, BasicConstraints, Bundle, Certificate, ExtendedKeyUsage, Facts, KeyAlgorithm,
    KeyUsage, Life, RevocationReason, SignatureAlgorithm, Spec, Subject, Validity,
};
use model::certificate_authority::AuthorityType;
use model::id::{CertificateAuthorityId, CertificateId, CertificateProfileId, CertificateRequestId};
use store::{Change, Ended, Paying};

use crate::world::{World, line};

const LEASE: Duration = Duration::from_secs(120);
const DAY: u64 = 86_400;

fn subject() -> Subject {
    Subject { common_name: Some("www.example.com".to_owned()), ..Subject::default() }
}

fn names() -> Vec<AltName> {
    vec![AltName::read(AltNameKind::DnsName, "www.example.com").unwrap()]
}

impl World {
    /// A certificate of this shape, stored.
    pub(crate) async fn certificate_with(
        &self,
        shape: impl FnOnce(Certificate) -> Certificate,
    ) -> CertificateId {
        let order = self.order();
        let (certificate, mut bundle) = self.certificate_of(&order);
        let certificate = shape(certificate);
        bundle.project_id = certificate.project_id;
        self.commit(Change::new(testkit::now()).create_certificate(&certificate, &bundle)).await;
        certificate.id
    }

    /// A certificate of the application.
    pub(crate) async fn certificate(&self) -> CertificateId {
        self.certificate_with(|certificate| certificate).await
    }

    /// So many of them.
    pub(crate) async fn certificates(&self, count: usize) -> Vec<CertificateId> {
        let mut ids = Vec::new();
        for _ in 0..count {
            ids.push(self.certificate().await);
        }
        ids
    }

    pub(crate) async fn revoke(&self, id: CertificateId) {
        let revoke =
            |read: &Certificate| (Some(read.revoking(RevocationReason::KeyCompromise, testkit::now())), ());
        self.store.amend_certificate(id, testkit::now(), None, revoke).await.unwrap();
    }

    /// An order that renews a certificate, ready to end.
    pub(crate) async fn renewal(&self, id: CertificateId) -> Order {
        let now = testkit::now();
        let read = self.store.certificate(id).await.unwrap().unwrap();
        let before = Order { id: read.request_id.unwrap(), ..self.order() };
        let renewal =
            Order::renewal(CertificateRequestId::random(), &read, &before, "tests".into(), now).unwrap();
        self.commit(Change::new(now).create_order(&renewal, Some(&read))).await;
        let claim = |order: &Order| {
            (Some(order.claim(now, "w", LEASE).unwrap().key_made("sealed".into(), "csr".into())), ())
        };
        self.store.amend_order(renewal.id, now, None, claim).await.unwrap();
        let begun = self.store.begin_paying(renewal.id, now, "w", None).await.unwrap();
        assert!(matches!(begun, Paying::Begun(_)), "{begun:?}");
        let ordered = |read: &Order| (Some(read.ordered(format!("arn:{}", read.id), now)), ());
        self.store.amend_order(renewal.id, now, None, ordered).await.unwrap();
        renewal
    }

    /// The certificate that such an order ends with.
    pub(crate) async fn renewed_by(&self, renewal: &Order) -> CertificateId {
        let (certificate, bundle) = self.certificate_of(renewal);
        let (now, made) = (testkit::now(), (&certificate, &bundle));
        let ended = self.store.complete_order(renewal.id, now, "w", &line(now), made).await.unwrap();
        assert!(matches!(ended, Ended::Stored(_)));
        certificate.id
    }

    pub(crate) async fn renew(&self, id: CertificateId) -> CertificateId {
        let renewal = self.renewal(id).await;
        self.renewed_by(&renewal).await
    }

    fn order(&self) -> Order {
        Order {
            id: CertificateRequestId::random(),
            project_id: self.project,
            profile_id: Some(CertificateProfileId::random()),
            application_id: Some(self.application),
            certificate_authority_id: CertificateAuthorityId::random(),
            authority_type: AuthorityType::AwsPca,
            spec: Spec {
                subject: subject(),
                alt_names: names(),
                key_algorithm: KeyAlgorithm::EcP256,
                signature_algorithm: None,
                key_usages: [KeyUsage::DigitalSignature].into(),
                extended_key_usages: [ExtendedKeyUsage::ServerAuth].into(),
                basic_constraints: BasicConstraints::default(),
                validity: Validity::lasting(Duration::from_secs(90 * DAY), testkit::now()),
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

    fn certificate_of(&self, order: &Order) -> (Certificate, Bundle) {
        let id = CertificateId::random();
        let serial = id.uuid().simple().to_string();
        let certificate = Certificate {
            id,
            project_id: self.project,
            profile_id: order.profile_id,
            application_id: order.application_id,
            certificate_authority_id: Some(order.certificate_authority_id),
            request_id: Some(order.id),
            facts: Facts {
                fingerprint_sha1: "a".repeat(40),
                fingerprint_sha256: serial.repeat(2),
                serial_number: serial,
                subject: subject(),
                alt_names: names(),
                key_algorithm: KeyAlgorithm::EcP256,
                signature_algorithm: Some(SignatureAlgorithm::EcdsaSha256),
                key_usages: [KeyUsage::DigitalSignature].into(),
                extended_key_usages: [ExtendedKeyUsage::ServerAuth].into(),
                basic_constraints: BasicConstraints::default(),
                not_before: testkit::now(),
                not_after: testkit::later(90 * DAY),
            },
            arn: None,
            has_private_key: true,
            removes_roots: false,
            renewed_from: order.renews.as_ref().map(|renews| renews.certificate_id),
            renewed_by: None,
            revocation: None,
            life: Life::default(),
            due_at: None,
        };
        let bundle = Bundle {
            certificate_id: id,
            project_id: self.project,
            certificate: "-----BEGIN CERTIFICATE-----".to_owned(),
            chain: Vec::new(),
            issuer: None,
            sealed_key: Some("sealed".to_owned()),
        };
        (certificate, bundle)
    }
}

/// A certificate that ended before now.
pub(crate) fn expired(certificate: Certificate) -> Certificate {
    let now = testkit::now();
    let before = |seconds| Timestamp::from_unix_seconds(now.unix_seconds() - seconds);
    Certificate {
        facts: Facts { not_before: before(200), not_after: before(100), ..certificate.facts },
        ..certificate
    }
}
