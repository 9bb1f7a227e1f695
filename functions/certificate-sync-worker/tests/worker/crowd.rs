//! Two processes at once.

use std::time::Duration;

use job::{Deadline, Worker as _};
use model::message::Noun;
use testkit::gate::Gate;

use crate::clock;
use crate::world::World;

#[tokio::test]
async fn two_workers_on_one_sync_do_everything_once() {
    let world = World::new().await;
    let sync = world.acm().await;
    world.attach(sync, world.issue("www.example.com").await).await;
    let deadline = || Deadline::new(clock::now, clock::now().plus(Duration::from_secs(300)));
    let (one, other, id) = (world.another(), world.another(), sync.to_string());
    let (first, second) = tokio::join!(
        one.work(Noun::CertificateSync, &id, deadline()),
        other.work(Noun::CertificateSync, &id, deadline())
    );
    let mut said = [first.unwrap(), second.unwrap()];
    said.sort_unstable();
    assert_eq!(said, ["busy", "succeeded"]);
    assert_eq!(world.fleet.count("acm:ImportCertificate"), 1);
}

/// The first one sleeps over its lease, before any of its calls; the second does everything meanwhile.
#[tokio::test]
async fn a_worker_that_sleeps_over_its_lease_undoes_nothing() {
    for call in 1..40 {
        let world = World::new().await;
        let sync = world.acm().await;
        let slot = world.attach(sync, world.issue("www.example.com").await).await;
        let gate = Gate::default();
        let (sleeper, other) = (world.through(|config| gate.through(config)), world.another());
        let id = sync.to_string();
        let deadline = || Deadline::new(clock::now, clock::now().plus(Duration::from_secs(300)));
        let meanwhile = async {
            clock::advance(Duration::from_secs(400));
            other.work(Noun::CertificateSync, &id, deadline()).await.unwrap();
        };
        let deed = sleeper.work(Noun::CertificateSync, &id, deadline());
        let (_, was_reached) = gate.at(call, deed, meanwhile).await;
        if !was_reached {
            assert!(call > 3, "{call}");
            return;
        }
        world.settle(sync).await;
        let arn = world.placed(sync, slot).await;
        // What the sleeper had begun to send arrives all the same; then there is one too many, and its tags say whose it is.
        let certificates = world.fleet.certificates();
        assert!(certificates.iter().any(|one| one.arn == arn), "{call}");
        assert!(certificates.len() <= 2, "{call}: {certificates:#?}");
        for certificate in &certificates {
            assert_eq!(certificate.tags["drawbridge:certificate"], slot.to_string(), "{call}");
        }
    }
    panic!("a run has fewer calls");
}
