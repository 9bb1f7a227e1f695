//! Requests at the same moment.

use model::certificate_sync::{Place, Role};
use serde_json::{Value, json};

use crate::world::{ACM, ELB, World, these};

#[tokio::test]
async fn of_two_attachments_at_once_one_adds_and_the_other_finds_it_there() {
    let world = World::new().await;
    let sync = world.acm_sync("web").await;
    let ids = world.certificates(3).await;
    let path = format!("/{sync}/certificates");
    let body = these(&ids);
    let (one, two) = tokio::join!(
        world.by(world.administrator, "POST", &path, Some(&body)),
        world.by(world.administrator, "POST", &path, Some(&body))
    );
    assert_eq!((one.0, two.0), (200, 200), "{one:?} {two:?}");
    let added = |answer: &Value| answer["addedCertificates"].as_array().unwrap().len();
    assert_eq!(added(&one.1) + added(&two.1), 3);
    assert_eq!((world.slots(&sync).await.len(), world.run(&sync).await.slots), (3, 3));
}

#[tokio::test]
async fn whoever_attaches_while_it_is_renewed_has_the_newest_one_or_is_told() {
    let world = World::new().await;
    let sync = world.acm_sync("web").await;
    for _ in 0..4 {
        let id = world.certificate().await;
        let renewal = world.renewal(id).await;
        let path = format!("/{sync}/certificates");
        let body = these(&[id]);
        let ((status, answer), newer) = tokio::join!(
            world.by(world.administrator, "POST", &path, Some(&body)),
            world.renewed_by(&renewal)
        );
        let places = world.store.syncs_of_certificate(newer).await.unwrap().places;
        match status {
            200 => assert!(matches!(places[..], [Place { role: Role::Present, .. }]), "{places:?}"),
            _ => {
                assert_eq!(status, 400, "{answer}");
                assert!(answer["message"].as_str().unwrap().contains(&newer.to_string()), "{answer}");
                assert_eq!(places, []);
            }
        }
    }
}

#[tokio::test]
async fn of_two_defaults_at_once_one_is_it() {
    let world = World::new().await;
    let sync = world.elb_sync("web").await;
    let ids = world.certificates(2).await;
    world.attach(&sync, &ids).await;
    let paths = ids.iter().map(|id| format!("{ELB}/{sync}/certificates/{id}/default")).collect::<Vec<_>>();
    let (one, two) = tokio::join!(
        world.by(world.administrator, "POST", &paths[0], None),
        world.by(world.administrator, "POST", &paths[1], None)
    );
    assert_eq!((one.0, two.0), (200, 200), "{one:?} {two:?}");
    let listed = world.attached(&sync).await;
    assert_eq!(listed.iter().filter(|one| one["syncMetadata"]["isDefault"] == json!(true)).count(), 1);
}

#[tokio::test]
async fn what_is_detached_while_it_becomes_the_default_is_none() {
    let world = World::new().await;
    let sync = world.elb_sync("web").await;
    let ids = world.certificates(1).await;
    world.attach(&sync, &ids).await;
    let (default, path) =
        (format!("{ELB}/{sync}/certificates/{}/default", ids[0]), format!("/{sync}/certificates"));
    let body = these(&ids);
    let (one, two) = tokio::join!(
        world.by(world.administrator, "POST", &default, None),
        world.by(world.administrator, "DELETE", &path, Some(&body))
    );
    assert!([200, 404].contains(&one.0), "{one:?}");
    assert_eq!(two, (200, json!({ "removedCount": 1 })));
    assert_eq!(world.run(&sync).await.default_slot, None);
}

#[tokio::test]
async fn of_two_creates_of_one_name_both_are_answered_with_the_same_sync() {
    let world = World::new().await;
    let body = world.acm("web");
    let (one, two) = tokio::join!(
        world.by(world.administrator, "POST", ACM, Some(&body)),
        world.by(world.administrator, "POST", ACM, Some(&body))
    );
    assert_eq!((one.0, two.0), (200, 200), "{one:?} {two:?}");
    assert_eq!((one.1["id"] == two.1["id"], world.counted().await), (true, (1, 1)));
}
