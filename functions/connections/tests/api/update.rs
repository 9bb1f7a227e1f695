use serde_json::json;
use testkit::event::event;

use crate::world::{BASE, CUSTOMER, World, key, role};

#[tokio::test]
async fn name_and_description_change_without_asking_aws() {
    let world = World::new().await;
    let id = world.connection("before").await;
    let (asked, path) = (world.calls.count(), format!("/{id}"));
    let (_, before) = world.admin("GET", &path, None).await;
    let patch = event("PATCH", &format!("{BASE}{path}")).identity(world.admin, "admin").body(
        &json!({ "name": "after", "description": "words", "method": "access-key", "projectId": world.other }),
    );
    let (status, answer) = world.send_at(patch, testkit::later(5)).await;
    assert_eq!(status, 200, "{answer}");
    let after = &answer["appConnection"];
    assert_eq!(
        (&after["name"], &after["description"], &after["method"]),
        (&json!("after"), &json!("words"), &json!("assume-role"))
    );
    assert_eq!(after["projectId"], json!(world.project));
    assert_eq!(after["credentialsHash"], before["appConnection"]["credentialsHash"]);
    assert_eq!(
        (&after["createdAt"], &after["updatedAt"]),
        (&json!("2026-01-02T03:04:05.678Z"), &json!("2026-01-02T03:04:10.678Z"))
    );
    assert_eq!(world.calls.count(), asked);
    let (_, cleared) = world.admin("PATCH", &path, Some(&json!({ "description": null }))).await;
    assert_eq!(
        (&cleared["appConnection"]["description"], &cleared["appConnection"]["name"]),
        (&json!(null), &json!("after"))
    );
    // The old name is free again, the new one taken.
    world.connection("before").await;
    let (status, answer) = world.admin("PATCH", &path, Some(&json!({ "name": "before" }))).await;
    assert_eq!(
        (status, answer["message"].as_str().unwrap()),
        (400, "App Connection with name \"before\" already exists in this project")
    );
}

#[tokio::test]
async fn new_credentials_are_validated_and_change_the_hash() {
    let world = World::new().await;
    let id = world.connection("role").await;
    let path = format!("/{id}");
    let (_, before) = world.admin("GET", &path, None).await;
    let credentials = |role: &str| json!({ "credentials": { "roleArn": format!("arn:aws:iam::333333333333:role/{role}") } });
    for bad in ["open", "absent"] {
        let (status, answer) = world.admin("PATCH", &path, Some(&credentials(bad))).await;
        assert_eq!(status, 400, "{answer}");
        assert!(answer["details"]["trustPolicy"].is_object());
        assert_eq!(world.admin("GET", &path, None).await.1, before, "nothing is stored when AWS refuses");
    }
    let (status, answer) =
        world.admin("PATCH", &path, Some(&credentials(&format!("only-{}", world.project)))).await;
    assert_eq!(status, 200, "{answer}");
    assert_ne!(answer["appConnection"]["credentialsHash"], before["appConnection"]["credentialsHash"]);
    let stored = world.store.connection(id.parse().unwrap()).await.unwrap().unwrap();
    assert_eq!((stored.account_id.as_str(), stored.credentials_version), ("333333333333", 2));
}

#[tokio::test]
async fn a_new_secret_is_sealed_for_its_version_and_opens_again() {
    let world = World::new().await;
    let (_, made) = world.admin("POST", "", Some(&key("key", &format!("AKIA{CUSTOMER}")))).await;
    let path = format!("/{}", made["appConnection"]["id"].as_str().unwrap());
    let patch = json!({ "credentials": { "accessKeyId": format!("AKIANEW{CUSTOMER}"), "secretAccessKey": "another" } });
    let (status, answer) = world.admin("PATCH", &path, Some(&patch)).await;
    assert_eq!(status, 200, "{answer}");
    assert_eq!(answer["appConnection"]["credentials"]["accessKeyId"], json!(format!("AKIANEW{CUSTOMER}")));
    let (status, answer) = world.admin("POST", &format!("{path}/check"), None).await;
    assert_eq!((status, &answer["check"]["status"]), (200, &json!("valid")), "{answer}");
}

#[tokio::test]
async fn credentials_of_another_shape_than_the_method_are_refused() {
    let world = World::new().await;
    let id = world.connection("role").await;
    let patch = json!({ "credentials": { "accessKeyId": "AKIA", "secretAccessKey": "x" } });
    let (status, answer) = world.admin("PATCH", &format!("/{id}"), Some(&patch)).await;
    assert_eq!((status, &answer["error"]), (400, &json!("BadRequest")), "{answer}");
    for (patch, status) in [
        (json!({ "credentials": {} }), 422),
        (json!({ "credentials": null }), 422),
        (json!({ "name": "Not A Slug" }), 422),
        (json!({ "gatewayId": "x" }), 422),
        (json!({ "credentials": { "roleArn": "x" } }), 422),
    ] {
        assert_eq!(world.admin("PATCH", &format!("/{id}"), Some(&patch)).await.0, status, "{patch}");
    }
    let rename = role("other-name", "open", None);
    assert_eq!(world.as_identity(world.member, "PATCH", &format!("/{id}"), Some(&rename)).await.0, 403);
}
