//! Secrets made, changed, renamed and removed one by one.

use serde_json::{Value, json};
use testkit::event::event;

use crate::secret_world::{RAW, V4, pairs};
use crate::world::{World, text};

#[tokio::test]
async fn the_id_survives_updates_and_renames() {
    let world = World::new().await;
    let made = world.put("/", "OLD", "1").await;
    let patch = event("PATCH", &format!("{RAW}/OLD"))
        .identity(world.member, "no-access")
        .body(&world.at("/", json!({ "secretValue": "2", "newSecretName": "NEW" })));
    let (status, renamed) = world.send_at(patch, testkit::later(5)).await;
    assert_eq!(status, 200, "{renamed}");
    let renamed = &renamed["secret"];
    assert_eq!((&renamed["id"], &renamed["version"]), (&made["id"], &json!(2)));
    assert_eq!((text(renamed, "secretKey"), text(renamed, "secretValue")), ("NEW".into(), "2".into()));
    assert_eq!(renamed["createdAt"], json!("2026-01-02T03:04:05.678Z"));
    assert_eq!(renamed["updatedAt"], json!("2026-01-02T03:04:10.678Z"));
    let by_id = world.ok("GET", &format!("{RAW}/id/{}", text(&made, "id")), None).await;
    assert_eq!(&by_id["secret"], renamed);
    assert_eq!(world.refused("GET", &world.target(&format!("{RAW}/OLD"), "/", ""), None).await.0, 404);
    assert_eq!(world.audited("secret").await, ["secret.create OLD", "secret.update NEW"]);
    // The old name is free again, for another secret.
    assert_ne!(world.put("/", "OLD", "3").await["id"], made["id"]);
    let back = world.at("/", json!({ "newSecretName": "OLD" }));
    let (status, error, message) = world.refused("PATCH", &format!("{RAW}/NEW"), Some(back)).await;
    assert_eq!((status, error.as_str()), (400, "BadRequest"), "{message}");
    assert!(message.contains("OLD"), "{message}");
    assert_eq!(pairs(&world.secrets("/", "").await["secrets"]), ["NEW=2", "OLD=3"]);
}

#[tokio::test]
async fn a_name_is_had_once_in_a_folder_and_case_counts() {
    let world = World::new().await;
    world.put("/", "A", "1").await;
    let again = world.at("/", json!({ "secretValue": "2" }));
    let (status, error, message) = world.refused("POST", &format!("{RAW}/A"), Some(again)).await;
    assert_eq!((status, error.as_str()), (400, "BadRequest"), "{message}");
    assert!(message.contains('A') && !message.contains('2'), "{message}");
    world.put("/", "a", "2").await;
    world.folder("/", "x").await;
    world.put("/x", "A", "3").await;
    world.put_in("prod", "/", "A", "4").await;
    assert_eq!(pairs(&world.secrets("/", "").await["secrets"]), ["A=1", "a=2"]);
}

#[tokio::test]
async fn an_update_changes_what_it_says_and_nothing_else() {
    let world = World::new().await;
    let (web, api) = (world.tag("web").await, world.tag("api").await);
    let body = world.at(
        "/",
        json!({ "secretValue": "1", "secretComment": "c", "tagIds": [web, api], "skipMultilineEncoding": true,
            "secretReminderNote": "n", "secretReminderRepeatDays": 7,
            "secretMetadata": [{ "key": "team", "value": "a" }, { "key": "pin", "value": "b", "isEncrypted": true }] }),
    );
    let path = format!("{RAW}/A");
    let made = world.ok("POST", &path, Some(body)).await["secret"].clone();
    let patched =
        async |fields: Value| world.ok("PATCH", &path, Some(world.at("/", fields))).await["secret"].clone();
    let strip = |secret: &Value, keys: &[&str]| {
        let mut secret = secret.clone();
        for key in keys.iter().chain(&["version"]) {
            secret.as_object_mut().unwrap().remove(*key);
        }
        secret
    };
    let mut before = made;
    for (fields, key) in [
        (json!({ "secretValue": "2" }), "secretValue"),
        (json!({ "secretValue": "" }), "secretValue"),
        (json!({ "secretComment": "" }), "secretComment"),
        (json!({ "tagIds": [api] }), "tags"),
        (json!({ "tagIds": [] }), "tags"),
        (json!({ "skipMultilineEncoding": false }), "skipMultilineEncoding"),
        (json!({ "secretReminderNote": null }), "secretReminderNote"),
        (json!({ "secretReminderRepeatDays": null }), "secretReminderRepeatDays"),
        (
            json!({ "secretMetadata": [{ "key": "pin", "value": "c", "isEncrypted": true }] }),
            "secretMetadata",
        ),
        (json!({ "secretMetadata": [] }), "secretMetadata"),
    ] {
        let after = patched(fields.clone()).await;
        assert_ne!(after[key], before[key], "{fields}");
        assert_eq!(strip(&after, &[key]), strip(&before, &[key]), "{fields}");
        let read = world.ok("GET", &world.target(&path, "/", ""), None).await["secret"].clone();
        assert_eq!(read, after, "{fields}");
        before = after;
    }
    assert_eq!(before["version"], json!(11));
}

#[tokio::test]
async fn a_deleted_secret_is_answered_as_it_was_and_gone() {
    let world = World::new().await;
    let made = world.put("/", "A", "1").await;
    let (path, body) = (format!("{RAW}/A"), world.at("/", json!({})));
    let gone = world.ok("DELETE", &path, Some(body.clone())).await["secret"].clone();
    assert_eq!(gone, made);
    for (method, path, body) in [
        ("GET", world.target(&path, "/", ""), None),
        ("GET", format!("{RAW}/id/{}", text(&made, "id")), None),
        ("DELETE", path.clone(), Some(body.clone())),
        ("PATCH", path.clone(), Some(world.at("/", json!({ "secretValue": "2" })))),
    ] {
        let (status, error, _) = world.refused(method, &path, body).await;
        assert_eq!((status, error.as_str()), (404, "NotFound"), "{method} {path}");
    }
    assert_ne!(world.put("/", "A", "2").await["id"], made["id"]);
    assert_eq!(world.audited("secret").await, ["secret.create A", "secret.create A", "secret.delete A"]);
}

#[tokio::test]
async fn names_arrive_as_clients_write_them() {
    let world = World::new().await;
    // Encoded as Node and Go do, and not as Python does not.
    for (segment, name) in [
        ("DB%20URL", "DB URL"),
        ("with space", "with space"),
        ("a%23b", "a#b"),
        ("a#c", "a#c"),
        ("50%25", "50%"),
        ("a%2541", "a%41"),
        ("Schlüssel", "Schlüssel"),
        ("%F0%9F%94%91", "\u{1f511}"),
        ("a+b&c=d", "a+b&c=d"),
        ("..", ".."),
        ("id", "id"),
        ("batch", "batch"),
        ("${A}", "${A}"),
        ("back\\slash", "back\\slash"),
        ("%22quoted%22", "\"quoted\""),
    ] {
        let made = world.put("/", segment, "1").await;
        assert_eq!(text(&made, "secretKey"), name);
        for route in [format!("{RAW}/{segment}"), format!("{V4}/{segment}")] {
            let read = world.ok("GET", &world.target(&route, "/", ""), None).await;
            assert_eq!(read["secret"]["id"], made["id"], "{route}");
        }
        let patch = world.at("/", json!({ "secretValue": "2" }));
        assert_eq!(
            world.ok("PATCH", &format!("{RAW}/{segment}"), Some(patch)).await["secret"]["id"],
            made["id"]
        );
    }
    let gone = world.ok("DELETE", &format!("{RAW}/a%23b"), Some(world.at("/", json!({})))).await;
    assert_eq!(text(&gone["secret"], "secretKey"), "a#b");
    assert!(pairs(&world.secrets("/", "").await["secrets"]).contains(&"a#c=2".to_owned()));
}

#[tokio::test]
async fn names_that_break_the_rules_are_refused() {
    let world = World::new().await;
    world.put("/", "A", "1").await;
    for name in ["a%3Ab", "%20", "a%00b", &"x".repeat(256)] {
        let body = world.at("/", json!({ "secretValue": "1" }));
        let (status, error, _) = world.refused("POST", &format!("{RAW}/{name}"), Some(body)).await;
        assert_eq!((status, error.as_str()), (422, "ValidationFailure"), "{name}");
    }
    for name in ["a:b", "a/b", "", " "] {
        let rename = world.at("/", json!({ "newSecretName": name }));
        let (status, error, _) = world.refused("PATCH", &format!("{RAW}/A"), Some(rename)).await;
        assert_eq!((status, error.as_str()), (422, "ValidationFailure"), "{name}");
    }
    assert_eq!(pairs(&world.secrets("/", "").await["secrets"]), ["A=1"]);
}

#[tokio::test]
async fn what_a_write_refers_to_must_exist() {
    let world = World::new().await;
    let unknown = uuid::Uuid::new_v4();
    let path = format!("{RAW}/A");
    let create = |fields: Value| {
        let mut body = world.at("/", json!({ "secretValue": "1" }));
        for (name, value) in fields.as_object().unwrap() {
            body[name] = value.clone();
        }
        body
    };
    for (fields, status) in [
        (json!({ "environment": "nope" }), 404),
        (json!({ "secretPath": "/nope" }), 404),
        (json!({ "workspaceId": unknown }), 404),
        (json!({ "workspaceId": "demo" }), 404),
        (json!({ "tagIds": [unknown] }), 404),
        (json!({ "tagIds": ["nonsense"] }), 404),
        (json!({ "workspaceId": null }), 400),
        (json!({ "workspaceId": "", "projectSlug": "" }), 400),
        (json!({ "environment": null }), 422),
        (json!({ "secretValue": null }), 422),
        (json!({ "secretValue": 5 }), 422),
        (json!({ "secretValue": "x".repeat(128 * 1024 + 1) }), 422),
        (json!({ "type": "mine" }), 422),
        (json!({ "secretReminderNote": "x".repeat(1_025) }), 422),
    ] {
        let (seen, _, message) = world.refused("POST", &path, Some(create(fields.clone()))).await;
        assert_eq!(seen, status, "{fields} {message}");
    }
    assert_eq!(world.secrets("/", "").await["secrets"], json!([]));
    assert_eq!(world.audited("secret").await, [""; 0]);
    // By the project's slug, and in the folder that the path leads to.
    let body = create(json!({ "workspaceId": "", "projectSlug": "demo-slug", "secretPath": "" }));
    world.ok("POST", &path, Some(body)).await;
}

#[tokio::test]
async fn a_value_may_be_empty_and_as_long_as_the_limit() {
    let world = World::new().await;
    let long = "ü".repeat(64 * 1024);
    for (name, value) in [("EMPTY", ""), ("LONG", long.as_str()), ("LINES", "a\nb\n")] {
        world.put("/", name, value).await;
        let read = world.ok("GET", &world.target(&format!("{RAW}/{name}"), "/", ""), None).await;
        assert_eq!(read["secret"]["secretValue"].as_str().unwrap(), value, "{name}");
    }
}

#[tokio::test]
async fn a_cycle_of_references_is_refused_and_named() {
    let world = World::new().await;
    world.put("/", "A", "x${B}").await;
    let body = |value: &str| world.at("/", json!({ "secretValue": value }));
    let (status, error, message) =
        world.refused("POST", &format!("{RAW}/B"), Some(body("canary ${A}"))).await;
    assert_eq!((status, error.as_str()), (400, "BadRequest"), "{message}");
    assert!(message.contains('A') && message.contains('B') && message.contains("->"), "{message}");
    assert!(!message.contains("canary"), "{message}");
    world.put("/", "B", "${C}").await;
    world.put("/", "C", "end").await;
    let (status, _, message) = world.refused("PATCH", &format!("{RAW}/C"), Some(body("${dev.A}"))).await;
    assert_eq!(status, 400, "{message}");
    assert!(["A", "B", "C"].iter().all(|name| message.contains(name)), "{message}");
    let (status, ..) = world.refused("POST", &format!("{RAW}/SELF"), Some(body("${SELF}"))).await;
    assert_eq!(status, 400);
    assert_eq!(
        pairs(&world.secrets("/", "expandSecretReferences=true").await["secrets"]),
        ["A=xend", "B=end", "C=end"]
    );
}

#[tokio::test]
async fn tags_are_put_on_and_taken_off_by_their_slugs() {
    let world = World::new().await;
    let (web, api) = (world.tag("web").await, world.tag("api").await);
    let made = world.put("/", "A", "1").await;
    let path = "/api/v3/secrets/tags/A";
    let body = |slugs: Value| {
        json!({ "projectSlug": "demo-slug", "environment": "dev", "secretPath": "/",
        "type": "shared", "tagSlugs": slugs })
    };
    let slugs = |answer: &Value| {
        let mut slugs = crate::world::each(&answer["secret"]["tags"], "slug");
        slugs.sort();
        slugs
    };
    let both = world.ok("POST", path, Some(body(json!(["web", "api"])))).await;
    assert_eq!((&both["secret"]["id"], slugs(&both)), (&made["id"], vec!["api".to_owned(), "web".into()]));
    // Again is the same.
    assert_eq!(slugs(&world.ok("POST", path, Some(body(json!(["web"])))).await).len(), 2);
    let one = world.ok("DELETE", path, Some(body(json!(["web"])))).await;
    assert_eq!(one["secret"]["tags"], json!([{ "id": api, "slug": "api", "color": "#fff", "name": "api" }]));
    assert_eq!(slugs(&world.ok("DELETE", path, Some(body(json!(["web"])))).await), ["api"]);
    for (slugs, status) in [(json!(["nope"]), 404), (json!([]), 422), (json!("web"), 422)] {
        for method in ["POST", "DELETE"] {
            assert_eq!(
                world.refused(method, path, Some(body(slugs.clone()))).await.0,
                status,
                "{method} {slugs}"
            );
        }
    }
    // A tag that is deleted is on no secret any more.
    let tag = format!("/api/v1/projects/{}/tags/{api}", world.project);
    world.ok("DELETE", &tag, None).await;
    assert_eq!(world.secrets("/", "").await["secrets"][0]["tags"], json!([]));
    let patch = world.at("/", json!({ "secretValue": "2" }));
    world.ok("PATCH", &format!("{RAW}/A"), Some(patch)).await;
    let patch = world.at("/", json!({ "tagIds": [web] }));
    assert_eq!(slugs(&world.ok("PATCH", &format!("{RAW}/A"), Some(patch)).await), ["web"]);
}
