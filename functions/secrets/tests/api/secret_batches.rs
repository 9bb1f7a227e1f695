//! Many secrets in one request: all of them, or none.

use serde_json::{Value, json};

use crate::secret_world::{BATCH, RAW, V4, pairs};
use crate::world::{World, each, text};

fn many(names: impl Iterator<Item = String>, value: &str) -> Value {
    json!({ "secrets": names.map(|name| json!({ "secretKey": name, "secretValue": value })).collect::<Vec<_>>() })
}

fn hundred() -> impl Iterator<Item = String> {
    (0..100).map(|n| format!("KEY_{n:03}"))
}

#[tokio::test]
async fn a_hundred_secrets_are_made_changed_and_removed_in_the_order_of_the_request() {
    let world = World::new().await;
    let made = world
        .ok("POST", BATCH, Some(world.at("/", many(hundred().collect::<Vec<_>>().into_iter().rev(), "1"))))
        .await;
    let names: Vec<String> = hundred().collect();
    let reversed: Vec<String> = names.iter().rev().cloned().collect();
    assert_eq!(each(&made["secrets"], "secretKey"), reversed);
    assert_eq!(each(&world.secrets("/", "").await["secrets"], "secretKey"), names);

    let changed = world.ok("PATCH", BATCH, Some(world.at("/", many(hundred(), "2")))).await;
    assert_eq!(each(&changed["secrets"], "secretKey"), names);
    let mut ids = each(&changed["secrets"], "id");
    ids.reverse();
    assert_eq!(ids, each(&made["secrets"], "id"), "ids survive");
    assert!(changed["secrets"].as_array().unwrap().iter().all(|secret| secret["version"] == json!(2)));
    assert!(pairs(&world.secrets("/", "").await["secrets"]).iter().all(|pair| pair.ends_with("=2")));

    let gone = world.ok("DELETE", BATCH, Some(world.at("/", many(hundred(), "")))).await;
    assert_eq!(each(&gone["secrets"], "secretKey"), names);
    assert_eq!(world.secrets("/", "").await["secrets"], json!([]));
}

#[tokio::test]
async fn both_families_take_the_same_batches() {
    let world = World::new().await;
    let body = |value: &str| {
        json!({ "projectId": world.project, "environment": "dev", "secretPath": "/",
            "secrets": [{ "secretKey": "A", "secretValue": value, "secretComment": "c", "metadata": { "x": "y" },
                "secretMetadata": [{ "key": "k", "value": "v" }], "skipMultilineEncoding": null }] })
    };
    let path = format!("{V4}/batch");
    let made = world.ok("POST", &path, Some(body("1"))).await["secrets"][0].clone();
    assert_eq!((text(&made, "secretComment"), &made["secretMetadata"][0]["key"]), ("c".into(), &json!("k")));
    let changed = world.ok("PATCH", &path, Some(body("2"))).await["secrets"][0].clone();
    assert_eq!((&changed["id"], &changed["secretValue"]), (&made["id"], &json!("2")));
    let gone = world.ok("DELETE", &path, Some(body(""))).await["secrets"][0].clone();
    assert_eq!(gone, changed);
}

#[tokio::test]
async fn one_bad_secret_stops_the_whole_batch() {
    let world = World::new().await;
    world.put("/", "TAKEN", "1").await;
    let with = |last: Value| {
        let mut body = world.at("/", many(hundred(), "canary"));
        body["secrets"].as_array_mut().unwrap().push(last);
        body
    };
    for (last, status) in [
        (json!({ "secretKey": "TAKEN", "secretValue": "2" }), 400),
        (json!({ "secretKey": "KEY_000", "secretValue": "2" }), 400),
        (json!({ "secretKey": "a:b", "secretValue": "2" }), 422),
        (json!({ "secretKey": "A" }), 422),
        (json!({ "secretKey": "A", "secretValue": 2 }), 422),
        (json!({ "secretKey": "A", "secretValue": "2", "tagIds": [uuid::Uuid::new_v4()] }), 404),
        (json!({ "secretKey": "A", "secretValue": "${A}" }), 400),
        (json!("A"), 422),
    ] {
        let (seen, _, message) = world.refused("POST", BATCH, Some(with(last.clone()))).await;
        assert_eq!(seen, status, "{last} {message}");
        assert!(!message.contains("canary"), "{message}");
    }
    for method in ["POST", "PATCH", "DELETE"] {
        for secrets in [json!([]), Value::Null, json!({}), json!([1])] {
            let body = world.at("/", json!({ "secrets": secrets }));
            assert_eq!(world.refused(method, BATCH, Some(body)).await.0, 422, "{method} {secrets}");
        }
    }
    assert_eq!(pairs(&world.secrets("/", "").await["secrets"]), ["TAKEN=1"]);
}

#[tokio::test]
async fn an_update_of_what_is_not_there_fails_is_left_out_or_makes_it() {
    let world = World::new().await;
    world.put("/", "A", "1").await;
    let body = |mode: Value| {
        let mut body = world.at("/", many(["A".to_owned(), "B".to_owned()].into_iter(), "2"));
        body["mode"] = mode;
        body
    };
    let (status, error, message) = world
        .refused("PATCH", BATCH, Some(world.at("/", many(["A".to_owned(), "B".to_owned()].into_iter(), "2"))))
        .await;
    assert_eq!((status, error.as_str()), (404, "NotFound"), "{message}");
    assert!(message.contains('B'), "{message}");
    assert_eq!(world.refused("PATCH", BATCH, Some(body(json!("failOnNotFound")))).await.0, 404);
    assert_eq!(world.refused("PATCH", BATCH, Some(body(json!("whatever")))).await.0, 422);
    assert_eq!(pairs(&world.secrets("/", "").await["secrets"]), ["A=1"]);
    let left_out = world.ok("PATCH", BATCH, Some(body(json!("ignore")))).await;
    assert_eq!(pairs(&left_out["secrets"]), ["A=2"]);
    assert_eq!(pairs(&world.secrets("/", "").await["secrets"]), ["A=2"]);
    let made = world.ok("PATCH", BATCH, Some(body(json!("upsert")))).await;
    assert_eq!(pairs(&made["secrets"]), ["A=2", "B=2"]);
    assert_eq!(made["secrets"][1]["version"], json!(1));
    assert_eq!(pairs(&world.secrets("/", "").await["secrets"]), ["A=2", "B=2"]);
}

#[tokio::test]
async fn a_batch_renames_and_reaches_other_folders() {
    let world = World::new().await;
    world.folder("/", "x").await;
    let a = world.put("/", "A", "1").await;
    let b = world.put("/x", "B", "1").await;
    let body = world.at(
        "/",
        json!({ "secrets": [
            { "secretKey": "A", "newSecretName": "A2" },
            { "secretKey": "B", "secretPath": "/x/", "secretValue": "2" },
        ] }),
    );
    let changed = world.ok("PATCH", BATCH, Some(body)).await["secrets"].clone();
    assert_eq!(pairs(&changed), ["A2=1", "B=2"]);
    assert_eq!(each(&changed, "secretPath"), ["/", "/x"]);
    assert_eq!((&changed[0]["id"], &changed[1]["id"]), (&a["id"], &b["id"]));
}

#[tokio::test]
async fn a_batch_may_refer_to_what_it_makes() {
    let world = World::new().await;
    let body = world.at(
        "/",
        json!({ "secrets": [
            { "secretKey": "URL", "secretValue": "http://${HOST}" }, { "secretKey": "HOST", "secretValue": "h" },
        ] }),
    );
    world.ok("POST", BATCH, Some(body)).await;
    assert_eq!(
        pairs(&world.secrets("/", "expandSecretReferences=true").await["secrets"]),
        ["HOST=h", "URL=http://h"]
    );
    let cycle = world.at(
        "/",
        json!({ "secrets": [
            { "secretKey": "P", "secretValue": "${Q}" }, { "secretKey": "Q", "secretValue": "${P}" },
        ] }),
    );
    let (status, _, message) = world.refused("POST", BATCH, Some(cycle)).await;
    assert_eq!(status, 400);
    assert!(message.contains('P') && message.contains('Q'), "{message}");
}

#[tokio::test]
async fn a_missing_secret_stops_a_batch_of_deletions() {
    let world = World::new().await;
    world.put("/", "A", "1").await;
    let body = world
        .at("/", json!({ "secrets": [{ "secretKey": "A" }, { "secretKey": "GONE", "type": "shared" }] }));
    let (status, error, message) = world.refused("DELETE", BATCH, Some(body)).await;
    assert_eq!((status, error.as_str()), (404, "NotFound"), "{message}");
    assert!(message.contains("GONE"), "{message}");
    assert_eq!(pairs(&world.secrets("/", "").await["secrets"]), ["A=1"]);
    let path = format!("{RAW}/A");
    assert_eq!(world.ok("GET", &world.target(&path, "/", ""), None).await["secret"]["version"], json!(1));
}
