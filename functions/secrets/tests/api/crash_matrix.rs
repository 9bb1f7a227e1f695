//! Dying anywhere in a request that changes something: it is done or not, the audit trail says which, and the same request
//! again leads where it was to lead. What deleted folders leave behind is removed by the worker's ticks.

mod broken;

use model::Timestamp;
use secrets::routes;
use serde_json::{Value, json};
use testkit::Trail;
use testkit::event::{Event, event, read};
use testkit::fuse::Fuse;
use testkit::matrix::{Again, Deployment, Row, clean_up, fence, requests};

use crate::aws;
use crate::secret_world::RAW;
use crate::wakes::watcher;
use crate::world::{World, ctx, text};

const ABSENT: Again = Again::Refused(404, "was not found");
const TAKEN: Again = Again::Refused(400, "already exists");

/// Every mutating route, and what the same request is answered when the first got through unheard.
const ROWS: &[Row] = &[
    Row::new("POST /api/v1/folders", TAKEN),
    Row::new("PATCH /api/v1/folders/batch", Again::Done),
    Row::new("PATCH /api/v1/folders/{folderId}", Again::Done),
    Row::new("DELETE /api/v1/folders/{folderId}", ABSENT),
    Row::new("POST /api/v2/folders", TAKEN),
    Row::new("PATCH /api/v2/folders/batch", Again::Done),
    Row::new("PATCH /api/v2/folders/{folderId}", Again::Done),
    Row::new("DELETE /api/v2/folders/{folderId}", ABSENT),
    Row::new("POST /api/v1/workspace/{projectId}/tags", TAKEN),
    Row::new("PATCH /api/v1/workspace/{projectId}/tags/{tagId}", Again::Done),
    Row::new("DELETE /api/v1/workspace/{projectId}/tags/{tagId}", ABSENT),
    Row::new("POST /api/v1/projects/{projectId}/tags", TAKEN),
    Row::new("PATCH /api/v1/projects/{projectId}/tags/{tagId}", Again::Done),
    Row::new("DELETE /api/v1/projects/{projectId}/tags/{tagId}", ABSENT),
    Row::new("POST /api/v1/secret-imports", Again::Refused(400, "imports")),
    Row::new("PATCH /api/v1/secret-imports/{secretImportId}", Again::Done),
    Row::new("DELETE /api/v1/secret-imports/{secretImportId}", ABSENT),
    Row::new("POST /api/v2/secret-imports", Again::Refused(400, "imports")),
    Row::new("PATCH /api/v2/secret-imports/{secretImportId}", Again::Done),
    Row::new("DELETE /api/v2/secret-imports/{secretImportId}", ABSENT),
    Row::new("POST /api/v3/secrets/raw/{secretName}", TAKEN),
    Row::new("PATCH /api/v3/secrets/raw/{secretName}", Again::Done),
    Row::new("DELETE /api/v3/secrets/raw/{secretName}", ABSENT),
    Row::new("POST /api/v3/secrets/batch/raw", TAKEN),
    Row::new("PATCH /api/v3/secrets/batch/raw", Again::Done),
    Row::new("DELETE /api/v3/secrets/batch/raw", ABSENT),
    Row::new("POST /api/v3/secrets/tags/{secretName}", Again::Done),
    Row::new("DELETE /api/v3/secrets/tags/{secretName}", Again::Done),
    Row::new("POST /api/v4/secrets/batch", TAKEN),
    Row::new("PATCH /api/v4/secrets/batch", Again::Done),
    Row::new("DELETE /api/v4/secrets/batch", ABSENT),
    Row::new("POST /api/v4/secrets/{secretName}", TAKEN),
    Row::new("PATCH /api/v4/secrets/{secretName}", Again::Done),
    Row::new("DELETE /api/v4/secrets/{secretName}", ABSENT),
    Row::new("POST /api/v1/secret/{secretId}/rollback", Again::Done),
];

/// The first secret of a project, which makes its data key; another name for a secret; another slug for its tag.
const FIRST: &str = "POST /api/v3/secrets/raw/{secretName}, the first of its project";
const RENAMED: &str = "PATCH /api/v3/secrets/raw/{secretName}, with another name";

struct Mortal {
    world: World,
    fuse: Fuse,
}

impl Mortal {
    async fn open(fuse: &Fuse) -> Self {
        Self { world: World::through(fuse).await, fuse: fuse.clone() }
    }
}

impl Deployment for Mortal {
    fn fuse(&self) -> &Fuse {
        &self.fuse
    }

    fn forgets(&self) -> bool {
        true
    }

    fn trail(&self) -> &Trail {
        &self.world.trail
    }

    async fn send(&self, event: &Event, now: Timestamp) -> (u16, Value) {
        let (config, _) = testkit::aws::scripted(aws::answer);
        let ctx = ctx(&self.fuse.through(&config), self.world.store.clone(), self.world.organization);
        read(web::answer(routes(), ctx, event.request(), now).await).await
    }

    async fn settle(&self, now: Timestamp) -> bool {
        clean_up(&self.world.store, now).await
    }
}

/// Whatever one request is about, in a folder of its own that a sync watches, and the request.
async fn arrange(mortal: &Mortal, operation: &'static str) -> Event {
    let world = &mortal.world;
    let fresh = format!("f{}", uuid::Uuid::new_v4().simple());
    let (method, path) = operation.split(", ").next().unwrap().split_once(' ').unwrap();
    let by = if path.contains("tags") && !path.contains("secrets") { world.owner } else { world.member };
    let body = if operation == FIRST {
        let project = world.another_project().await;
        json!({ "workspaceId": project, "environment": "dev", "secretPath": "/", "secretValue": "1" })
    } else if path.contains("/folders") {
        folders(world, method, &fresh).await
    } else if path.contains("/tags") && !path.contains("secrets") {
        json!({ "slug": fresh, "color": "#ffffff" })
    } else if path.contains("/secret-imports") {
        imports(world, method, &fresh).await
    } else {
        secrets(world, operation, &fresh).await
    };
    let id = |key: &str| body["ids"][key].as_str().unwrap_or_default().to_owned();
    let tag = if path.contains("{tagId}") { world.tag(&format!("t{fresh}")).await } else { String::new() };
    let target = path
        .replace("{projectId}", &world.project.to_string())
        .replace("{folderId}", &id("folder"))
        .replace("{tagId}", &tag)
        .replace("{secretImportId}", &id("import"))
        .replace("{secretName}", "A")
        .replace("{secretId}", &id("secret"));
    event(method, &target).body(&body).identity(by, "no-access")
}

/// A folder with another one and secrets in it, and what is said about it.
async fn folders(world: &World, method: &str, fresh: &str) -> Value {
    let top = world.folder("/", fresh).await;
    watcher(world, &[&top]).await;
    if method == "DELETE" {
        world.folder(&format!("/{fresh}"), "inner").await;
        for path in [format!("/{fresh}"), format!("/{fresh}/inner")] {
            world.put(&path, "A", "1").await;
            let change = world.at(&path, json!({ "secretValue": "2" }));
            world.ok("PATCH", &format!("{RAW}/A"), Some(change)).await;
            world.import(&path, "prod", "/").await;
        }
    }
    let (name, path) = if method == "POST" {
        ("new".into(), format!("/{fresh}/way"))
    } else {
        (format!("{fresh}x"), "/".into())
    };
    let one = json!({ "id": top, "environment": "dev", "name": name, "path": path });
    json!({
        "ids": { "folder": top }, "projectId": world.project, "environment": "dev", "name": name, "path": path,
        "folders": [one],
    })
}

/// A folder that imports, and what is said about an import.
async fn imports(world: &World, method: &str, fresh: &str) -> Value {
    let folder = world.folder("/", fresh).await;
    watcher(world, &[&folder]).await;
    let path = format!("/{fresh}");
    world.import(&path, "staging", "/").await;
    let mut import = String::new();
    if method != "POST" {
        let from = json!({ "environment": "prod", "path": "/" });
        let body =
            json!({ "workspaceId": world.project, "environment": "dev", "path": path, "import": from });
        import = text(&world.ok("POST", "/api/v1/secret-imports", Some(body)).await["secretImport"], "id");
    }
    let wanted = if method == "POST" {
        json!({ "environment": "prod", "path": "/" })
    } else {
        json!({ "position": 1 })
    };
    json!({
        "ids": { "import": import }, "workspaceId": world.project, "projectId": world.project, "environment": "dev", "path": path,
        "import": wanted,
    })
}

/// A folder with secrets, and what is said about one or two.
async fn secrets(world: &World, operation: &str, fresh: &str) -> Value {
    let folder = world.folder("/", fresh).await;
    watcher(world, &[&folder]).await;
    let path = format!("/{fresh}");
    let mut ids = json!({});
    if !operation.starts_with("POST") || operation.contains("/tags/") || operation.contains("rollback") {
        world.put(&path, "B", "1").await;
        ids["secret"] = world.put(&path, "A", "1").await["id"].clone();
    }
    if operation.contains("rollback") || operation.starts_with("DELETE") {
        let change = world.at(&path, json!({ "secretValue": "2" }));
        world.ok("PATCH", &format!("{RAW}/A"), Some(change)).await;
    }
    let slug = format!("t{fresh}");
    if operation.contains("/tags/") {
        world.tag(&slug).await;
        if operation.starts_with("DELETE") {
            let attach = world.at(&path, json!({ "projectSlug": "demo-slug", "tagSlugs": [slug] }));
            world.ok("POST", "/api/v3/secrets/tags/A", Some(attach)).await;
        }
    }
    let each = |name: &str| json!({ "secretKey": name, "secretValue": "3" });
    let mut body = world.at(&path, json!({
        "ids": ids, "projectId": world.project, "secretValue": "3", "secrets": [each("A"), each("B")], "version": 1,
    }));
    if operation.contains("/tags/") {
        body["projectSlug"] = json!("demo-slug");
        body["tagSlugs"] = json!([slug]);
    }
    if operation == RENAMED {
        body["newSecretName"] = json!("C");
    }
    body
}

#[tokio::test]
async fn a_request_that_dies_anywhere_is_done_or_not_and_done_when_it_is_sent_again() {
    requests(ROWS, Mortal::open, arrange).await;
}

#[tokio::test]
async fn the_first_secret_of_a_project_and_one_that_is_renamed_survive_every_death_too() {
    let rows = [Row::new(FIRST, TAKEN), Row::new(RENAMED, ABSENT)];
    requests(&rows, Mortal::open, arrange).await;
}

#[test]
fn every_mutating_route_has_a_row() {
    let routes = routes();
    fence(routes.list().iter().map(|route| (route.method.as_str(), route.path)), ROWS, &[]);
}
