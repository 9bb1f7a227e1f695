//! Many at once.

use std::time::Duration;

use futures::future::join_all;
use job::Worker as _;
use model::message::Noun;
use testkit::fuse::Fault;
use testkit::gate::Gate;
use testkit::matrix;
use testkit::pki::PrivateCa;

use crate::clock;
use crate::world::{HOUR, World};

#[tokio::test]
async fn two_or_five_workers_at_once_ask_for_one_certificate() {
    for (count, is_public) in [(2, false), (5, false), (2, true), (5, true)] {
        let world = World::new().await;
        let zone = world.pki.put_zone("example.com", false);
        let (private, arn) = world.private_ca(PrivateCa::default(), None).await;
        let public = world.public_ca(&[&zone], None).await;
        let order = match is_public {
            true => world.public_order(public, &["example.com"]),
            false => world.private_order(private),
        };
        let id = world.ask(&order).await;
        let workers: Vec<_> = (0..count).map(|_| world.another()).collect();
        let text = id.to_string();
        world.life.arm(Fault::None);
        let looks = workers.iter().map(|one| one.work(Noun::CertificateRequest, &text, World::deadline()));
        let words: Vec<_> = join_all(looks).await.into_iter().map(Result::unwrap).collect();
        let calls = world.life.calls();
        world.settle(id, HOUR).await;
        world.certificate(id).await;
        let asked =
            ["acm-pca:IssueCertificate", "acm:RequestCertificate"].map(|action| world.pki.count(action));
        assert_eq!(asked, if is_public { [0, 1] } else { [1, 0] }, "{words:?}");
        assert_eq!(world.pki.issued(&arn).len() + world.pki.certificates().len(), 1, "{words:?}");
        assert_eq!(world.heard("CertificateIssued"), 1, "{words:?}");
        let by = if is_public { "ACM" } else { "a private CA" };
        matrix::tell(&format!("{count} workers at once, issue by {by}"), calls, 1, "paid once");
    }
}

#[tokio::test]
async fn two_or_five_workers_order_one_renewal() {
    for count in [2, 5] {
        let world = World::new().await;
        let (old, arn) = world.due_for_renewal().await;
        let workers: Vec<_> = (0..count).map(|_| world.another()).collect();
        let id = old.to_string();
        world.life.arm(Fault::None);
        let looks = workers.iter().map(|one| one.work(Noun::Certificate, &id, World::deadline()));
        let words: Vec<_> = join_all(looks).await.into_iter().map(Result::unwrap).collect();
        let calls = world.life.calls();
        assert!(words.contains(&"renewal ordered"), "{words:?}");
        world.pass(3 * HOUR, 600).await;
        world.was_renewed_once(old, &arn, &format!("{words:?}")).await;
        matrix::tell(&format!("{count} workers at once, order a renewal"), calls, 1, "paid once");
    }
}

#[tokio::test]
async fn a_budget_holds_however_many_are_at_work() {
    let world = World::new().await;
    let (authority, arn) = world.private_ca(PrivateCa::default(), Some(5)).await;
    let mut ids = Vec::new();
    for _ in 0..12 {
        ids.push(world.ask(&world.private_order(authority)).await.to_string());
    }
    let workers = [world.another(), world.another(), world.another()];
    let looks = ids.iter().zip(workers.iter().cycle());
    let looks = looks.map(|(id, worker)| worker.work(Noun::CertificateRequest, id, World::deadline()));
    let words: Vec<_> = join_all(looks).await.into_iter().map(Result::unwrap).collect();
    assert_eq!(words.iter().filter(|word| **word == "issued").count(), 5, "{words:?}");
    assert_eq!(words.iter().filter(|word| **word == "failed").count(), 7, "{words:?}");
    assert_eq!((world.pki.issued(&arn).len(), world.spent(authority).await), (5, 5));
    matrix::tell(
        "12 orders of 3 workers within a budget of 5",
        world.life.calls(),
        ids.len(),
        "paid 5 times",
    );
}

/// One worker is held up just before its `number`th call to AWS for so long that its lease is over; another one comes
/// meanwhile. Whether there was such a call.
async fn overtaken(number: u32, seconds: u64, is_public: bool) -> bool {
    let world = World::new().await;
    let zone = world.pki.put_zone("example.com", false);
    let (private, arn) = world.private_ca(PrivateCa::default(), None).await;
    let public = world.public_ca(&[&zone], None).await;
    let order = match is_public {
        true => world.public_order(public, &["example.com"]),
        false => world.private_order(private),
    };
    let id = world.ask(&order).await;
    let gate = Gate::default();
    let slow = world.through(|config| gate.through(config));
    let text = id.to_string();
    let deed = slow.work(Noun::CertificateRequest, &text, World::deadline());
    let meanwhile = async {
        clock::advance(Duration::from_secs(seconds));
        world.work(id).await.unwrap();
    };
    let (outcome, was_held) = gate.at(number, deed, meanwhile).await;
    assert!(outcome.is_ok(), "{number} {seconds}: {outcome:?}");
    let order = world.settle(id, 2 * HOUR).await;
    let there = if is_public { world.pki.certificates().len() } else { world.pki.issued(&arn).len() };
    assert!(there <= 1, "{number} {seconds}: paid twice");
    assert!(order.progress.has_ended(), "{number} {seconds}: {:?}", order.progress);
    if order.progress.certificate_id().is_some() {
        world.certificate(id).await;
    } else {
        let message = order.progress.message.clone().unwrap_or_default();
        assert!(message.contains("may have issued one"), "{number} {seconds}: {message}");
    }
    assert_eq!(
        world.safe.certificates_of(world.project).await.unwrap().len(),
        usize::from(order.progress.certificate_id().is_some())
    );
    was_held
}

#[tokio::test]
async fn a_worker_that_is_overtaken_at_any_call_harms_nothing_and_nothing_is_paid_for_twice() {
    for is_public in [false, true] {
        // Its lease is over; its token still lives, or does not.
        for seconds in [160, 400] {
            let mut number = 1;
            while overtaken(number, seconds, is_public).await {
                number += 1;
            }
            assert!(number > 4, "{number}");
            let by = if is_public { "ACM" } else { "a private CA" };
            let operation = format!("overtaken after {seconds} s, issue by {by}");
            matrix::tell(&operation, number - 1, number as usize - 1, "ends, paid once");
        }
    }
}
