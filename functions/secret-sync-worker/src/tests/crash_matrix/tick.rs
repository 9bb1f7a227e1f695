//! The tick: from what is due to the queue. What deleted folders left behind is in the matrix of `shared/vault`.

use std::collections::BTreeSet;
use std::time::Duration;

use job::{Deadline, Worker as _};
use testkit::fuse::Fault;
use testkit::matrix;

use super::super::clock;
use super::super::world::{SECRETS_MANAGER, World};

fn deadline() -> Deadline {
    Deadline::new(clock::now, clock::now().plus(Duration::from_secs(300)))
}

impl World {
    /// A tick of a process that may die.
    async fn tick(&self, fault: Fault) -> u32 {
        let worker = self.another_worker();
        self.life.arm(fault);
        drop(self.life.live(worker.tick(deadline())).await);
        let calls = self.life.fuse.calls();
        self.life.arm(Fault::None);
        calls
    }

    fn received(&self) -> BTreeSet<String> {
        std::iter::from_fn(|| self.aws.receive()).collect()
    }
}

#[tokio::test]
async fn a_tick_that_dies_between_the_index_and_the_queue_loses_nothing_that_is_due() {
    const COUNT: usize = 12;
    let world = World::new().await;
    for _ in 0..COUNT {
        world.sync(SECRETS_MANAGER).await;
    }
    clock::advance(3);
    let due: BTreeSet<String> = world.due().await.into_iter().collect();
    let calls = world.tick(Fault::None).await;
    // Three reads, and two calls for ten messages each.
    assert_eq!((calls, due.len()), (5, COUNT));
    assert_eq!(world.received(), due);
    for fault in matrix::deaths(calls) {
        // Messages of two seconds are one; the next tick is a minute later.
        clock::advance(60);
        world.tick(fault).await;
        let sent = world.received();
        assert!(sent.is_subset(&due), "{fault:?}");
        assert_eq!(world.due().await.into_iter().collect::<BTreeSet<_>>(), due, "{fault:?}: still due");
        clock::advance(60);
        world.tick(Fault::None).await;
        assert_eq!(world.received(), due, "{fault:?}");
    }
    matrix::tell("tick", calls, matrix::deaths(calls).len(), "nothing due is lost");
}
