//! Tags of a project's secrets.

use serde_json::{Value, json};
use testkit::event::event;

use crate::world::{World, each, text};

fn workspace(world: &World, rest: &str) -> String {
    format!("/api/v1/workspace/{}/tags{rest}", world.project)
}

fn project(world: &World, rest: &str) -> String {
    format!("/api/v1/projects/{}/tags{rest}", world.project)
}

async fn tag(world: &World, slug: &str) -> String {
    let body = json!({ "slug": slug, "color": "#aabbcc" });
    text(&world.ok("POST", &project(world, ""), Some(body)).await["tag"], "id")
}

#[tokio::test]
async fn a_tag_is_answered_under_either_name() {
    let world = World::new().await;
    let body = json!({ "slug": "web", "color": "#ff0000", "name": "Web" });
    let answer = world.ok("POST", &workspace(&world, "/"), Some(body)).await;
    let made = answer["workspaceTag"].clone();
    assert_eq!(answer["tag"], made);
    assert_eq!(
        made,
        json!({
            "id": made["id"], "slug": "web", "name": "Web", "color": "#ff0000", "projectId": world.project,
            "createdAt": "2026-01-02T03:04:05.678Z", "updatedAt": "2026-01-02T03:04:05.678Z",
        })
    );
    let id = text(&made, "id");
    for path in [format!("/{id}"), "/slug/web".to_owned(), "/slug/web/".to_owned()] {
        let (old, new) = (workspace(&world, &path), project(&world, &path));
        assert_eq!(world.ok("GET", &old, None).await["workspaceTag"], made, "{old}");
        assert_eq!(world.ok("GET", &new, None).await["tag"], made, "{new}");
    }
    assert_eq!(world.ok("GET", &workspace(&world, ""), None).await["workspaceTags"], json!([made]));
    assert_eq!(world.ok("GET", &project(&world, ""), None).await["tags"], json!([made]));
    assert_eq!(world.audited("tag").await, ["tag.create web"]);
}

#[tokio::test]
async fn a_tag_without_a_name_is_called_by_its_slug() {
    let world = World::new().await;
    let bare = world.ok("POST", &project(&world, ""), Some(json!({ "slug": "web" }))).await["tag"].clone();
    assert_eq!((&bare["name"], &bare["color"]), (&json!("web"), &Value::Null));
    let renamed = json!({ "slug": "www" });
    let path = project(&world, &format!("/{}", text(&bare, "id")));
    assert_eq!(world.ok("PATCH", &path, Some(renamed)).await["tag"]["name"], json!("www"));
}

#[tokio::test]
async fn a_slug_is_had_once_in_a_project() {
    let world = World::new().await;
    tag(&world, "web").await;
    let body = json!({ "slug": "web", "color": "#000000" });
    let (status, error, message) = world.refused("POST", &workspace(&world, ""), Some(body.clone())).await;
    assert_eq!((status, error.as_str()), (400, "BadRequest"));
    assert!(message.contains("web"), "{message}");
    let elsewhere = format!("/api/v1/projects/{}/tags", world.other);
    let (status, _) = world.by(world.neighbour, "POST", &elsewhere, Some(&body)).await;
    assert_eq!(status, 200, "another project's tags are apart");
    let other = tag(&world, "api").await;
    let (status, ..) = world.refused("PATCH", &project(&world, &format!("/{other}")), Some(body)).await;
    assert_eq!(status, 400);
}

#[tokio::test]
async fn a_change_keeps_the_id_and_frees_the_old_slug() {
    let world = World::new().await;
    let id = tag(&world, "web").await;
    let change = json!({ "slug": "www", "color": "#123456", "name": "World" });
    let changed = world.ok("PATCH", &workspace(&world, &format!("/{id}")), Some(change.clone())).await;
    let shown = &changed["workspaceTag"];
    assert_eq!((text(shown, "id"), text(shown, "slug")), (id.clone(), "www".to_owned()));
    assert_eq!((text(shown, "color"), text(shown, "name")), ("#123456".to_owned(), "World".to_owned()));
    let (status, error, _) = world.refused("GET", &project(&world, "/slug/web"), None).await;
    assert_eq!((status, error.as_str()), (404, "NotFound"));
    assert_ne!(tag(&world, "web").await, id);
    // The same once more changes nothing and is not written down.
    world.ok("PATCH", &workspace(&world, &format!("/{id}")), Some(change)).await;
    // Nor does a change of nothing at all.
    let same = world.ok("PATCH", &project(&world, &format!("/{id}")), Some(json!({}))).await;
    assert_eq!(same["tag"], changed["tag"]);
    assert_eq!(world.audited("tag.update").await, ["tag.update www"]);
}

#[tokio::test]
async fn a_deleted_tag_is_gone() {
    let world = World::new().await;
    let id = tag(&world, "web").await;
    let path = project(&world, &format!("/{id}"));
    let gone = world.ok("DELETE", &path, Some(json!({}))).await;
    assert_eq!(text(&gone["tag"], "slug"), "web");
    for (method, body) in [("GET", None), ("PATCH", Some(json!({ "slug": "web" }))), ("DELETE", None)] {
        let (status, error, _) = world.refused(method, &path, body).await;
        assert_eq!((status, error.as_str()), (404, "NotFound"), "{method}");
    }
    assert_eq!(world.ok("GET", &project(&world, ""), None).await["tags"], json!([]));
    assert_eq!(world.audited("tag.delete").await, ["tag.delete web"]);
    tag(&world, "web").await;
}

#[tokio::test]
async fn a_list_is_in_the_order_in_which_tags_were_made() {
    let world = World::new().await;
    for (second, slug) in ["web", "api", "cron"].into_iter().enumerate() {
        let event = event("POST", &project(&world, "")).identity(world.member, "no-access");
        let event = event.body(&json!({ "slug": slug, "color": "" }));
        let (status, _) = world.send_at(event, testkit::later(second as u64)).await;
        assert_eq!(status, 200);
    }
    let tags = world.ok("GET", &project(&world, ""), None).await;
    assert_eq!(each(&tags["tags"], "slug"), ["web", "api", "cron"]);
}

#[tokio::test]
async fn bad_tags_are_refused_in_the_words_of_the_contract() {
    let world = World::new().await;
    for body in [
        json!({}),
        json!({ "slug": "" }),
        json!({ "slug": "Web" }),
        json!({ "slug": "a b" }),
        json!({ "slug": "a--b" }),
        json!({ "slug": "a/b" }),
        json!({ "slug": "x".repeat(65) }),
        json!({ "slug": 7 }),
        json!({ "slug": "web", "color": 7 }),
        json!({ "slug": "web", "name": [] }),
        json!({ "slug": "web", "color": "c".repeat(300) }),
    ] {
        let (status, error, _) = world.refused("POST", &project(&world, ""), Some(body.clone())).await;
        assert_eq!((status, error.as_str()), (422, "ValidationFailure"), "{body}");
    }
    let (status, ..) = world.refused("GET", &project(&world, "/no-uuid"), None).await;
    assert_eq!(status, 422);
    let (status, ..) = world.refused("GET", "/api/v1/projects/demo/tags", None).await;
    assert_eq!(status, 422);
    assert_eq!(world.ok("GET", &project(&world, ""), None).await["tags"], json!([]));
}

#[tokio::test]
async fn a_tag_of_another_project_is_none() {
    let world = World::new().await;
    let id = tag(&world, "web").await;
    let path = format!("/api/v1/projects/{}/tags/{id}", world.other);
    for (method, body) in [("GET", None), ("PATCH", Some(json!({ "slug": "mine" }))), ("DELETE", None)] {
        let (status, answer) = world.by(world.neighbour, method, &path, body.as_ref()).await;
        assert_eq!((status, &answer["error"]), (404, &json!("NotFound")), "{method}");
    }
    assert_eq!(text(&world.ok("GET", &project(&world, "/slug/web"), None).await["tag"], "id"), id);
}
