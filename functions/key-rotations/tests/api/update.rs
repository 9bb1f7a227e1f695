//! Changing: the definition, the names of the secrets, the user.

use serde_json::json;

use crate::world::{USER, World, key_ids};

#[tokio::test]
async fn a_secret_of_the_new_name_is_in_the_way() {
    let world = World::new().await;
    let path = world.rotation("a").await;
    world.put("/api", "TAKEN", "by hand").await.unwrap();
    let mapping = json!({ "secretsMapping": { "accessKeyId": "KEY_ID", "secretAccessKey": "TAKEN" } });
    let before = world.ok("GET", &path, None).await;
    let (status, message) = world.refused("PATCH", &path, Some(mapping)).await;
    assert!(status == 400 && message.contains("'TAKEN' already exists"), "{message}");
    assert_eq!(world.ok("GET", &path, None).await, before);
    assert!(world.secrets("/api").await.contains(&"TAKEN=by hand".to_owned()));
    // A lost lease would keep the next one out.
    world.ok("PATCH", &path, Some(json!({ "description": "free" }))).await;
}

#[tokio::test]
async fn a_name_that_another_one_of_the_folder_has_is_refused() {
    let world = World::new().await;
    world.rotation("a").await;
    let mut body = world.body("b");
    body["secretsMapping"] = json!({ "accessKeyId": "X", "secretAccessKey": "Y" });
    let made = world.ok("POST", "", Some(body)).await;
    let path = format!("/{}", made["id"].as_str().unwrap());
    let (status, message) = world.refused("PATCH", &path, Some(json!({ "name": "a" }))).await;
    assert!(status == 400 && message.contains("\"a\" already exists"), "{message}");
    assert_eq!(world.ok("GET", &path, None).await["name"], "b");
}

#[tokio::test]
async fn secrets_of_a_rotation_are_not_changed_by_hand() {
    let world = World::new().await;
    let path = world.rotation("a").await;
    assert!(matches!(world.put("/api", "KEY_ID", "by hand").await, Err(vault::Error::Rotated { .. })));
    let mapping = json!({ "secretsMapping": { "accessKeyId": "ID", "secretAccessKey": "SECRET" } });
    world.ok("PATCH", &path, Some(mapping)).await;
    assert_eq!(world.audited("key-rotation.update").await, 1);
    assert!(matches!(world.put("/api", "ID", "by hand").await, Err(vault::Error::Rotated { .. })));
    world.put("/api", "KEY_ID", "by hand").await.unwrap();
}

#[tokio::test]
async fn the_connection_and_the_folder_do_not_change() {
    let world = World::new().await;
    let path = world.rotation("a").await;
    let before = world.ok("GET", &path, None).await;
    let change = json!({ "connectionId": world.foreign, "environment": "prod", "secretPath": "/", "projectId": world.other });
    let after = world.ok("PATCH", &path, Some(change)).await;
    for key in ["connectionId", "environment", "folder", "projectId", "nextRotationAt"] {
        assert_eq!(after[key], before[key], "{key}");
    }
}

#[tokio::test]
async fn the_schedule_changes_with_its_next_time() {
    let world = World::new().await;
    let path = world.rotation("a").await;
    let before = world.ok("GET", &path, None).await;
    let sooner = world.ok("PATCH", &path, Some(json!({ "rotationInterval": 1 }))).await;
    assert!(sooner["nextRotationAt"].as_str() < before["nextRotationAt"].as_str(), "{sooner}");
    let never = world.ok("PATCH", &path, Some(json!({ "isAutoRotationEnabled": false }))).await;
    assert!(never["nextRotationAt"].is_null(), "{never}");
    assert_eq!(key_ids(&world).len(), 1);
    for change in [json!({ "rotationInterval": 0 }), json!({ "name": "Not A Slug" })] {
        assert_eq!(world.refused("PATCH", &path, Some(change)).await.0, 422);
    }
    let same = json!({ "secretsMapping": { "accessKeyId": "A", "secretAccessKey": "A" } });
    assert_eq!(world.refused("PATCH", &path, Some(same)).await.0, 400);
}

#[tokio::test]
async fn two_secrets_that_change_names_are_both_right_or_both_as_before() {
    let world = World::new().await;
    let path = world.rotation("a").await;
    let before = world.secrets("/api").await;
    let swapped = json!({ "secretsMapping": { "accessKeyId": "KEY_SECRET", "secretAccessKey": "KEY_ID" } });
    let (status, answer) = world.by(world.member, "PATCH", &path, Some(&swapped)).await;
    let key = &key_ids(&world)[0];
    let after = match status {
        200 => vec![format!("KEY_ID=secret of {key}"), format!("KEY_SECRET={key}")],
        400 => before,
        other => panic!("{other}: {answer}"),
    };
    assert_eq!(world.secrets("/api").await, after);
}

#[tokio::test]
async fn another_user_gets_a_first_key_and_the_former_ones_stay() {
    let world = World::new().await;
    let path = world.rotation("a").await;
    world.iam.put_user("next");
    world.ok("PATCH", &path, Some(json!({ "parameters": { "userName": "next" } }))).await;
    world.work(&path).await;
    let [key] = &world.iam.keys("next")[..] else { panic!("{:?}", world.iam.keys("next")) };
    assert!(world.secrets("/api").await.contains(&format!("KEY_ID={}", key.id)));
    assert_eq!(world.iam.keys(USER).len(), 1);
}

#[tokio::test]
async fn a_region_of_another_partition_is_refused() {
    let world = World::new().await;
    let path = world.rotation("a").await;
    let china = json!({ "parameters": { "userName": USER, "region": "cn-north-1" } });
    let (status, message) = world.refused("PATCH", &path, Some(china)).await;
    assert!(status == 400 && message.contains("partition"), "{message}");
}
