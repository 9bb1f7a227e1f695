//! A process that dies, at every call.

use std::time::Duration;

use testkit::fuse::Fault;
use testkit::pki::PrivateCa;

use crate::clock;
use crate::world::{DAY, HOUR, World};

/// Runs one order to its end; the process dies where it is told to, and is followed by another. What must hold holds whatever
/// happens. The calls of the life in which it broke.
async fn private_although(fault: Fault) -> u32 {
    let mut world = World::new().await;
    let (authority, arn) = world.private_ca(PrivateCa::default(), Some(1)).await;
    world.pki.set_issuing_polls(1);
    let id = world.ask(&world.private_order(authority)).await;
    world.life.arm(fault);
    let _ = world.work(id).await;
    let calls = world.life.calls();
    clock::advance(Duration::from_secs(1));
    recover(&mut world, id).await;
    let issued = world.pki.issued(&arn);
    assert!(issued.len() <= 1, "{fault:?}: paid twice: {issued:?}");
    // The lease of the dead ends before the token does: whoever follows is in time.
    world.certificate(id).await;
    assert_eq!((issued.len(), world.spent(authority).await), (1, 1), "{fault:?}");
    assert_eq!(world.safe.certificates_of(world.project).await.unwrap().len(), 1, "{fault:?}");
    calls
}

async fn recover(world: &mut World, id: model::id::CertificateRequestId) {
    let order = world.recover(id, 5 * HOUR).await;
    assert!(order.progress.has_ended() && order.lease.is_none() && order.due_at.is_none(), "{order:?}");
}

async fn public_although(fault: Fault) -> u32 {
    let mut world = World::new().await;
    let zone = world.pki.put_zone("example.com", false);
    let authority = world.public_ca(&[&zone], Some(1)).await;
    let id = world.ask(&world.public_order(authority, &["example.com", "*.example.com"])).await;
    world.life.arm(fault);
    let _ = world.work(id).await;
    let calls = world.life.calls();
    clock::advance(Duration::from_secs(1));
    recover(&mut world, id).await;
    world.certificate(id).await;
    assert_eq!(world.pki.certificates().len(), 1, "{fault:?}: requested twice");
    assert_eq!(world.spent(authority).await, 1, "{fault:?}");
    assert_eq!(world.pki.records(&zone).len(), 1);
    calls
}

/// Renews a certificate of ACM's.
async fn renewed_although(fault: Fault) -> u32 {
    let mut world = World::new().await;
    let zone = world.pki.put_zone("example.com", false);
    let authority = world.public_ca(&[&zone], None).await;
    let id = world.ask(&world.public_order(authority, &["example.com"])).await;
    world.settle(id, HOUR).await;
    let (old, _) = world.certificate(id).await;
    let renewing =
        |certificate: &model::certificate::Certificate| (Some(certificate.configured(true, None)), ());
    world.safe.amend_certificate(old.id, clock::now(), None, renewing).await.unwrap();
    clock::advance(Duration::from_secs(140 * DAY));
    assert_eq!(world.look(old.id).await.unwrap(), "renewal ordered");
    let old = world.safe.certificate(old.id).await.unwrap().unwrap();
    let order = old.life.renewing.unwrap();
    let sync = world.sync_of(old.id).await;
    world.pki.forget_calls();
    world.life.arm(fault);
    let _ = world.work(order).await;
    let calls = world.life.calls();
    clock::advance(Duration::from_secs(1));
    recover(&mut world, order).await;
    let (new, _) = world.certificate(order).await;
    let slot = world.slot_of(sync).await.wanted;
    assert_eq!((slot.certificate_id, slot.previous, slot.revision), (new.id, Some(old.id), 2), "{fault:?}");
    let due = world.safe.certificate_sync_run(sync).await.unwrap().unwrap().due_at;
    assert!(due.is_some(), "{fault:?}: nobody would carry it there");
    assert!(new.facts.not_after > old.facts.not_after && new.arn == old.arn, "{fault:?}");
    let old = world.safe.certificate(old.id).await.unwrap().unwrap();
    assert_eq!((old.renewed_by, new.renewed_from), (Some(new.id), Some(old.id)), "{fault:?}");
    assert!(world.pki.count("acm:RenewCertificate") <= 2, "{fault:?}");
    assert_eq!(world.pki.certificates().len(), 1, "{fault:?}");
    calls
}

#[tokio::test]
async fn a_death_around_every_call_of_a_private_order_is_made_good_and_nothing_is_paid_for_twice() {
    let calls = private_although(Fault::None).await;
    assert!(calls > 15, "{calls}");
    for number in 1..=calls {
        private_although(Fault::Die(number)).await;
        private_although(Fault::DieAfter(number)).await;
    }
}

#[tokio::test]
async fn a_call_of_a_private_order_that_fails_or_whose_answer_is_lost_is_made_good() {
    let calls = private_although(Fault::None).await;
    for number in 1..=calls {
        private_although(Fault::Fail(number)).await;
        private_although(Fault::LoseAnswer(number)).await;
    }
}

#[tokio::test]
async fn a_death_around_every_call_of_a_public_order_is_made_good_and_nothing_is_paid_for_twice() {
    let calls = public_although(Fault::None).await;
    assert!(calls > 25, "{calls}");
    for number in 1..=calls {
        public_although(Fault::Die(number)).await;
        public_although(Fault::DieAfter(number)).await;
    }
}

#[tokio::test]
async fn a_call_of_a_public_order_that_fails_or_whose_answer_is_lost_is_made_good() {
    let calls = public_although(Fault::None).await;
    for number in 1..=calls {
        public_although(Fault::Fail(number)).await;
        public_although(Fault::LoseAnswer(number)).await;
    }
}

#[tokio::test]
async fn a_death_around_every_call_of_a_renewal_is_made_good() {
    let calls = renewed_although(Fault::None).await;
    for number in 1..=calls {
        renewed_although(Fault::Die(number)).await;
        renewed_although(Fault::DieAfter(number)).await;
    }
}
