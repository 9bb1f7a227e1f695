//! Attaching and detaching, and everything that may be wrong with a certificate.

use model::certificate::Certificate;
use model::certificate_sync::Standing;
use model::id::ApplicationId;
use serde_json::{Value, json};

use crate::certificates::expired;
use crate::world::{NOTHING, World, these};

#[tokio::test]
async fn an_attached_certificate_is_told_with_what_it_says_and_wakes_the_worker() {
    let world = World::new().await;
    let sync = world.acm_sync("web").await;
    let id = world.certificate().await;
    let added = world.attach(&sync, &[id]).await;
    assert_eq!(added.len(), 1);
    for (key, value) in [
        ("pkiSyncId", json!(sync)),
        ("certificateId", json!(id)),
        ("previousCertificateId", Value::Null),
        ("syncStatus", json!("pending")),
        ("lastSyncMessage", Value::Null),
        ("externalIdentifier", Value::Null),
        ("certificateSerialNumber", json!(id.uuid().simple().to_string())),
        ("certificateCommonName", json!("www.example.com")),
        ("certificateAltNames", json!("www.example.com")),
        ("certificateStatus", json!("active")),
        ("pkiSyncName", json!("web")),
        ("pkiSyncDestination", json!("aws-certificate-manager")),
    ] {
        assert_eq!(added[0][key], value, "{key}");
    }
    assert_eq!(added[0]["syncMetadata"]["isDefault"], json!(false));
    assert_eq!(world.fleet.receive("syncs"), Some(sync.clone()));
    assert_eq!(world.attached(&sync).await, added);
    assert_eq!(world.ok("GET", &format!("/{sync}"), None).await["syncStatus"], "pending");
    assert_eq!(world.audited("certificate-sync.attach").await, 1);
}

#[tokio::test]
async fn again_is_nothing_new() {
    let world = World::new().await;
    let sync = world.acm_sync("web").await;
    let ids = world.certificates(2).await;
    assert_eq!(world.attach(&sync, &ids[..1]).await.len(), 1);
    world.calm(&sync).await;
    assert_eq!(world.attach(&sync, &ids[..1]).await, [] as [Value; 0]);
    assert_eq!(world.run(&sync).await.due_at, None, "nothing is written");
    let added = world.attach(&sync, &[ids[0], ids[1], ids[1]]).await;
    assert_eq!((added.len(), &added[0]["certificateId"]), (1, &json!(ids[1])));
    assert_eq!(world.run(&sync).await.slots, 2);
}

#[tokio::test]
async fn a_certificate_that_cannot_be_attached_is_named_with_the_reason_and_nothing_is() {
    let world = World::new().await;
    let sync = world.acm_sync("web").await;
    let sound = world.certificate().await;
    let sibling = world.sibling;
    let other = world.other;
    let stranger = world.certificate_with(|made| Certificate { application_id: Some(sibling), ..made }).await;
    let hidden = world.certificate_with(|made| Certificate { project_id: other, ..made }).await;
    let keyless = world.certificate_with(|made| Certificate { has_private_key: false, ..made }).await;
    let over = world.certificate_with(expired).await;
    let revoked = world.certificate().await;
    world.revoke(revoked).await;
    let old = world.certificate().await;
    let newer = world.renew(old).await;
    let newest = world.renew(newer).await;
    for (id, status, wrong) in [
        (stranger, 400, "another application".to_owned()),
        (hidden, 404, "Could not find certificates".to_owned()),
        (keyless, 400, "private key is not kept here".to_owned()),
        (over, 404, "it is expired".to_owned()),
        (revoked, 404, "it is revoked".to_owned()),
        (old, 400, format!("attach the certificate with ID \"{newest}\" instead")),
        (NOTHING.parse().unwrap(), 404, "Could not find certificates".to_owned()),
    ] {
        let path = format!("/{sync}/certificates");
        let (told, message) = world.refused("POST", &path, Some(these(&[sound, id]))).await;
        assert_eq!(told, status, "{message}");
        assert!(message.contains(&id.to_string()) && message.contains(&wrong), "{wrong}: {message}");
        assert!(!message.contains(&sound.to_string()), "{message}");
    }
    let all = these(&[stranger, keyless, revoked]);
    let (_, message) = world.refused("POST", &format!("/{sync}/certificates"), Some(all)).await;
    for id in [stranger, keyless, revoked] {
        assert!(message.contains(&id.to_string()), "all at once: {message}");
    }
    assert_eq!(world.attached(&sync).await, [] as [Value; 0]);
    assert_eq!(world.attach(&sync, &[newest]).await.len(), 1);
}

#[tokio::test]
async fn another_projects_certificate_is_named_as_such_to_whoever_sees_both() {
    let world = World::new().await;
    let sync = world.acm_sync("web").await;
    let other = world.other;
    let id = world.certificate_with(|made| Certificate { project_id: other, ..made }).await;
    let event = testkit::event::event("POST", &format!("{}/{sync}/certificates", crate::world::BASE));
    let (status, answer) = world.send(event.person("ada@example.com", "admin").body(&these(&[id]))).await;
    assert_eq!(status, 400, "{answer}");
    assert!(answer["message"].as_str().unwrap().contains("another project"), "{answer}");
}

#[tokio::test]
async fn a_certificate_of_no_application_is_its_whole_projects() {
    let world = World::new().await;
    let sync = world.acm_sync("web").await;
    let id =
        world.certificate_with(|made| Certificate { application_id: None::<ApplicationId>, ..made }).await;
    assert_eq!(world.attach(&sync, &[id]).await.len(), 1);
}

#[tokio::test]
async fn bodies_that_name_nothing_or_nonsense_are_refused() {
    let world = World::new().await;
    let sync = world.acm_sync("web").await;
    for method in ["POST", "DELETE"] {
        for body in [
            json!({}),
            json!({ "certificateIds": [] }),
            json!({ "certificateIds": ["x"] }),
            json!({ "certificateIds": "x" }),
        ] {
            let (status, message) = world.refused(method, &format!("/{sync}/certificates"), Some(body)).await;
            assert_eq!((status, message.contains("certificateIds")), (422, true), "{message}");
        }
    }
}

#[tokio::test]
async fn a_hundred_are_attached_and_paged_and_detached_in_one_request_each() {
    let world = World::new().await;
    let sync = world.acm_sync("web").await;
    let ids = world.certificates(70).await;
    let added = world.attach(&sync, &ids).await;
    let told: Vec<_> = added.iter().map(|one| one["certificateId"].as_str().unwrap().to_owned()).collect();
    assert_eq!(told, ids.iter().map(ToString::to_string).collect::<Vec<_>>());
    let page = world.ok("GET", &format!("/{sync}/certificates?offset=60"), None).await;
    assert_eq!((page["certificates"].as_array().unwrap().len(), &page["totalCount"]), (10, &json!(70)));
    let page = world.ok("GET", &format!("/{sync}/certificates"), None).await;
    assert_eq!(page["certificates"].as_array().unwrap().len(), 20);
    for query in ["limit=0", "limit=101", "offset=-1", "limit=x"] {
        assert_eq!(world.refused("GET", &format!("/{sync}/certificates?{query}"), None).await.0, 422);
    }
    let removed = world.ok("DELETE", &format!("/{sync}/certificates"), Some(these(&ids))).await;
    assert_eq!(removed, json!({ "removedCount": 70 }));
    assert_eq!((world.run(&sync).await.slots, world.attached(&sync).await.len()), (0, 0));
}

#[tokio::test]
async fn a_full_sync_takes_no_more_and_says_so() {
    let world = World::new().await;
    let sync = world.acm_sync("web").await;
    let full = |run: &model::certificate_sync::CertificateSyncRun| {
        (Some(model::certificate_sync::CertificateSyncRun { slots: 499, ..run.clone() }), ())
    };
    let id = sync.parse().unwrap();
    world.store.amend_certificate_sync_run(id, testkit::now(), full).await.unwrap();
    let ids = world.certificates(2).await;
    let (status, message) = world.refused("POST", &format!("/{sync}/certificates"), Some(these(&ids))).await;
    assert_eq!((status, message.contains("499 certificates and room for 500")), (400, true), "{message}");
    assert_eq!(world.attach(&sync, &ids[..1]).await.len(), 1);
}

#[tokio::test]
async fn what_is_detached_goes_or_stays_as_the_sync_may_remove() {
    let world = World::new().await;
    for (sync, standing) in
        [(world.acm_sync("acm").await, Standing::Leaving), (world.elb_sync("elb").await, Standing::Left)]
    {
        let id = world.certificate().await;
        let slot = world.attach(&sync, &[id]).await[0]["id"].as_str().unwrap().to_owned();
        world.placed(&sync, &slot).await;
        world.calm(&sync).await;
        let removed = world.ok("DELETE", &format!("/{sync}/certificates"), Some(these(&[id]))).await;
        assert_eq!(removed["removedCount"], 1);
        assert_eq!(world.attached(&sync).await, [] as [Value; 0]);
        assert_eq!(world.slots(&sync).await[0].wanted.standing, standing);
        assert_eq!(world.fleet.receive("syncs"), Some(sync.clone()));
        let again = world.ok("DELETE", &format!("/{sync}/certificates"), Some(these(&[id]))).await;
        assert_eq!(again["removedCount"], 0);
        let back = world.attach(&sync, &[id]).await;
        assert_eq!((&back[0]["id"], &back[0]["externalIdentifier"]), (&json!(slot), &json!("arn:placed")));
    }
}

#[tokio::test]
async fn the_first_certificate_becomes_the_default_where_a_listener_asks_for_one() {
    let world = World::new().await;
    let mut body = world.elb("web");
    body["destinationConfig"]["listeners"][0]["setAsDefault"] = json!(true);
    let made = world.ok("POST", crate::world::ELB, Some(body)).await;
    let sync = made["id"].as_str().unwrap();
    let ids = world.certificates(2).await;
    let added = world.attach(sync, &ids).await;
    let defaults: Vec<_> = added.iter().map(|one| one["syncMetadata"]["isDefault"].clone()).collect();
    assert_eq!(defaults, [json!(true), json!(false)]);
    let later = world.certificate().await;
    assert_eq!(world.attach(sync, &[later]).await[0]["syncMetadata"]["isDefault"], json!(false));
}
