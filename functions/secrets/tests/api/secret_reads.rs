//! What a list and a read find: folders, imports, references, filters, personal secrets.

use serde_json::json;

use crate::secret_world::{RAW, V4, pairs};
use crate::world::{World, each, text};

#[tokio::test]
async fn a_list_is_of_one_folder_in_the_order_of_names_and_recursively_of_those_below() {
    let world = World::new().await;
    world.folder("/a", "b").await;
    for (path, name) in [("/", "Z"), ("/", "A"), ("/a", "IN_A"), ("/a/b", "IN_B")] {
        world.put(path, name, "1").await;
    }
    assert_eq!(pairs(&world.secrets("/", "").await["secrets"]), ["A=1", "Z=1"]);
    assert_eq!(pairs(&world.secrets("/a", "").await["secrets"]), ["IN_A=1"]);
    let all = world.secrets("/", "recursive=true").await["secrets"].clone();
    assert_eq!(pairs(&all), ["A=1", "Z=1", "IN_A=1", "IN_B=1"]);
    assert_eq!(each(&all, "secretPath"), ["/", "/", "/a", "/a/b"]);
    let below = world.secrets("/a", "recursive=true").await["secrets"].clone();
    assert_eq!(each(&below, "secretPath"), ["/a", "/a/b"]);
    // Whatever slashes a client puts around it.
    for path in ["a", "/a/", "a/", "%2Fa"] {
        assert_eq!(pairs(&world.secrets(path, "").await["secrets"]), ["IN_A=1"], "{path}");
    }
}

#[tokio::test]
async fn imports_come_beside_the_folders_own_in_their_order() {
    let world = World::new().await;
    world.folder("/", "one").await;
    world.folder("/", "two").await;
    world.put("/", "A", "own").await;
    world.put("/one", "A", "one").await;
    world.put("/two", "B", "two").await;
    world.put_in("prod", "/", "C", "prod").await;
    world.import("/", "dev", "/one").await;
    world.import("/", "dev", "/two").await;
    world.import("/", "prod", "/").await;
    let without = world.secrets("/", "").await;
    assert_eq!(
        (pairs(&without["secrets"]), without["imports"].clone()),
        (vec!["A=own".to_owned()], json!([]))
    );
    let with = world.secrets("/", "include_imports=true").await;
    assert_eq!(pairs(&with["secrets"]), ["A=own"]);
    assert_eq!(each(&with["imports"], "secretPath"), ["/one", "/two", "/"]);
    assert_eq!(each(&with["imports"], "environment"), ["dev", "dev", "prod"]);
    let imported: Vec<_> =
        with["imports"].as_array().unwrap().iter().flat_map(|import| pairs(&import["secrets"])).collect();
    assert_eq!(imported, ["A=one", "B=two", "C=prod"]);
    for import in with["imports"].as_array().unwrap() {
        let secret = &import["secrets"][0];
        assert!(secret["createdAt"].is_null() && secret["updatedAt"].is_null(), "{secret}");
        assert_eq!(secret["environment"], import["environment"]);
    }
}

#[tokio::test]
async fn one_secret_is_found_in_the_imports_only_where_they_are_asked_for_and_the_last_import_wins() {
    let world = World::new().await;
    world.folder("/", "one").await;
    world.folder("/", "two").await;
    world.put("/one", "A", "one").await;
    world.put("/two", "A", "two").await;
    world.import("/", "dev", "/one").await;
    world.import("/", "dev", "/two").await;
    let raw = format!("{RAW}/A");
    assert_eq!(world.refused("GET", &world.target(&raw, "/", ""), None).await.0, 404);
    // The Node client sends the other spelling, which the older routes ignore.
    assert_eq!(world.refused("GET", &world.target(&raw, "/", "includeImports=true"), None).await.0, 404);
    let found = world.ok("GET", &world.target(&raw, "/", "include_imports=true"), None).await;
    assert_eq!(
        (text(&found["secret"], "secretValue"), text(&found["secret"], "secretPath")),
        ("two".into(), "/two".into())
    );
    let newer = format!("{V4}/A");
    assert_eq!(
        text(&world.ok("GET", &world.target(&newer, "/", ""), None).await["secret"], "secretValue"),
        "two"
    );
    assert_eq!(world.refused("GET", &world.target(&newer, "/", "includeImports=false"), None).await.0, 404);
    world.put("/", "A", "own").await;
    let found = world.ok("GET", &world.target(&raw, "/", "include_imports=true"), None).await;
    assert_eq!(text(&found["secret"], "secretValue"), "own");
}

#[tokio::test]
async fn references_are_followed_when_asked_for_through_folders_environments_and_imports() {
    let world = World::new().await;
    world.folder("/", "db").await;
    world.folder("/", "shared").await;
    world.put("/db", "HOST", "db.local").await;
    world.put_in("prod", "/", "PORT", "5432").await;
    world.put("/shared", "USER", "app").await;
    world.import("/", "dev", "/shared").await;
    world.put("/", "NAME", "main-${USER}").await;
    world.put("/", "URL", "pg://${USER}@${dev.db.HOST}:${prod.PORT}/${NAME}").await;
    world.put("/", "LITERAL", "${a b} ${} $NAME").await;
    let raw = world.secrets("/", "").await;
    assert!(pairs(&raw["secrets"]).contains(&"NAME=main-${USER}".to_owned()));
    let expected = ["LITERAL=${a b} ${} $NAME", "NAME=main-app", "URL=pg://app@db.local:5432/main-app"];
    let expanded = world.secrets("/", "expandSecretReferences=true").await;
    assert_eq!(pairs(&expanded["secrets"]), expected);
    let newer = world.ok("GET", &world.target(V4, "/", "includeImports=false"), None).await;
    assert_eq!(pairs(&newer["secrets"]), expected);
    let one = world.target(&format!("{RAW}/URL"), "/", "expandSecretReferences=true");
    assert_eq!(
        text(&world.ok("GET", &one, None).await["secret"], "secretValue"),
        "pg://app@db.local:5432/main-app"
    );
}

#[tokio::test]
async fn a_reference_to_nothing_stays_as_it_is_written() {
    let world = World::new().await;
    world.put("/", "A", "${GONE} ${nowhere.B} ${dev.no.folder.C}").await;
    let expanded = world.secrets("/", "expandSecretReferences=true").await;
    assert_eq!(pairs(&expanded["secrets"]), ["A=${GONE} ${nowhere.B} ${dev.no.folder.C}"]);
}

#[tokio::test]
async fn imported_values_are_expanded_where_they_live() {
    let world = World::new().await;
    world.folder("/", "shared").await;
    world.put("/shared", "HOST", "there").await;
    world.put("/shared", "URL", "http://${HOST}").await;
    world.put("/", "HOST", "here").await;
    world.import("/", "dev", "/shared").await;
    let list = world.secrets("/", "include_imports=true&expandSecretReferences=true").await;
    assert_eq!(pairs(&list["imports"][0]["secrets"]), ["HOST=there", "URL=http://there"]);
}

#[tokio::test]
async fn a_list_is_filtered_by_tags_and_metadata() {
    let world = World::new().await;
    let (web, api) = (world.tag("web").await, world.tag("api").await);
    for (name, tags, metadata) in [
        ("A", vec![&web], json!([{ "key": "team", "value": "red" }])),
        ("B", vec![&web, &api], json!([{ "key": "team", "value": "blue" }, { "key": "tier", "value": "1" }])),
        ("C", vec![], json!([{ "key": "team", "value": "blue", "isEncrypted": true }])),
    ] {
        let body = world.at("/", json!({ "secretValue": "1", "tagIds": tags, "secretMetadata": metadata }));
        world.ok("POST", &format!("{RAW}/{name}"), Some(body)).await;
    }
    for (query, names) in [
        ("tagSlugs=web", vec!["A", "B"]),
        ("tagSlugs=api,%20none", vec!["B"]),
        ("tagSlugs=none", vec![]),
        ("tagSlugs=", vec!["A", "B", "C"]),
        ("metadataFilter=key%3Dteam%2Cvalue%3Dred", vec!["A"]),
        ("metadataFilter=key=team,value=blue|key=tier,value=1", vec!["B"]),
        ("metadataFilter=key=team,value=red|key=tier,value=1", vec![]),
        ("tagSlugs=web&metadataFilter=key=team,value=blue", vec!["B"]),
    ] {
        let list = world.secrets("/", query).await;
        assert_eq!(each(&list["secrets"], "secretKey"), names, "{query}");
    }
    let (status, error, _) =
        world.refused("GET", &world.target(RAW, "/", "metadataFilter=nonsense"), None).await;
    assert_eq!((status, error.as_str()), (422, "ValidationFailure"));
}

#[tokio::test]
async fn a_personal_secret_is_its_owners_alone_and_replaces_the_shared_one_when_asked_for() {
    let world = World::new().await.with_ada().await;
    let shared = world.put("/", "A", "shared").await;
    let own = world.at("/", json!({ "secretValue": "ada's", "type": "personal" }));
    let (status, made) = world.ada("POST", &format!("{RAW}/A"), Some(own)).await;
    assert_eq!((status, &made["secret"]["type"]), (200, &json!("personal")), "{made}");
    assert_ne!(made["secret"]["id"], shared["id"]);

    let list = |query: &str| world.target(V4, "/", query);
    let (_, without) = world.ada("GET", &list("includePersonalOverrides=false"), None).await;
    assert_eq!(pairs(&without["secrets"]), ["A=shared"]);
    let (_, with) = world.ada("GET", &list("includePersonalOverrides=true"), None).await;
    assert_eq!(
        (pairs(&with["secrets"]), &with["secrets"][0]["type"]),
        (vec!["A=ada's".to_owned()], &json!("personal"))
    );
    let machine = world.ok("GET", &list("includePersonalOverrides=true"), None).await;
    assert_eq!(pairs(&machine["secrets"]), ["A=shared"]);

    let one = |kind: &str| world.target(&format!("{RAW}/A"), "/", &format!("type={kind}"));
    assert_eq!(world.ada("GET", &one("personal"), None).await.1["secret"]["secretValue"], json!("ada's"));
    assert_eq!(world.ada("GET", &one("shared"), None).await.1["secret"]["secretValue"], json!("shared"));
    let id = text(&made["secret"], "id");
    assert_eq!(world.ada("GET", &format!("{RAW}/id/{id}"), None).await.0, 200);
    assert_eq!(world.refused("GET", &format!("{RAW}/id/{id}"), None).await.0, 404, "not even by its id");
    for (method, path, body) in [
        ("GET", one("personal"), None),
        ("POST", format!("{RAW}/B"), Some(json!({ "secretValue": "x", "type": "personal" }))),
        ("PATCH", format!("{RAW}/A"), Some(json!({ "secretValue": "x", "type": "personal" }))),
        ("DELETE", format!("{RAW}/A"), Some(json!({ "type": "personal" }))),
    ] {
        let body = body.map(|fields| world.at("/", fields));
        let (status, error, message) = world.refused(method, &path, body).await;
        assert_eq!((status, error.as_str()), (400, "BadRequest"), "{method} {message}");
        assert!(message.contains("personal"), "{message}");
    }
    let gone = world.at("/", json!({ "type": "personal" }));
    let (status, deleted) = world.ada("DELETE", &format!("{RAW}/A"), Some(gone)).await;
    assert_eq!((status, &deleted["secret"]["id"]), (200, &made["secret"]["id"]));
    assert_eq!(pairs(&world.secrets("/", "").await["secrets"]), ["A=shared"]);
}

#[tokio::test]
async fn what_is_missing_is_told_apart() {
    let world = World::new().await;
    let id = world.project;
    let unknown = uuid::Uuid::new_v4();
    for (query, status) in [
        (String::new(), 400),
        (format!("workspaceId={id}"), 400),
        (format!("workspaceId={id}&environment="), 400),
        ("environment=dev&workspaceId=&workspaceSlug=".to_owned(), 400),
        (format!("workspaceId={id}&environment=nope"), 404),
        (format!("workspaceId={unknown}&environment=dev"), 404),
        ("workspaceId=demo-slug&environment=dev".to_owned(), 404),
        ("workspaceSlug=nope&environment=dev".to_owned(), 404),
        (format!("workspaceId={id}&environment=dev&secretPath=/nope"), 404),
        (format!("workspaceId={id}&environment=dev&secretPath=/nope&recursive=true"), 404),
        (format!("workspaceId={id}&environment=dev&recursive=True"), 422),
        (format!("workspaceId={id}&environment=dev&viewSecretValue=1"), 422),
    ] {
        let (seen, error, message) = world.refused("GET", &format!("{RAW}?{query}"), None).await;
        let name = match status {
            400 => "BadRequest",
            404 => "NotFound",
            _ => "ValidationFailure",
        };
        assert_eq!((seen, error.as_str()), (status, name), "{query}: {message}");
    }
    for query in
        [format!("workspaceId={id}&workspaceSlug="), "workspaceSlug=demo-slug&workspaceId=".to_owned()]
    {
        world.ok("GET", &format!("{RAW}?{query}&environment=dev&secretPath=/"), None).await;
        world.ok("GET", &format!("{RAW}/?{query}&environment=dev&secretPath="), None).await;
    }
    for path in [
        format!("{RAW}/id/{unknown}"),
        format!("{RAW}/id/nonsense"),
        world.target(&format!("{RAW}/NOPE"), "/", ""),
    ] {
        let (status, error, _) = world.refused("GET", &path, None).await;
        assert_eq!((status, error.as_str()), (404, "NotFound"), "{path}");
    }
}

#[tokio::test]
async fn a_list_that_lambda_could_not_hand_on_is_refused_in_words() {
    let world = World::new().await;
    world.put("/", "SMALL", "1").await;
    // Quotation marks take four bytes each on their way out.
    let value = "\"".repeat(128 * 1024);
    for n in 0..14 {
        world.put("/", &format!("LARGE_{n:02}"), &value).await;
    }
    let (status, error, message) = world.refused("GET", &world.target(RAW, "/", ""), None).await;
    assert_eq!((status, error.as_str()), (400, "BadRequest"));
    assert!(message.contains("6 MB") && message.len() < 300, "{message}");
    let hidden = world.secrets("/", "viewSecretValue=false").await;
    assert_eq!(hidden["secrets"].as_array().unwrap().len(), 15);
    let one = world.target(&format!("{RAW}/LARGE_00"), "/", "");
    assert_eq!(text(&world.ok("GET", &one, None).await["secret"], "secretValue"), value);
}
