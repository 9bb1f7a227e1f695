//! A deployment with two projects and the people of the tests, a private CA and the public one in a customer's account, and
//! certificates that really came from them.

use std::time::Duration;

use ::authority::private_ca::Fetched;
use ::authority::{At, Authorities, Deed, Pace, Quotas, private_ca::Issuance};
use access::Access;
use certificates::{Ctx, Settings, routes};
use model::audit::{Actor, AuditRecord, Origin};
use model::certificate::order::{KeyOrigin, Order, Progress};
use model::certificate::{
    AltName, AltNameKind, BasicConstraints, Bundle, Certificate, ExtendedKeyUsage, KeyAlgorithm, KeyUsage,
    Life, Spec, Subject, Validity,
};
use model::certificate_authority::{
    AuthorityType, CertificateAuthority, Configuration, PrivateCa, PublicCa, Seen, Status,
};
use model::connection::{Connection, Dependents, Way};
use model::environment::Environments;
use model::id::{
    CertificateAuthorityId, CertificateId, CertificateRequestId, ConnectionId, IdentityId, MembershipId,
    OrganizationId, ProjectId,
};
use model::membership::{ActorKind, Membership, MembershipRole};
use model::permission::{Role, Scope};
use model::project::{Project, ProjectType};
use seal::Sealer;
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::{Value, json};
use store::{Change, Store};
use testkit::event::{Event, event, read};
use testkit::pki::Pki;
use testkit::{Trail, now};
use x509::{Chain, PrivateKey};

pub(crate) const BASE: &str = "/api/v1/cert-manager/certificates";
pub(crate) const DAY: Duration = Duration::from_secs(86_400);
const ACCOUNT: &str = testkit::account::NUMBER;
/// A machine that is in no project and nothing in the organisation.
pub(crate) const STRANGER: &str = "99999999-9999-4999-8999-999999999999";

pub(crate) struct World {
    pub(crate) ctx: Ctx,
    pub(crate) store: Store,
    pub(crate) trail: Trail,
    /// The customer's account.
    pub(crate) pki: Pki,
    sealer: Sealer,
    authorities: Authorities,
    connection: Connection,
    pub(crate) project: ProjectId,
    pub(crate) other: ProjectId,
    /// The private CA, by its id here and its ARN there.
    pub(crate) private_ca: CertificateAuthorityId,
    pub(crate) private_ca_arn: String,
    /// The public one.
    pub(crate) public_ca: CertificateAuthorityId,
    /// Of `project` alone.
    pub(crate) administrator: IdentityId,
    pub(crate) member: IdentityId,
    pub(crate) viewer: IdentityId,
    /// Administrator of `other` alone.
    pub(crate) neighbour: IdentityId,
}

/// A certificate of the tests with what only its maker knows.
pub(crate) struct Made {
    pub(crate) id: CertificateId,
    pub(crate) pem: String,
    pub(crate) chain: String,
    pub(crate) key: SecretString,
}

impl World {
    pub(crate) async fn new() -> Self {
        let (store, trail) = testkit::tables_with_trail().await.unwrap();
        let pki = Pki::on(now);
        let config = pki.config();
        let organization = OrganizationId::random();
        let settings = Settings {
            organization,
            region: "us-east-1".parse().unwrap(),
            sealing_key_id: "alias/sealing".into(),
            certificate_queue_url: "https://sqs.us-east-1.amazonaws.com/111111111111/certificates.fifo"
                .into(),
        };
        let sealer = Sealer::new(
            aws_sdk_kms::Client::new(&config),
            store.clone(),
            settings.sealing_key_id.clone(),
            organization,
        );
        let access = Access::new(&config, settings.region.clone());
        let pace = || Pace::new(Quotas { processes: 1, are_off: true });
        let authorities = Authorities::new(&config, access, sealer.clone(), pace());
        let project = ProjectId::random();
        let world = Self {
            ctx: Ctx::paced(&config, store.clone(), settings, now, pace()),
            store,
            trail,
            sealer,
            authorities,
            connection: connection(organization, project),
            project,
            other: ProjectId::random(),
            private_ca: CertificateAuthorityId::random(),
            private_ca_arn: pki.put_private_ca(testkit::pki::PrivateCa {
                is_subordinate: true,
                ..testkit::pki::PrivateCa::default()
            }),
            public_ca: CertificateAuthorityId::random(),
            administrator: IdentityId::random(),
            member: IdentityId::random(),
            viewer: IdentityId::random(),
            neighbour: IdentityId::random(),
            pki,
        };
        world.populate(organization).await;
        world
    }

    async fn populate(&self, organization: OrganizationId) {
        self.commit(Change::new(now()).create(&self.connection)).await;
        for (id, name) in [(self.project, "demo"), (self.other, "other")] {
            self.commit(Change::new(now()).create(&project(organization, id, name))).await;
        }
        for (who, project, role) in [
            (self.administrator, self.project, Role::Admin),
            (self.member, self.project, Role::Member),
            (self.viewer, self.project, Role::Viewer),
            (self.neighbour, self.other, Role::Admin),
        ] {
            self.commit(Change::new(now()).create(&membership(organization, who, project, role))).await;
        }
        let private = Configuration::AwsPca(PrivateCa {
            app_connection_id: self.connection.id,
            certificate_authority_arn: self.private_ca_arn.parse().unwrap(),
            region: "us-east-1".parse().unwrap(),
            monthly_budget: None,
        });
        let public = Configuration::AwsAcmPublicCa(PublicCa {
            app_connection_id: self.connection.id,
            dns_app_connection_id: self.connection.id,
            hosted_zone_ids: vec!["Z123456".parse().unwrap()],
            region: "us-east-1".parse().unwrap(),
            monthly_budget: None,
        });
        for (id, name, configuration, seen) in [
            (self.private_ca, "inner", private, Seen::PrivateCa { short_lived: false }),
            (self.public_ca, "outer", public, Seen::Zones { zones: Vec::new() }),
        ] {
            let authority = CertificateAuthority {
                id,
                organization_id: organization,
                project_id: self.project,
                name: name.into(),
                status: Status::Active,
                enable_direct_issuance: true,
                configuration,
                seen,
                profiles: 0,
                created_by: "user:root@example.com".into(),
            };
            self.commit(Change::new(now()).create(&authority)).await;
        }
    }

    pub(crate) async fn commit(&self, change: Change) {
        self.store.commit(change, &line()).await.unwrap();
    }

    /// A certificate for this name that the private CA issued now, with its key and its order.
    pub(crate) async fn issued(&self, name: &str) -> Made {
        self.issued_with(name, |_| {}).await
    }

    /// The same, but for a change of what is stored of it.
    pub(crate) async fn issued_with(&self, name: &str, change: impl FnOnce(&mut Certificate)) -> Made {
        let (key, spec) = (PrivateKey::generate(KeyAlgorithm::EcP256).unwrap(), spec(name));
        let (certificate, chain) = self.from_private_ca(&spec, &key).await;
        let chain: Vec<String> = chain.certificates().iter().map(x509::Certificate::to_pem).collect();
        let order = self.order(&spec);
        let mut kept = Certificate {
            id: CertificateId::random(),
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

    async fn from_private_ca(&self, spec: &Spec, key: &PrivateKey) -> (x509::Certificate, Chain) {
        let csr = x509::certificate_request(spec, key).unwrap();
        let token = CertificateRequestId::random().to_string();
        let signature = KeyAlgorithm::EcP256.signature();
        let issuance = Issuance { spec, csr: &csr, token: &token, signature };
        let arn = self.private_ca_arn.parse().unwrap();
        let at = At { now: now(), until: None };
        let authority = self.authorities.private_ca(&self.connection, &arn, Deed::Issue, at).await.unwrap();
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
    fn order(&self, spec: &Spec) -> Order {
        Order {
            id: CertificateRequestId::random(),
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
            progress: Progress::accepted(now()),
            lease: None,
            due_at: None,
        }
    }

    pub(crate) async fn stored(&self, id: CertificateId) -> Certificate {
        self.store.certificate(id).await.unwrap().unwrap().value
    }

    pub(crate) async fn send(&self, event: Event) -> (u16, Value) {
        read(web::answer(routes(), self.ctx.clone(), event.request(), now()).await).await
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

    /// As this identity, which is nothing in the organisation; the path follows the base.
    pub(crate) async fn by(
        &self,
        who: impl ToString,
        method: &str,
        path: &str,
        body: Option<Value>,
    ) -> (u16, Value) {
        let event = event(method, &format!("{BASE}{path}")).identity(who, "no-access");
        self.send(match body {
            Some(body) => event.body(&body),
            None => event,
        })
        .await
    }

    /// What an administrator is answered, to a request that must succeed.
    pub(crate) async fn ok(&self, method: &str, path: &str, body: Option<Value>) -> Value {
        let (status, answer) = self.by(self.administrator, method, path, body.clone()).await;
        assert_eq!(status, 200, "{method} {path} {body:?}: {answer}");
        answer
    }

    /// The status and the message of an administrator's request that must be refused.
    pub(crate) async fn refused(&self, method: &str, path: &str, body: Option<Value>) -> (u16, String) {
        let (status, answer) = self.by(self.administrator, method, path, body).await;
        assert!(status >= 400, "{method} {path}: {answer}");
        let message = answer["message"].as_str().map_or_else(|| answer["message"].to_string(), str::to_owned);
        (status, message)
    }

    /// How many lines of the audit trail are about this.
    pub(crate) async fn audited(&self, action: &str) -> usize {
        self.trail.actions().await.unwrap().iter().filter(|one| *one == action).count()
    }

    /// The parts of a certificate that somebody imports: a private CA of theirs issued it.
    pub(crate) async fn theirs(&self, name: &str) -> (String, String, SecretString) {
        let (key, spec) = (PrivateKey::generate(KeyAlgorithm::EcP256).unwrap(), spec(name));
        let (certificate, chain) = self.from_private_ca(&spec, &key).await;
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

fn project(organization_id: OrganizationId, id: ProjectId, name: &str) -> Project {
    Project {
        id,
        organization_id,
        name: name.to_owned(),
        slug: format!("{name}-slug"),
        description: None,
        project_type: ProjectType::CertManager,
        auto_capitalization: false,
        has_delete_protection: false,
        audit_logs_retention_days: None,
        environments: Environments::usual(now()),
        connections: 0,
        pam_resources: 0,
        secret_syncs: 0,
        key_rotations: 0,
        certificate_objects: 0,
    }
}

fn membership(
    organization_id: OrganizationId,
    who: IdentityId,
    project_id: ProjectId,
    role: Role,
) -> Membership {
    Membership {
        id: MembershipId::random(),
        organization_id,
        project_id,
        actor_kind: ActorKind::Identity,
        actor_id: who.to_string(),
        actor_name: "machine".into(),
        roles: vec![MembershipRole::permanent(role)],
    }
}

fn connection(organization_id: OrganizationId, project: ProjectId) -> Connection {
    let role_arn = format!("arn:aws:iam::{ACCOUNT}:role/drawbridge").parse().unwrap();
    Connection {
        id: ConnectionId::random(),
        organization_id,
        scope: Scope::Project(project),
        name: "aws".into(),
        description: None,
        legacy: false,
        way: Way::AssumeRole { role_arn, sts_endpoint: None },
        credentials_version: 1,
        account_id: ACCOUNT.parse().unwrap(),
        created_by: "user:root@example.com".into(),
        dependents: Dependents::default(),
    }
}

pub(crate) fn line() -> AuditRecord {
    AuditRecord {
        at: now(),
        actor: Actor { kind: "identity".into(), id: "i".into(), name: "n".into() },
        origin: Origin::default(),
        action: "test".into(),
        resource_id: "r".into(),
        resource_name: "r".into(),
        project_id: None,
        details: Vec::new(),
    }
}

/// The body of an import.
pub(crate) fn import(world: &World, parts: &(String, String, SecretString)) -> Value {
    json!({
        "projectId": world.project, "certificatePem": parts.0, "chainPem": parts.1,
        "privateKeyPem": parts.2.expose_secret(),
    })
}
