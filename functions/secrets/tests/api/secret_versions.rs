//! What a secret said before, and back to it.

use serde_json::{Value, json};
use testkit::event::event;

use crate::secret_world::{RAW, pairs};
use crate::world::{World, text};

async fn written(world: &World, values: u64) -> String {
    let id = text(&world.put("/", "A", "v1").await, "id");
    for n in 2..=values {
        let patch = event("PATCH", &format!("{RAW}/A")).identity(world.member, "no-access").body(
            &world.at("/", json!({ "secretValue": format!("v{n}"), "secretComment": format!("c{n}") })),
        );
        assert_eq!(world.send_at(patch, testkit::later(n)).await.0, 200);
    }
    id
}

fn versions(answer: &Value) -> Vec<String> {
    let list = answer["secretVersions"].as_array().unwrap();
    list.iter()
        .map(|version| format!("{}={}", version["version"], version["secretValue"].as_str().unwrap()))
        .collect()
}

#[tokio::test]
async fn versions_are_listed_newest_first_in_pages() {
    let world = World::new().await;
    let id = written(&world, 4).await;
    let path = format!("/api/v1/secret/{id}/secret-versions");
    let all = world.ok("GET", &path, None).await;
    assert_eq!(versions(&all), ["4=v4", "3=v3", "2=v2", "1=v1"]);
    let newest = &all["secretVersions"][0];
    for (key, value) in [
        ("secretId", json!(id)),
        ("workspace", json!(world.project)),
        ("environment", json!("dev")),
        ("secretKey", json!("A")),
        ("secretComment", json!("c4")),
        ("type", json!("shared")),
        ("secretValueHidden", json!(false)),
        ("createdAt", json!("2026-01-02T03:04:09.678Z")),
    ] {
        assert_eq!(newest[key], value, "{key} in {newest}");
    }
    assert_eq!(newest["id"], newest["_id"]);
    for (query, expected) in [
        ("offset=1&limit=2", vec!["3=v3", "2=v2"]),
        ("offset=3", vec!["1=v1"]),
        ("offset=9", vec![]),
        ("limit=1", vec!["4=v4"]),
    ] {
        assert_eq!(versions(&world.ok("GET", &format!("{path}?{query}"), None).await), expected, "{query}");
    }
    for query in ["offset=-1", "limit=0", "limit=101", "limit=x"] {
        assert_eq!(world.refused("GET", &format!("{path}?{query}"), None).await.0, 422, "{query}");
    }
}

#[tokio::test]
async fn one_secret_is_read_at_an_earlier_version() {
    let world = World::new().await;
    written(&world, 3).await;
    for (version, value) in [(1, "v1"), (2, "v2"), (3, "v3")] {
        let target = world.target(&format!("{RAW}/A"), "/", &format!("version={version}"));
        let secret = world.ok("GET", &target, None).await["secret"].clone();
        assert_eq!((text(&secret, "secretValue"), &secret["version"]), (value.into(), &json!(version)));
    }
    let target = world.target(&format!("{RAW}/A"), "/", "version=4");
    assert_eq!(world.refused("GET", &target, None).await.0, 404);
}

#[tokio::test]
async fn the_oldest_versions_go() {
    let world = World::new().await;
    let id = written(&world, 14).await;
    let all = world.ok("GET", &format!("/api/v1/secret/{id}/secret-versions?limit=100"), None).await;
    let seen = versions(&all);
    assert_eq!((seen.len(), seen[0].as_str(), seen[10].as_str()), (11, "14=v14", "4=v4"));
}

#[tokio::test]
async fn a_rollback_is_a_new_version_with_what_the_old_one_said() {
    let world = World::new().await;
    let id = written(&world, 3).await;
    let rename = world.at("/", json!({ "newSecretName": "B" }));
    world.ok("PATCH", &format!("{RAW}/A"), Some(rename)).await;
    let path = format!("/api/v1/secret/{id}/rollback");
    let back = world.ok("POST", &path, Some(json!({ "version": 2 }))).await["secret"].clone();
    assert_eq!((text(&back, "secretValue"), text(&back, "secretComment")), ("v2".into(), "c2".into()));
    assert_eq!((&back["version"], &back["id"]), (&json!(5), &json!(id)));
    assert_eq!(text(&back, "secretKey"), "B", "the name stays: others may have the old one");
    assert_eq!(pairs(&world.secrets("/", "").await["secrets"]), ["B=v2"]);
    let listed = world.ok("GET", &format!("/api/v1/secret/{id}/secret-versions"), None).await;
    assert_eq!(versions(&listed), ["5=v2", "4=v3", "3=v3", "2=v2", "1=v1"]);
    assert!(world.audited("secret").await.contains(&"secret.update B".to_owned()));
}

#[tokio::test]
async fn a_rollback_to_no_version_is_refused() {
    let world = World::new().await;
    let id = written(&world, 2).await;
    let path = format!("/api/v1/secret/{id}/rollback");
    for (body, status) in [
        (json!({ "version": 3 }), 404),
        (json!({ "version": 0 }), 422),
        (json!({ "version": "1" }), 422),
        (json!({}), 422),
    ] {
        assert_eq!(world.refused("POST", &path, Some(body.clone())).await.0, status, "{body}");
    }
    let unknown = uuid::Uuid::new_v4();
    for id in [unknown.to_string(), "nonsense".to_owned()] {
        let path = format!("/api/v1/secret/{id}/rollback");
        assert_eq!(world.refused("POST", &path, Some(json!({ "version": 1 }))).await.0, 404, "{id}");
    }
    assert_eq!(pairs(&world.secrets("/", "").await["secrets"]), ["A=v2"]);
}

#[tokio::test]
async fn a_rollback_that_would_close_a_cycle_is_refused() {
    let world = World::new().await;
    let id = text(&world.put("/", "A", "${B}").await, "id");
    let patch = world.at("/", json!({ "secretValue": "plain" }));
    world.ok("PATCH", &format!("{RAW}/A"), Some(patch)).await;
    world.put("/", "B", "${A}").await;
    let path = format!("/api/v1/secret/{id}/rollback");
    let (status, _, message) = world.refused("POST", &path, Some(json!({ "version": 1 }))).await;
    assert_eq!(status, 400, "{message}");
    assert_eq!(pairs(&world.secrets("/", "").await["secrets"]), ["A=plain", "B=${A}"]);
}
