//! The bodies that the clients decode, key by key.

use serde_json::{Value, json};

use crate::secret_world::{BATCH, RAW, V4};
use crate::world::World;

/// What the constructor of the Python SDK's secret insists on.
const PYTHON: [&str; 11] = [
    "id",
    "_id",
    "workspace",
    "environment",
    "version",
    "type",
    "secretKey",
    "secretValue",
    "secretComment",
    "createdAt",
    "updatedAt",
];

fn assert_whole(secret: &Value) {
    for key in PYTHON {
        assert!(!secret[key].is_null(), "no {key} in {secret}");
    }
    assert_eq!(secret["id"], secret["_id"]);
    assert!(secret["secretPath"].is_string() && secret["secretValueHidden"].is_boolean(), "{secret}");
    assert!(secret["tags"].is_array() && secret["secretMetadata"].is_array(), "{secret}");
}

#[tokio::test]
async fn a_new_secret_is_answered_whole() {
    let world = World::new().await;
    let secret = world.put("/", "DB_URL", "x").await;
    assert_eq!(
        secret,
        json!({
            "id": secret["id"], "_id": secret["id"], "workspace": world.project, "environment": "dev",
            "version": 1, "type": "shared", "secretKey": "DB_URL", "secretValue": "x",
            "secretValueHidden": false, "secretComment": "", "secretPath": "/", "secretReminderNote": null,
            "secretReminderRepeatDays": null, "skipMultilineEncoding": false, "secretMetadata": [], "tags": [],
            "isRotatedSecret": false, "rotationId": null,
            "createdAt": "2026-01-02T03:04:05.678Z", "updatedAt": "2026-01-02T03:04:05.678Z",
        })
    );
    assert!(uuid::Uuid::try_parse(secret["id"].as_str().unwrap()).is_ok());
}

#[tokio::test]
async fn everything_that_was_said_is_answered() {
    let world = World::new().await;
    let tag = world.tag("web").await;
    let body = world.at(
        "/",
        json!({
            "secretValue": "  spaced\n\n", "secretComment": " why ", "skipMultilineEncoding": true,
            "secretReminderNote": "rotate", "secretReminderRepeatDays": 30, "tagIds": [tag],
            "secretMetadata": [{ "key": "team", "value": "a" }, { "key": "pin", "value": "b", "isEncrypted": true }],
        }),
    );
    let secret = world.ok("POST", &format!("{RAW}/KEY"), Some(body)).await["secret"].clone();
    assert_eq!(secret["secretValue"], json!("spaced\n"));
    assert_eq!(secret["secretComment"], json!("why"));
    assert_eq!(secret["skipMultilineEncoding"], json!(true));
    assert_eq!(secret["secretReminderNote"], json!("rotate"));
    assert_eq!(secret["secretReminderRepeatDays"], json!(30));
    assert_eq!(secret["tags"], json!([{ "id": tag, "slug": "web", "color": "#fff", "name": "web" }]));
    assert_eq!(
        secret["secretMetadata"],
        json!([
            { "key": "team", "value": "a", "isEncrypted": false },
            { "key": "pin", "value": "b", "isEncrypted": true },
        ])
    );
    let id = secret["id"].as_str().unwrap();
    for path in
        [world.target(&format!("{RAW}/KEY"), "/", ""), format!("{RAW}/id/{id}"), format!("{V4}/id/{id}")]
    {
        assert_eq!(world.ok("GET", &path, None).await["secret"], secret, "{path}");
    }
    assert_eq!(world.secrets("/", "").await["secrets"], json!([secret]));
}

#[tokio::test]
async fn every_answer_with_a_secret_has_all_the_keys_that_pythons_client_insists_on() {
    let world = World::new().await;
    assert_whole(&world.put("/", "A", "1").await);
    let one = format!("{RAW}/A");
    for target in [world.target(&one, "/", ""), world.target(&format!("{V4}/A"), "/", "")] {
        assert_whole(&world.ok("GET", &target, None).await["secret"]);
        let hidden = world.ok("GET", &format!("{target}&viewSecretValue=false"), None).await;
        assert_whole(&hidden["secret"]);
    }
    for target in [world.target(RAW, "/", ""), world.target(V4, "/", "")] {
        assert_whole(&world.ok("GET", &target, None).await["secrets"][0]);
    }
    let patch = world.at("/", json!({ "secretValue": "2" }));
    assert_whole(&world.ok("PATCH", &one, Some(patch)).await["secret"]);
    let many = world.at("/", json!({ "secrets": [{ "secretKey": "B", "secretValue": "1" }] }));
    for method in ["POST", "PATCH", "DELETE"] {
        assert_whole(&world.ok(method, BATCH, Some(many.clone())).await["secrets"][0]);
    }
    assert_whole(&world.ok("DELETE", &one, Some(world.at("/", json!({})))).await["secret"]);
}

#[tokio::test]
async fn a_list_has_its_imports_even_where_there_are_none() {
    let world = World::new().await;
    for target in [world.target(RAW, "/", ""), world.target(V4, "/", "")] {
        assert_eq!(world.ok("GET", &target, None).await, json!({ "secrets": [], "imports": [] }));
    }
}

#[tokio::test]
async fn imported_secrets_come_by_folder_and_without_times() {
    let world = World::new().await;
    let folder = world.folder("/", "shared").await;
    world.put("/shared", "A", "1").await;
    world.import("/", "dev", "/shared").await;
    let imports = world.secrets("/", "include_imports=true").await["imports"].clone();
    let secret = imports[0]["secrets"][0].clone();
    assert_eq!(
        imports,
        json!([{ "secretPath": "/shared", "environment": "dev", "folderId": folder, "secrets": [{
            "id": secret["id"], "_id": secret["id"], "workspace": world.project, "environment": "dev",
            "version": 1, "type": "shared", "secretKey": "A", "secretValue": "1",
            "secretValueHidden": false, "secretComment": "", "secretPath": "/shared", "secretReminderNote": null,
            "secretReminderRepeatDays": null, "skipMultilineEncoding": false, "secretMetadata": [], "tags": [],
            "isRotatedSecret": false, "rotationId": null,
        }] }])
    );
}

#[tokio::test]
async fn a_hidden_value_is_the_placeholder_that_clients_know() {
    let world = World::new().await;
    world.put("/", "A", "canary").await;
    for target in [
        world.target(RAW, "/", "viewSecretValue=false"),
        world.target(V4, "/", "viewSecretValue=false"),
        world.target(&format!("{RAW}/A"), "/", "viewSecretValue=false"),
        world.target(&format!("{V4}/A"), "/", "viewSecretValue=false&expandSecretReferences=true"),
    ] {
        let answer = world.ok("GET", &target, None).await;
        let secret = if answer["secret"].is_object() { &answer["secret"] } else { &answer["secrets"][0] };
        assert_eq!(secret["secretValue"], json!("<hidden-by-infisical>"), "{target}");
        assert_eq!(secret["secretValueHidden"], json!(true), "{target}");
        assert!(!answer.to_string().contains("canary"), "{target}");
    }
}
