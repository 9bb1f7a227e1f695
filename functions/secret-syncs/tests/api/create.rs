//! New syncs: what is answered, stored, counted and sent, and what is refused.

use model::id::ConnectionId;
use model::permission::Scope;
use serde_json::{Value, json};
use testkit::event::event;

use crate::aws::{self, woken};
use crate::world::{ACCOUNT, BASE, PARAMETERS, SECRETS, STRANGER, World, id, text};

fn create() -> String {
    format!("/{SECRETS}")
}

#[tokio::test]
async fn the_answer_has_every_key_of_the_contract_and_nothing_that_was_not_given() {
    let world = World::new().await;
    let mut body = world.secrets_manager("my-sync");
    body["destinationConfig"] =
        json!({ "region": "us-east-1", "mappingBehavior": "many-to-one", "secretName": "app/prod" });
    body["secretPath"] = json!("/api/db/");
    body["ProjectID"] = json!("a stray key");
    let made = world.ok("POST", &create(), Some(body)).await;
    let sync = text(&made, "id");
    assert_eq!(
        made,
        json!({
            "id": sync, "name": "my-sync", "description": "", "destination": SECRETS, "isAutoSyncEnabled": true,
            "version": 1, "projectId": world.project, "folderId": world.folder("/api/db").await,
            "connectionId": world.connection,
            "createdAt": testkit::now(), "updatedAt": testkit::now(),
            "syncStatus": "pending", "lastSyncJobId": null, "lastSyncMessage": null, "lastSyncedAt": null,
            "importStatus": null, "lastImportJobId": null, "lastImportMessage": null, "lastImportedAt": null,
            "removeStatus": null, "lastRemoveJobId": null, "lastRemoveMessage": null, "lastRemovedAt": null,
            "syncOptions": {
                "initialSyncBehavior": "overwrite-destination", "disableSecretDeletion": false,
                "syncSecretMetadataAsTags": false, "keySchema": ""
            },
            "destinationConfig": { "region": "us-east-1", "mappingBehavior": "many-to-one", "secretName": "app/prod" },
            "connection": { "app": "aws", "name": format!("aws-{}", world.connection), "id": world.connection },
            "environment": { "slug": "dev", "name": "Development", "id": world.environment("dev").await },
            "folder": { "id": world.folder("/api/db").await, "path": "/api/db" }
        })
    );
    assert_eq!(world.ok("GET", &format!("/{SECRETS}/{sync}"), None).await, made);
    assert_eq!(woken(&world.calls).join(" "), sync);
    assert_eq!((world.counted(world.connection).await, world.count().await), (1, 1));
    assert_eq!(world.audited().await, ["secret-sync.create my-sync"]);
    let drift = world.store.secret_sync_drift(sync.parse().unwrap()).await.unwrap().unwrap();
    assert_eq!((drift.every_hours, drift.due_at), (24, Some(testkit::later(24 * 3_600))));
}

#[tokio::test]
async fn every_option_is_told_back_as_it_was_accepted() {
    let world = World::new().await;
    let mut body = world.parameter_store("all", "/app/prod/");
    body["syncOptions"] = json!({
        "initialSyncBehavior": "overwrite-destination", "keySchema": "a/{{environment}}-{{secretKey}}",
        "disableSecretDeletion": true, "recursive": true, "keyId": "alias/app",
        "tags": [{ "key": "team", "value": "a b" }, { "key": "empty", "value": "" }],
        "syncSecretMetadataAsTags": true, "disableDeletionGuard": true, "recoveryWindowDays": 7,
        "driftCheckIntervalHours": 0
    });
    let made = world.ok("POST", &format!("/{PARAMETERS}"), Some(body.clone())).await;
    assert_eq!(made["syncOptions"], body["syncOptions"]);
    assert_eq!(made["destinationConfig"], json!({ "region": "us-east-1", "path": "/app/prod/" }));
    assert_eq!(made["folder"]["path"], "/");
    assert_eq!(made["folderId"], json!(world.environment("dev").await), "the root's id is the environment's");
    let sync = text(&made, "id").parse().unwrap();
    assert_eq!(world.store.secret_sync_drift(sync).await.unwrap().unwrap().due_at, None);

    // And nothing is made up for what was left out.
    body["name"] = json!("none");
    body["syncOptions"] = json!({ "initialSyncBehavior": "import-prioritize-destination" });
    body.as_object_mut().unwrap().remove("description");
    let made = world.ok("POST", &format!("/{PARAMETERS}"), Some(body.clone())).await;
    assert_eq!(made["syncOptions"], body["syncOptions"]);
    assert_eq!(made["description"], Value::Null);
}

#[tokio::test]
async fn an_empty_secret_name_is_dropped_where_each_key_is_a_secret() {
    let world = World::new().await;
    let made = world.ok("POST", &create(), Some(world.secrets_manager("one"))).await;
    assert_eq!(made["destinationConfig"], json!({ "region": "us-east-1", "mappingBehavior": "one-to-one" }));
}

#[tokio::test]
async fn a_sync_that_does_not_follow_by_itself_waits_to_be_asked() {
    let world = World::new().await;
    let mut body = world.secrets_manager("manual");
    body["isAutoSyncEnabled"] = json!(false);
    let made = world.ok("POST", &create(), Some(body)).await;
    assert_eq!((&made["syncStatus"], &made["isAutoSyncEnabled"]), (&Value::Null, &json!(false)));
    assert_eq!(woken(&world.calls), Vec::<String>::new());
    assert_eq!(world.store.secret_syncs_due(testkit::later(1_000), 9).await.unwrap(), []);
}

#[tokio::test]
async fn a_queue_that_is_down_loses_nothing() {
    let world = World::with(aws::without_queue).await;
    let path = world.sync("a").await;
    assert_eq!(world.store.secret_syncs_due(testkit::now(), 9).await.unwrap(), [id(&path)]);
}

#[tokio::test]
async fn a_repeated_create_is_answered_with_the_first_result_for_a_minute() {
    let world = World::new().await;
    let body = world.secrets_manager("a");
    let first = world.ok("POST", &create(), Some(body.clone())).await;
    assert_eq!(world.ok("POST", &create(), Some(body.clone())).await, first);
    assert_eq!((world.counted(world.connection).await, world.count().await), (1, 1));

    let repeat = |body: &Value, by: String, seconds| {
        let request = event("POST", &format!("{BASE}/{SECRETS}")).identity(by, "no-access").body(body);
        world.send_at(request, testkit::later(seconds))
    };
    assert_eq!(repeat(&body, world.member.to_string(), 59).await.0, 200);
    let (status, answer) = repeat(&body, world.member.to_string(), 60).await;
    assert_eq!(status, 400);
    assert!(answer["message"].as_str().unwrap().contains("already exists"), "{answer}");
    for (pointer, value) in [
        ("/description", json!("b")),
        ("/secretPath", json!("/api")),
        ("/environment", json!("prod")),
        ("/isAutoSyncEnabled", json!(false)),
        ("/syncOptions/keySchema", json!("{{secretKey}}")),
        ("/destinationConfig/region", json!("us-east-2")),
    ] {
        let mut other = body.clone();
        *other.pointer_mut(pointer).unwrap() = value;
        assert_eq!(repeat(&other, world.member.to_string(), 1).await.0, 400, "{pointer}");
    }
    let other = model::id::IdentityId::random();
    let (status, _) = world
        .send_at(
            event("POST", &format!("{BASE}/{SECRETS}")).identity(other, "admin").body(&body),
            testkit::later(1),
        )
        .await;
    assert_eq!(status, 400, "somebody else's create is another one");
    // The name is one for both destinations.
    let (status, _) =
        world.refused("POST", &format!("/{PARAMETERS}"), Some(world.parameter_store("a", "/a/"))).await;
    assert_eq!(status, 400);
}

#[tokio::test]
async fn what_a_sync_refers_to_must_be_there_and_the_caller_s_to_use() {
    let world = World::new().await;
    let china = ConnectionId::random();
    world.make_connection(china, Scope::Project(world.project), ACCOUNT).await;
    for (field, value, status, says) in [
        ("environment", json!("nope"), 400, "Could not find folder"),
        ("secretPath", json!("/nope"), 400, "\"/nope\""),
        ("secretPath", json!("/api/../db"), 400, "Could not find folder"),
        ("connectionId", json!(STRANGER), 404, STRANGER),
        ("connectionId", json!(world.foreign), 404, "Could not find App Connection"),
        // A member of the project is nothing in the organisation, whose connection it is.
        ("connectionId", json!(world.shared), 404, "Could not find App Connection"),
        ("projectId", json!("demo"), 400, "Could not find project"),
        ("projectId", json!(world.other), 403, "not allowed"),
        ("projectId", json!(STRANGER), 403, "not allowed"),
    ] {
        let mut body = world.secrets_manager("a");
        body[field] = value.clone();
        let (got, message) = world.refused("POST", &create(), Some(body)).await;
        assert_eq!(got, status, "{field} {value}: {message}");
        assert!(message.contains(says), "{field} {value}: {message}");
    }
    assert_eq!((world.count().await, woken(&world.calls)), (0, Vec::new()));
    assert_eq!(world.audited().await, Vec::<String>::new());
}

#[tokio::test]
async fn a_connection_of_another_project_is_refused_also_to_who_sees_both() {
    let world = World::new().await;
    let mut body = world.secrets_manager("a");
    body["connectionId"] = json!(world.foreign);
    let request =
        |body: &Value| event("POST", &format!("{BASE}/{SECRETS}")).identity(STRANGER, "admin").body(body);
    let (status, answer) = world.send(request(&body)).await;
    assert_eq!(status, 400, "{answer}");
    assert!(answer["message"].as_str().unwrap().contains("another project"), "{answer}");
    body["connectionId"] = json!(world.shared);
    assert_eq!(world.send(request(&body)).await.0, 200);
    // A project that is not there, told to who sees all.
    body["projectId"] = json!(STRANGER);
    assert_eq!(world.send(request(&body)).await.0, 400);
}

#[tokio::test]
async fn a_region_of_another_partition_is_refused_before_anything_is_stored() {
    let world = World::new().await;
    let mut body = world.secrets_manager("a");
    body["destinationConfig"]["region"] = json!("cn-north-1");
    let (status, message) = world.refused("POST", &create(), Some(body)).await;
    assert_eq!(status, 400);
    assert!(message.contains("aws-cn"), "{message}");
    assert_eq!(world.count().await, 0);
}

#[tokio::test]
async fn every_broken_rule_is_told_at_once() {
    let world = World::new().await;
    let (status, answer) = world.by(world.member, "POST", &create(), Some(&json!({ "name": "A B" }))).await;
    assert_eq!((status, &answer["error"]), (422, &json!("ValidationFailure")));
    let paths: Vec<_> = answer["message"].as_array().unwrap().iter().map(|issue| &issue["path"][0]).collect();
    assert_eq!(
        paths,
        [
            "name",
            "projectId",
            "connectionId",
            "environment",
            "secretPath",
            "destinationConfig",
            "syncOptions"
        ]
    );
    for raw in ["[]", "null", "\"a\"", "{", "\u{0}"] {
        let request =
            event("POST", &format!("{BASE}/{SECRETS}")).identity(world.member, "no-access").raw_body(raw);
        let (status, _) = world.send(request).await;
        assert!(status == 422 || status == 400, "{raw}: {status}");
    }
}
