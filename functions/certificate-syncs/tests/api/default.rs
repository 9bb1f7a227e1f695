//! The default certificate of listeners.

use serde_json::json;

use crate::world::{ACM, ELB, NOTHING, World, these};

#[tokio::test]
async fn one_certificate_of_a_sync_is_the_default_through_its_renewals_until_it_is_not() {
    let world = World::new().await;
    let sync = world.elb_sync("web").await;
    let ids = world.certificates(2).await;
    world.attach(&sync, &ids).await;
    world.calm(&sync).await;
    let defaults = async || -> Vec<_> {
        let listed = world.attached(&sync).await;
        listed
            .into_iter()
            .filter(|one| one["syncMetadata"]["isDefault"] == true)
            .map(|one| one["certificateId"].clone())
            .collect()
    };
    let set = |id: &dyn std::fmt::Display| format!("{ELB}/{sync}/certificates/{id}/default");
    for id in &ids {
        world.ok("POST", &set(id), None).await;
        assert_eq!(defaults().await, [json!(id)]);
        assert_eq!(world.fleet.receive("syncs"), Some(sync.clone()));
    }
    world.ok("POST", &set(&ids[1]), None).await;
    assert_eq!(world.audited("certificate-sync.default").await, 2, "as it is already, nothing is written");
    let renewed = world.renew(ids[1]).await;
    assert_eq!(defaults().await, [json!(renewed)]);
    let path = format!("{ELB}/{sync}/certificates/default");
    world.ok("DELETE", &path, None).await;
    world.ok("DELETE", &path, None).await;
    assert_eq!(defaults().await, [] as [serde_json::Value; 0]);
    world.ok("POST", &set(&renewed), None).await;
    world.ok("DELETE", &format!("/{sync}/certificates"), Some(these(&[renewed]))).await;
    assert_eq!(world.run(&sync).await.default_slot, None);
}

#[tokio::test]
async fn what_changes_its_place_is_to_be_carried_out_again() {
    let world = World::new().await;
    let sync = world.elb_sync("web").await;
    let ids = world.certificates(2).await;
    for added in world.attach(&sync, &ids).await {
        world.placed(&sync, added["id"].as_str().unwrap()).await;
    }
    let open = async || world.slots(&sync).await.iter().filter(|slot| slot.is_open()).count();
    assert_eq!(open().await, 0);
    world.ok("POST", &format!("{ELB}/{sync}/certificates/{}/default", ids[0]), None).await;
    assert_eq!(open().await, 1);
    world.ok("POST", &format!("{ELB}/{sync}/certificates/{}/default", ids[1]), None).await;
    assert_eq!(open().await, 2);
}

#[tokio::test]
async fn what_is_not_attached_is_no_default_and_acm_has_none() {
    let world = World::new().await;
    let (elb, acm) = (world.elb_sync("elb").await, world.acm_sync("acm").await);
    let id = world.certificate().await;
    for absent in [id.to_string(), NOTHING.to_owned()] {
        let path = format!("{ELB}/{elb}/certificates/{absent}/default");
        assert_eq!(world.refused("POST", &path, None).await.0, 404);
    }
    world.attach(&acm, &[id]).await;
    for (method, path) in [
        ("POST", format!("{ACM}/{acm}/certificates/{id}/default")),
        ("DELETE", format!("{ACM}/{acm}/certificates/default")),
    ] {
        let (status, message) = world.refused(method, &path, None).await;
        assert_eq!((status, message.contains("Only syncs with")), (400, true), "{message}");
    }
}
