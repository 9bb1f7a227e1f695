//! The tick: from what is due to the queue.

use std::collections::BTreeSet;
use std::time::Duration;

use job::{Deadline, Worker as _};
use testkit::fuse::Fault;
use testkit::matrix;

use crate::clock;
use crate::world::World;

#[tokio::test]
async fn a_tick_that_dies_between_the_index_and_the_queue_loses_nothing_that_is_due() {
    const SYNCS: usize = 12;
    let world = World::new().await;
    let mut all = BTreeSet::new();
    for _ in 0..SYNCS {
        let sync = world.acm().await;
        world.want(sync).await;
        all.insert(sync.to_string());
    }
    clock::advance(Duration::from_secs(60));
    let received = || -> BTreeSet<String> { std::iter::from_fn(|| world.fleet.receive("syncs")).collect() };
    let tick = async |fault: Fault| {
        let worker = world.another();
        world.life.arm(fault);
        let deadline = Deadline::new(clock::now, clock::now().plus(Duration::from_secs(300)));
        let _ = worker.tick(deadline).await;
        let calls = world.life.calls();
        world.life.arm(Fault::None);
        calls
    };
    let calls = tick(Fault::None).await;
    assert!(calls >= 3, "an index, and ten messages a call: {calls}");
    assert_eq!(received(), all);
    for fault in matrix::deaths(calls) {
        tick(fault).await;
        assert!(received().is_subset(&all), "{fault:?}");
        tick(Fault::None).await;
        assert_eq!(received(), all, "{fault:?}: everything is due still");
    }
    matrix::tell("tick", calls, matrix::deaths(calls).len(), "nothing due is lost");
}
