//! The tick: from what is due to the queue, and the rest of what was deleted.

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
    matrix::tell("tick", calls, matrix::deaths(calls).count(), "nothing due is lost");
}

#[tokio::test]
async fn what_deleted_folders_left_behind_goes_although_ticks_die_anywhere() {
    let world = World::new().await;
    let environment = world.environment("dev");
    let prepared = async |number: u32| {
        let name = format!("gone-{number}");
        let folder = world.folder(&name).await;
        world.put_in(&format!("/{name}"), &[("A", Some("1")), ("B", Some("2"))]).await;
        world.put_in(&format!("/{name}"), &[("A", Some("changed"))]).await;
        world.remove_folder(folder).await;
        world.received();
        folder
    };
    prepared(0).await;
    let calls = world.tick(Fault::None).await;
    assert!(calls > 5, "{calls}");
    let mut cases = 0;
    for fault in matrix::moments(calls) {
        cases += 1;
        let folder = prepared(u32::try_from(cases).unwrap()).await;
        world.tick(fault).await;
        world.tick(Fault::None).await;
        assert!(world.safe.secrets_in(environment, folder).await.unwrap().is_empty(), "{fault:?}");
        assert_eq!(world.safe.environment_of_folder(folder).await.unwrap(), None, "{fault:?}");
        assert!(world.safe.environments_to_purge(10).await.unwrap().is_empty(), "{fault:?}");
    }
    matrix::tell("tick that purges a deleted folder", calls, cases, "converges");
}
