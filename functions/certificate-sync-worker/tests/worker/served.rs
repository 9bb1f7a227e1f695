//! What is served is looked at after a deploy.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures::FutureExt as _;
use futures::future::BoxFuture;
use model::certificate_sync::slot::{Answer, SlotStatus};
use placement::served::Resolve;
use placement::{Quotas, Served};

use crate::clock;
use crate::world::World;

/// All names lead to a server of the test's.
#[derive(Debug, Default)]
struct Here(Mutex<Option<SocketAddr>>);

impl Resolve for Here {
    fn resolve<'r>(&'r self, _: &'r str, _: u16) -> BoxFuture<'r, std::io::Result<Vec<SocketAddr>>> {
        let address = *self.0.lock().unwrap();
        async move { Ok(address.into_iter().collect()) }.boxed()
    }

    fn admits(&self, _: SocketAddr, _: bool) -> bool {
        true
    }
}

async fn world(here: &Arc<Here>) -> World {
    let served = Served::by(here.clone()).patient(Duration::from_secs(2));
    World::with(Quotas { are_off: true, ..Quotas::default() }, served).await
}

#[tokio::test]
async fn after_a_deploy_the_endpoint_serves_what_was_meant_with_sni_and_without() {
    let here = Arc::new(Here::default());
    let world = world(&here).await;
    let (balancer, listeners) = world.listeners(1);
    let serving = world.fleet.serve(&listeners[0]).await;
    *here.0.lock().unwrap() = Some(serving.address);
    let sync = world.elb(&balancer, &listeners).await;
    let slot = world.attach(sync, world.issue("www.example.com").await).await;
    world.set_default(sync, Some(slot)).await;
    world.succeed(sync).await;
    let served = world.slot(sync, slot).await.value.held.served;
    let asked: Vec<_> = served.iter().map(|one| one.server_name.as_deref()).collect();
    assert_eq!(asked, [Some("www.example.com"), None]);
    assert!(served.iter().all(|one| one.answer == Answer::Meant), "{served:#?}");
}

#[tokio::test]
async fn an_endpoint_that_follows_later_is_looked_at_again_until_it_serves_what_was_meant() {
    let here = Arc::new(Here::default());
    let world = world(&here).await;
    let (balancer, listeners) = world.listeners(1);
    let serving = world.fleet.serve(&listeners[0]).await;
    *here.0.lock().unwrap() = Some(serving.address);
    world.fleet.set_lag(Duration::from_secs(90));
    let sync = world.elb(&balancer, &listeners).await;
    let slot = world.attach(sync, world.issue("www.example.com").await).await;
    world.set_default(sync, Some(slot)).await;
    world.work(sync).await.unwrap();
    let served = world.slot(sync, slot).await.value.held.served;
    assert!(
        served.len() == 2 && served.iter().all(|one| matches!(one.answer, Answer::Foreign { .. })),
        "{served:#?}"
    );
    assert_eq!(world.told(sync, slot).await.0, SlotStatus::Succeeded, "the listener has it");
    let due = world.run(sync).await.due_at.unwrap();
    assert!(due.since(clock::now()) <= Duration::from_secs(60), "it is looked at again soon");
    world.fleet.forget_calls();
    world.succeed(sync).await;
    let served = world.slot(sync, slot).await.value.held.served;
    assert!(served.iter().all(|one| one.answer == Answer::Meant), "{served:#?}");
    assert!(world.fleet.changes().is_empty(), "looking changes nothing");
}

#[tokio::test]
async fn an_endpoint_that_stays_foreign_is_looked_at_for_ten_minutes_and_never_a_failure() {
    let here = Arc::new(Here::default());
    let world = world(&here).await;
    let (balancer, listeners) = world.listeners(1);
    let serving = world.fleet.serve(&listeners[0]).await;
    *here.0.lock().unwrap() = Some(serving.address);
    world.fleet.set_lag(Duration::from_secs(crate::world::DAY));
    let sync = world.elb(&balancer, &listeners).await;
    let slot = world.attach(sync, world.issue("www.example.com").await).await;
    world.succeed(sync).await;
    let served = world.slot(sync, slot).await.value.held.served;
    assert!(matches!(served[0].answer, Answer::Foreign { .. }), "{served:#?}");
    let looked_at = served[0].at.since(served[0].since);
    let (least, most) = (Duration::from_secs(10 * 60), Duration::from_secs(20 * 60));
    assert!(least <= looked_at && looked_at <= most, "{looked_at:?}");
    assert_eq!(world.run(sync).await.due_at, None);
}

#[tokio::test]
async fn an_endpoint_that_goes_on_serving_the_earlier_certificate_fails_it_after_ten_minutes() {
    let here = Arc::new(Here::default());
    let world = world(&here).await;
    let (balancer, listeners) = world.listeners(2);
    let sync = world.elb(&balancer, &listeners[..1]).await;
    // Somebody's older front: another listener's server, which keeps what it has.
    let serving = world.fleet.serve(&listeners[1]).await;
    let slot = world.attach(sync, world.issue("www.example.com").await).await;
    world.succeed(sync).await;
    let old = world.placed(sync, slot).await;
    let kept = world.fleet.certificate(&old).unwrap();
    let first = world.slot(sync, slot).await.wanted.certificate_id;
    let (_, bundle) = world.safe.certificate_with_bundle(first).await.unwrap().unwrap();
    let key = world.sealer.open_certificate_key(&bundle).await.unwrap().unwrap();
    let made = testkit::fleet::Made {
        certificate: bundle.certificate.clone(),
        chain: bundle.chain_pem(),
        root: String::new(),
        key: secrecy::ExposeSecret::expose_secret(&key).to_owned(),
        fingerprint: kept.fingerprint.clone(),
        serial: kept.serial.clone(),
        names: kept.names.clone(),
        not_before: kept.not_before,
        not_after: kept.not_after,
    };
    let copy = world.fleet.put_certificate(crate::world::REGION, &made, &[]);
    world.fleet.change_listener(&listeners[1], |listener| listener.sni.push(copy.clone()));
    *here.0.lock().unwrap() = Some(serving.address);

    world.renew(sync, slot, world.issue("www.example.com").await).await;
    world.work(sync).await.unwrap();
    let served = world.slot(sync, slot).await.value.held.served;
    assert!(matches!(served[0].answer, Answer::Stale { .. }), "{served:#?}");
    assert_eq!(world.told(sync, slot).await.0, SlotStatus::Succeeded, "for a while that is how it is");
    let due = world.run(sync).await.due_at.unwrap();
    assert!(due.since(clock::now()) <= Duration::from_secs(60), "it is looked at again soon");
    clock::advance(Duration::from_secs(11 * 60));
    world.work(sync).await.unwrap();
    let (status, words) = world.told(sync, slot).await;
    assert_eq!(status, SlotStatus::Failed, "{words}");
    assert!(words.contains("still serves an earlier one"), "{words}");

    world.fleet.change_listener(&listeners[1], |listener| {
        listener.sni.clear();
        listener.sni.push(old.clone());
    });
    clock::advance(Duration::from_secs(20 * 60));
    world.succeed(sync).await;
}

#[tokio::test]
async fn what_there_was_no_time_to_look_at_is_looked_at_later() {
    let here = Arc::new(Here::default());
    let world = world(&here).await;
    let (balancer, listeners) = world.listeners(1);
    let serving = world.fleet.serve(&listeners[0]).await;
    *here.0.lock().unwrap() = Some(serving.address);
    world.fleet.set_issuing_time(Duration::from_secs(20));
    let sync = world.elb(&balancer, &listeners).await;
    let slot = world.attach(sync, world.issue("www.example.com").await).await;
    assert_eq!(world.work_within(sync, Duration::from_secs(62)).await.unwrap(), "succeeded");
    let held = world.slot(sync, slot).await.value.held;
    assert!(held.unseen && held.served.is_empty(), "{held:#?}");
    assert_eq!(world.told(sync, slot).await.0, SlotStatus::Succeeded);
    world.fleet.forget_calls();
    world.succeed(sync).await;
    let held = world.slot(sync, slot).await.value.held;
    assert!(!held.unseen && held.served.iter().all(|one| one.answer == Answer::Meant), "{held:#?}");
    assert_eq!(held.served.len(), 1);
    assert!(world.fleet.changes().is_empty(), "looking changes nothing");
}

#[tokio::test]
async fn what_aws_did_not_answer_in_time_is_looked_at_later() {
    const ACTION: &str = "elasticloadbalancing:DescribeLoadBalancers";
    let here = Arc::new(Here::default());
    let world = world(&here).await;
    let (balancer, listeners) = world.listeners(1);
    let serving = world.fleet.serve(&listeners[0]).await;
    *here.0.lock().unwrap() = Some(serving.address);
    let sync = world.elb(&balancer, &listeners).await;
    let slot = world.attach(sync, world.issue("www.example.com").await).await;
    world.fleet.throttle(ACTION, usize::MAX);
    assert_eq!(world.work(sync).await.unwrap(), "succeeded");
    assert!(world.slot(sync, slot).await.value.held.unseen);
    world.fleet.throttle(ACTION, 0);
    world.succeed(sync).await;
    let held = world.slot(sync, slot).await.value.held;
    assert!(!held.unseen && held.served.iter().all(|one| one.answer == Answer::Meant), "{held:#?}");
    assert_eq!(held.served.len(), 1);
}
