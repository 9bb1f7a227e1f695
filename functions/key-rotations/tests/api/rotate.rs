//! A new key on request, and the way back.

use serde_json::json;

use crate::world::{USER, World, key_ids};

#[tokio::test]
async fn a_rotation_on_request_keeps_the_previous_key() {
    let world = World::new().await;
    let path = world.rotation("a").await;
    let before = key_ids(&world);
    let asked = world.ok("POST", &format!("{path}/rotate-secrets"), None).await;
    // The new key has worked once: nobody gets it before it has worked again.
    assert_eq!((&asked["activeIndex"], &asked["rotationStatus"]), (&json!(0), &json!("pending")));
    assert!(world.secrets("/api").await.contains(&format!("KEY_ID={}", before[0])));
    world.work(&path).await;
    let read = world.ok("GET", &path, None).await;
    assert_eq!((&read["activeIndex"], &read["isLastRotationManual"]), (&json!(1), &json!(true)));
    let after = key_ids(&world);
    assert!(after.len() == 2 && after[0] == before[0], "{after:?}");
    assert_eq!(
        world.secrets("/api").await,
        [format!("KEY_ID={}", after[1]), format!("KEY_SECRET=secret of {}", after[1])]
    );
    assert!(world.iam.keys(USER).iter().all(|key| key.is_active));
    assert_eq!(world.audited("key-rotation.rotate").await, 1);
}

#[tokio::test]
async fn a_failure_is_told_with_its_reason_and_the_key_in_the_secrets_stays() {
    let world = World::new().await;
    let path = world.rotation("a").await;
    let before = world.secrets("/api").await;
    world.iam.deny("iam:CreateAccessKey");
    let (status, message) = world.refused("POST", &format!("{path}/rotate-secrets"), None).await;
    assert!(status == 400 && message.contains("iam:CreateAccessKey"), "{status} {message}");
    let read = world.ok("GET", &path, None).await;
    assert_eq!(read["rotationStatus"], "failed");
    assert!(message.contains(read["lastRotationMessage"].as_str().unwrap()), "{read}");
    assert_eq!(world.secrets("/api").await, before);
    // Mended, it is asked for again; what went wrong before is not told again.
    world.iam.allow("iam:CreateAccessKey");
    world.ok("POST", &format!("{path}/rotate-secrets"), None).await;
    world.work(&path).await;
    assert_eq!(world.ok("GET", &path, None).await["rotationStatus"], "success");
}

#[tokio::test]
async fn while_a_key_is_tried_nothing_else_is_asked_for() {
    let world = World::new().await;
    let path = world.rotation("a").await;
    world.ok("POST", &format!("{path}/rotate-secrets"), None).await;
    for what in ["rotate-secrets", "rollback"] {
        let (status, message) = world.refused("POST", &format!("{path}/{what}"), None).await;
        assert!(status == 400 && message.contains("already running"), "{what}: {message}");
    }
    assert_eq!(key_ids(&world).len(), 2);
}

#[tokio::test]
async fn a_rollback_puts_the_previous_key_back_into_the_secrets() {
    let world = World::new().await;
    let path = world.rotated("a").await;
    let keys = key_ids(&world);
    world.ok("POST", &format!("{path}/rollback"), None).await;
    world.work(&path).await;
    let read = world.ok("GET", &path, None).await;
    assert_eq!((&read["activeIndex"], &read["rotationStatus"]), (&json!(0), &json!("success")));
    assert!(world.secrets("/api").await.contains(&format!("KEY_ID={}", keys[0])));
    assert_eq!(key_ids(&world).len(), 2);
    assert_eq!(world.audited("key-rotation.rollback").await, 1);
}

#[tokio::test]
async fn where_there_is_no_previous_key_there_is_no_way_back() {
    let world = World::new().await;
    let path = world.rotation("a").await;
    let (status, message) = world.refused("POST", &format!("{path}/rollback"), None).await;
    assert!(status == 400 && message.contains("no previous key"), "{message}");
    assert_eq!(world.ok("GET", &path, None).await["rotationStatus"], "success");
}

#[tokio::test]
async fn a_previous_key_in_use_goes_only_where_that_is_said() {
    let world = World::new().await;
    let path = world.rotated("a").await;
    let keys = key_ids(&world);
    world
        .iam
        .change_key(&keys[0], |key| Some(testkit::iam::Key { last_used: Some(crate::clock::now()), ..key }));
    let (status, message) = world.refused("POST", &format!("{path}/rotate-secrets"), None).await;
    assert!(status == 400 && message.contains("still in use"), "{status} {message}");
    assert_eq!(key_ids(&world).len(), 2);
    assert!(world.iam.keys(USER).iter().all(|key| key.is_active));
    let body = json!({ "ignoreUseOfPreviousKey": true });
    world.ok("POST", &format!("{path}/rotate-secrets"), Some(body)).await;
    world.work(&path).await;
    let after = key_ids(&world);
    assert!(after.len() == 2 && after.contains(&keys[1]) && !after.contains(&keys[0]), "{after:?}");
}
