//! Creating: what comes of it, and what is refused before a key exists.

use std::time::Duration;

use model::id::ConnectionId;
use model::permission::Scope;
use serde_json::{Value, json};

use crate::clock::pass;
use crate::world::{USER, World, key_ids, text};

/// The body with these fields instead.
fn with(world: &World, changes: Value) -> Value {
    let mut body = world.body("a");
    for (key, value) in changes.as_object().unwrap() {
        body[key] = value.clone();
    }
    body
}

#[tokio::test]
async fn the_least_body_rotates_every_so_many_days_at_midnight() {
    let world = World::new().await;
    let body = json!({
        "name": "least", "projectId": world.project, "connectionId": world.connection, "environment": "dev",
        "secretPath": "/", "rotationInterval": "1", "parameters": { "userName": format!(" {USER} ") },
        "secretsMapping": { "accessKeyId": "A", "secretAccessKey": "B" }, "ID": "", "App": "aws"
    });
    let made = world.ok("POST", "", Some(body)).await;
    assert_eq!(made["parameters"], json!({ "userName": USER }));
    assert_eq!(made["rotateAtUtc"], json!({ "hours": 0, "minutes": 0 }));
    assert_eq!((&made["isAutoRotationEnabled"], &made["description"]), (&json!(true), &Value::Null));
    assert_eq!(world.counted().await, (1, 1));
    assert_eq!(world.audited("key-rotation.create").await, 1);
}

#[tokio::test]
async fn without_auto_rotation_nothing_is_planned() {
    let world = World::new().await;
    let made = world.ok("POST", "", Some(with(&world, json!({ "isAutoRotationEnabled": false })))).await;
    assert_eq!((&made["nextRotationAt"], &made["rotationStatus"]), (&Value::Null, &json!("success")));
}

#[tokio::test]
async fn what_is_malformed_is_a_validation_failure() {
    let world = World::new().await;
    for changes in [
        json!({ "name": "Not A Slug" }),
        json!({ "name": "x".repeat(65) }),
        json!({ "projectId": "demo" }),
        json!({ "connectionId": null }),
        json!({ "description": "x".repeat(257) }),
        json!({ "rotationInterval": 0 }),
        json!({ "rotationInterval": "often" }),
        json!({ "rotateAtUtc": { "hours": 24, "minutes": 0 } }),
        json!({ "rotateAtUtc": { "hours": 0, "minutes": 60 } }),
        json!({ "parameters": { "userName": "  " } }),
        json!({ "parameters": { "userName": "a/b*" } }),
        json!({ "parameters": { "userName": USER, "region": "us-esat-1" } }),
        json!({ "parameters": null }),
        json!({ "secretsMapping": { "accessKeyId": "A:B", "secretAccessKey": "B" } }),
        json!({ "takeOverExistingKeys": ["not a key"] }),
    ] {
        let (status, message) = world.refused("POST", "", Some(with(&world, changes.clone()))).await;
        assert_eq!(status, 422, "{changes}: {message}");
    }
    assert_eq!((world.iam.calls(), world.counted().await), (Vec::new(), (0, 0)));
}

#[tokio::test]
async fn one_name_for_both_secrets_is_refused() {
    let world = World::new().await;
    let mapping = json!({ "secretsMapping": { "accessKeyId": "A", "secretAccessKey": "A" } });
    let (status, message) = world.refused("POST", "", Some(with(&world, mapping))).await;
    assert_eq!(status, 400, "{message}");
    assert_eq!(world.iam.calls(), []);
}

#[tokio::test]
async fn what_the_body_names_must_be_there_before_aws_is_asked() {
    let world = World::new().await;
    let china = ConnectionId::random();
    world.make_connection(china, Scope::Project(world.project), "aws-cn").await;
    world.put("/api", "KEY_SECRET", "by hand").await.unwrap();
    let nothing = "00000000-0000-4000-8000-000000000000";
    for (changes, expected, said) in [
        (json!({ "projectId": nothing }), 403, "not allowed"),
        (json!({ "connectionId": nothing }), 404, "App Connection"),
        (json!({ "connectionId": world.foreign }), 404, "App Connection"),
        (json!({ "connectionId": china }), 400, "partition"),
        (json!({ "environment": "nowhere" }), 400, "folder"),
        (json!({ "secretPath": "/nowhere" }), 400, "folder"),
        (json!({}), 400, "'KEY_SECRET' already exists"),
    ] {
        let (status, message) = world.refused("POST", "", Some(with(&world, changes.clone()))).await;
        assert!(status == expected && message.contains(said), "{changes}: {status} {message}");
    }
    assert_eq!((world.iam.calls(), world.counted().await), (Vec::new(), (0, 0)));
    assert_eq!(world.secrets("/api").await, ["KEY_SECRET=by hand"]);
}

#[tokio::test]
async fn a_name_is_taken_once_in_a_folder_and_before_a_second_key_exists() {
    let world = World::new().await;
    world.rotation("a").await;
    let taken = json!({ "secretsMapping": { "accessKeyId": "X", "secretAccessKey": "Y" } });
    let (status, message) = world.refused("POST", "", Some(with(&world, taken.clone()))).await;
    assert!(status == 400 && message.contains("\"a\" already exists"), "{message}");
    assert_eq!(key_ids(&world).len(), 1);
    // In another folder it is free.
    let mut elsewhere = with(&world, taken);
    elsewhere["secretPath"] = json!("/");
    world.ok("POST", "", Some(elsewhere)).await;
    assert_eq!(world.counted().await, (2, 2));
}

#[tokio::test]
async fn the_same_create_within_a_minute_is_answered_with_the_first_result() {
    let world = World::new().await;
    let first = world.ok("POST", "", Some(world.body("a"))).await;
    pass(Duration::from_secs(50));
    let again = world.ok("POST", "", Some(world.body("a"))).await;
    assert_eq!(first, again);
    let (status, _) = world.by(world.administrator, "POST", "", Some(&world.body("a"))).await;
    assert_eq!(status, 400, "somebody else's create is another one");
    pass(Duration::from_secs(11));
    assert_eq!(world.refused("POST", "", Some(world.body("a"))).await.0, 400);
    assert_eq!((key_ids(&world).len(), world.counted().await), (1, (1, 1)));
}

#[tokio::test]
async fn a_key_that_iam_does_not_know_yet_follows_later() {
    let world = World::new().await;
    world.iam.set_slowness(Duration::from_secs(30));
    let made = world.ok("POST", "", Some(world.body("a"))).await;
    assert_eq!(made["rotationStatus"], "pending");
    assert_eq!(world.secrets("/api").await, Vec::<String>::new(), "nobody gets a key that does not work");
    let path = format!("/{}", text(&made, "id"));
    let (status, message) = world.refused("POST", &format!("{path}/rotate-secrets"), None).await;
    assert!(status == 400 && message.contains("already running"), "{message}");
    world.work(&path).await;
    assert_eq!(world.ok("GET", &path, None).await["rotationStatus"], "success");
    let [key] = &key_ids(&world)[..] else { panic!("{:?}", key_ids(&world)) };
    assert_eq!(world.secrets("/api").await, [format!("KEY_ID={key}"), format!("KEY_SECRET=secret of {key}")]);
}
