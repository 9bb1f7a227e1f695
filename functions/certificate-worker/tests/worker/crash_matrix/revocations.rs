//! Revocations that somebody asked for.

use std::time::Duration;

use model::id::CertificateId;
use testkit::fuse::Fault;
use testkit::matrix::{hiccups, moments};

use super::everywhere;
use crate::clock;
use crate::revocation::{issued, wanted};
use crate::world::{HOUR, World};

/// Whoever is to revoke it is interrupted, and somebody else goes on. How many calls were made until then.
async fn carried_through(world: &mut World, id: CertificateId, fault: Fault) -> u32 {
    wanted(world, id).await;
    clock::advance(Duration::from_secs(120));
    world.life.arm(fault);
    let _ = world.look(id).await;
    let calls = world.life.calls();
    world.life.arm(Fault::None);
    world.worker = world.another();
    world.pass(3 * HOUR, 600).await;
    let revoked = world.safe.certificate(id).await.unwrap().unwrap();
    assert!(revoked.revocation.unwrap().revoked_at.is_some(), "{fault:?}");
    calls
}

async fn private_although(fault: Fault) -> u32 {
    let mut world = World::new().await;
    let (id, arn) = issued(&world).await;
    let calls = carried_through(&mut world, id, fault).await;
    assert!(world.pki.issued(&arn)[0].revoked.is_some(), "{fault:?}");
    calls
}

async fn public_although(fault: Fault) -> u32 {
    let mut world = World::new().await;
    let zone = world.pki.put_zone("example.com", false);
    let authority = world.public_ca(&[&zone], None).await;
    let order = world.ask(&world.public_order(authority, &["example.com"])).await;
    world.settle(order, HOUR).await;
    let id = world.certificate(order).await.0.id;
    let calls = carried_through(&mut world, id, fault).await;
    assert!(world.pki.certificates()[0].revoked.is_some(), "{fault:?}");
    calls
}

#[tokio::test]
async fn a_death_around_every_call_of_a_revocation_is_made_good() {
    everywhere("revoke at a private CA", 4, moments, private_although).await;
    everywhere("revoke at ACM", 4, moments, public_although).await;
}

#[tokio::test]
async fn a_call_of_a_revocation_that_fails_or_whose_answer_is_lost_is_made_good() {
    everywhere("revoke at a private CA, a call fails or its answer is lost", 4, hiccups, private_although)
        .await;
}
