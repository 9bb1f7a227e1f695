//! The requests of the official clients, as they put them on the wire.

use serde_json::{Value, json};

use crate::secret_world::{BATCH, RAW, V4, pairs};
use crate::world::{World, text};

/// Create, read by id, update, rename, read by id, delete, read by id until it is gone: `infisical_secret`.
#[tokio::test]
async fn terraform_manages_a_secret() {
    let world = World::new().await;
    let (project, tag) = (world.project, world.tag("web").await);
    let create = json!({
        "workspaceId": project, "environment": "dev", "secretPath": "/", "type": "shared", "secretKey": "DB_URL",
        "secretValue": "postgres://", "secretComment": "", "secretReminderNote": "", "secretReminderRepeatDays": 0,
        "tagIds": [tag], "secretMetadata": [{ "key": "team", "value": "a", "isEncrypted": false }],
    });
    let made = world.ok("POST", &format!("{RAW}/DB_URL"), Some(create)).await["secret"].clone();
    let id = text(&made, "id");
    let by_id = format!("{RAW}/id/{id}");
    let read = async || world.ok("GET", &by_id, None).await["secret"].clone();
    let state = read().await;
    assert_eq!(
        (text(&state, "secretKey"), text(&state, "secretValue"), text(&state, "secretPath")),
        ("DB_URL".into(), "postgres://".into(), "/".into())
    );
    assert_eq!((text(&state, "environment"), text(&state, "workspace")), ("dev".into(), project.to_string()));
    assert_eq!(state["tags"][0]["id"], json!(tag));
    assert_eq!(state["secretMetadata"], json!([{ "key": "team", "value": "a", "isEncrypted": false }]));

    // It leaves metadata out when there is none, and always sends the tags.
    let update = |fields: Value| {
        let mut body = json!({
            "workspaceId": project, "environment": "dev", "secretPath": "/", "type": "shared",
            "secretValue": "mysql://", "secretReminderNote": "", "secretReminderRepeatDays": 0, "tagIds": [],
        });
        for (name, value) in fields.as_object().unwrap() {
            body[name] = value.clone();
        }
        Some(body)
    };
    world.ok("PATCH", &format!("{RAW}/DB_URL"), update(json!({}))).await;
    let state = read().await;
    assert_eq!((text(&state, "secretValue"), &state["tags"]), ("mysql://".into(), &json!([])));
    world.ok("PATCH", &format!("{RAW}/DB_URL"), update(json!({ "newSecretName": "DATABASE_URL" }))).await;
    assert_eq!(text(&read().await, "secretKey"), "DATABASE_URL");

    let data =
        format!("{RAW}?environment=dev&expandSecretReferences=true&secretPath=%2F&workspaceId={project}");
    assert_eq!(pairs(&world.ok("GET", &data, None).await["secrets"]), ["DATABASE_URL=mysql://"]);
    let ephemeral = format!(
        "{RAW}/DATABASE_URL?environment=dev&secretPath=%2F&type=shared&viewSecretValue=true&workspaceId={project}"
    );
    assert_eq!(text(&world.ok("GET", &ephemeral, None).await["secret"], "secretValue"), "mysql://");

    let gone = json!({ "workspaceId": project, "environment": "dev", "secretPath": "/", "type": "shared" });
    world.ok("DELETE", &format!("{RAW}/DATABASE_URL"), Some(gone)).await;
    assert_eq!(world.refused("GET", &by_id, None).await.0, 404, "the provider drops its state on a 404");
}

#[tokio::test]
async fn pythons_sdk_does_not_encode_names() {
    let world = World::new().await;
    let project = world.project;
    let body = |fields: Value| {
        let mut body =
            json!({ "workspaceId": project, "environment": "dev", "secretPath": "/", "type": "shared" });
        for (name, value) in fields.as_object().unwrap() {
            body[name] = value.clone();
        }
        Some(body)
    };
    let path = format!("{RAW}/MY SECRET");
    let create = json!({ "secretValue": "1", "skipMultilineEncoding": false });
    world.ok("POST", &path, body(create)).await;
    let list = format!(
        "{RAW}?workspaceId={project}&environment=dev&secretPath=%2F&viewSecretValue=true&expandSecretReferences=true\
         &recursive=false&include_imports=true"
    );
    assert_eq!(pairs(&world.ok("GET", &list, None).await["secrets"]), ["MY SECRET=1"]);
    let get = format!(
        "{path}?workspaceId={project}&environment=dev&secretPath=%2F&expandSecretReferences=true&include_imports=true\
         &viewSecretValue=true"
    );
    assert_eq!(text(&world.ok("GET", &get, None).await["secret"], "secretValue"), "1");
    let update = json!({ "secretValue": "2", "newSecretName": "OTHER", "skipMultilineEncoding": false });
    let updated = world.ok("PATCH", &path, body(update)).await;
    assert_eq!(
        (text(&updated["secret"], "secretKey"), &updated["secret"]["version"]),
        ("OTHER".into(), &json!(2))
    );
    world.ok("DELETE", &format!("{RAW}/OTHER"), body(json!({}))).await;
}

#[tokio::test]
async fn nodes_sdk_sends_flags_as_words_and_the_name_twice() {
    let world = World::new().await;
    let project = world.project;
    let create = json!({ "projectId": project, "workspaceId": project, "environment": "dev", "secretValue": "1", "type": "shared" });
    let made = world.ok("POST", &format!("{RAW}/A%20B"), Some(create)).await["secret"].clone();
    let list = format!(
        "{RAW}?workspaceId={project}&environment=dev&expandSecretReferences=true&include_imports=true&recursive=false\
         &secretPath=%2F&tagSlugs=&viewSecretValue=true"
    );
    let answer = world.ok("GET", &list, None).await;
    assert_eq!(pairs(&answer["secrets"]), ["A B=1"]);
    assert!(answer["imports"].is_array());
    let get = format!(
        "{RAW}/A%20B?workspaceId={project}&environment=dev&secretName=A%20B&secretPath=%2F&type=shared\
         &expandSecretReferences=true&includeImports=true&viewSecretValue=true"
    );
    assert_eq!(world.ok("GET", &get, None).await["secret"]["id"], made["id"]);
    let update =
        json!({ "projectId": project, "workspaceId": project, "environment": "dev", "secretValue": "2" });
    assert_eq!(
        text(&world.ok("PATCH", &format!("{RAW}/A%20B"), Some(update)).await["secret"], "secretValue"),
        "2"
    );
    let gone =
        json!({ "projectId": project, "workspaceId": project, "environment": "dev", "type": "shared" });
    world.ok("DELETE", &format!("{RAW}/A%20B"), Some(gone)).await;
}

#[tokio::test]
async fn gos_sdk_sends_empty_words_for_what_it_does_not_mean() {
    let world = World::new().await;
    let project = world.project;
    let batch = json!({ "workspaceId": project, "environment": "dev", "secretPath": "/", "secrets": [
        { "secretKey": "A", "secretValue": "1", "secretComment": "", "skipMultilineEncoding": false },
        { "secretKey": "B", "secretValue": "2", "secretMetadata": [{ "key": "k", "value": "v" }], "tagIds": [] },
    ] });
    assert_eq!(pairs(&world.ok("POST", BATCH, Some(batch)).await["secrets"]), ["A=1", "B=2"]);
    for project in
        [format!("workspaceId={project}&workspaceSlug="), "workspaceId=&workspaceSlug=demo-slug".to_owned()]
    {
        let list = format!(
            "{RAW}?environment=dev&expandSecretReferences=false&include_imports=false&recursive=false&secretPath=%2F&{project}"
        );
        assert_eq!(pairs(&world.ok("GET", &list, None).await["secrets"]), ["A=1", "B=2"]);
        let get = format!("{RAW}/A?environment=dev&secretPath=&type=&{project}");
        assert_eq!(text(&world.ok("GET", &get, None).await["secret"], "secretValue"), "1");
    }
    let create = json!({ "workspaceId": project, "projectSlug": "", "type": "shared", "environment": "dev", "secretKey": "C",
        "secretValue": "3", "secretComment": "", "secretPath": "/", "skipMultilineEncoding": false });
    world.ok("POST", &format!("{RAW}/C"), Some(create)).await;
    let update = json!({ "workspaceId": project, "secretName": "C", "type": "shared", "environment": "dev",
        "secretPath": "/", "secretValue": "4", "newSkipMultilineEncoding": true });
    world.ok("PATCH", &format!("{RAW}/C"), Some(update)).await;
    let gone = json!({ "workspaceId": project, "type": "shared", "environment": "dev", "secretPath": "/" });
    assert_eq!(
        text(&world.ok("DELETE", &format!("{RAW}/C"), Some(gone)).await["secret"], "secretValue"),
        "4"
    );
}

#[tokio::test]
async fn the_cli_lists_with_all_flags_and_writes_through_the_older_routes() {
    let world = World::new().await;
    let project = world.project;
    let list = format!(
        "{V4}?environment=dev&projectId={project}&secretPath=%2F&includeImports=true&expandSecretReferences=true\
         &includePersonalOverrides=true&recursive=false&viewSecretValue=true"
    );
    assert_eq!(world.ok("GET", &list, None).await, json!({ "secrets": [], "imports": [] }));
    // `secrets set A=1`, with a tag that it looks up and then makes.
    let tags = format!("/api/v1/projects/{project}/tags");
    assert_eq!(world.refused("GET", &format!("{tags}/slug/web"), None).await.0, 404);
    let tag = text(&world.ok("POST", &tags, Some(json!({ "slug": "web", "color": "" }))).await["tag"], "id");
    let create = json!({ "workspaceId": project, "environment": "dev", "secretPath": "/", "type": "shared",
        "secretKey": "A", "secretValue": "1", "secretComment": "", "skipMultilineEncoding": false, "tagIds": [tag] });
    world.ok("POST", &format!("{RAW}/A"), Some(create)).await;
    let listed = world.ok("GET", &list, None).await;
    assert_eq!(pairs(&listed["secrets"]), ["A=1"]);
    assert!(listed["secrets"][0]["_id"].is_string(), "the only id that it reads");
    let update = json!({ "workspaceId": project, "environment": "dev", "secretPath": "/", "type": "shared", "secretValue": "2" });
    world.ok("PATCH", &format!("{RAW}/A"), Some(update)).await;
    let one = format!("{V4}/A?environment=dev&projectId={project}&secretPath=%2F&type=shared");
    assert_eq!(text(&world.ok("GET", &one, None).await["secret"], "secretValue"), "2");
    let gone = json!({ "workspaceId": project, "environment": "dev", "secretPath": "/", "type": "shared" });
    world.ok("DELETE", &format!("{RAW}/A"), Some(gone)).await;
    assert_eq!(world.ok("GET", &list, None).await["secrets"], json!([]));
}
