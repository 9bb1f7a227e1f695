//! What people ask of a sync.

use model::certificate_sync::run::Removal;
use serde_json::json;

use crate::world::{ACM, ELB, World};

#[tokio::test]
async fn a_sync_is_wanted_at_once_and_with_deletions_for_one_run() {
    let world = World::new().await;
    let sync = world.acm_sync("web").await;
    let told = world.ok("POST", &format!("{ACM}/{sync}/sync"), None).await;
    assert!(told["message"].is_string(), "{told}");
    let run = world.run(&sync).await;
    assert_eq!((run.wants_sync, run.allow_deletions, run.due_at), (true, false, Some(testkit::now())));
    assert_eq!(world.fleet.receive("syncs"), Some(sync.clone()));
    world.ok("POST", &format!("{ACM}/{sync}/sync?allowDeletions=true"), None).await;
    assert!(world.run(&sync).await.allow_deletions);
    assert_eq!(world.refused("POST", &format!("{ACM}/{sync}/sync?allowDeletions=2"), None).await.0, 422);
    assert_eq!(world.audited("certificate-sync.sync").await, 2);
}

#[tokio::test]
async fn while_a_job_goes_on_no_other_is_asked_for() {
    let world = World::new().await;
    let sync = world.acm_sync("web").await;
    world.claimed(&sync).await;
    for path in ["sync", "remove-certificates"] {
        let (status, message) = world.refused("POST", &format!("{ACM}/{sync}/{path}"), None).await;
        assert_eq!((status, message.contains("already in progress")), (400, true), "{message}");
    }
}

#[tokio::test]
async fn certificates_are_removed_from_acm_and_not_all_at_once_from_a_load_balancer() {
    let world = World::new().await;
    let (acm, elb) = (world.acm_sync("acm").await, world.elb_sync("elb").await);
    world.ok("POST", &format!("{ACM}/{acm}/remove-certificates"), None).await;
    assert_eq!(world.run(&acm).await.wants_removal, Some(Removal::Keep));
    assert_eq!(world.ok("GET", &format!("/{acm}"), None).await["removeStatus"], json!("pending"));
    let (status, message) = world.refused("POST", &format!("{ELB}/{elb}/remove-certificates"), None).await;
    assert_eq!((status, message.contains("detach them")), (400, true), "{message}");
}

#[tokio::test]
async fn neither_destination_is_imported_from() {
    let world = World::new().await;
    let (acm, elb) = (world.acm_sync("acm").await, world.elb_sync("elb").await);
    for (destination, sync) in [(ACM, acm), (ELB, elb)] {
        let (status, message) = world.refused("POST", &format!("{destination}/{sync}/import"), None).await;
        assert_eq!((status, message.contains("cannot be imported")), (400, true), "{message}");
    }
}
