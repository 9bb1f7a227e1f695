//! Reading: by id, by name, in lists, and what kinds there are.

use serde_json::{Value, json};
use testkit::event::event;

use crate::world::{ALL, World, text};

#[tokio::test]
async fn a_rotation_is_found_by_its_name_in_its_folder() {
    let world = World::new().await;
    let path = world.rotation("a").await;
    let project = world.project;
    let query = format!("projectId={project}&environment=dev&secretPath=/api");
    let by_id = world.ok("GET", &path, None).await;
    assert_eq!(world.ok("GET", &format!("/rotation-name/a?{query}"), None).await, by_id);
    for (asked, expected) in [
        (format!("/rotation-name/b?{query}"), 404),
        (format!("/rotation-name/a?projectId={project}&environment=dev&secretPath=/"), 404),
        (format!("/rotation-name/a?projectId={project}&environment=nowhere&secretPath=/api"), 400),
        (format!("/rotation-name/a?projectId={project}&environment=dev"), 422),
        ("/rotation-name/a".to_owned(), 422),
    ] {
        assert_eq!(world.refused("GET", &asked, None).await.0, expected, "{asked}");
    }
}

#[tokio::test]
async fn a_list_shows_each_as_it_is_alone() {
    let world = World::new().await;
    let mut paths = Vec::new();
    for (name, folder) in [("b", "/"), ("a", "/api")] {
        let mut body = world.body(name);
        body["secretPath"] = json!(folder);
        paths.push(format!("/{}", text(&world.ok("POST", "", Some(body)).await, "id")));
    }
    let alone = [world.ok("GET", &paths[1], None).await, world.ok("GET", &paths[0], None).await];
    for path in [ALL, crate::world::BASE] {
        let request = event("GET", &format!("{path}?projectId={}", world.project));
        let (status, listed) = world.send(request.identity(world.viewer, "no-access")).await;
        assert_eq!((status, &listed["secretRotations"]), (200, &json!(alone)), "{path}");
    }
}

#[tokio::test]
async fn a_rotation_whose_folder_is_gone_says_so() {
    let world = World::new().await;
    let path = world.rotation("a").await;
    world.delete_folder("/api").await;
    let read = world.ok("GET", &path, None).await;
    assert_eq!((&read["folder"], &read["folderId"]), (&Value::Null, &Value::Null));
    assert_eq!(text(&read["environment"], "slug"), "dev");
}

#[tokio::test]
async fn there_is_one_kind() {
    let world = World::new().await;
    let request = event("GET", &format!("{ALL}/options")).identity(world.member, "no-access");
    let (status, answer) = world.send(request).await;
    let template = json!({
        "secretsMapping": { "accessKeyId": "AWS_ACCESS_KEY_ID", "secretAccessKey": "AWS_SECRET_ACCESS_KEY" }
    });
    let option = json!({
        "name": "AWS IAM User Secret", "connection": "aws", "type": "aws-iam-user-secret", "template": template
    });
    assert_eq!((status, answer), (200, json!({ "secretRotationOptions": [option] })));
    let other = event("GET", &format!("{ALL}/postgres-credentials?projectId={}", world.project));
    assert_eq!(world.send(other.identity(world.member, "no-access")).await.0, 404);
}
