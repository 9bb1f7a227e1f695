//! One folder: made, read, renamed, removed.

use serde_json::{Value, json};

use crate::world::{World, each, text};

const V1: &str = "/api/v1/folders";
const V2: &str = "/api/v2/folders";

fn body(world: &World, name: &str, path: &str) -> Value {
    json!({ "projectId": world.project, "environment": "dev", "name": name, "path": path })
}

#[tokio::test]
async fn a_new_folder_is_answered_whole() {
    let world = World::new().await;
    let mut body = body(&world, "api", "/");
    body["description"] = json!("of the API");
    let folder = world.ok("POST", V2, Some(body)).await["folder"].clone();
    let dev = world.environment("dev").await;
    assert_eq!(
        folder,
        json!({
            "id": folder["id"], "name": "api", "version": 1, "envId": dev, "parentId": dev, "isReserved": false,
            "description": "of the API", "lastSecretModified": null, "path": "/api", "projectId": world.project,
            "environment": { "envId": dev, "envName": "Development", "envSlug": "dev" },
            "createdAt": "2026-01-02T03:04:05.678Z", "updatedAt": "2026-01-02T03:04:05.678Z",
        })
    );
    assert!(uuid::Uuid::try_parse(&text(&folder, "id")).is_ok());
    assert_eq!(world.audited("folder").await, ["folder.create /api"]);
}

#[tokio::test]
async fn missing_parents_are_made_with_it() {
    let world = World::new().await;
    let folder = world.ok("POST", V2, Some(body(&world, "c", "a/b/"))).await["folder"].clone();
    assert_eq!(folder["path"], json!("/a/b/c"));
    let all = world.list(V2, "path=/&recursive=true").await;
    assert_eq!(each(&all, "relativePath"), ["/a", "/a/b", "/a/b/c"]);
    let again = world.ok("POST", V2, Some(body(&world, "d", "/a/b"))).await["folder"].clone();
    assert_eq!(again["parentId"], folder["parentId"], "the parents are made once");
    assert_eq!(world.audited("folder").await, ["folder.create /a/b/c", "folder.create /a/b/d"]);
}

#[tokio::test]
async fn a_name_is_had_once_in_a_parent() {
    let world = World::new().await;
    let first = world.folder("/", "api").await;
    let (status, error, message) = world.refused("POST", V2, Some(body(&world, "api", "/"))).await;
    assert_eq!((status, error.as_str()), (400, "BadRequest"), "{message}");
    assert!(message.contains("api"), "{message}");
    // Names differ by case, and the same name elsewhere is another folder.
    for (name, path) in [("API", "/"), ("api", "/api")] {
        let folder = world.ok("POST", V2, Some(body(&world, name, path))).await["folder"].clone();
        assert_ne!(text(&folder, "id"), first);
    }
}

#[tokio::test]
async fn a_folder_is_read_by_its_id_and_by_its_path() {
    let world = World::new().await;
    let made = world.ok("POST", V2, Some(body(&world, "b", "/a"))).await["folder"].clone();
    let id = text(&made, "id");
    for path in [
        format!("{V1}/{id}"),
        format!("{V2}/{id}/"),
        format!("{V1}/{}/dev/%2Fa%2Fb", world.project),
        // As API Gateway hands it on.
        format!("{V1}/{}/dev//a/b", world.project),
        format!("{V1}/{}/dev/a/b/", world.project),
    ] {
        assert_eq!(world.ok("GET", &path, None).await["folder"], made, "{path}");
    }
}

#[tokio::test]
async fn every_environment_has_a_root() {
    let world = World::new().await;
    let dev = world.environment("dev").await;
    for path in [
        format!("{V2}/{dev}"),
        format!("{V1}/{}/dev/%2F", world.project),
        format!("{V1}/{}/dev//", world.project),
    ] {
        let root = world.ok("GET", &path, None).await["folder"].clone();
        assert_eq!((&root["id"], &root["path"]), (&json!(dev), &json!("/")), "{path}");
        assert_eq!((&root["name"], &root["parentId"]), (&json!("root"), &Value::Null));
    }
    for (method, path) in [("PATCH", V2), ("DELETE", V2), ("PATCH", V1), ("DELETE", V1)] {
        let (status, ..) =
            world.refused(method, &format!("{path}/{dev}"), Some(body(&world, "x", "/"))).await;
        assert_eq!(status, 404, "{method} of the root");
    }
}

#[tokio::test]
async fn a_rename_keeps_the_id_and_what_is_in_it() {
    let world = World::new().await;
    let inner = world.ok("POST", V2, Some(body(&world, "inner", "/old"))).await["folder"].clone();
    let id = text(&inner, "parentId");
    let mut change = body(&world, "new", "/");
    change["description"] = json!("renamed");
    let folder = world.ok("PATCH", &format!("{V2}/{id}"), Some(change)).await["folder"].clone();
    assert_eq!((text(&folder, "id"), text(&folder, "path")), (id.clone(), "/new".to_owned()));
    assert_eq!((&folder["version"], &folder["description"]), (&json!(2), &json!("renamed")));
    let found = world.ok("GET", &format!("{V2}/{}", text(&inner, "id")), None).await;
    assert_eq!(found["folder"]["path"], json!("/new/inner"));
    // By its name, as the CLI does; an absent description stays.
    let folder = world.ok("PATCH", &format!("{V1}/new"), Some(body(&world, "newer", "/"))).await;
    assert_eq!(folder["folder"]["description"], json!("renamed"));
    assert_eq!(world.audited("folder.update").await, ["folder.update /new", "folder.update /newer"]);
    let mut cleared = body(&world, "newer", "/");
    cleared["description"] = Value::Null;
    let folder = world.ok("PATCH", &format!("{V2}/{id}"), Some(cleared)).await;
    assert_eq!(folder["folder"]["description"], Value::Null);
}

#[tokio::test]
async fn a_rename_that_changes_nothing_leaves_no_trace() {
    let world = World::new().await;
    let id = world.folder("/", "api").await;
    let path = format!("{V2}/{id}");
    let folder = world.ok("PATCH", &path, Some(body(&world, "api", "/"))).await;
    assert_eq!(folder["folder"]["version"], json!(1));
    assert!(world.audited("folder.update").await.is_empty());
}

#[tokio::test]
async fn a_rename_takes_no_name_that_is_had_and_finds_only_what_lies_in_the_path() {
    let world = World::new().await;
    let id = world.folder("/", "one").await;
    world.folder("/", "two").await;
    world.folder("/deep", "one").await;
    let path = format!("{V2}/{id}");
    let (status, error, _) = world.refused("PATCH", &path, Some(body(&world, "two", "/"))).await;
    assert_eq!((status, error.as_str()), (400, "BadRequest"));
    let (status, error, _) = world.refused("PATCH", &path, Some(body(&world, "three", "/deep"))).await;
    assert_eq!((status, error.as_str()), (404, "NotFound"));
    let (status, ..) = world.refused("PATCH", &path, Some(body(&world, "three", "/absent"))).await;
    assert_eq!(status, 404);
}

#[tokio::test]
async fn a_folder_goes_with_everything_in_it() {
    let world = World::new().await;
    let id = world.folder("/", "top").await;
    let inner = world.folder("/top", "inner").await;
    world.folder("/", "beside").await;
    let folder =
        world.ok("DELETE", &format!("{V2}/{id}"), Some(body(&world, "", "/"))).await["folder"].clone();
    assert_eq!(text(&folder, "id"), id);
    assert!(folder.get("path").is_none(), "{folder}");
    for gone in [&id, &inner] {
        let (status, error, _) = world.refused("GET", &format!("{V2}/{gone}"), None).await;
        assert_eq!((status, error.as_str()), (404, "NotFound"));
    }
    assert_eq!(each(&world.list(V2, "path=/&recursive=true").await, "name"), ["beside"]);
    assert_eq!(world.audited("folder.delete").await, ["folder.delete /top"]);
    // The names are free again.
    assert_ne!(world.folder("/", "top").await, id);
}

#[tokio::test]
async fn a_delete_names_a_folder_by_id_or_name_within_its_parent() {
    let world = World::new().await;
    let one = world.folder("/a", "one").await;
    let (status, ..) = world.refused("DELETE", &format!("{V2}/{one}"), Some(body(&world, "", "/"))).await;
    assert_eq!(status, 404, "it is not in the root");
    let (status, ..) = world.refused("DELETE", &format!("{V2}/one"), Some(body(&world, "", "/b"))).await;
    assert_eq!(status, 404, "there is no such path");
    let body = json!({ "workspaceId": world.project, "environment": "dev", "directory": "/a" });
    let gone = world.ok("DELETE", &format!("{V1}/one"), Some(body.clone())).await;
    assert_eq!(text(&gone["folder"], "id"), one);
    let (status, ..) = world.refused("DELETE", &format!("{V1}/one"), Some(body)).await;
    assert_eq!(status, 404, "it is gone");
}

#[tokio::test]
async fn bad_input_is_refused_with_every_issue_at_once() {
    let world = World::new().await;
    let issues = |message: &str| {
        let list: Value = serde_json::from_str(message).unwrap();
        list.as_array()
            .unwrap()
            .iter()
            .map(|issue| issue["path"][0].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    let (status, error, message) = world.refused("POST", V2, Some(json!({}))).await;
    assert_eq!((status, error.as_str()), (422, "ValidationFailure"));
    assert_eq!(issues(&message), ["projectId", "environment", "name"]);
    let (_, _, message) = world.refused("POST", V1, Some(json!({}))).await;
    assert_eq!(issues(&message), ["workspaceId", "environment", "name"]);
    for name in ["", " ", "a/b", "a b", "a.b", "..", "ä", "a:b", "a\0"] {
        let (status, ..) = world.refused("POST", V2, Some(body(&world, name, "/"))).await;
        assert_eq!(status, 422, "{name:?}");
    }
    // Folders that are missing on the way are made, so they must be nameable.
    for path in ["/a b", "/..", "/ä", "/a/./b"] {
        let (status, ..) = world.refused("POST", V2, Some(body(&world, "name", path))).await;
        assert_eq!(status, 400, "{path:?}");
    }
    let long = "n".repeat(300);
    let (status, ..) = world.refused("POST", V2, Some(body(&world, &long, "/"))).await;
    assert_eq!(status, 422);
    for (key, wrong) in
        [("name", json!(1)), ("environment", json!([])), ("projectId", json!("demo")), ("path", json!({}))]
    {
        let mut body = body(&world, "name", "/");
        body[key] = wrong;
        let (status, _, message) = world.refused("POST", V2, Some(body)).await;
        assert_eq!((status, issues(&message)), (422, vec![key.to_owned()]));
    }
    let (status, ..) = world.refused("GET", &format!("{V2}/not-a-uuid"), None).await;
    assert_eq!(status, 422);
    assert!(world.list(V2, "path=/&recursive=true").await.as_array().unwrap().is_empty(), "nothing was made");
}

#[tokio::test]
async fn what_is_named_and_not_there_is_a_404() {
    let world = World::new().await;
    let absent = "00000000-0000-4000-8000-000000000000";
    let mut elsewhere = body(&world, "name", "/");
    elsewhere["environment"] = json!("qa");
    let mut nowhere = body(&world, "name", "/");
    nowhere["projectId"] = json!(absent);
    for (method, path) in
        [("POST", V2.to_owned()), ("PATCH", format!("{V2}/x")), ("DELETE", format!("{V2}/x"))]
    {
        for body in [&elsewhere, &nowhere] {
            let (status, error, _) = world.refused(method, &path, Some(body.clone())).await;
            assert_eq!((status, error.as_str()), (404, "NotFound"), "{method} {body}");
        }
    }
    for path in [
        format!("{V2}?projectId={}&environment=qa&path=/", world.project),
        format!("{V2}?projectId={}&environment=dev&path=/absent", world.project),
        format!("{V1}/{}/dev/%2Fabsent", world.project),
        format!("{V1}/{absent}/dev/%2F"),
        format!("{V2}/{absent}"),
    ] {
        let (status, error, _) = world.refused("GET", &path, None).await;
        assert_eq!((status, error.as_str()), (404, "NotFound"), "{path}");
    }
}
