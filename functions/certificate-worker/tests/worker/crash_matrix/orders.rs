//! Orders, from the request to the certificate.

use std::time::Duration;

use testkit::fuse::Fault;
use testkit::matrix::{hiccups, moments};
use testkit::pki::PrivateCa;

use super::{everywhere, recover};
use crate::clock;
use crate::world::World;

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

#[tokio::test]
async fn a_death_around_every_call_of_a_private_order_is_made_good_and_nothing_is_paid_for_twice() {
    everywhere("issue by a private CA", 15, moments, private_although).await;
}

#[tokio::test]
async fn a_call_of_a_private_order_that_fails_or_whose_answer_is_lost_is_made_good() {
    everywhere("issue by a private CA, a call fails or its answer is lost", 15, hiccups, private_although)
        .await;
}

#[tokio::test]
async fn a_death_around_every_call_of_a_public_order_is_made_good_and_nothing_is_paid_for_twice() {
    everywhere("issue by ACM, with DNS records and export", 25, moments, public_although).await;
}

#[tokio::test]
async fn a_call_of_a_public_order_that_fails_or_whose_answer_is_lost_is_made_good() {
    everywhere("issue by ACM, a call fails or its answer is lost", 25, hiccups, public_although).await;
}
