//! Reading syncs, by id, by name and in lists.

use serde_json::{Value, json};

use crate::world::{PARAMETERS, SECRETS, STRANGER, World, id, text};

#[tokio::test]
async fn a_sync_is_found_by_id_and_by_name_at_its_own_destination() {
    let world = World::new().await;
    let path = world.sync("a").await;
    let found = world.ok("GET", &path, None).await;
    let named = format!("/{SECRETS}/sync-name/a?projectId={}", world.project);
    assert_eq!(world.ok("GET", &named, None).await, found);
    assert_eq!(world.ok("GET", &format!("{path}/"), None).await, found, "a trailing slash is none");

    let elsewhere = path.replace(SECRETS, PARAMETERS);
    for (method, path) in [
        ("GET", elsewhere.clone()),
        ("DELETE", elsewhere.clone()),
        ("GET", named.replace(SECRETS, PARAMETERS)),
    ] {
        let (status, message) = world.refused(method, &path, None).await;
        assert_eq!(status, 400, "{path}");
        assert!(message.contains("AWS Parameter Store"), "{message}");
    }
    for (path, status) in [
        (format!("/{SECRETS}/{STRANGER}"), 404),
        (format!("/{SECRETS}/not-a-uuid"), 422),
        (format!("/github/{}", id(&path)), 404),
        ("/github".to_owned(), 404),
        (format!("/{SECRETS}/sync-name/b?projectId={}", world.project), 404),
        (format!("/{SECRETS}/sync-name/a"), 422),
        (format!("/{SECRETS}/sync-name/a?projectId=x"), 422),
        (format!("/{SECRETS}/sync-name/{}?projectId={}", "a".repeat(3_000), world.project), 404),
        (format!("/{SECRETS}"), 422),
        (format!("/{SECRETS}?projectId="), 422),
        (String::new(), 422),
    ] {
        assert_eq!(world.refused("GET", &path, None).await.0, status, "{path}");
    }
}

#[tokio::test]
async fn lists_have_the_syncs_of_one_project_by_name() {
    let world = World::new().await;
    let (b, a) = (world.sync("b").await, world.sync("a").await);
    let mut body = world.parameter_store("c", "/c/");
    body["environment"] = json!("prod");
    let made = world.ok("POST", &format!("/{PARAMETERS}"), Some(body)).await;
    let project = world.project;
    let list = async |path: &str| {
        let (status, answer) = world.by(world.member, "GET", path, None).await;
        assert_eq!(status, 200, "{answer}");
        answer["secretSyncs"].as_array().unwrap().clone()
    };
    let all = list(&format!("?projectId={project}")).await;
    let names: Vec<String> = all.iter().map(|sync| text(sync, "name")).collect();
    assert_eq!(names, ["a", "b", "c"]);
    assert_eq!(all[2], made, "a list shows the same as a get");
    assert_eq!(all[0], world.ok("GET", &a, None).await);
    assert_eq!(list(&format!("/{SECRETS}?projectId={project}")).await.len(), 2);
    assert_eq!(list(&format!("/{PARAMETERS}?projectId={project}")).await, [made]);
    let (status, answer) =
        world.by(world.neighbour, "GET", &format!("?projectId={}", world.other), None).await;
    assert_eq!((status, answer), (200, json!({ "secretSyncs": [] })));
    let _ = b;
}

#[tokio::test]
async fn a_sync_survives_its_source_and_shows_what_is_left_of_it() {
    let world = World::new().await;
    let mut body = world.secrets_manager("a");
    body["secretPath"] = json!("/api/db");
    let made = world.ok("POST", &format!("/{SECRETS}"), Some(body)).await;
    let path = format!("/{SECRETS}/{}", text(&made, "id"));
    world.delete_folder("/api").await;
    let left = world.ok("GET", &path, None).await;
    assert_eq!(
        (&left["folder"], &left["folderId"], &left["environment"]["slug"]),
        (&Value::Null, &Value::Null, &json!("dev"))
    );
    world.delete_environment("dev").await;
    let left = world.ok("GET", &path, None).await;
    assert_eq!((&left["folder"], &left["environment"]), (&Value::Null, &Value::Null));
    let (_, answer) = world.by(world.member, "GET", &format!("?projectId={}", world.project), None).await;
    assert_eq!(answer["secretSyncs"], json!([left]));
}

#[tokio::test]
async fn the_options_name_both_destinations() {
    let world = World::new().await;
    let (status, answer) = world.by(STRANGER, "GET", "/options", None).await;
    assert_eq!(status, 200);
    let options = answer["secretSyncOptions"].as_array().unwrap();
    let named: Vec<_> =
        options.iter().map(|option| (text(option, "name"), text(option, "destination"))).collect();
    assert_eq!(
        named,
        [
            ("AWS Secrets Manager".to_owned(), SECRETS.to_owned()),
            ("AWS Parameter Store".to_owned(), PARAMETERS.to_owned())
        ]
    );
    assert!(options.iter().all(|option| option["connection"] == "aws" && option["canImportSecrets"] == true));
}
