//! A deployment in a test, with a customer's account beside it.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use aws_config::SdkConfig;
use certificate_sync_worker::{CertificateSyncWorker, Fault, Settings};
use futures::FutureExt as _;
use futures::future::BoxFuture;
use job::{Deadline, Worker as _};
use model::application::Application;
use model::audit::{Actor, AuditRecord, Origin};
use model::certificate::{Bundle, Certificate, Life};
use model::certificate_sync::run::Removal;
use model::certificate_sync::slot::SlotStatus;
use model::certificate_sync::{
    CertificateSync, CertificateSyncRun, Destination, DestinationConfig, Held, Listener, Protocol, Slot,
    SyncOptions, Wanted,
};
use model::connection::{Connection, Dependents, Way};
use model::id::{
    ApplicationId, CertificateId, CertificateSlotId, CertificateSyncId, ConnectionId, OrganizationId,
    ProjectId,
};
use model::message::Noun;
use model::permission::Scope;
use placement::{Pace, Quotas, Served};
use seal::Sealer;
use secrecy::SecretString;
use store::{Attached, Change, Store, Stored};
use testkit::account::NUMBER;
use testkit::fleet::documented::{CERTIFICATE_MANAGER, LOAD_BALANCER};
use testkit::fleet::{Fleet, Made, Maker};
use testkit::fuse::{Fault as Broken, Fuse};
use testkit::pki::CaKey;

use crate::clock::{self, TestClock};

pub(crate) const REGION: &str = "eu-west-1";
pub(crate) const DAY: u64 = 86_400;

/// As long as the function has.
const INVOCATION: Duration = Duration::from_secs(300);

pub(crate) struct World {
    pub(crate) fleet: Fleet,
    pub(crate) life: Fuse,
    pub(crate) worker: CertificateSyncWorker,
    store: Store,
    /// Reaches everything by a way on which nothing ever breaks.
    pub(crate) safe: Store,
    pub(crate) sealer: Sealer,
    pub(crate) organization: OrganizationId,
    pub(crate) project: ProjectId,
    connection: Connection,
    application: Application,
    pub(crate) maker: Maker,
    pace: Pace,
    served: Served,
}

/// No endpoint has an address.
#[derive(Debug)]
struct Nowhere;

impl placement::served::Resolve for Nowhere {
    fn resolve<'r>(
        &'r self,
        _: &'r str,
        _: u16,
    ) -> BoxFuture<'r, std::io::Result<Vec<std::net::SocketAddr>>> {
        async { Ok(Vec::new()) }.boxed()
    }
}

impl World {
    pub(crate) async fn new() -> Self {
        Self::with(Quotas { are_off: true, ..Quotas::default() }, Served::by(Arc::new(Nowhere))).await
    }

    pub(crate) async fn with(quotas: Quotas, served: Served) -> Self {
        clock::reset();
        let (fleet, life) = (Fleet::on(clock::real), Fuse::default());
        let (safe, store, _) = testkit::tables_reached_twice(|config| life.through(config)).await.unwrap();
        let (organization, project) = (OrganizationId::random(), ProjectId::random());
        let kms = aws_sdk_kms::Client::new(&fleet.config());
        let sealer = Sealer::new(kms, safe.clone(), "alias/sealing".into(), organization);
        let connection = connection(organization);
        let application = Application {
            id: ApplicationId::random(),
            organization_id: organization,
            project_id: project,
            name: "web".into(),
            description: None,
            profiles: 0,
            certificate_syncs: 0,
            created_by: "user:ada".into(),
        };
        let change = Change::new(clock::now()).create(&connection).create(&application);
        safe.commit(change, &line()).await.unwrap();
        let pace = Pace::on(Arc::new(TestClock), quotas);
        let config = life.through(&fleet.config());
        let worker = made(&config, &store, organization, pace.clone(), served.clone());
        let maker = Maker::at(clock::now());
        Self {
            fleet,
            life,
            worker,
            store,
            safe,
            sealer,
            organization,
            project,
            connection,
            application,
            maker,
            pace,
            served,
        }
    }

    /// Another process of the same function, which knows nothing of the first.
    pub(crate) fn another(&self) -> CertificateSyncWorker {
        self.through(|config| config.clone())
    }

    /// One whose calls to AWS go this way.
    pub(crate) fn through(&self, by: impl Fn(&SdkConfig) -> SdkConfig) -> CertificateSyncWorker {
        let config = by(&self.life.through(&self.fleet.config()));
        made(&config, &self.store, self.organization, self.pace.clone(), self.served.clone())
    }

    /// So many HTTPS listeners of one load balancer, each with a foreign default.
    pub(crate) fn listeners(&self, count: u16) -> (String, Vec<String>) {
        let balancer = self.fleet.put_balancer(REGION, "application", "web");
        let foreign = self.fleet.put_certificate(REGION, &self.maker.make(&["old.example.com"]), &[]);
        let put = |n| self.fleet.put_listener(&balancer, "HTTPS", 8_443 + n, Some(&foreign));
        let listeners = (0..count).map(put).collect();
        (balancer, listeners)
    }

    /// A sync with these listeners.
    pub(crate) async fn elb(&self, balancer: &str, listeners: &[String]) -> CertificateSyncId {
        let listeners = listeners.iter().zip(8_443..).map(|(arn, port)| Listener {
            listener_arn: arn.clone(),
            port,
            protocol: Protocol::Https,
            set_as_default: None,
        });
        self.define(DestinationConfig::AwsElasticLoadBalancer {
            region: REGION.parse().unwrap(),
            load_balancer_arn: balancer.parse().unwrap(),
            listeners: listeners.collect(),
        })
        .await
    }

    /// A sync with ACM.
    pub(crate) async fn acm(&self) -> CertificateSyncId {
        self.define(DestinationConfig::AwsCertificateManager { region: REGION.parse().unwrap() }).await
    }

    async fn define(&self, destination: DestinationConfig) -> CertificateSyncId {
        let id = CertificateSyncId::random();
        let options = SyncOptions {
            can_remove_certificates: true,
            certificate_name_schema: None,
            ..SyncOptions::default_of(destination.destination())
        };
        match destination.destination() {
            Destination::AwsCertificateManager => self.fleet.allow_only(&CERTIFICATE_MANAGER),
            Destination::AwsElasticLoadBalancer => self.fleet.allow_only(&LOAD_BALANCER),
        }
        let sync = CertificateSync {
            id,
            organization_id: self.organization,
            project_id: self.project,
            application_id: self.application.id,
            name: format!("sync-{id}"),
            description: None,
            connection_id: self.connection.id,
            is_auto_sync_enabled: true,
            destination,
            options,
            created_by: "user:ada".into(),
        };
        let run = CertificateSyncRun::new(id, self.project, true);
        let change = Change::new(clock::now());
        let change = change.create_certificate_sync(&sync, &run, &self.connection, &self.application);
        self.safe.commit(change, &line()).await.unwrap();
        id
    }

    /// Changes how a sync works.
    pub(crate) async fn redefine(&self, sync: CertificateSyncId, change: impl FnOnce(&mut CertificateSync)) {
        let read = self.safe.certificate_sync(sync).await.unwrap().unwrap().sync;
        let mut next = read.value.clone();
        change(&mut next);
        let change = Change::new(clock::now()).replace(&read, &next);
        self.safe.commit(change, &line()).await.unwrap();
        self.want(sync).await;
    }

    /// A certificate of ours for this name, with its key.
    pub(crate) async fn issue(&self, name: &str) -> CertificateId {
        self.keep(&self.maker.make(&[name])).await
    }

    /// One with a key of another kind. All worlds share it, each may ask once: no other thing in a test takes as long to make.
    pub(crate) async fn issue_rsa(&self, name: &str) -> CertificateId {
        static MADE: Mutex<BTreeMap<String, Made>> = Mutex::new(BTreeMap::new());
        let made = {
            let mut all = MADE.lock().unwrap_or_else(PoisonError::into_inner);
            let days = |days| Duration::from_secs(days * DAY);
            let (from, until) = (testkit::now().minus(days(1)), testkit::now().plus(days(80)));
            let make = || self.maker.make_of(&[name], CaKey::Rsa2048, from, until);
            all.entry(name.to_owned()).or_insert_with(make).clone()
        };
        self.keep(&made).await
    }

    /// Keeps a certificate as if it had been issued here.
    pub(crate) async fn keep(&self, made: &Made) -> CertificateId {
        self.keep_as(made, std::slice::from_ref(&made.chain), true).await
    }

    /// The same with this chain.
    pub(crate) async fn keep_as(&self, made: &Made, chain: &[String], has_key: bool) -> CertificateId {
        let id = CertificateId::random();
        let key = SecretString::from(made.key.clone());
        let sealed = self.sealer.seal_certificate_key(self.project, id, &key).await.unwrap();
        let certificate = Certificate {
            id,
            project_id: self.project,
            profile_id: None,
            application_id: Some(self.application.id),
            certificate_authority_id: None,
            request_id: None,
            facts: x509::Certificate::from_pem(&made.certificate).unwrap().record().unwrap(),
            arn: None,
            has_private_key: has_key,
            removes_roots: false,
            renewed_from: None,
            renewed_by: None,
            revocation: None,
            life: Life::default(),
            due_at: None,
        };
        let bundle = Bundle {
            certificate_id: id,
            project_id: self.project,
            certificate: made.certificate.clone(),
            chain: chain.to_vec(),
            issuer: Some(made.chain.clone()),
            sealed_key: has_key.then(|| sealed.as_str().to_owned()),
        };
        let change = Change::new(clock::now()).create_certificate(&certificate, &bundle);
        self.safe.commit(change, &line()).await.unwrap();
        id
    }

    pub(crate) async fn certificate(&self, id: CertificateId) -> Stored<Certificate> {
        self.safe.certificate(id).await.unwrap().unwrap()
    }

    /// People ask for a run.
    pub(crate) async fn want(&self, sync: CertificateSyncId) {
        let now = clock::now();
        let want = |run: &CertificateSyncRun| (Some(run.queue_sync(now)), ());
        self.safe.amend_certificate_sync_run(sync, now, want).await.unwrap().unwrap();
    }

    /// People ask for the removal of everything.
    pub(crate) async fn want_removal(&self, sync: CertificateSyncId, removal: Removal) {
        let now = clock::now();
        let want = |run: &CertificateSyncRun| (Some(run.want_removal(now, removal).unwrap()), ());
        self.safe.amend_certificate_sync_run(sync, now, want).await.unwrap().unwrap();
    }

    pub(crate) async fn attach(&self, sync: CertificateSyncId, id: CertificateId) -> CertificateSlotId {
        let run = self.run(sync).await;
        let places = self.safe.places_of([id]).await.unwrap();
        let slot = Slot {
            id: CertificateSlotId::random(),
            certificate_sync_id: sync,
            wanted: Wanted::attached(id, clock::now()),
            held: Held::default(),
        };
        let attached = Attached { certificate: self.certificate(id).await, before: None, slot: slot.clone() };
        let (now, default) = (clock::now(), run.default_slot);
        self.safe.attach_certificates(&run, &[attached], &places, default, now, &line()).await.unwrap();
        slot.id
    }

    /// The certificate of a slot is renewed by this one, as the commit of a renewal moves it.
    pub(crate) async fn renew(&self, sync: CertificateSyncId, slot: CertificateSlotId, by: CertificateId) {
        let read = self.slot(sync, slot).await;
        let (next, by) = (read.wanted.moved(by, clock::now()), self.certificate(by).await);
        self.safe.roll_back_slot(&read, &next, &by, clock::now(), &line()).await.unwrap();
    }

    pub(crate) async fn roll_back(&self, sync: CertificateSyncId, slot: CertificateSlotId) {
        let read = self.slot(sync, slot).await;
        let next = read.wanted.rolled_back(clock::now()).unwrap();
        let previous = self.certificate(next.certificate_id).await;
        self.safe.roll_back_slot(&read, &next, &previous, clock::now(), &line()).await.unwrap();
    }

    pub(crate) async fn set_default(&self, sync: CertificateSyncId, slot: Option<CertificateSlotId>) {
        let run = self.run(sync).await;
        let before = match run.default_slot {
            Some(before) => Some(self.slot(sync, before).await),
            None => None,
        };
        let after = match slot {
            Some(after) => Some(self.slot(sync, after).await),
            None => None,
        };
        let change = (before.as_ref(), after.as_ref());
        self.safe.set_default_slot(&run, change, clock::now(), &line()).await.unwrap();
    }

    pub(crate) async fn detach(&self, sync: CertificateSyncId, slot: CertificateSlotId) {
        let (read, run) = (self.slot(sync, slot).await, self.run(sync).await);
        let goes =
            self.safe.certificate_sync(sync).await.unwrap().unwrap().sync.options.can_remove_certificates;
        self.safe.detach_certificates(&run, &[read], goes, clock::now(), &line()).await.unwrap();
    }

    pub(crate) async fn run(&self, sync: CertificateSyncId) -> CertificateSyncRun {
        self.safe.certificate_sync_run(sync).await.unwrap().unwrap().value
    }

    pub(crate) async fn slots(&self, sync: CertificateSyncId) -> BTreeMap<CertificateSlotId, Stored<Slot>> {
        let slots = self.safe.certificate_sync_slots(sync).await.unwrap();
        slots.into_iter().map(|slot| (slot.id, slot)).collect()
    }

    pub(crate) async fn slot(&self, sync: CertificateSyncId, slot: CertificateSlotId) -> Stored<Slot> {
        self.slots(sync).await.remove(&slot).unwrap()
    }

    pub(crate) async fn placed(&self, sync: CertificateSyncId, slot: CertificateSlotId) -> String {
        self.slot(sync, slot).await.value.held.placed.unwrap().arn
    }

    /// Status and message of a slot.
    pub(crate) async fn told(
        &self,
        sync: CertificateSyncId,
        slot: CertificateSlotId,
    ) -> (SlotStatus, String) {
        let slot = self.slot(sync, slot).await;
        let message = slot.held.told.as_ref().and_then(|told| told.message.clone());
        (slot.status(), message.unwrap_or_default())
    }

    /// One message about a sync.
    pub(crate) async fn work(&self, sync: CertificateSyncId) -> Result<&'static str, Fault> {
        self.work_within(sync, INVOCATION).await
    }

    /// The same, in an invocation that has so long.
    pub(crate) async fn work_within(
        &self,
        sync: CertificateSyncId,
        time: Duration,
    ) -> Result<&'static str, Fault> {
        let deadline = Deadline::new(clock::now, clock::now().plus(time));
        self.worker.work(Noun::CertificateSync, &sync.to_string(), deadline).await
    }

    /// Messages about a sync as they are due, until there is nothing to do before `days` have passed.
    pub(crate) async fn settle(&self, sync: CertificateSyncId) -> CertificateSyncRun {
        let end = in_days(2);
        for _ in 0..60 {
            let Some(run) = self.safe.certificate_sync_run(sync).await.unwrap() else { break };
            match run.due_at {
                Some(at) if at <= end => clock::advance_to(at.max(clock::now())),
                Some(_) | None => return run.value,
            }
            self.work(sync).await.unwrap();
        }
        panic!("it does not come to rest: {:#?} {:#?}", self.run(sync).await, self.slots(sync).await);
    }

    /// The same, after which everything is as it is wanted.
    pub(crate) async fn succeed(&self, sync: CertificateSyncId) {
        let run = self.settle(sync).await;
        assert_eq!(run.sync.status.map(|one| one.name()), Some("succeeded"), "{run:#?}");
        for slot in self.slots(sync).await.values() {
            assert_eq!(slot.status(), SlotStatus::Succeeded, "{slot:#?}");
        }
    }

    /// Somebody repairs whatever broke, another process comes, and time passes.
    pub(crate) async fn recover(&mut self, sync: CertificateSyncId) {
        self.life.arm(Broken::None);
        self.worker = self.another();
        clock::advance(Duration::from_secs(1));
        self.settle(sync).await;
    }
}

fn made(
    config: &SdkConfig,
    store: &Store,
    organization: OrganizationId,
    pace: Pace,
    served: Served,
) -> CertificateSyncWorker {
    let settings = Settings {
        organization,
        region: "us-east-1".parse().unwrap(),
        sealing_key_id: "alias/sealing".into(),
        certificate_sync_queue_url: "https://sqs.us-east-1.amazonaws.com/111111111111/syncs.fifo".into(),
        pace,
        served,
    };
    CertificateSyncWorker::new(config, store.clone(), settings, clock::now)
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

pub(crate) fn in_days(days: u64) -> model::Timestamp {
    clock::now().plus(Duration::from_secs(days * DAY))
}
