//! The requests of Infisical's Terraform provider for both resources, in its order and with its bodies.

use serde_json::{Value, json};
use testkit::event::event;

use crate::world::{BASE, PARAMETERS, SECRETS, World, text};

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

/// One resource's whole life. `config` and `options` are what the provider makes of the resource's blocks, before and after.
async fn life(world: &World, destination: &str, configs: [Value; 2], options: [Value; 2], shown: [Value; 2]) {
    let base = format!("/{destination}");
    let check = |config: &Value, exclude: Option<&str>| {
        let mut body = json!({ "destinationConfig": config, "projectId": world.project });
        if let Some(id) = exclude {
            body["excludeSyncId"] = json!(id);
        }
        body
    };
    // plan
    let question = check(&configs[0], None);
    let (status, answer) =
        terraform(world, "POST", &format!("{base}/check-destination"), Some(question)).await;
    assert_eq!((status, answer), (200, json!({ "hasDuplicate": false })));
    // apply
    let body = json!({
        "name": "tf", "projectId": world.project, "description": "", "connectionId": world.connection,
        "environment": "dev", "secretPath": "/api/", "isAutoSyncEnabled": true,
        "syncOptions": options[0], "destinationConfig": configs[0]
    });
    let (status, made) = terraform(world, "POST", &base, Some(body.clone())).await;
    assert_eq!(status, 200, "{made}");
    let id = text(&made["secretSync"], "id");
    let path = format!("{base}/{id}");
    // refresh: what the provider compares is what it sent
    let (status, read) = terraform(world, "GET", &path, None).await;
    assert_eq!((status, &read), (200, &made));
    let sync = &read["secretSync"];
    assert_eq!(sync["destinationConfig"], shown[0]);
    assert_eq!(sync["syncOptions"], options[0]);
    assert_eq!(
        (text(&sync["connection"], "id"), text(sync, "projectId")),
        (world.connection.to_string(), world.project.to_string())
    );
    assert_eq!(
        (text(&sync["environment"], "slug"), text(&sync["folder"], "path")),
        ("dev".into(), "/api".into())
    );
    assert_eq!(
        (&sync["name"], &sync["description"], &sync["isAutoSyncEnabled"]),
        (&json!("tf"), &json!(""), &json!(true))
    );
    // plan and apply of a change
    let question = check(&configs[1], Some(&id));
    let (status, answer) =
        terraform(world, "POST", &format!("{base}/check-destination"), Some(question)).await;
    assert_eq!((status, answer), (200, json!({ "hasDuplicate": false })));
    let mut change = body;
    change["description"] = json!("changed");
    change["secretPath"] = json!("/");
    change["syncOptions"] = options[1].clone();
    change["destinationConfig"] = configs[1].clone();
    // `false` is left out by the provider.
    change.as_object_mut().unwrap().remove("isAutoSyncEnabled");
    let (status, changed) = terraform(world, "PATCH", &path, Some(change)).await;
    assert_eq!(status, 200, "{changed}");
    let (_, read) = terraform(world, "GET", &path, None).await;
    assert_eq!(read, changed);
    assert_eq!(read["secretSync"]["destinationConfig"], shown[1]);
    assert_eq!(read["secretSync"]["syncOptions"], options[1]);
    assert_eq!(read["secretSync"]["folder"]["path"], "/");
    // destroy, and the refresh after it
    let (status, gone) = terraform(world, "DELETE", &path, None).await;
    assert_eq!((status, text(&gone["secretSync"], "id")), (200, id));
    assert_eq!(terraform(world, "GET", &path, None).await.0, 404);
}

#[tokio::test]
async fn a_sync_of_secrets_manager_lives_as_terraform_says() {
    let world = World::new().await;
    life(
        &world,
        SECRETS,
        [
            json!({ "region": "us-east-1", "mappingBehavior": "many-to-one", "secretName": "app/prod" }),
            json!({ "region": "eu-west-1", "mappingBehavior": "one-to-one", "secretName": "" }),
        ],
        [
            json!({ "initialSyncBehavior": "overwrite-destination", "disableSecretDeletion": false, "syncSecretMetadataAsTags": false, "keySchema": "" }),
            json!({ "initialSyncBehavior": "import-prioritize-source", "disableSecretDeletion": true, "syncSecretMetadataAsTags": true,
                "keySchema": "app/{{environment}}/{{secretKey}}", "keyId": "alias/app", "tags": [{ "key": "team", "value": "a" }] }),
        ],
        [
            json!({ "region": "us-east-1", "mappingBehavior": "many-to-one", "secretName": "app/prod" }),
            json!({ "region": "eu-west-1", "mappingBehavior": "one-to-one" }),
        ],
    )
    .await;
}

#[tokio::test]
async fn a_sync_of_parameter_store_lives_as_terraform_says() {
    let world = World::new().await;
    let configs = [
        json!({ "region": "us-east-1", "path": "/app/prod/" }),
        json!({ "region": "us-east-1", "path": "/app/next/" }),
    ];
    life(
        &world,
        PARAMETERS,
        configs.clone(),
        [
            json!({ "initialSyncBehavior": "overwrite-destination", "disableSecretDeletion": false, "syncSecretMetadataAsTags": true, "keySchema": "" }),
            json!({ "initialSyncBehavior": "overwrite-destination", "disableSecretDeletion": false, "syncSecretMetadataAsTags": false,
                "keySchema": "x-{{secretKey}}", "tags": [] }),
        ],
        configs,
    )
    .await;
}

/// The provider warns at plan time, and goes on.
#[tokio::test]
async fn a_second_resource_for_the_same_place_is_warned_of_and_made() {
    let world = World::new().await;
    world.sync("first").await;
    let config = json!({ "region": "us-east-1", "mappingBehavior": "one-to-one", "secretName": "" });
    let question = json!({ "destinationConfig": config, "projectId": world.project });
    let (_, answer) =
        terraform(&world, "POST", &format!("/{SECRETS}/check-destination"), Some(question)).await;
    assert_eq!(answer, json!({ "hasDuplicate": true, "duplicateProjectId": world.project }));
    let (status, _) =
        terraform(&world, "POST", &format!("/{SECRETS}"), Some(world.secrets_manager("second"))).await;
    assert_eq!(status, 200);
}
