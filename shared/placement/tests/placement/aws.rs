//! A scripted AWS behind a connection by role.

use std::sync::{Arc, Mutex};
use std::time::Instant;

use access::Access;
use aws_config::SdkConfig;
use futures::future::BoxFuture;
use model::connection::{Connection, Dependents, Way};
use model::id::{ConnectionId, OrganizationId};
use model::permission::Scope;
use model::region::Region;
use placement::acm::Material;
use placement::{Acm, AcmDeed, At, BalancerDeed, LoadBalancers, Pace, Placements, Quotas};
use seal::Sealer;
use secrecy::SecretString;
use serde_json::{Value, json};
use store::Store;
use testkit::account::NUMBER;
use testkit::aws::{Answer, Calls, Request, scripted};
use testkit::clock::SimulatedClock;

pub(crate) const CERTIFICATE: &str =
    "arn:aws:acm:eu-west-1:123456789012:certificate/11111111-2222-3333-4444-555555555555";
pub(crate) const BALANCER: &str =
    "arn:aws:elasticloadbalancing:eu-west-1:123456789012:loadbalancer/app/web/50dc6c495c0c9188";
pub(crate) const LISTENER: &str =
    "arn:aws:elasticloadbalancing:eu-west-1:123456789012:listener/app/web/50dc6c495c0c9188/f2f7dc8efc522ab2";
pub(crate) const PEM: &str = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n";

#[derive(Debug)]
pub(crate) struct Ticking(pub(crate) SimulatedClock);

impl pace::Clock for Ticking {
    fn now(&self) -> Instant {
        self.0.now()
    }

    fn sleep_until(&self, at: Instant) -> BoxFuture<'static, ()> {
        Box::pin(self.0.clone().sleep_until(at))
    }
}

/// Runs a test on a clock that moves whenever nothing else can happen.
pub(crate) fn simulated(test: impl AsyncFnOnce(SimulatedClock)) {
    let clock = SimulatedClock::default();
    clock.run(test(clock.clone()));
}

/// One AWS, with what it was asked besides AssumeRole.
pub(crate) struct Aws {
    pub(crate) placements: Placements,
    calls: Calls,
}

impl Aws {
    /// An AWS that gives sessions, and answers anything else by the script.
    pub(crate) fn of(
        clock: &SimulatedClock,
        script: impl Fn(&Request) -> Answer + Send + Sync + 'static,
    ) -> Self {
        Self::paced(clock, Quotas { are_off: true, ..Quotas::default() }, script)
    }

    pub(crate) fn paced(
        clock: &SimulatedClock,
        quotas: Quotas,
        script: impl Fn(&Request) -> Answer + Send + Sync + 'static,
    ) -> Self {
        let (config, calls) = scripted(move |request| match request.parameter("Action").as_deref() {
            Some("AssumeRole") => session(),
            _ => script(request),
        });
        let pace = Pace::on(Arc::new(Ticking(clock.clone())), quotas);
        Self { placements: placements(&config, pace), calls }
    }

    /// The same with one answer after the other; the last one stays.
    pub(crate) fn in_turn(clock: &SimulatedClock, answers: Vec<Answer>) -> Self {
        let left = Mutex::new(answers);
        Self::of(clock, move |_| {
            let mut left = left.lock().unwrap();
            if left.len() > 1 { left.remove(0) } else { left[0].clone() }
        })
    }

    pub(crate) async fn acm(&self, deed: AcmDeed<'_>) -> Acm {
        self.placements.acm(&connection(), &region(), deed, at()).await.unwrap()
    }

    pub(crate) async fn load_balancers(&self, deed: BalancerDeed<'_>) -> LoadBalancers {
        self.placements.load_balancers(&connection(), &region(), deed, at()).await.unwrap()
    }

    /// What it was asked, besides AssumeRole.
    pub(crate) fn asked(&self) -> Vec<Request> {
        let is_work = |request: &Request| request.parameter("Action").as_deref() != Some("AssumeRole");
        self.calls.all().into_iter().filter(is_work).collect()
    }

    /// The one thing that ACM was asked.
    pub(crate) fn asked_once(&self) -> (String, Value) {
        let asked = self.asked();
        assert_eq!(asked.len(), 1, "{asked:?}");
        let operation = asked[0].target.rsplit('.').next().unwrap().to_owned();
        (operation, serde_json::from_str(&asked[0].body).unwrap())
    }

    /// The session policies that were asked for.
    pub(crate) fn policies(&self) -> Vec<Value> {
        let policies = self.calls.all();
        let policies = policies.iter().filter_map(|request| request.parameter("Policy"));
        policies.map(|text| serde_json::from_str(&text).unwrap()).collect()
    }
}

pub(crate) fn placements(config: &SdkConfig, pace: Pace) -> Placements {
    let store = Store::new(config, "table".into(), "audit".into(), 30);
    let kms = aws_sdk_kms::Client::new(config);
    let sealer = Sealer::new(kms, store, "alias/sealing".into(), OrganizationId::random());
    Placements::new(config, Access::new(config, region()), sealer, pace)
}

pub(crate) fn connection() -> Connection {
    let role_arn = format!("arn:aws:iam::{NUMBER}:role/drawbridge").parse().unwrap();
    let organization_id = OrganizationId::random();
    Connection {
        id: ConnectionId::random(),
        organization_id,
        scope: Scope::Organization,
        name: "prod".into(),
        description: None,
        legacy: false,
        way: Way::AssumeRole { role_arn, sts_endpoint: None },
        credentials_version: 1,
        account_id: NUMBER.parse().unwrap(),
        created_by: "identity:x".into(),
        dependents: Dependents::default(),
    }
}

pub(crate) fn region() -> Region {
    "eu-west-1".parse().unwrap()
}

pub(crate) fn at() -> At {
    At { now: testkit::now(), until: None }
}

pub(crate) fn key() -> SecretString {
    "-----BEGIN PRIVATE KEY-----\nMIGH\n-----END PRIVATE KEY-----\n".to_owned().into()
}

pub(crate) fn material(key: &SecretString) -> Material<'_> {
    Material { certificate: PEM, chain: Some(PEM), key }
}

pub(crate) fn ok(body: &Value) -> Answer {
    Answer { status: 200, body: body.to_string() }
}

/// What operations answer that answer nothing.
pub(crate) fn done() -> Answer {
    Answer { status: 200, body: String::new() }
}

pub(crate) fn error(code: &str, message: &str) -> Answer {
    Answer { status: 400, body: json!({ "__type": code, "message": message }).to_string() }
}

/// An answer of Elastic Load Balancing's.
pub(crate) fn xml(operation: &str, result: &str) -> Answer {
    let body = format!(
        "<{operation}Response xmlns=\"http://elasticloadbalancing.amazonaws.com/doc/2015-12-01/\"><{operation}Result>{result}\
         </{operation}Result><ResponseMetadata><RequestId>83c88b9d-12b7-11e3-8b82-87b12EXAMPLE</RequestId></ResponseMetadata>\
         </{operation}Response>"
    );
    Answer { status: 200, body }
}

pub(crate) fn xml_error(status: u16, code: &str, message: &str) -> Answer {
    let body = format!(
        "<ErrorResponse xmlns=\"http://elasticloadbalancing.amazonaws.com/doc/2015-12-01/\"><Error><Type>Sender</Type>\
         <Code>{code}</Code><Message>{message}</Message></Error><RequestId>b25f48e8-84fd-11e6-80d9-574e0c4664cb</RequestId>\
         </ErrorResponse>"
    );
    Answer { status, body }
}

fn session() -> Answer {
    let body = "<AssumeRoleResponse><AssumeRoleResult><Credentials><AccessKeyId>ASIAX</AccessKeyId>\
        <SecretAccessKey>key</SecretAccessKey><SessionToken>token</SessionToken><Expiration>2099-01-01T00:00:00Z</Expiration>\
        </Credentials></AssumeRoleResult></AssumeRoleResponse>";
    Answer { status: 200, body: body.to_owned() }
}
