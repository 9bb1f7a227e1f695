//! A deployment in a test, with a customer's account beside it.

use std::sync::Arc;
use std::time::Duration;

use authority::{Pace, Quotas};
use aws_config::SdkConfig;
use certificate_worker::{CertificateWorker, Fault, Settings};
use job::{Deadline, Worker as _, handle};
use model::Timestamp;
use model::arn::Arn;
use model::audit::{Actor, AuditRecord, Origin};
use model::certificate::order::{KeyOrigin, Order, OrderStatus, Progress};
use model::certificate::{
    AltName, AltNameKind, BasicConstraints, Bundle, Certificate, ExtendedKeyUsage, KeyAlgorithm, KeyUsage,
    Spec, Subject, Validity,
};
use model::certificate_authority::{
    AuthorityType, CertificateAuthority, Configuration, PrivateCa, PublicCa, Seen, Status,
};
use model::connection::{Connection, Dependents, Way};
use model::id::{
    CertificateAuthorityId, CertificateId, CertificateRequestId, ConnectionId, OrganizationId, ProjectId,
};
use model::message::Noun;
use model::permission::Scope;
use seal::Sealer;
use serde_json::{Value, json};
use store::{Change, Store, Stored};
use testkit::account::NUMBER;
use testkit::fuse::{Fault as Broken, Fuse};
use testkit::gate::Gate;
use testkit::pki::{self, Pki};

use crate::clock::{self, TestClock};

pub(crate) const HOUR: u64 = 3_600;
pub(crate) const DAY: u64 = 86_400;

/// As long as the function has.
const INVOCATION: Duration = Duration::from_secs(120);

pub(crate) struct World {
    pub(crate) pki: Pki,
    pub(crate) life: Fuse,
    pub(crate) worker: CertificateWorker,
    store: Store,
    /// Reaches everything by a way on which nothing ever breaks.
    pub(crate) safe: Store,
    pub(crate) sealer: Sealer,
    pub(crate) organization: OrganizationId,
    pub(crate) project: ProjectId,
    pub(crate) connection: ConnectionId,
    pace: Pace,
}

impl World {
    pub(crate) async fn new() -> Self {
        let quotas = Quotas { are_off: true, ..Quotas::default() };
        Self::with(Pace::on(Arc::new(TestClock), quotas), SdkConfig::clone).await
    }

    /// Whose table is reached through a gate; a worker of it is made by [`Self::through`].
    pub(crate) async fn gated(gate: &Gate) -> Self {
        let quotas = Quotas { are_off: true, ..Quotas::default() };
        Self::with(Pace::on(Arc::new(TestClock), quotas), |config| gate.through(config)).await
    }

    /// Authorities are called at this pace, and the table is reached by this way.
    pub(crate) async fn with(pace: Pace, by: impl Fn(&SdkConfig) -> SdkConfig) -> Self {
        clock::reset();
        let (pki, life) = (Pki::on(clock::real), Fuse::default());
        let reached = testkit::tables_reached_twice(|config| by(&life.through(config)));
        let (safe, store, _) = reached.await.unwrap();
        let (organization, project) = (OrganizationId::random(), ProjectId::random());
        let kms = aws_sdk_kms::Client::new(&pki.config());
        let sealer = Sealer::new(kms, safe.clone(), "alias/sealing".into(), organization);
        let connection = connection(organization);
        safe.commit(Change::new(clock::now()).create(&connection), &line()).await.unwrap();
        let worker = worker(&pki, &life, &store, organization, pace.clone());
        let connection = connection.id;
        Self { pki, life, worker, store, safe, sealer, organization, project, connection, pace }
    }

    /// Another process of the same function, which knows nothing of the first.
    pub(crate) fn another(&self) -> CertificateWorker {
        self.paced(self.pace.clone())
    }

    /// The same with a pace of its own, as every process has.
    pub(crate) fn paced(&self, pace: Pace) -> CertificateWorker {
        worker(&self.pki, &self.life, &self.store, self.organization, pace)
    }

    /// One whose calls to AWS go this way.
    pub(crate) fn through(&self, by: impl Fn(&SdkConfig) -> SdkConfig) -> CertificateWorker {
        let config = by(&self.pki.config());
        made(&config, &self.store, self.organization, self.pace.clone())
    }

    async fn keep(&self, configuration: Configuration, seen: Seen) -> CertificateAuthorityId {
        let id = CertificateAuthorityId::random();
        let authority = CertificateAuthority {
            id,
            organization_id: self.organization,
            project_id: self.project,
            name: format!("ca-{id}"),
            status: Status::Active,
            enable_direct_issuance: true,
            configuration,
            seen,
            profiles: 0,
            created_by: "user:ada@example.com".into(),
        };
        self.safe.commit(Change::new(clock::now()).create(&authority), &line()).await.unwrap();
        authority.id
    }

    /// A private CA of AWS's, and ours over it.
    pub(crate) async fn private_ca(
        &self,
        setup: pki::PrivateCa,
        monthly_budget: Option<u32>,
    ) -> (CertificateAuthorityId, String) {
        let short_lived = setup.is_short_lived;
        let arn = self.pki.put_private_ca(setup);
        let configuration = Configuration::AwsPca(PrivateCa {
            app_connection_id: self.connection,
            certificate_authority_arn: arn.parse::<Arn>().unwrap().try_into().unwrap(),
            region: "us-east-1".parse().unwrap(),
            monthly_budget,
        });
        (self.keep(configuration, Seen::PrivateCa { short_lived }).await, arn)
    }

    /// ACM with these zones.
    pub(crate) async fn public_ca(
        &self,
        zones: &[&str],
        monthly_budget: Option<u32>,
    ) -> CertificateAuthorityId {
        let configuration = Configuration::AwsAcmPublicCa(PublicCa {
            app_connection_id: self.connection,
            dns_app_connection_id: self.connection,
            hosted_zone_ids: zones.iter().map(|id| id.parse().unwrap()).collect(),
            region: "us-east-1".parse().unwrap(),
            monthly_budget,
        });
        self.keep(configuration, Seen::Zones { zones: Vec::new() }).await
    }

    fn define(&self, authority: CertificateAuthorityId, authority_type: AuthorityType, spec: Spec) -> Order {
        Order {
            id: CertificateRequestId::random(),
            project_id: self.project,
            profile_id: None,
            application_id: None,
            certificate_authority_id: authority,
            authority_type,
            spec,
            key: KeyOrigin::Made,
            removes_roots: false,
            renews: None,
            requested_by: "user:ada@example.com".into(),
            progress: Progress::accepted(clock::now()),
            lease: None,
            due_at: Some(clock::now()),
        }
    }

    pub(crate) fn private_order(&self, authority: CertificateAuthorityId) -> Order {
        self.define(authority, AuthorityType::AwsPca, spec(Duration::from_secs(30 * DAY)))
    }

    pub(crate) fn public_order(&self, authority: CertificateAuthorityId, names: &[&str]) -> Order {
        let spec = Spec {
            subject: Subject { common_name: Some(names[0].to_owned()), ..Subject::default() },
            alt_names: names.iter().map(|name| AltName::read(AltNameKind::DnsName, name).unwrap()).collect(),
            key_algorithm: KeyAlgorithm::EcP256,
            signature_algorithm: None,
            key_usages: [].into(),
            extended_key_usages: [].into(),
            basic_constraints: BasicConstraints::default(),
            validity: Validity::OfAuthority { days: 198 },
        };
        self.define(authority, AuthorityType::AwsAcmPublicCa, spec)
    }

    /// Somebody asks for it.
    pub(crate) async fn ask(&self, order: &Order) -> CertificateRequestId {
        let change = Change::new(clock::now()).create_order(order, None);
        self.safe.commit(change, &line()).await.unwrap();
        order.id
    }

    pub(crate) fn deadline() -> Deadline {
        Deadline::new(clock::now, clock::now().plus(INVOCATION))
    }

    /// One message about an order.
    pub(crate) async fn work(&self, id: CertificateRequestId) -> Result<&'static str, Fault> {
        self.worker.work(Noun::CertificateRequest, &id.to_string(), Self::deadline()).await
    }

    /// One message about a certificate.
    pub(crate) async fn look(&self, id: CertificateId) -> Result<&'static str, Fault> {
        self.worker.work(Noun::Certificate, &id.to_string(), Self::deadline()).await
    }

    /// One tick of the schedule, and the messages that it sends.
    pub(crate) async fn tick(&self) {
        let now = clock::now();
        let orders = self.safe.certificate_orders_due(now, 1_000).await.unwrap();
        let certificates = self.safe.certificates_due(now, 1_000).await.unwrap();
        handle(&self.worker, json!({ "tick": true }), Self::deadline(), "i").await.unwrap();
        let orders = orders.iter().map(|id| ("certificateRequestId", id.to_string()));
        let certificates = certificates.iter().map(|id| ("certificateId", id.to_string()));
        for (field, id) in orders.chain(certificates) {
            let answer = handle(&self.worker, message(field, &id), Self::deadline(), "i").await.unwrap();
            assert!(answer.batch_item_failures.is_empty(), "{id}");
        }
    }

    /// Ticks each minute for so long, or jumps to when there is something to do about an order, if that is later.
    pub(crate) async fn settle(&self, id: CertificateRequestId, seconds: u64) -> Stored<Order> {
        let end = clock::now().plus(Duration::from_secs(seconds));
        loop {
            let order = self.order(id).await;
            if order.progress.has_ended() || clock::now() >= end {
                return order;
            }
            if order.is_due(clock::now()) {
                self.work(id).await.unwrap();
            }
            let next = self.order(id).await.due_at.unwrap_or(end);
            clock::advance_to(next.max(clock::now().plus(Duration::from_secs(1))).min(end));
        }
    }

    /// Time passes, with a tick for each `step`.
    pub(crate) async fn pass(&self, seconds: u64, step: u64) {
        let end = clock::now().plus(Duration::from_secs(seconds));
        while clock::now() < end {
            self.tick().await;
            clock::advance(Duration::from_secs(step));
        }
    }

    pub(crate) async fn order(&self, id: CertificateRequestId) -> Stored<Order> {
        self.safe.certificate_order(id).await.unwrap().unwrap()
    }

    /// Status and message.
    pub(crate) async fn told(&self, id: CertificateRequestId) -> (OrderStatus, String) {
        let order = self.order(id).await;
        (order.progress.status(), order.progress.message.clone().unwrap_or_default())
    }

    /// The certificate of an order; it must be issued, and hold together: whoever reads it can use it.
    pub(crate) async fn certificate(
        &self,
        id: CertificateRequestId,
    ) -> (Stored<Certificate>, Stored<Bundle>) {
        let order = self.order(id).await;
        let certificate = order.progress.certificate_id();
        let certificate = certificate.unwrap_or_else(|| panic!("not issued: {:?}", order.progress));
        let (certificate, bundle) = self.safe.certificate_with_bundle(certificate).await.unwrap().unwrap();
        let leaf = x509::Certificate::from_pem(&bundle.certificate).unwrap();
        let above = x509::Certificate::all_from_pem(&bundle.chain_pem()).unwrap();
        let key = match self.sealer.open_certificate_key(&bundle).await.unwrap() {
            Some(pem) => x509::PrivateKey::from_pem(&pem).unwrap().public_key().clone(),
            None => leaf.public_key().unwrap(),
        };
        let issuer = x509::Certificate::from_pem(bundle.issuer.as_deref().unwrap()).unwrap();
        let with_issuer = if above.is_empty() { vec![issuer.clone()] } else { above.clone() };
        let issued = x509::Issued { certificate: &leaf, chain: &with_issuer, authority: Some(&issuer) };
        let chain = x509::verify(issued, &order.spec, &key, clock::now()).unwrap();
        assert_eq!(pems(chain.certificates()), pems(&with_issuer), "in order, and nothing else");
        assert!(!order.removes_roots || above.iter().all(|one| !one.is_root()));
        assert_eq!(certificate.facts, leaf.record().unwrap());
        assert_eq!(certificate.request_id, Some(id));
        assert_eq!(certificate.has_private_key, bundle.sealed_key.is_some());
        assert_eq!(order.progress.made_key, None, "the order keeps no key");
        assert_eq!(order.lease, None);
        (certificate, bundle)
    }

    /// What an authority was asked for this month.
    pub(crate) async fn spent(&self, authority: CertificateAuthorityId) -> i64 {
        let month: String = clock::now().day().chars().take(7).collect();
        self.safe.spend(authority, &month).await.unwrap().map_or(0, |spend| spend.orders)
    }

    /// How often an event was told.
    pub(crate) fn heard(&self, event: &str) -> usize {
        self.pki.events().iter().filter(|(name, _)| name == event).count()
    }

    /// Somebody repairs whatever broke, another process comes, and time passes.
    pub(crate) async fn recover(&mut self, id: CertificateRequestId, seconds: u64) -> Stored<Order> {
        self.life.arm(Broken::None);
        self.worker = self.another();
        self.settle(id, seconds).await
    }
}

fn worker(
    pki: &Pki,
    life: &Fuse,
    store: &Store,
    organization: OrganizationId,
    pace: Pace,
) -> CertificateWorker {
    made(&life.through(&pki.config()), store, organization, pace)
}

fn made(config: &SdkConfig, store: &Store, organization: OrganizationId, pace: Pace) -> CertificateWorker {
    let settings = Settings {
        organization,
        region: "us-east-1".parse().unwrap(),
        sealing_key_id: "alias/sealing".into(),
        certificate_queue_url: "https://sqs.us-east-1.amazonaws.com/111111111111/certificates.fifo".into(),
        certificate_sync_queue_url: "https://sqs.us-east-1.amazonaws.com/111111111111/syncs.fifo".into(),
        pace,
    };
    CertificateWorker::new(config, store.clone(), settings, clock::now)
}

pub(crate) fn message(field: &str, id: &str) -> Value {
    json!({ "Records": [{
        "messageId": "m", "body": json!({ field: id }).to_string(),
        "attributes": { "MessageGroupId": id, "ApproximateReceiveCount": "1" }, "eventSource": "aws:sqs",
    }] })
}

pub(crate) fn spec(lifetime: Duration) -> Spec {
    let name = |kind, text| AltName::read(kind, text).unwrap();
    Spec {
        subject: Subject {
            common_name: Some("api.example.com".into()),
            organization: Some("Example".into()),
            ..Subject::default()
        },
        alt_names: vec![
            name(AltNameKind::DnsName, "api.example.com"),
            name(AltNameKind::IpAddress, "10.0.0.1"),
            name(AltNameKind::Email, "ops@example.com"),
            name(AltNameKind::Uri, "spiffe://example.com/api"),
        ],
        key_algorithm: KeyAlgorithm::EcP256,
        signature_algorithm: None,
        key_usages: [KeyUsage::DigitalSignature].into(),
        extended_key_usages: [ExtendedKeyUsage::ServerAuth].into(),
        basic_constraints: BasicConstraints::default(),
        validity: Validity::lasting(lifetime, clock::now()),
    }
}

fn connection(organization: OrganizationId) -> Connection {
    let role = format!("arn:aws:iam::{NUMBER}:role/drawbridge");
    Connection {
        id: ConnectionId::random(),
        organization_id: organization,
        scope: Scope::Organization,
        name: "prod".into(),
        description: None,
        legacy: false,
        way: Way::AssumeRole { role_arn: role.parse().unwrap(), sts_endpoint: None },
        credentials_version: 1,
        account_id: NUMBER.parse().unwrap(),
        created_by: "identity:x".into(),
        dependents: Dependents::default(),
    }
}

pub(crate) fn line() -> AuditRecord {
    AuditRecord {
        at: clock::now(),
        actor: Actor { kind: "user".into(), id: "ada@example.com".into(), name: "Ada".into() },
        origin: Origin::default(),
        action: "test".into(),
        resource_id: "r".into(),
        resource_name: "r".into(),
        project_id: None,
        details: Vec::new(),
    }
}

fn pems(certificates: &[x509::Certificate]) -> Vec<String> {
    certificates.iter().map(x509::Certificate::to_pem).collect()
}

pub(crate) fn in_seconds(seconds: u64) -> Timestamp {
    clock::now().plus(Duration::from_secs(seconds))
}
