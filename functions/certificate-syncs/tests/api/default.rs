//! The default certificate of listeners.

use serde_json::json;

use crate::world::{ACM, ELB, NOTHING, World, text, these};

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
async fn where_no_listener_takes_a_default_none_is_chosen_and_the_field_is_named() {
    let world = World::new().await;
    let mut body = world.elb("web");
    for number in 0..2 {
        body["destinationConfig"]["listeners"][number]["setAsDefault"] = json!(false);
    }
    let sync = text(&world.ok("POST", ELB, Some(body.clone())).await, "id");
    let ids = world.certificates(1).await;
    world.attach(&sync, &ids).await;
    let path = format!("{ELB}/{sync}/certificates/{}/default", ids[0]);
    let (status, message) = world.refused("POST", &path, None).await;
    assert_eq!((status, message.contains("setAsDefault is false")), (400, true), "{message}");
    assert_eq!(world.run(&sync).await.default_slot, None);
    world.ok("DELETE", &format!("{ELB}/{sync}/certificates/default"), None).await;
    body["destinationConfig"]["listeners"][0].as_object_mut().unwrap().remove("setAsDefault");
    let change = json!({ "destinationConfig": body["destinationConfig"] });
    world.ok("PATCH", &format!("{ELB}/{sync}"), Some(change)).await;
    world.ok("POST", &path, None).await;
    assert!(world.run(&sync).await.default_slot.is_some());
}

#[tokio::test]
async fn a_listener_that_takes_a_default_later_has_none_chosen_for_it_among_what_is_attached() {
    let world = World::new().await;
    let sync = world.elb_sync("web").await;
    let ids = world.certificates(2).await;
    world.attach(&sync, &ids[..1]).await;
    let mut config = world.elb("web")["destinationConfig"].clone();
    config["listeners"][0]["setAsDefault"] = json!(true);
    world.ok("PATCH", &format!("{ELB}/{sync}"), Some(json!({ "destinationConfig": config }))).await;
    assert_eq!(world.run(&sync).await.default_slot, None);
    let added = world.attach(&sync, &ids[1..]).await;
    assert_eq!(added[0]["syncMetadata"]["isDefault"], json!(true), "the next one is");
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
