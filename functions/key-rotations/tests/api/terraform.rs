//! The requests of Infisical's Terraform provider for its resource, in its order and with its bodies.

use serde_json::{Value, json};
use testkit::event::event;

use crate::world::{BASE, USER, World, key_ids, text};

/// What the provider sends: its own headers, and a token of a machine identity.
async fn terraform(world: &World, method: &str, path: &str, body: Option<Value>) -> (u16, Value) {
    let request = event(method, &format!("{BASE}{path}"))
        .header("user-agent", "terraform")
        .identity(world.member, "no-access");
    world
        .send(match body {
            Some(body) => request.body(&body),
            None => request,
        })
        .await
}

#[tokio::test]
async fn a_rotation_lives_as_terraform_says() {
    let world = World::new().await;
    let (status, made) = terraform(&world, "POST", "", Some(world.body("iam"))).await;
    assert_eq!(status, 200, "{made}");
    let rotation = &made["secretRotation"];
    let (id, folder) = (text(rotation, "id"), world.folder("/api").await);
    for (key, expected) in [
        ("name", json!("iam")),
        ("description", json!("")),
        ("type", json!("aws-iam-user-secret")),
        ("parameters", json!({ "userName": USER, "region": "us-east-1" })),
        ("secretsMapping", json!({ "accessKeyId": "KEY_ID", "secretAccessKey": "KEY_SECRET" })),
        ("isAutoRotationEnabled", json!(true)),
        ("activeIndex", json!(0)),
        ("projectId", json!(world.project)),
        ("folderId", json!(folder)),
        ("connectionId", json!(world.connection)),
        ("rotationInterval", json!(30)),
        ("rotateAtUtc", json!({ "hours": 0, "minutes": 0 })),
        ("rotationStatus", json!("success")),
        ("lastRotationJobId", Value::Null),
        ("isLastRotationManual", json!(false)),
        ("lastRotationMessage", Value::Null),
        (
            "connection",
            json!({ "app": "aws", "name": format!("aws-{}", world.connection), "id": world.connection }),
        ),
        ("folder", json!({ "id": folder, "path": "/api" })),
    ] {
        assert_eq!(rotation[key], expected, "{key} in {rotation}");
    }
    assert_eq!(text(&rotation["environment"], "slug"), "dev");
    for key in ["createdAt", "updatedAt", "lastRotationAttemptedAt", "lastRotatedAt", "nextRotationAt"] {
        let time = text(rotation, key);
        assert!(time.len() == 24 && time.ends_with('Z'), "{key}: {time}");
    }
    let [key] = &key_ids(&world)[..] else { panic!("{:?}", key_ids(&world)) };
    let published = [format!("KEY_ID={key}"), format!("KEY_SECRET=secret of {key}")];
    assert_eq!(world.secrets("/api").await, published);

    // refresh: what the provider compares is what it sent
    let path = format!("/{id}");
    let (status, read) = terraform(&world, "GET", &path, None).await;
    assert_eq!((status, &read), (200, &made));

    // apply of a change: the connection and the folder are sent along, `false` is left out
    let mut change = world.body("renamed");
    change["description"] = json!("changed");
    change["rotationInterval"] = json!(7);
    change["rotateAtUtc"] = json!({ "hours": 3, "minutes": 30 });
    change["secretsMapping"] = json!({ "accessKeyId": "ID", "secretAccessKey": "SECRET" });
    change.as_object_mut().unwrap().remove("isAutoRotationEnabled");
    let (status, changed) = terraform(&world, "PATCH", &path, Some(change)).await;
    assert_eq!(status, 200, "{changed}");
    let (_, read) = terraform(&world, "GET", &path, None).await;
    assert_eq!(read, changed);
    let rotation = &read["secretRotation"];
    assert_eq!((text(rotation, "name"), text(rotation, "description")), ("renamed".into(), "changed".into()));
    assert_eq!(rotation["rotateAtUtc"], json!({ "hours": 3, "minutes": 30 }));
    assert_eq!(rotation["rotationInterval"], 7);
    assert_eq!(rotation["isAutoRotationEnabled"], true);
    let renamed = [format!("ID={key}"), format!("SECRET=secret of {key}")];
    assert_eq!(world.secrets("/api").await, renamed);
    assert_eq!(key_ids(&world).len(), 1, "a change of names makes no key");

    // destroy with a body and without a query: secrets and key stay, and the secrets are anybody's
    let (status, gone) =
        terraform(&world, "DELETE", &path, Some(json!({ "ID": id, "ProjectID": world.project }))).await;
    assert_eq!((status, text(&gone["secretRotation"], "id")), (200, id));
    assert_eq!(terraform(&world, "GET", &path, None).await.0, 404);
    assert_eq!(world.secrets("/api").await, renamed);
    assert_eq!(key_ids(&world).len(), 1);
    world.put("/api", "ID", "by hand").await.unwrap();
    assert_eq!(world.counted().await, (0, 0));
}
