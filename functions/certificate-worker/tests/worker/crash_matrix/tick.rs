//! The tick: from what is due to the queue.

use std::collections::BTreeSet;
use std::time::Duration;

use job::Worker as _;
use testkit::fuse::Fault;
use testkit::matrix;
use testkit::pki::PrivateCa;

use crate::clock;
use crate::revocation::{issued, wanted};
use crate::world::World;

fn received(world: &World) -> BTreeSet<String> {
    std::iter::from_fn(|| world.pki.receive("certificates")).collect()
}

#[tokio::test]
async fn a_tick_that_dies_between_the_index_and_the_queue_loses_nothing_that_is_due() {
    const ORDERS: usize = 12;
    let world = World::new().await;
    let (certificate, _) = issued(&world).await;
    wanted(&world, certificate).await;
    let (authority, _) = world.private_ca(PrivateCa::default(), None).await;
    let mut all = BTreeSet::from([certificate.to_string()]);
    for _ in 0..ORDERS {
        all.insert(world.ask(&world.private_order(authority)).await.to_string());
    }
    clock::advance(Duration::from_secs(120));
    received(&world);
    let tick = async |fault: Fault| {
        let worker = world.another();
        world.life.arm(fault);
        let _ = worker.tick(World::deadline()).await;
        let calls = world.life.calls();
        world.life.arm(Fault::None);
        calls
    };
    let calls = tick(Fault::None).await;
    // Two reads; ten messages a call, and those about certificates by themselves.
    assert_eq!(calls, 2 + 2 + 1);
    assert_eq!(received(&world), all);
    for fault in matrix::deaths(calls) {
        tick(fault).await;
        assert!(received(&world).is_subset(&all), "{fault:?}");
        tick(Fault::None).await;
        assert_eq!(received(&world), all, "{fault:?}: everything is due still");
    }
    matrix::tell("tick", calls, matrix::deaths(calls).len(), "nothing due is lost");
}
