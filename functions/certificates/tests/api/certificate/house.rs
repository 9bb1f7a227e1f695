//! A project with a private CA and the public one in a customer's account, and certificates that really came from them.

use std::ops::Deref;
use std::time::Duration;

use access::Access;
use authority::private_ca::{Fetched, Issuance};
use authority::{At, Authorities, Deed, Pace, Quotas};
use certificates::routes;
use model::certificate::order::{KeyOrigin, Order, Progress, Stage};
use model::certificate::{
    AltName, AltNameKind, BasicConstraints, Bundle, Certificate, ExtendedKeyUsage, KeyAlgorithm, KeyUsage,
    Life, Spec, Subject, Validity,
};
use model::certificate_authority::AuthorityType;
use model::id::{CertificateAuthorityId, CertificateId, CertificateRequestId, IdentityId};
use seal::Sealer;
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::{Value, json};
use store::Change;
use testkit::event::event;
use testkit::now;
use testkit::pki::PrivateCa;
use x509::{Chain, PrivateKey};

use crate::world::{PRIVATE, PUBLIC, World, text};

pub(crate) const BASE: &str = "/api/v1/cert-manager/certificates";
pub(crate) const DAY: Duration = Duration::from_secs(86_400);

pub(crate) struct House {
    pub(crate) world: World,
    sealer: Sealer,
    authorities: Authorities,
    /// The private CA, by its id here and its ARN there.
    pub(crate) private_ca: CertificateAuthorityId,
    pub(crate) private_ca_arn: String,
    /// The public one.
    pub(crate) public_ca: CertificateAuthorityId,
}

impl Deref for House {
    type Target = World;

    fn deref(&self) -> &World {
        &self.world
    }
}

/// A certificate of the tests with what only its maker knows.
pub(crate) struct Made {
    pub(crate) id: CertificateId,
    pub(crate) pem: String,
    pub(crate) chain: String,
    pub(crate) key: SecretString,
}

impl House {
    pub(crate) async fn new() -> Self {
        Self::of(World::new().await).await
    }

    /// In this organisation.
    pub(crate) async fn of(world: World) -> Self {
        let config = world.pki.config();
        let kms = aws_sdk_kms::Client::new(&config);
        let sealer = Sealer::new(kms, world.store.clone(), "alias/sealing".into(), world.organization);
        let access = Access::new(&config, "us-east-1".parse().unwrap());
        let pace = Pace::new(Quotas { processes: 1, are_off: true });
        let authorities = Authorities::new(&config, access, sealer.clone(), pace);
        let private_ca_arn =
            world.pki.put_private_ca(PrivateCa { is_subordinate: true, ..PrivateCa::default() });
        let mut private = world.private("inner");
        private["configuration"]["certificateAuthorityArn"] = json!(private_ca_arn);
        let private_ca = text(&world.ok("POST", PRIVATE, Some(private)).await, "id").parse().unwrap();
        let public = world.public("outer");
        let public_ca = text(&world.ok("POST", PUBLIC, Some(public)).await, "id").parse().unwrap();
        Self { world, sealer, authorities, private_ca, private_ca_arn, public_ca }
    }

    /// A certificate for this name that the private CA issued now, with its key and its order.
    pub(crate) async fn issued(&self, name: &str) -> Made {
        self.issued_with(name, |_| {}).await
    }

    /// The same, but for a change of what is stored of it.
    pub(crate) async fn issued_with(&self, name: &str, change: impl FnOnce(&mut Certificate)) -> Made {
        let (key, spec) = (PrivateKey::generate(KeyAlgorithm::EcP256).unwrap(), spec(name));
        let (certificate, chain) = self.issued_by_private_ca(&spec, &key).await;
        let chain: Vec<String> = chain.certificates().iter().map(x509::Certificate::to_pem).collect();
        let id = CertificateId::random();
        let order = self.order(&spec, id);
        let mut kept = Certificate {
            id,
            project_id: self.project,
            profile_id: None,
            application_id: None,
            certificate_authority_id: Some(self.private_ca),
            request_id: Some(order.id),
            facts: certificate.record().unwrap(),
            arn: None,
            has_private_key: true,
            removes_roots: false,
            renewed_from: None,
            renewed_by: None,
            revocation: None,
            life: Life::default(),
            due_at: None,
        };
        change(&mut kept);
        let sealed_key = if kept.has_private_key {
            let sealed =
                self.sealer.seal_certificate_key(self.project, kept.id, &key.to_pem()).await.unwrap();
            Some(sealed.as_str().to_owned())
        } else {
            None
        };
        let bundle = Bundle {
            certificate_id: kept.id,
            project_id: self.project,
            certificate: certificate.to_pem(),
            issuer: chain.first().cloned(),
            chain: chain.clone(),
            sealed_key,
        };
        self.commit(Change::new(now()).create_order(&order, None).create_certificate(&kept, &bundle)).await;
        Made { id: kept.id, pem: certificate.to_pem(), chain: chain.concat(), key: key.to_pem() }
    }

    async fn issued_by_private_ca(&self, spec: &Spec, key: &PrivateKey) -> (x509::Certificate, Chain) {
        let csr = x509::certificate_request(spec, key).unwrap();
        let token = CertificateRequestId::random().to_string();
        let signature = KeyAlgorithm::EcP256.signature();
        let issuance = Issuance { spec, csr: &csr, token: &token, signature };
        let arn = self.private_ca_arn.parse().unwrap();
        let at = At { now: now(), until: None };
        let connection = self.store.connection(self.connection).await.unwrap().unwrap();
        let authority = self.authorities.private_ca(&connection, &arn, Deed::Issue, at).await.unwrap();
        let arn = authority.issue(&issuance).await.unwrap();
        let Fetched::Issued { certificate, chain } = authority.fetch(&arn).await.unwrap() else {
            unreachable!("the stand-in issues at once")
        };
        let certificate = x509::Certificate::from_pem(&certificate).unwrap();
        let chain = x509::Certificate::all_from_pem(&chain.unwrap_or_default()).unwrap();
        let issued = x509::Issued { certificate: &certificate, chain: &chain, authority: None };
        let chain = x509::verify(issued, spec, key.public_key(), now()).unwrap();
        (certificate, chain)
    }

    /// The order that it came of.
    fn order(&self, spec: &Spec, certificate_id: CertificateId) -> Order {
        let id = CertificateRequestId::random();
        let stage = Stage::Issued { certificate_id, arn: format!("arn:{id}"), at: now() };
        Order {
            id,
            project_id: self.project,
            profile_id: None,
            application_id: None,
            certificate_authority_id: self.private_ca,
            authority_type: AuthorityType::AwsPca,
            spec: spec.clone(),
            key: KeyOrigin::Made,
            removes_roots: false,
            renews: None,
            requested_by: "identity:tests".into(),
            progress: Progress { stage, ..Progress::accepted(now()) },
            lease: None,
            due_at: None,
        }
    }

    pub(crate) async fn stored(&self, id: CertificateId) -> Certificate {
        self.store.certificate(id).await.unwrap().unwrap().value
    }

    /// The answer itself, of which not all are JSON.
    pub(crate) async fn raw(&self, who: IdentityId, method: &str, path: &str, body: Option<Value>) -> Raw {
        let event = event(method, &format!("{BASE}{path}")).identity(who, "no-access");
        let event = match body {
            Some(body) => event.body(&body),
            None => event,
        };
        let answer = web::answer(routes(), self.ctx.clone(), event.request(), now()).await;
        let header = |name: &str| answer.headers().get(name).map(|value| value.to_str().unwrap().to_owned());
        let (status, kept, kind) =
            (answer.status().as_u16(), header("cache-control"), header("content-type"));
        let body = http_body_util::BodyExt::collect(answer.into_body()).await.unwrap().to_bytes().to_vec();
        Raw { status, kept, kind, body }
    }

    /// As this identity; the path follows the certificates'.
    pub(crate) async fn by(
        &self,
        who: impl ToString,
        method: &str,
        path: &str,
        body: Option<Value>,
    ) -> (u16, Value) {
        self.world.by(who, method, &format!("/certificates{path}"), body.as_ref()).await
    }

    /// As the administrator, to a request that must succeed.
    pub(crate) async fn ok(&self, method: &str, path: &str, body: Option<Value>) -> Value {
        self.world.ok(method, &format!("/certificates{path}"), body).await
    }

    /// As the administrator, to a request that must be refused.
    pub(crate) async fn refused(&self, method: &str, path: &str, body: Option<Value>) -> (u16, String) {
        self.world.refused(method, &format!("/certificates{path}"), body).await
    }

    /// The parts of a certificate that somebody imports: a private CA of theirs issued it.
    pub(crate) async fn theirs(&self, name: &str) -> (String, String, SecretString) {
        let (key, spec) = (PrivateKey::generate(KeyAlgorithm::EcP256).unwrap(), spec(name));
        let (certificate, chain) = self.issued_by_private_ca(&spec, &key).await;
        (certificate.to_pem(), chain.to_pem(), key.to_pem())
    }
}

/// An answer with its bytes.
pub(crate) struct Raw {
    pub(crate) status: u16,
    /// `Cache-Control`.
    pub(crate) kept: Option<String>,
    /// `Content-Type`.
    pub(crate) kind: Option<String>,
    pub(crate) body: Vec<u8>,
}

impl Raw {
    pub(crate) fn text(&self) -> String {
        String::from_utf8(self.body.clone()).unwrap()
    }
}

/// Whether something is in a text: each line of a key's middle, however it is wrapped.
pub(crate) fn tells(text: &str, key: &SecretString) -> bool {
    let lines = key.expose_secret().lines().filter(|line| !line.starts_with('-'));
    lines.map(|line| &line[..line.len().min(40)]).any(|part| text.contains(part))
}

pub(crate) fn spec(name: &str) -> Spec {
    Spec {
        subject: Subject {
            common_name: Some(name.to_owned()),
            organization: Some("Example".to_owned()),
            ..Subject::default()
        },
        alt_names: vec![
            AltName::read(AltNameKind::DnsName, name).unwrap(),
            AltName::read(AltNameKind::IpAddress, "192.0.2.7").unwrap(),
        ],
        key_algorithm: KeyAlgorithm::EcP256,
        signature_algorithm: None,
        key_usages: [KeyUsage::DigitalSignature].into(),
        extended_key_usages: [ExtendedKeyUsage::ServerAuth].into(),
        basic_constraints: BasicConstraints::default(),
        validity: Validity::lasting(90 * DAY, now()),
    }
}

/// The body of an import.
pub(crate) fn import(house: &House, parts: &(String, String, SecretString)) -> Value {
    json!({
        "projectId": house.project, "certificatePem": parts.0, "chainPem": parts.1,
        "privateKeyPem": parts.2.expose_secret(),
    })
}
