//! Whose folders, tags and imports they are: every route without a token, as another project's administrator, as a viewer.

use serde_json::{Value, json};
use testkit::event::event;
use web::Access;

use crate::world::{STRANGER, World, text};

/// One of each kind, in the project.
struct Things {
    folder: String,
    tag: String,
    import: String,
}

async fn things(world: &World) -> Things {
    let folder = world.folder("/", "named").await;
    let tags = format!("/api/v1/projects/{}/tags", world.project);
    let tag = world.ok("POST", &tags, Some(json!({ "slug": "named" }))).await;
    let import = json!({ "projectId": world.project, "environment": "dev", "import": { "environment": "prod", "path": "/" } });
    let import = world.ok("POST", "/api/v2/secret-imports", Some(import)).await;
    Things { folder, tag: text(&tag["tag"], "id"), import: text(&import["secretImport"], "id") }
}

/// Whether the route is one of folders, tags or imports.
fn ours(path: &str) -> bool {
    ["/folders", "/tags", "/secret-imports"].iter().any(|noun| path.contains(noun))
        && !path.contains("/secrets/")
}

/// A path of the route table with its parameters filled in, and its query where the place is in there.
fn filled(path: &str, method: &str, things: &Things, project: &str) -> String {
    let tag_or_place = path.contains("/tags");
    let filled = path
        .replace("{projectId}", project)
        .replace("{folderId}", &things.folder)
        .replace("{tagId}", &things.tag)
        .replace("{secretImportId}", &things.import)
        .replace("{slug}", "named")
        .replace("{environment}", "dev")
        .replace("{*path}", "%2Fnamed");
    assert!(!filled.contains('{'), "a parameter that is not filled in: {filled}");
    if method == "GET" && !tag_or_place && !path.contains('{') {
        return format!("{filled}?projectId={project}&environment=dev&path=/");
    }
    filled
}

/// A body that is valid for every one of the routes.
fn body(project: &str, things: &Things) -> Value {
    json!({
        "projectId": project, "environment": "dev", "path": "/", "name": "other", "slug": "other",
        "import": { "environment": "staging", "path": "/" },
        "folders": [{ "id": things.folder, "environment": "dev", "name": "other", "path": "/" }],
    })
}

#[tokio::test]
async fn every_route_refuses_a_caller_without_a_token() {
    let world = World::new().await;
    let things = things(&world).await;
    let project = world.project.to_string();
    for route in secrets::routes().list() {
        assert_ne!(route.access, Access::Open, "{route:?}");
        if !ours(route.path) {
            continue;
        }
        let path = filled(route.path, route.method.as_str(), &things, &project);
        for event in
            [event(route.method.as_str(), &path), event(route.method.as_str(), &path).refused("revoked")]
        {
            let (status, answer) = world.send(event.body(&body(&project, &things))).await;
            assert_eq!((status, &answer["error"]), (401, &json!("UnauthorizedError")), "{route:?}");
        }
    }
}

/// What the neighbour is told is what is told of things that are nowhere.
#[tokio::test]
async fn every_route_keeps_another_projects_administrator_out() {
    let world = World::new().await;
    let mine = things(&world).await;
    let nowhere = Things { folder: STRANGER.into(), tag: STRANGER.into(), import: STRANGER.into() };
    let (project, audited) = (world.project.to_string(), world.audited("").await.len());
    let mut tried = 0;
    for route in secrets::routes().list().iter().filter(|route| ours(route.path)) {
        let method = route.method.as_str();
        let ask = async |things: &Things, project: &str| {
            let path = filled(route.path, method, things, project);
            let body = (method != "GET").then(|| body(project, things));
            world.by(world.neighbour, method, &path, body.as_ref()).await
        };
        let (status, answer) = ask(&mine, &project).await;
        assert_eq!((status, &answer["error"]), (404, &json!("NotFound")), "{route:?} {answer}");
        let (_, absent) = ask(&nowhere, STRANGER).await;
        let shown = [&mine.folder, &mine.tag, &mine.import, &project]
            .iter()
            .fold(text(&answer, "message"), |shown, id| shown.replace(*id, STRANGER));
        assert_eq!(shown, text(&absent, "message"), "{route:?}");
        tried += 1;
    }
    assert!(tried >= 30, "{tried}");
    assert_eq!(world.audited("").await.len(), audited, "nothing was changed");
}

#[tokio::test]
async fn a_viewer_reads_and_changes_nothing() {
    let world = World::new().await;
    let things = things(&world).await;
    let project = world.project.to_string();
    let audited = world.audited("").await.len();
    for route in secrets::routes().list().iter().filter(|route| ours(route.path)) {
        let method = route.method.as_str();
        let path = filled(route.path, method, &things, &project);
        let body = (method != "GET").then(|| body(&project, &things));
        let (status, answer) = world.by(world.viewer, method, &path, body.as_ref()).await;
        if method == "GET" {
            assert_eq!(status, 200, "{route:?} {answer}");
        } else {
            assert_eq!((status, &answer["error"]), (403, &json!("PermissionDenied")), "{route:?} {answer}");
            let subject = answer["details"][0]["subject"][0].as_str().unwrap();
            assert!(["secret-folders", "tags", "secret-imports"].contains(&subject), "{subject}");
        }
    }
    assert_eq!(world.audited("").await.len(), audited);
}

#[tokio::test]
async fn a_project_answers_nobody_for_another_ones_things() {
    let world = World::new().await;
    let things = things(&world).await;
    // The neighbour names his own project and my folder.
    for (method, path) in [
        ("PATCH", format!("/api/v2/folders/{}", things.folder)),
        ("DELETE", format!("/api/v1/folders/{}", things.folder)),
        ("DELETE", format!("/api/v2/secret-imports/{}", things.import)),
        ("PATCH", format!("/api/v1/secret-imports/{}", things.import)),
    ] {
        let body = body(&world.other.to_string(), &things);
        let (status, answer) = world.by(world.neighbour, method, &path, Some(&body)).await;
        assert_eq!(status, 404, "{method} {path} {answer}");
    }
    world.ok("GET", &format!("/api/v2/folders/{}", things.folder), None).await;
    world.ok("GET", &format!("/api/v2/secret-imports/{}", things.import), None).await;
}
