//! The official clients' own sequences of requests for folders and tags, byte for byte what they send as far as it matters.

use serde_json::{Value, json};
use testkit::event::event;

use crate::world::{World, each, text};

/// `infisical_secret_folder`: create, read, update, read, delete, read.
#[tokio::test]
async fn terraform_keeps_a_folder() {
    let world = World::new().await;
    // Terraform's Go structs leave stray keys behind.
    let create = json!({ "name": "app", "path": "/", "environment": "dev", "workspaceId": world.project,
        "projectId": world.project, "description": "", "ID": "", "folderPath": "" });
    let made = world.ok("POST", "/api/v1/folders", Some(create)).await["folder"].clone();
    let id = text(&made, "id");
    for key in ["createdAt", "updatedAt"] {
        assert!(text(&made, key).parse::<model::Timestamp>().is_ok(), "{key}");
    }
    let read = world.ok("GET", &format!("/api/v1/folders/{id}"), None).await["folder"].clone();
    for (key, expected) in [("name", "app"), ("path", "/app")] {
        assert_eq!(text(&read, key), expected);
    }
    assert_eq!(read["environment"]["envSlug"], json!("dev"));
    assert_eq!(read["projectId"], json!(world.project));
    let update = json!({ "name": "application", "path": "/", "environment": "dev", "workspaceId": world.project,
        "description": "all of it" });
    let changed = world.ok("PATCH", &format!("/api/v1/folders/{id}"), Some(update)).await["folder"].clone();
    assert_eq!((text(&changed, "id"), text(&changed, "name")), (id.clone(), "application".to_owned()));
    let read = world.ok("GET", &format!("/api/v1/folders/{id}"), None).await["folder"].clone();
    assert_eq!(text(&read, "description"), "all of it");
    let listed = world
        .ok("GET", &format!("/api/v1/folders?environment=dev&workspaceId={}&path=%2F", world.project), None)
        .await;
    assert_eq!(each(&listed["folders"], "name"), ["application"]);
    let delete = json!({ "projectId": world.project, "workspaceId": world.project, "environment": "dev", "path": "/" });
    world.ok("DELETE", &format!("/api/v2/folders/{id}"), Some(delete)).await;
    let (status, ..) = world.refused("GET", &format!("/api/v1/folders/{id}"), None).await;
    assert_eq!(status, 404, "Terraform drops what answers 404");
}

/// Two `infisical_secret_folder` that Terraform knows no order of: it makes both at once, or the inner one first.
#[tokio::test]
async fn terraform_makes_folders_in_any_order() {
    let world = World::new().await;
    let body = |name: &str, path: &str| json!({ "name": name, "path": path, "environment": "dev", "workspaceId": world.project, "description": name });
    let inner = world.ok("POST", "/api/v1/folders", Some(body("inner", "/outer"))).await["folder"].clone();
    let outer = world.ok("POST", "/api/v1/folders", Some(body("outer", "/"))).await["folder"].clone();
    assert_eq!((&outer["id"], text(&outer, "description")), (&inner["parentId"], "outer".to_owned()));
    assert_eq!(world.refused("POST", "/api/v1/folders", Some(body("outer", "/"))).await.0, 400, "once");
    assert_eq!(world.audited("folder").await, ["folder.create /outer", "folder.create /outer/inner"]);

    let (low, high) = (body("low", "/high"), body("high", "/"));
    let (first, second) = tokio::join!(
        world.by(world.member, "POST", "/api/v1/folders", Some(&low)),
        world.by(world.member, "POST", "/api/v1/folders", Some(&high)),
    );
    assert_eq!((first.0, second.0), (200, 200), "{first:?} {second:?}");
    assert_eq!(first.1["folder"]["parentId"], second.1["folder"]["id"]);
}

/// `infisical_secret_tag`.
#[tokio::test]
async fn terraform_keeps_a_tag() {
    let world = World::new().await;
    let tags = format!("/api/v1/workspace/{}/tags", world.project);
    let create = json!({ "name": "Team", "slug": "team", "color": "#ffffff", "workspaceId": "" });
    let id = text(&world.ok("POST", &tags, Some(create)).await["workspaceTag"], "id");
    let path = format!("{tags}/{id}");
    let read = world.ok("GET", &path, None).await["workspaceTag"].clone();
    assert_eq!((text(&read, "slug"), text(&read, "name")), ("team".to_owned(), "Team".to_owned()));
    let update = json!({ "name": "Team", "slug": "crew", "color": "#000000" });
    assert_eq!(text(&world.ok("PATCH", &path, Some(update)).await["workspaceTag"], "slug"), "crew");
    assert_eq!(text(&world.ok("GET", &path, None).await["workspaceTag"], "color"), "#000000");
    world.ok("DELETE", &path, None).await;
    assert_eq!(world.refused("GET", &path, None).await.0, 404);
}

/// `secrets set --tags`: look for the tag, make it when it is not there, and find it the next time.
#[tokio::test]
async fn the_cli_makes_a_tag_that_it_does_not_find() {
    let world = World::new().await;
    let tags = format!("/api/v1/projects/{}/tags", world.project);
    let slug = format!("{tags}/slug/backend");
    assert_eq!(world.refused("GET", &slug, None).await.0, 404);
    let made = world.ok("POST", &tags, Some(json!({ "slug": "backend", "color": "" }))).await["tag"].clone();
    assert_eq!(text(&world.ok("GET", &slug, None).await["tag"], "id"), text(&made, "id"));
}

/// `secrets folders create`, `get`, `delete`.
#[tokio::test]
async fn the_cli_keeps_folders_by_directory() {
    let world = World::new().await;
    for (directory, name) in [("/", "a"), ("/a", "b")] {
        let body =
            json!({ "workspaceId": world.project, "environment": "dev", "name": name, "path": directory });
        world.ok("POST", "/api/v1/folders", Some(body)).await;
    }
    let get = |directory: &str| {
        format!("/api/v1/folders?workspaceId={}&environment=dev&directory={directory}", world.project)
    };
    assert_eq!(each(&world.ok("GET", &get("/"), None).await["folders"], "name"), ["a"]);
    assert_eq!(each(&world.ok("GET", &get("/a"), None).await["folders"], "name"), ["b"]);
    let body =
        json!({ "folderName": "b", "workspaceId": world.project, "environment": "dev", "directory": "/a" });
    let gone = world.ok("DELETE", "/api/v1/folders/b", Some(body)).await;
    assert_eq!(text(&gone["folder"], "name"), "b");
    assert_eq!(world.ok("GET", &get("/a"), None).await["folders"], json!([]));
}

/// `folders.create_folder`, `list_folders`, `get_folder_by_id`, `update_folder`, `delete_folder`: dataclasses that raise on a
/// key that is missing.
#[tokio::test]
async fn the_python_sdk_keeps_a_folder() {
    let world = World::new().await;
    let required = |folder: &Value, keys: &[&str]| {
        for key in keys {
            assert!(!folder[*key].is_null(), "no {key} in {folder}");
        }
    };
    let place = json!({ "projectId": world.project, "environment": "dev", "path": "/" });
    let with = |key: &str, value: Value| {
        let mut body = place.clone();
        body[key] = value;
        body
    };
    let made = world.ok("POST", "/api/v2/folders", Some(with("name", json!("py")))).await["folder"].clone();
    required(&made, &["id", "name", "createdAt", "updatedAt", "envId", "path"]);
    let id = text(&made, "id");
    for flag in ["True", "False"] {
        let query = format!("projectId={}&environment=dev&path=%2F&recursive={flag}", world.project);
        let listed = world.ok("GET", &format!("/api/v2/folders?{query}"), None).await["folders"].clone();
        required(&listed[0], &["id", "name", "createdAt", "updatedAt", "envId"]);
    }
    let read = world.ok("GET", &format!("/api/v2/folders/{id}"), None).await["folder"].clone();
    required(&read, &["id", "name", "createdAt", "updatedAt", "envId", "path", "projectId", "environment"]);
    let changed = world.ok("PATCH", &format!("/api/v2/folders/{id}"), Some(with("name", json!("pi")))).await;
    required(&changed["folder"], &["id", "name", "createdAt", "updatedAt", "envId", "path"]);
    let gone = world.ok("DELETE", &format!("/api/v2/folders/{id}"), Some(place)).await;
    required(&gone["folder"], &["id", "name", "createdAt", "updatedAt", "envId"]);
}

/// The Node SDK's `folders().create` and `listFolders`; a retry after an answer that was lost is refused, not done twice.
#[tokio::test]
async fn the_node_sdk_keeps_folders() {
    let world = World::new().await;
    let body = json!({ "name": "node", "path": "/", "workspaceId": world.project, "environment": "dev" });
    let send = || {
        let event = event("POST", "/api/v1/folders").identity(world.member, "no-access");
        event.header("user-agent", "node").header("accept", "*/*").body(&body)
    };
    assert_eq!(world.send(send()).await.0, 200);
    assert_eq!(world.send(send()).await.0, 400);
    let query = format!("environment=dev&workspaceId={}&path=%2F&recursive=false", world.project);
    let listed = world.ok("GET", &format!("/api/v1/folders?{query}"), None).await;
    assert_eq!(each(&listed["folders"], "name"), ["node"]);
}
