//! Listing and finding.

use super::world::*;
use model::secret::SecretKind;
use vault::{Error, Listing, Lookup};

#[tokio::test]
async fn a_path_lists_its_own_secrets_by_name_and_no_others() {
    let world = World::new().await;
    world.folder("dev", "/api/db").await;
    world.put("dev", "/", &[("ROOT", "0")]).await;
    world.put("dev", "/api", &[("B", "2"), ("A", "1"), ("EMPTY", "")]).await;
    world.put("dev", "/api/db", &[("C", "3")]).await;
    world.put("prod", "/", &[("ROOT", "prod")]).await;
    let expected = [pair("A", "1"), pair("B", "2"), pair("EMPTY", "")];
    assert_eq!(world.list("dev", "/api", &OPEN).await, expected);
    assert_eq!(world.list("dev", "/", &OPEN).await, [pair("ROOT", "0")]);
    let all = Listing { recursive: true, ..OPEN };
    let listed = world.vault.list(&world.place("dev", &path("/")), &all).await.unwrap();
    let places: Vec<_> =
        listed.secrets.iter().map(|secret| format!("{}:{}", secret.path, secret.stored.name)).collect();
    assert_eq!(places, ["/:ROOT", "/api:A", "/api:B", "/api:EMPTY", "/api/db:C"]);
}

#[tokio::test]
async fn what_is_not_there_is_said_to_be_absent_by_its_name() {
    let world = World::new().await;
    let absent = world.vault.list(&world.place("dev", &path("/nowhere")), &OPEN).await.unwrap_err();
    let words = "Folder with path '/nowhere' in environment 'dev' was not found";
    assert_eq!(absent.to_string(), words);
    let absent = world.get("dev", "/", "KEY").await.unwrap_err();
    assert_eq!(absent.to_string(), "Secret with name 'KEY' was not found in path '/'");
    let mut without = world.project.clone();
    let environment = world.environment("dev");
    without.environments.remove(environment).unwrap();
    let place = vault::Place { project: &without, environment, path: &path("/") };
    assert!(matches!(world.vault.list(&place, &OPEN).await, Err(Error::NoEnvironment)));
}

#[tokio::test]
async fn values_that_are_not_asked_for_are_not_opened() {
    let world = World::new().await;
    world.put("dev", "/", &[("A", "1")]).await;
    let before = world.kms.count();
    let listing = Listing { values: false, expand: true, ..OPEN };
    let listed = world.cold().list(&world.place("dev", &path("/")), &listing).await.unwrap();
    assert!(listed.secrets[0].value.is_none());
    assert_eq!(world.kms.count(), before);
}

#[tokio::test]
async fn an_import_shows_its_folders_secrets_over_those_that_it_imports_and_the_last_one_wins() {
    let world = World::new().await;
    for folder in ["/app", "/first", "/second", "/deep"] {
        world.folder("dev", folder).await;
    }
    world.put("dev", "/deep", &[("K", "deep"), ("ONLY_DEEP", "d")]).await;
    world.put("dev", "/first", &[("K", "first"), ("L", "first")]).await;
    world.put("prod", "/", &[("K", "prod"), ("L", "prod")]).await;
    world.import(("dev", "/first"), ("dev", "/deep")).await.unwrap();
    world.import(("dev", "/app"), ("dev", "/first")).await.unwrap();
    world.import(("dev", "/app"), ("prod", "/")).await.unwrap();
    world.import(("dev", "/app"), ("dev", "/not-there")).await.unwrap();
    let listing = Listing { imports: true, ..OPEN };
    let listed = world.vault.list(&world.place("dev", &path("/app")), &listing).await.unwrap();
    let shown: Vec<_> = listed
        .imports
        .iter()
        .map(|import| {
            (import.environment_slug.clone(), import.import.path.to_string(), pairs(&import.secrets))
        })
        .collect();
    let expected = [
        (
            "dev".to_owned(),
            "/first".to_owned(),
            vec![pair("K", "first"), pair("L", "first"), pair("ONLY_DEEP", "d")],
        ),
        ("prod".to_owned(), "/".to_owned(), vec![pair("K", "prod"), pair("L", "prod")]),
    ];
    assert_eq!(shown, expected);
    assert!(listed.secrets.is_empty());
    let lookup = Lookup { values: true, imports: true, ..Lookup::default() };
    let find = async |key: &str| {
        let place = path("/app");
        let place = world.place("dev", &place);
        world.vault.get(&place, &name(key), &lookup).await.map(|found| value(&found.secret).to_owned())
    };
    assert_eq!(find("K").await.unwrap(), "prod");
    assert_eq!(find("ONLY_DEEP").await.unwrap(), "d");
    world.put("dev", "/app", &[("K", "own")]).await;
    assert_eq!(find("K").await.unwrap(), "own");
    assert!(matches!(find("NONE").await, Err(Error::NoSecret { .. })));
}

#[tokio::test]
async fn every_folder_that_can_change_a_result_is_told() {
    let world = World::new().await;
    for folder in ["/app", "/shared", "/other"] {
        world.folder("dev", folder).await;
    }
    world.put("dev", "/app", &[("A", "${dev.other.O} ${dev.missing.way.M}")]).await;
    world.put("dev", "/other", &[("O", "${prod.P}")]).await;
    world.put("prod", "/", &[("P", "p")]).await;
    world.import(("dev", "/app"), ("dev", "/shared")).await.unwrap();
    let listing = Listing { imports: true, ..EXPANDED };
    let place = path("/app");
    let listed = world.vault.list(&world.place("dev", &place), &listing).await.unwrap();
    let mut expected = std::collections::BTreeSet::new();
    for (slug, at) in [("dev", "/app"), ("dev", "/shared"), ("dev", "/other"), ("prod", "/"), ("dev", "/")] {
        expected.insert(world.watched(slug, at).await);
    }
    assert_eq!(listed.read.folders(), &expected, "the root, because the way to /missing ends there");
}

#[tokio::test]
async fn the_entity_tag_changes_with_everything_that_changes_the_answer_and_with_nothing_else() {
    let world = World::new().await;
    world.folder("dev", "/app").await;
    world.folder("dev", "/shared").await;
    world.put("dev", "/app", &[("A", "${dev.shared.S}")]).await;
    world.put("dev", "/shared", &[("S", "1"), ("UNUSED", "1")]).await;
    let place = path("/app");
    let tag = async || {
        let listed = world.vault.list(&world.place("dev", &place), &EXPANDED).await.unwrap();
        listed.read.etag(["flags"])
    };
    let first = tag().await;
    assert!(first.starts_with('"') && first.ends_with('"') && first.len() == 34, "{first}");
    assert_eq!(tag().await, first);
    world.write("dev", "/shared", vec![set("UNUSED", "2")]).await.unwrap();
    assert_eq!(tag().await, first, "nothing refers to it");
    world.write("dev", "/shared", vec![set("S", "2")]).await.unwrap();
    let second = tag().await;
    assert_ne!(second, first);
    world.put("dev", "/app", &[("B", "")]).await;
    let third = tag().await;
    assert_ne!(third, second);
    world.write("dev", "/app", vec![delete("B")]).await.unwrap();
    assert_eq!(tag().await, second);
    let listed = world.vault.list(&world.place("dev", &place), &EXPANDED).await.unwrap();
    assert_ne!(listed.read.etag(["other flags"]), second);
}

#[tokio::test]
async fn a_secret_is_found_by_its_id_wherever_it_went() {
    let world = World::new().await;
    world.folder("dev", "/app").await;
    let written = world.write("dev", "/app", vec![new("OLD", "v")]).await.unwrap();
    let id = written.secrets[0].as_ref().unwrap().stored.id;
    world.write("dev", "/app", vec![rename("OLD", "NEW")]).await.unwrap();
    let found = world.store.secret_by_id(id).await.unwrap().unwrap();
    let opened = world.vault.open(&world.project, found.clone(), true, true).await.unwrap().secret;
    assert_eq!((opened.stored.name.as_str(), value(&opened), opened.path.as_str()), ("NEW", "v", "/app"));
    assert_eq!(opened.stored.kind, SecretKind::Shared);
    world.remove_folder("dev", "/app").await;
    assert!(world.store.secret_by_id(id).await.unwrap().is_none());
    let gone = world.vault.open(&world.project, found, true, true).await.unwrap_err();
    assert!(matches!(gone, Error::NoFolder { .. }), "{gone}");
}
