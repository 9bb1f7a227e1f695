//! Everything of a sync goes, and perhaps the sync with it.

use model::certificate_sync::run::Removal;
use testkit::fuse::Fault;
use testkit::matrix::moments;

use super::everywhere;
use crate::world::World;

async fn removed_although(removal: Removal, on_listeners: bool, fault: Fault) -> u32 {
    let mut world = World::new().await;
    let (balancer, listeners) = world.listeners(1);
    let before = world.fleet.listener(&listeners[0]);
    let certificates = world.fleet.certificates();
    let sync = if on_listeners { world.elb(&balancer, &listeners).await } else { world.acm().await };
    for name in ["a.example.com", "b.example.com"] {
        world.attach(sync, world.issue(name).await).await;
    }
    world.succeed(sync).await;
    world.want_removal(sync, removal).await;
    world.life.arm(fault);
    let _ = world.work(sync).await;
    let calls = world.life.calls();
    world.recover_removal(sync).await;
    assert_eq!(world.fleet.certificates(), certificates, "{fault:?}: as before");
    assert_eq!(world.fleet.listener(&listeners[0]), before, "{fault:?}: as before");
    let slots = world.slots(sync).await;
    if removal == Removal::ThenDelete {
        assert!(world.safe.certificate_sync(sync).await.unwrap().is_none(), "{fault:?}");
        assert!(world.safe.certificate_sync_run(sync).await.unwrap().is_none(), "{fault:?}");
        assert!(slots.is_empty(), "{fault:?}: {slots:#?}");
    } else {
        assert!(
            slots.len() == 2 && slots.values().all(|one| one.held.placed.is_none()),
            "{fault:?}: {slots:#?}"
        );
    }
    calls
}

impl World {
    /// As [`World::recover`], of a sync that may be gone in the end.
    async fn recover_removal(&mut self, sync: model::id::CertificateSyncId) {
        self.life.arm(Fault::None);
        self.worker = self.another();
        crate::clock::advance(std::time::Duration::from_secs(1));
        for _ in 0..20 {
            let Some(run) = self.safe.certificate_sync_run(sync).await.unwrap() else { return };
            let Some(due) = run.due_at else { return };
            crate::clock::advance_to(due.max(crate::clock::now()));
            self.work(sync).await.unwrap();
        }
        panic!("it does not come to rest: {:#?}", self.run(sync).await);
    }
}

#[tokio::test]
async fn a_removal_that_dies_anywhere_takes_away_what_is_ours_and_nothing_else() {
    everywhere("remove everything, ACM", 6, moments, async |fault| {
        removed_although(Removal::Keep, false, fault).await
    })
    .await;
    let on_listeners = async |fault| removed_although(Removal::Keep, true, fault).await;
    everywhere("remove everything, a listener", 8, moments, on_listeners).await;
}

#[tokio::test]
async fn a_sync_that_goes_with_its_certificates_goes_whole_wherever_its_worker_dies() {
    let in_acm = async |fault| removed_although(Removal::ThenDelete, false, fault).await;
    everywhere("remove everything and the sync, ACM", 6, moments, in_acm).await;
    let on_listeners = async |fault| removed_although(Removal::ThenDelete, true, fault).await;
    everywhere("remove everything and the sync, a listener", 8, moments, on_listeners).await;
}
