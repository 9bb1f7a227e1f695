//! Several processes at once.

use std::time::Duration;

use futures::future::join_all;
use job::{Deadline, Worker as _};
use model::message::Noun;
use testkit::fuse::Fault;
use testkit::gate::Gate;
use testkit::matrix;

use crate::clock;
use crate::world::World;

#[tokio::test]
async fn of_two_or_five_workers_on_one_sync_one_does_everything_once() {
    for count in [2, 5] {
        let world = World::new().await;
        let sync = world.acm().await;
        world.attach(sync, world.issue("www.example.com").await).await;
        let deadline = || Deadline::new(clock::now, clock::now().plus(Duration::from_secs(300)));
        let (workers, id): (Vec<_>, _) = ((0..count).map(|_| world.another()).collect(), sync.to_string());
        world.life.arm(Fault::None);
        let looks = workers.iter().map(|one| one.work(Noun::CertificateSync, &id, deadline()));
        let mut said: Vec<_> = join_all(looks).await.into_iter().map(Result::unwrap).collect();
        let calls = world.life.calls();
        said.sort_unstable();
        assert_eq!(said.pop(), Some("succeeded"), "{said:?}");
        assert!(said.iter().all(|one| ["busy", "nothing to do"].contains(one)), "{said:?}");
        assert_eq!(world.fleet.count("acm:ImportCertificate"), 1);
        matrix::tell(&format!("{count} workers at once, ACM"), calls, 1, "imported once");
    }
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
            matrix::tell("overtaken, ACM", call - 1, call as usize - 1, "undoes nothing, all is tagged");
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
