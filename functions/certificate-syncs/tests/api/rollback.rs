//! Back to the certificate before.

use serde_json::json;

use crate::world::{ACM, NOTHING, World};

#[tokio::test]
async fn a_renewal_shows_in_the_list_and_is_rolled_back_in_one_call_and_forward_again() {
    let world = World::new().await;
    let sync = world.acm_sync("web").await;
    let first = world.certificate().await;
    let slot = world.attach(&sync, &[first]).await[0]["id"].clone();
    let second = world.renew(first).await;
    let listed = world.attached(&sync).await;
    assert_eq!((&listed[0]["id"], &listed[0]["certificateId"]), (&slot, &json!(second)));
    assert_eq!(listed[0]["previousCertificateId"], json!(first));
    world.calm(&sync).await;
    for (from, to) in [(second, first), (first, second), (second, first)] {
        let path = format!("{ACM}/{sync}/certificates/{from}/rollback");
        let told = world.ok("POST", &path, None).await;
        assert_eq!((&told["certificateId"], &told["previousCertificateId"]), (&json!(to), &json!(from)));
        let listed = world.attached(&sync).await;
        assert_eq!((&listed[0]["id"], &listed[0]["certificateId"]), (&slot, &json!(to)));
        assert_eq!(listed[0]["syncStatus"], "pending");
        assert_eq!(world.fleet.receive("syncs"), Some(sync.clone()));
    }
    assert_eq!(world.audited("certificate-sync.rollback").await, 3);
}

#[tokio::test]
async fn there_is_no_way_back_to_what_is_not_there_or_no_good() {
    let world = World::new().await;
    let sync = world.acm_sync("web").await;
    let first = world.certificate().await;
    world.attach(&sync, &[first]).await;
    let rollback = |id: &dyn std::fmt::Display| format!("{ACM}/{sync}/certificates/{id}/rollback");
    let (status, message) = world.refused("POST", &rollback(&first), None).await;
    assert_eq!((status, message.contains("no previous one")), (400, true), "{message}");
    assert_eq!(world.refused("POST", &rollback(&NOTHING), None).await.0, 404);
    assert_eq!(world.refused("POST", &rollback(&"x"), None).await.0, 422);
    let second = world.renew(first).await;
    assert_eq!(world.refused("POST", &rollback(&first), None).await.0, 404, "it is not attached any more");
    world.revoke(first).await;
    let (status, message) = world.refused("POST", &rollback(&second), None).await;
    assert_eq!((status, message.contains("it is revoked")), (400, true), "{message}");
}
