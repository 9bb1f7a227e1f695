//! What a client has already is not sent again, and anything that would look different is.

use axum::response::Response;
use http_body_util::BodyExt as _;
use secrets::routes;
use serde_json::json;
use testkit::event::event;

use crate::secret_world::{ADA, RAW, V4};
use crate::world::{World, text};

impl World {
    async fn read(&self, target: &str, known: Option<&str>) -> Response {
        let mut request = event("GET", target).identity(self.member, "no-access");
        if let Some(known) = known {
            request = request.header("if-none-match", known);
        }
        web::answer(routes(), self.ctx.clone(), request.request(), testkit::now()).await
    }

    async fn etag(&self, target: &str) -> String {
        let answer = self.read(target, None).await;
        assert_eq!(answer.status().as_u16(), 200, "{target}");
        assert_eq!(answer.headers()["cache-control"], "no-store", "{target}");
        answer.headers()["etag"].to_str().unwrap().to_owned()
    }
}

#[tokio::test]
async fn what_a_client_has_already_is_not_sent_again() {
    let world = World::new().await;
    world.put("/", "A", "1").await;
    for target in [
        world.target(RAW, "/", ""),
        world.target(V4, "/", ""),
        world.target(&format!("{RAW}/A"), "/", ""),
        world.target(&format!("{V4}/A"), "/", ""),
    ] {
        let tag = world.etag(&target).await;
        assert!(tag.starts_with('"') && tag.ends_with('"') && tag.len() > 30, "{tag}");
        assert_eq!(world.etag(&target).await, tag, "the same answer has the same tag");
        for known in [tag.clone(), format!("W/{tag}"), format!("\"x\", {tag}"), "*".to_owned()] {
            let answer = world.read(&target, Some(&known)).await;
            assert_eq!(answer.status().as_u16(), 304, "{known}");
            assert_eq!(answer.headers()["etag"].to_str().unwrap(), tag);
            assert_eq!(answer.headers()["cache-control"], "no-store");
            assert!(answer.into_body().collect().await.unwrap().to_bytes().is_empty(), "{known}");
        }
        assert_eq!(world.read(&target, Some("\"other\"")).await.status().as_u16(), 200);
    }
}

#[tokio::test]
async fn a_list_is_at_most_one_call_of_kms() {
    let world = World::new().await;
    world.folder("/", "shared").await;
    world.import("/", "dev", "/shared").await;
    for n in 0..20 {
        world.put("/", &format!("A{n}"), "${S}").await;
    }
    world.put("/shared", "S", "1").await;
    let target = world.target(V4, "/", "recursive=true");
    // Another process, which holds no data key.
    let (config, calls) = testkit::aws::scripted(crate::aws::answer);
    let ctx = crate::world::ctx(&config, world.store.clone(), world.organization);
    for _ in 0..2 {
        let request = event("GET", &target).identity(world.member, "no-access").request();
        let answer = web::answer(routes(), ctx.clone(), request, testkit::now()).await;
        assert_eq!((answer.status().as_u16(), calls.count()), (200, 1));
    }
}

#[tokio::test]
async fn whatever_changes_the_answer_changes_its_tag() {
    let world = World::new().await;
    world.folder("/", "shared").await;
    world.folder("/", "far").await;
    let tag_id = world.tag("web").await;
    world.put("/far", "REF", "1").await;
    world.put("/shared", "S", "1").await;
    world.put("/", "A", "${dev.far.REF}").await;
    world.import("/", "dev", "/shared").await;
    let target = world.target(RAW, "/", "include_imports=true&expandSecretReferences=true&recursive=true");
    let mut seen = vec![world.etag(&target).await];
    let patch = |path: &str, fields: serde_json::Value| world.at(path, fields);
    let tags = format!("/api/v1/projects/{}/tags/{tag_id}", world.project);
    for (method, path, body) in [
        ("PATCH", format!("{RAW}/A"), patch("/", json!({ "secretComment": "c" }))),
        ("PATCH", format!("{RAW}/A"), patch("/", json!({ "tagIds": [tag_id] }))),
        ("PATCH", tags.clone(), json!({ "slug": "www" })),
        ("PATCH", format!("{RAW}/S"), patch("/shared", json!({ "secretValue": "2" }))),
        ("PATCH", format!("{RAW}/REF"), patch("/far", json!({ "secretValue": "2" }))),
        ("PATCH", format!("{RAW}/A"), patch("/", json!({ "newSecretName": "B" }))),
        ("POST", format!("{RAW}/C"), patch("/", json!({ "secretValue": "1" }))),
        ("DELETE", format!("{RAW}/C"), patch("/", json!({}))),
        ("POST", format!("{RAW}/C"), patch("/", json!({ "secretValue": "2" }))),
        ("DELETE", tags, json!({})),
    ] {
        world.ok(method, &path, Some(body.clone())).await;
        let next = world.etag(&target).await;
        // Deleting C leads back to what was there before, and may say so.
        if method != "DELETE" || path.contains("tags") {
            assert!(!seen.contains(&next), "{method} {path} {body}");
        } else {
            assert_ne!(seen.last(), Some(&next), "{method} {path}");
        }
        seen.push(next);
    }
}

#[tokio::test]
async fn a_question_put_differently_is_another_answer() {
    let world = World::new().await.with_ada().await;
    world.put("/", "A", "1").await;
    let mut tags = Vec::new();
    for query in ["", "viewSecretValue=false"] {
        tags.push(world.etag(&world.target(RAW, "/", query)).await);
        tags.push(world.etag(&world.target(&format!("{RAW}/A"), "/", query)).await);
    }
    tags.sort();
    tags.dedup();
    assert_eq!(tags.len(), 4, "{tags:?}");

    // A personal secret is in its owner's tag alone.
    let target = world.target(V4, "/", "includePersonalOverrides=true");
    let machine = world.etag(&target).await;
    let ada = async || {
        let request = event("GET", &target).person(ADA, "no-access").request();
        let answer = web::answer(routes(), world.ctx.clone(), request, testkit::now()).await;
        answer.headers()["etag"].to_str().unwrap().to_owned()
    };
    let before = ada().await;
    let own = world.at("/", json!({ "secretValue": "x", "type": "personal" }));
    assert_eq!(world.ada("POST", &format!("{RAW}/A"), Some(own)).await.0, 200);
    assert_ne!(ada().await, before);
    assert_eq!(world.etag(&target).await, machine);
}

#[tokio::test]
async fn a_tag_says_nothing_about_values() {
    let (one, other) = (World::new().await, World::new().await);
    let made = one.put("/", "A", "1").await;
    other.put("/", "A", "1").await;
    assert_ne!(
        one.etag(&one.target(RAW, "/", "")).await,
        other.etag(&other.target(RAW, "/", "")).await,
        "ids and versions, not values"
    );
    assert!(!text(&made, "id").is_empty());
}
