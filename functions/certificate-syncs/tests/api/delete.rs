//! The end of syncs.

use model::certificate_sync::run::Removal;
use serde_json::{Value, json};

use crate::world::{ACM, ELB, World, these};

#[tokio::test]
async fn a_deleted_sync_is_gone_at_once_and_its_certificates_free_when_it_is_purged() {
    let world = World::new().await;
    let sync = world.acm_sync("web").await;
    let id = world.certificate().await;
    world.attach(&sync, &[id]).await;
    world.calm(&sync).await;
    let gone = world.ok("DELETE", &format!("{ACM}/{sync}"), None).await;
    assert_eq!((&gone["id"], world.counted().await), (&json!(sync), (0, 0)));
    assert_eq!(world.refused("GET", &format!("/{sync}"), None).await.0, 404);
    assert_eq!(world.refused("GET", &format!("/{sync}/certificates"), None).await.0, 404);
    assert_eq!(world.refused("DELETE", &format!("{ACM}/{sync}"), None).await.0, 404);
    assert_eq!(world.fleet.receive("syncs"), Some(sync.clone()));
    world.store.purge_certificate_sync(sync.parse().unwrap(), testkit::now()).await.unwrap();
    assert!(world.store.syncs_of_certificate(id).await.unwrap().places.is_empty());
    assert_eq!(world.audited("certificate-sync.delete").await, 1);
    let mut kept = world.trail.seconds_kept().await.unwrap();
    kept.retain(|action, _| action.starts_with("certificate-sync."));
    assert!(kept.len() > 1 && kept.values().all(|seconds| *seconds == 400 * 86_400), "{kept:?}");
}

#[tokio::test]
async fn a_sync_is_deleted_while_its_worker_is_at_work_and_the_worker_writes_nothing_more() {
    let world = World::new().await;
    let sync = world.acm_sync("web").await;
    let id = world.certificate().await;
    world.attach(&sync, &[id]).await;
    let token = world.claimed(&sync).await;
    let slot = world.slots(&sync).await.remove(0);
    world.ok("DELETE", &format!("{ACM}/{sync}"), None).await;
    let late =
        world.store.keep_slot(sync.parse().unwrap(), &token, testkit::now(), slot.id, &slot.held).await;
    assert!(late.is_err(), "{late:?}");
}

#[tokio::test]
async fn with_its_certificates_it_goes_when_they_are_removed_and_takes_nothing_until_then() {
    let world = World::new().await;
    for (destination, sync) in [(ACM, world.acm_sync("acm").await), (ELB, world.elb_sync("elb").await)] {
        let id = world.certificate().await;
        world.attach(&sync, &[id]).await;
        let path = format!("{destination}/{sync}");
        let going = world.ok("DELETE", &format!("{path}?removeCertificates=true"), None).await;
        assert_eq!(going["removeStatus"], "pending");
        assert_eq!(world.run(&sync).await.wants_removal, Some(Removal::ThenDelete));
        let more = world.certificate().await;
        for (method, path, body) in [
            ("POST", format!("/{sync}/certificates"), Some(these(&[more]))),
            ("POST", format!("{path}/sync"), None),
            ("PATCH", path.clone(), Some(json!({ "name": "x" }))),
            ("POST", format!("{path}/certificates/{id}/rollback"), None),
        ] {
            let (status, message) = world.refused(method, &path, body).await;
            assert_eq!(
                (status, message.contains("being deleted")),
                (400, true),
                "{method} {path}: {message}"
            );
        }
    }
    let sync = world.acm_sync("other").await;
    let (status, _) = world.refused("DELETE", &format!("{ACM}/{sync}?removeCertificates=maybe"), None).await;
    assert_eq!(status, 422);
    assert_eq!(world.ok("GET", &format!("/{sync}"), None).await["removeStatus"], Value::Null);
}
