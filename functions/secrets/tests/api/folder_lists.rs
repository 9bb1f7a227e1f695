//! Many folders: lists, and changes of several at once.

use serde_json::{Value, json};

use crate::world::{World, each, text};

const V1: &str = "/api/v1/folders";
const V2: &str = "/api/v2/folders";

#[tokio::test]
async fn a_list_has_the_folders_of_one_path_by_name() {
    let world = World::new().await;
    for (path, name) in [("/", "b"), ("/", "a"), ("/a", "inner"), ("/", "c")] {
        world.folder(path, name).await;
    }
    let folders = world.list(V2, "path=/").await;
    assert_eq!(each(&folders, "name"), ["a", "b", "c"]);
    let dev = world.environment("dev").await;
    for folder in folders.as_array().unwrap() {
        for key in [
            "id",
            "name",
            "version",
            "createdAt",
            "updatedAt",
            "envId",
            "parentId",
            "isReserved",
            "description",
            "lastSecretModified",
        ] {
            assert!(folder.get(key).is_some(), "no {key} in {folder}");
        }
        assert_eq!(folder["envId"], json!(dev));
        assert!(folder.get("relativePath").is_none(), "only of a recursive list: {folder}");
    }
    assert_eq!(each(&world.list(V2, "path=/a/").await, "name"), ["inner"]);
    assert_eq!(each(&world.list(V2, "path=a").await, "name"), ["inner"]);
    assert!(world.list(V2, "path=/c").await.as_array().unwrap().is_empty());
    assert!(world.list_in("prod", V2, "path=/").await.as_array().unwrap().is_empty());
}

#[tokio::test]
async fn a_recursive_list_says_where_each_folder_lies() {
    let world = World::new().await;
    for (path, name) in [("/x", "y"), ("/x/y", "z"), ("/x", "a"), ("/", "other")] {
        world.folder(path, name).await;
    }
    for flag in ["true", "True", "TRUE"] {
        let folders = world.list(V2, &format!("path=/x&recursive={flag}")).await;
        assert_eq!(each(&folders, "relativePath"), ["/a", "/y", "/y/z"], "relative to the path asked for");
    }
    for flag in ["false", "False", ""] {
        let folders = world.list(V2, &format!("path=/x&recursive={flag}")).await;
        assert_eq!(each(&folders, "name"), ["a", "y"]);
    }
    let path = format!("{V2}?projectId={}&environment=dev&path=/&recursive=yes", world.project);
    assert_eq!(world.refused("GET", &path, None).await.0, 422);
}

#[tokio::test]
async fn the_first_version_knows_the_path_by_two_names_and_the_second_wants_it() {
    let world = World::new().await;
    world.folder("/a", "b").await;
    let query = |rest: &str| format!("{V1}?workspaceId={}&environment=dev{rest}", world.project);
    for (rest, names) in
        [("", vec!["a"]), ("&directory=/a", vec!["b"]), ("&path=/a", vec!["b"]), ("&directory=", vec!["a"])]
    {
        let answer = world.ok("GET", &query(rest), None).await;
        assert_eq!(each(&answer["folders"], "name"), names, "{rest}");
    }
    let (status, _, message) =
        world.refused("GET", &format!("{V2}?projectId={}&environment=dev", world.project), None).await;
    assert_eq!(status, 422, "{message}");
    assert!(message.contains("path"), "{message}");
}

#[tokio::test]
async fn a_list_narrows_down_to_what_changed_since() {
    let world = World::new().await;
    world.folder("/", "quiet").await;
    let since = "lastSecretModified=2026-01-01T00:00:00.000Z";
    assert!(
        world.list(V2, &format!("path=/&{since}")).await.as_array().unwrap().is_empty(),
        "no secret ever changed"
    );
    let path =
        format!("{V2}?projectId={}&environment=dev&path=/&lastSecretModified=yesterday", world.project);
    assert_eq!(world.refused("GET", &path, None).await.0, 422);
}

fn batch(world: &World, folders: Value) -> Value {
    json!({ "projectId": world.project, "folders": folders })
}

fn item(id: &str, name: &str, path: &str) -> Value {
    json!({ "id": id, "environment": "dev", "name": name, "path": path })
}

#[tokio::test]
async fn several_folders_are_renamed_together() {
    let world = World::new().await;
    let (one, two) = (world.folder("/", "one").await, world.folder("/deep", "two").await);
    let wanted = json!([item(&one, "uno", "/"), item(&two, "due", "/deep")]);
    let answer = world.ok("PATCH", &format!("{V2}/batch"), Some(batch(&world, wanted))).await;
    assert_eq!(each(&answer["folders"], "name"), ["uno", "due"]);
    assert_eq!(
        each(&world.list(V2, "path=/&recursive=true").await, "relativePath"),
        ["/deep", "/deep/due", "/uno"]
    );
    assert_eq!(world.audited("folder.update").await, ["folder.update /uno, /deep/due"]);
    // The first version names the project by its slug.
    let body = json!({ "projectSlug": "demo-slug", "folders": [item(&one, "one", "/")] });
    let answer = world.ok("PATCH", &format!("{V1}/batch/"), Some(body)).await;
    assert_eq!(each(&answer["folders"], "id"), [one]);
}

#[tokio::test]
async fn two_folders_may_change_names_and_each_is_changed_once() {
    let world = World::new().await;
    let (one, two) = (world.folder("/", "one").await, world.folder("/", "two").await);
    let swapped = json!([item(&one, "two", "/"), item(&two, "one", "/")]);
    let (status, ..) = world.refused("PATCH", &format!("{V2}/batch"), Some(batch(&world, swapped))).await;
    assert_eq!(status, 400, "one after the other, as each alone");
    let twice = json!([item(&one, "a", "/"), item(&one, "b", "/")]);
    let (status, ..) = world.refused("PATCH", &format!("{V2}/batch"), Some(batch(&world, twice))).await;
    assert_eq!(status, 400);
    assert_eq!(each(&world.list(V2, "path=/").await, "name"), ["one", "two"]);
}

#[tokio::test]
async fn of_several_changes_all_happen_or_none() {
    let world = World::new().await;
    let one = world.folder("/", "one").await;
    for (bad, expected) in [
        (item("00000000-0000-4000-8000-000000000000", "x", "/"), 404),
        (item(&one, "x", "/absent"), 404),
        (item(&one, "a/b", "/"), 422),
        (json!({ "id": one, "environment": "qa", "name": "x", "path": "/" }), 404),
    ] {
        let wanted = batch(&world, json!([item(&one, "renamed", "/"), bad]));
        let (status, _, message) = world.refused("PATCH", &format!("{V2}/batch"), Some(wanted)).await;
        assert_eq!(status, expected, "{message}");
    }
    for none in [json!([]), json!(null), json!("one")] {
        let (status, ..) = world.refused("PATCH", &format!("{V2}/batch"), Some(batch(&world, none))).await;
        assert_eq!(status, 422);
    }
    let kept = world.ok("GET", &format!("{V2}/{one}"), None).await;
    assert_eq!(text(&kept["folder"], "name"), "one");
}

#[tokio::test]
async fn changes_in_two_environments_are_all_tried_before_the_first_is_made() {
    let world = World::new().await;
    let one = world.folder("/", "one").await;
    let made = json!({ "projectId": world.project, "environment": "prod", "name": "two", "path": "/" });
    let two = text(&world.ok("POST", V2, Some(made)).await["folder"], "id");
    let in_prod =
        |id: &str, name: &str| json!({ "id": id, "environment": "prod", "name": name, "path": "/" });
    let bad = json!([item(&one, "uno", "/"), in_prod(&one, "due")]);
    let (status, _, message) = world.refused("PATCH", &format!("{V2}/batch"), Some(batch(&world, bad))).await;
    assert_eq!(status, 404, "it is in the other environment: {message}");
    assert_eq!(each(&world.list(V2, "path=/").await, "name"), ["one"]);
    let good = json!([in_prod(&two, "due"), item(&one, "uno", "/")]);
    let answer = world.ok("PATCH", &format!("{V2}/batch"), Some(batch(&world, good))).await;
    assert_eq!(each(&answer["folders"], "name"), ["due", "uno"], "in the order of the request");
    assert_eq!(each(&world.list_in("prod", V2, "path=/").await, "name"), ["due"]);
    assert_eq!(world.audited("folder.update").await, ["folder.update /due", "folder.update /uno"]);
}
