//! Folders with secrets in them: when they were written last, and what becomes of them.

use model::id::EnvironmentId;
use serde_json::{Value, json};
use store::Purged;
use testkit::event::event;

use crate::secret_world::RAW;
use crate::world::{World, each, text};

const FOLDERS: &str = "/api/v2/folders";

fn place(world: &World, path: &str) -> Value {
    json!({ "projectId": world.project, "environment": "dev", "path": path, "name": "renamed" })
}

async fn dev(world: &World) -> EnvironmentId {
    world.environment("dev").await.parse().unwrap()
}

#[tokio::test]
async fn a_folder_says_when_a_secret_in_it_was_written_last() {
    let world = World::new().await;
    let (old, new) = (world.folder("/", "old").await, world.folder("/", "new").await);
    world.put("/old", "KEY", "1").await;
    let body = world.at("/new", json!({ "secretValue": "2" }));
    let write = event("POST", &format!("{RAW}/KEY")).identity(world.member, "no-access").body(&body);
    assert_eq!(world.send_at(write, testkit::later(60)).await.0, 200);
    let of = async |id: &str| {
        world.ok("GET", &format!("{FOLDERS}/{id}"), None).await["folder"]["lastSecretModified"].clone()
    };
    assert_eq!(of(&old).await, json!(testkit::now()));
    assert_eq!(of(&new).await, json!(testkit::later(60)));
    for (moment, names) in [(0, vec!["new", "old"]), (1, vec!["new"]), (60, vec!["new"]), (61, vec![])] {
        let query = format!("path=/&lastSecretModified={}", testkit::later(moment));
        assert_eq!(each(&world.list(FOLDERS, &query).await, "name"), names, "{moment}");
        let below = world.list(FOLDERS, &format!("{query}&recursive=true")).await;
        assert_eq!(each(&below, "name"), names);
    }
    // A rename is no change of a secret.
    world.ok("PATCH", &format!("{FOLDERS}/{old}"), Some(place(&world, "/"))).await;
    assert_eq!(of(&old).await, json!(testkit::now()));
}

#[tokio::test]
async fn secrets_stay_with_their_folder_when_it_is_renamed() {
    let world = World::new().await;
    world.folder("/before", "inner").await;
    let secret = world.put("/before/inner", "KEY", "value").await;
    world.ok("PATCH", &format!("{FOLDERS}/before"), Some(place(&world, "/"))).await;
    let listed = world.secrets("/renamed/inner", "").await["secrets"].clone();
    assert_eq!(
        (text(&listed[0], "id"), text(&listed[0], "secretValue")),
        (text(&secret, "id"), "value".into())
    );
    let (status, ..) = world.refused("GET", &world.target(RAW, "/before/inner", ""), None).await;
    assert_eq!(status, 404);
    let by_id = world.ok("GET", &format!("{RAW}/id/{}", text(&secret, "id")), None).await;
    assert_eq!(text(&by_id["secret"], "secretPath"), "/renamed/inner");
}

#[tokio::test]
async fn a_deleted_folder_takes_its_secrets_with_it_and_nobody_elses() {
    let world = World::new().await;
    for path in ["/top", "/top/inner", "/"] {
        if let Some((parent, name)) = path.rsplit_once('/').filter(|(_, name)| !name.is_empty()) {
            world.folder(if parent.is_empty() { "/" } else { parent }, name).await;
        }
        world.put(path, "KEY", path).await;
    }
    let gone = [world.secrets("/top", "").await, world.secrets("/top/inner", "").await];
    let kept = world.secrets("/", "").await["secrets"].clone();
    world.ok("DELETE", &format!("{FOLDERS}/top"), Some(place(&world, "/"))).await;
    for listed in gone {
        let id = text(&listed["secrets"][0], "id");
        assert_eq!(world.refused("GET", &format!("{RAW}/id/{id}"), None).await.0, 404);
        assert!(
            world.store.secret_by_id(id.parse().unwrap()).await.unwrap().is_none(),
            "the item is gone too"
        );
    }
    for path in ["/top", "/top/inner"] {
        assert_eq!(world.refused("GET", &world.target(RAW, path, ""), None).await.0, 404);
        let body = world.at(path, json!({ "secretValue": "late" }));
        assert_eq!(world.refused("POST", &format!("{RAW}/LATE"), Some(body)).await.0, 404);
    }
    assert_eq!(world.secrets("/", "").await["secrets"], kept);
    // A folder that is made anew is another one, and empty.
    world.folder("/", "top").await;
    assert_eq!(world.secrets("/top", "").await["secrets"], json!([]));
    assert_eq!(world.store.purge_folders(dev(&world).await, testkit::now(), 1).await.unwrap(), Purged::All);
}

#[tokio::test]
async fn an_imported_folder_may_go_and_come_back() {
    let world = World::new().await;
    world.folder("/", "shared").await;
    world.put("/shared", "KEY", "first").await;
    let import = json!({ "workspaceId": world.project, "environment": "dev", "path": "/",
        "import": { "environment": "dev", "path": "/shared" } });
    world.ok("POST", "/api/v1/secret-imports", Some(import)).await;
    let imported = async || {
        let listed = world.secrets("/", "include_imports=true").await["imports"].clone();
        let lists = listed.as_array().unwrap().iter();
        lists.flat_map(|one| each(&one["secrets"], "secretValue")).collect::<Vec<_>>()
    };
    assert_eq!(imported().await, ["first"]);
    world.ok("DELETE", &format!("{FOLDERS}/shared"), Some(place(&world, "/"))).await;
    assert!(imported().await.is_empty(), "nothing comes from nowhere, and that is no error");
    let path = format!("/api/v1/secret-imports?workspaceId={}&environment=dev", world.project);
    let kept = world.ok("GET", &path, None).await["secretImports"].clone();
    assert_eq!(each(&kept, "importPath"), ["/shared"], "nobody takes the import away");
    world.folder("/", "shared").await;
    world.put("/shared", "KEY", "second").await;
    assert_eq!(imported().await, ["second"]);
}

#[tokio::test]
async fn imports_go_with_the_folder_that_has_them() {
    let world = World::new().await;
    world.folder("/", "app").await;
    let import = json!({ "workspaceId": world.project, "environment": "dev", "path": "/app",
        "import": { "environment": "prod", "path": "/" } });
    let made = world.ok("POST", "/api/v1/secret-imports", Some(import)).await;
    let path = format!("/api/v1/secret-imports/{}", text(&made["secretImport"], "id"));
    world.ok("DELETE", &format!("{FOLDERS}/app"), Some(place(&world, "/"))).await;
    assert_eq!(world.refused("GET", &path, None).await.0, 404);
    assert_eq!(world.refused("DELETE", &path, Some(place(&world, "/app"))).await.0, 404);
}

#[tokio::test]
async fn a_secret_written_while_its_folder_is_deleted_is_in_the_folder_or_refused() {
    let world = World::new().await;
    let id = world.folder("/", "contested").await;
    world.put("/contested", "FIRST", "1").await;
    let body = world.at("/contested", json!({ "secretValue": "2" }));
    let path = format!("{FOLDERS}/{id}");
    let place = place(&world, "/");
    let (target, write) = (format!("{RAW}/SECOND"), Some(&body));
    let (deleted, written) = tokio::join!(
        world.by(world.owner, "DELETE", &path, Some(&place)),
        world.by(world.member, "POST", &target, write),
    );
    assert_eq!(deleted.0, 200, "{deleted:?}");
    assert!([200, 404].contains(&written.0), "{written:?}");
    // Whichever came first: nothing is left of the folder once it is swept.
    assert_eq!(world.store.purge_folders(dev(&world).await, testkit::now(), 100).await.unwrap(), Purged::All);
    assert!(world.store.secrets_in(dev(&world).await, id.parse().unwrap()).await.unwrap().is_empty());
    if let Some(secret) = written.1["secret"]["id"].as_str() {
        assert!(world.store.secret_by_id(secret.parse().unwrap()).await.unwrap().is_none());
    }
}

#[tokio::test]
async fn folders_lie_only_so_deep_and_are_only_so_many_at_once() {
    let world = World::new().await;
    let deep = "/d".repeat(30);
    let body = json!({ "projectId": world.project, "environment": "dev", "name": "x", "path": deep });
    assert_eq!(world.refused("POST", FOLDERS, Some(body)).await.0, 400);
    let items: Vec<Value> = (0..101)
        .map(|number| json!({ "id": format!("f{number}"), "environment": "dev", "name": "x", "path": "/" }))
        .collect();
    let body = json!({ "projectId": world.project, "folders": items });
    assert_eq!(world.refused("PATCH", &format!("{FOLDERS}/batch"), Some(body)).await.0, 422);
    let mut describe = json!({ "projectId": world.project, "environment": "dev", "name": "x", "path": "/" });
    describe["description"] = json!("d".repeat(256));
    assert_eq!(world.refused("POST", FOLDERS, Some(describe)).await.0, 422);
    assert_eq!(world.list(FOLDERS, "path=/").await, json!([]));
}
