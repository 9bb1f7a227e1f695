//! Imports of one folder's secrets into another.

use serde_json::{Value, json};

use crate::world::{World, each, text};

const V1: &str = "/api/v1/secret-imports";
const V2: &str = "/api/v2/secret-imports";

fn place(world: &World, path: &str) -> Value {
    json!({ "workspaceId": world.project, "environment": "dev", "path": path })
}

fn body(world: &World, path: &str, environment: &str, from: &str) -> Value {
    let mut body = place(world, path);
    body["import"] = json!({ "environment": environment, "path": from });
    body["isReplication"] = json!(false);
    body
}

async fn import(world: &World, path: &str, environment: &str, from: &str) -> String {
    let answer = world.ok("POST", V1, Some(body(world, path, environment, from))).await;
    text(&answer["secretImport"], "id")
}

/// What is imported into a path, in order: `<environment> <path>`.
async fn listed(world: &World, path: &str) -> Vec<String> {
    let query = format!("{V1}?workspaceId={}&environment=dev&path={path}", world.project);
    let imports = world.ok("GET", &query, None).await["secretImports"].clone();
    let positions: Vec<u64> =
        imports.as_array().unwrap().iter().map(|one| one["position"].as_u64().unwrap()).collect();
    assert_eq!(positions, (1..=positions.len() as u64).collect::<Vec<_>>(), "contiguous from 1");
    let shown = imports.as_array().unwrap().iter();
    shown.map(|one| format!("{} {}", text(&one["importEnv"], "slug"), text(one, "importPath"))).collect()
}

#[tokio::test]
async fn a_new_import_is_answered_whole_and_read_back() {
    let world = World::new().await;
    let app = world.folder("/", "app").await;
    let answer = world.ok("POST", V1, Some(body(&world, "/app", "prod", "/"))).await;
    assert!(answer["message"].is_string());
    let made = answer["secretImport"].clone();
    let prod = world.environment("prod").await;
    assert_eq!(
        made,
        json!({
            "id": made["id"], "version": 1, "folderId": app, "position": 1, "importPath": "/",
            "importEnv": { "id": prod, "name": "Production", "slug": "prod" },
            "isReplication": false, "isReplicationSuccess": null, "replicationStatus": null, "lastReplicated": null,
            "isReserved": false, "createdAt": "2026-01-02T03:04:05.678Z", "updatedAt": "2026-01-02T03:04:05.678Z",
        })
    );
    let id = text(&made, "id");
    for path in [format!("{V1}/{id}"), format!("{V2}/{id}/")] {
        let read = world.ok("GET", &path, None).await["secretImport"].clone();
        assert_eq!((&read["id"], &read["importEnv"]), (&made["id"], &made["importEnv"]));
        assert_eq!(
            (text(&read, "secretPath"), &read["projectId"]),
            ("/app".to_owned(), &json!(world.project))
        );
        let dev = world.environment("dev").await;
        assert_eq!(read["environment"], json!({ "id": dev, "name": "Development", "slug": "dev" }));
    }
    assert_eq!(world.audited("secret-import").await, ["secret-import.create /app"]);
}

#[tokio::test]
async fn imports_keep_their_order_and_move_by_position() {
    let world = World::new().await;
    world.folder("/", "app").await;
    let first = import(&world, "/app", "prod", "/").await;
    import(&world, "/app", "staging", "/").await;
    let last = import(&world, "/app", "dev", "/").await;
    assert_eq!(listed(&world, "/app").await, ["prod /", "staging /", "dev /"]);
    let shift = |position: u64| {
        let mut body = place(&world, "/app");
        body["import"] = json!({ "position": position });
        body
    };
    let moved = world.ok("PATCH", &format!("{V1}/{last}"), Some(shift(1))).await;
    assert_eq!(moved["secretImport"]["position"], json!(1));
    assert_eq!(listed(&world, "/app").await, ["dev /", "prod /", "staging /"]);
    world.ok("PATCH", &format!("{V2}/{last}"), Some(shift(99))).await;
    assert_eq!(listed(&world, "/app").await, ["prod /", "staging /", "dev /"], "beyond the end is the end");
    world.ok("PATCH", &format!("{V1}/{first}"), Some(shift(2))).await;
    assert_eq!(listed(&world, "/app").await, ["staging /", "prod /", "dev /"]);
    // 0 is the Go clients' word for none.
    world.ok("PATCH", &format!("{V1}/{first}"), Some(shift(0))).await;
    assert_eq!(listed(&world, "/app").await, ["staging /", "prod /", "dev /"]);
    for wrong in [json!(-1), json!("first"), json!(1.5)] {
        let mut body = place(&world, "/app");
        body["import"] = json!({ "position": wrong });
        assert_eq!(world.refused("PATCH", &format!("{V1}/{first}"), Some(body)).await.0, 422, "{wrong}");
    }
    world.ok("DELETE", &format!("{V1}/{first}"), Some(place(&world, "/app"))).await;
    assert_eq!(listed(&world, "/app").await, ["staging /", "dev /"]);
}

#[tokio::test]
async fn an_import_can_be_pointed_elsewhere() {
    let world = World::new().await;
    world.folder("/", "app").await;
    world.folder("/", "shared").await;
    let id = import(&world, "/app", "prod", "/").await;
    let mut change = place(&world, "/app");
    change["import"] = json!({ "environment": "dev", "path": "/shared/" });
    let changed = world.ok("PATCH", &format!("{V1}/{id}"), Some(change)).await["secretImport"].clone();
    assert_eq!((text(&changed, "id"), text(&changed, "importPath")), (id.clone(), "/shared".to_owned()));
    assert_eq!(listed(&world, "/app").await, ["dev /shared"]);
    let mut half = place(&world, "/app");
    half["import"] = json!({ "path": "/" });
    world.ok("PATCH", &format!("{V1}/{id}"), Some(half)).await;
    assert_eq!(listed(&world, "/app").await, ["dev /"], "the environment stays");
    assert_eq!(world.audited("secret-import.update").await.len(), 2);
}

#[tokio::test]
async fn a_deleted_import_is_gone_and_answered_as_it_was() {
    let world = World::new().await;
    let id = import(&world, "/", "prod", "/").await;
    let gone = world.ok("DELETE", &format!("{V2}/{id}"), Some(place(&world, "/"))).await;
    assert_eq!(text(&gone["secretImport"], "id"), id);
    assert!(gone["message"].is_string());
    for (method, body) in
        [("GET", None), ("DELETE", Some(place(&world, "/"))), ("PATCH", Some(body(&world, "/", "prod", "/")))]
    {
        let (status, error, _) = world.refused(method, &format!("{V1}/{id}"), body).await;
        assert_eq!((status, error.as_str()), (404, "NotFound"), "{method}");
    }
    assert!(listed(&world, "/").await.is_empty());
    assert_eq!(world.audited("secret-import.delete").await, ["secret-import.delete /"]);
}

#[tokio::test]
async fn an_import_that_leads_back_is_refused() {
    let world = World::new().await;
    for name in ["a", "b", "c"] {
        world.folder("/", name).await;
    }
    let (status, ..) = world.refused("POST", V1, Some(body(&world, "/a", "dev", "/a"))).await;
    assert_eq!(status, 400, "itself");
    import(&world, "/a", "dev", "/b").await;
    let (status, _, message) = world.refused("POST", V1, Some(body(&world, "/b", "dev", "/a"))).await;
    assert_eq!(status, 400, "{message}");
    import(&world, "/b", "dev", "/c").await;
    let (status, _, message) = world.refused("POST", V1, Some(body(&world, "/c", "dev", "/a"))).await;
    assert_eq!(status, 400, "over a third: {message}");
    assert!(message.contains("/a"), "the cycle is named: {message}");
    let harmless = import(&world, "/c", "prod", "/").await;
    let mut change = place(&world, "/c");
    change["import"] = json!({ "environment": "dev", "path": "/a" });
    let (status, ..) = world.refused("PATCH", &format!("{V1}/{harmless}"), Some(change)).await;
    assert_eq!(status, 400, "a change is looked at as well");
    assert_eq!(listed(&world, "/c").await, ["prod /"]);
}

#[tokio::test]
async fn what_is_imported_twice_is_refused() {
    let world = World::new().await;
    import(&world, "/", "prod", "/").await;
    let (status, _, message) = world.refused("POST", V1, Some(body(&world, "/", "prod", "/"))).await;
    assert_eq!(status, 400, "{message}");
    assert_eq!(listed(&world, "/").await, ["prod /"]);
}

#[tokio::test]
async fn where_and_from_where_must_exist() {
    let world = World::new().await;
    for (wrong, expected) in [
        (body(&world, "/absent", "prod", "/"), 404),
        (body(&world, "/", "qa", "/"), 404),
        (body(&world, "/", "prod", &"p".repeat(2_000)), 422),
    ] {
        let (status, _, message) = world.refused("POST", V1, Some(wrong.clone())).await;
        assert_eq!(status, expected, "{wrong} {message}");
    }
    let (status, _, message) = world.refused("POST", V1, Some(json!({}))).await;
    assert_eq!(status, 422);
    let issues: Value = serde_json::from_str(&message).unwrap();
    let paths: Vec<&str> =
        issues.as_array().unwrap().iter().map(|issue| issue["path"][0].as_str().unwrap()).collect();
    assert_eq!(paths, ["workspaceId", "environment", "import"]);
    assert!(listed(&world, "/").await.is_empty());
}

#[tokio::test]
async fn the_second_version_names_the_project_differently() {
    let world = World::new().await;
    let mut new = body(&world, "/", "prod", "/");
    new["projectId"] = new["workspaceId"].take();
    let id = text(&world.ok("POST", V2, Some(new)).await["secretImport"], "id");
    let query = format!("{V2}?projectId={}&environment=dev", world.project);
    let imports = world.ok("GET", &query, None).await;
    assert!(imports["message"].is_string());
    assert_eq!(each(&imports["secretImports"], "id"), [id]);
}

#[tokio::test]
async fn a_replication_is_read_through_like_every_import() {
    let world = World::new().await;
    let mut replication = body(&world, "/", "prod", "/");
    replication["isReplication"] = json!(true);
    let made = world.ok("POST", V1, Some(replication)).await["secretImport"].clone();
    assert_eq!(made["isReplication"], json!(true));
    assert_eq!(listed(&world, "/").await, ["prod /"], "no folder of copies comes to be");
}
