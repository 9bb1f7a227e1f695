//! What a sync reads, and when it must not believe what it sees.

use super::world::*;
use model::secret::Unresolved;
use secrecy::ExposeSecret as _;
use vault::{Error, Source};

impl World {
    async fn source(&self, slug: &str, at: &str, recursive: bool) -> Result<Source, Error> {
        let folder = self.folder_id(slug, at).await;
        self.vault.source(&self.project, self.environment(slug), folder, recursive).await
    }
}

fn shown(source: &Source) -> Vec<(String, String, String)> {
    let text = |value: &Result<secrecy::SecretString, _>| match value {
        Ok(value) => value.expose_secret().to_owned(),
        Err(_) => "!".to_owned(),
    };
    let secrets = source.secrets.iter();
    secrets.map(|one| (one.path.to_string(), one.name.to_string(), text(&one.value))).collect()
}

fn row(path: &str, name: &str, value: &str) -> (String, String, String) {
    (path.to_owned(), name.to_owned(), value.to_owned())
}

#[tokio::test]
async fn a_source_is_the_folders_own_secrets_over_its_imports_with_references_followed() {
    let world = World::new().await;
    for folder in ["/app/sub", "/one", "/two"] {
        world.folder("dev", folder).await;
    }
    world.put("dev", "/one", &[("K", "one"), ("ONE", "1")]).await;
    world.put("dev", "/two", &[("K", "two"), ("OWN", "two")]).await;
    world.put("dev", "/app", &[("OWN", "own ${K}"), ("EMPTY", "")]).await;
    world.put("dev", "/app/sub", &[("OWN", "sub"), ("SUB", "s")]).await;
    for from in ["/one", "/two"] {
        world.import(("dev", "/app"), ("dev", from)).await.unwrap();
    }
    world.import(("dev", "/app/sub"), ("dev", "/one")).await.unwrap();
    let flat = world.source("dev", "/app", false).await.unwrap();
    let own = [
        row("/app", "EMPTY", ""),
        row("/app", "K", "two"),
        row("/app", "ONE", "1"),
        row("/app", "OWN", "own two"),
    ];
    assert_eq!(shown(&flat), own);
    assert_eq!((flat.environment_slug.as_str(), flat.path.as_str()), ("dev", "/app"));
    let deep = world.source("dev", "/app", true).await.unwrap();
    // ONE comes through both, and once; K of /one is another secret than K of /two.
    let below = [row("/app/sub", "K", "one"), row("/app/sub", "OWN", "sub"), row("/app/sub", "SUB", "s")];
    assert_eq!(shown(&deep), [own.as_slice(), below.as_slice()].concat());
}

#[tokio::test]
async fn a_reference_that_leads_nowhere_fails_its_own_key_and_those_that_lead_to_it() {
    let world = World::new().await;
    world.put("dev", "/", &[("A", "${B}"), ("B", "${prod.NONE}"), ("C", "c")]).await;
    let source = world.source("dev", "/", false).await.unwrap();
    assert_eq!(shown(&source), [row("/", "A", "!"), row("/", "B", "!"), row("/", "C", "c")]);
    let missing = Unresolved::NoSecret { reference: "${prod.NONE}".into(), key: "NONE".into() };
    for secret in &source.secrets[..2] {
        assert_eq!(secret.value.as_ref().unwrap_err().iter().collect::<Vec<_>>(), [&missing]);
    }
    assert!(source.read.folders().contains(&world.watched("prod", "/").await), "it may come");
}

#[tokio::test]
async fn an_import_that_leads_nowhere_ends_the_reading_wherever_it_is_met() {
    let world = World::new().await;
    for folder in ["/app", "/shared", "/gone"] {
        world.folder("dev", folder).await;
    }
    world.put("dev", "/app", &[("A", "a")]).await;
    world.import(("dev", "/app"), ("dev", "/shared")).await.unwrap();
    world.import(("dev", "/shared"), ("dev", "/gone")).await.unwrap();
    assert!(world.source("dev", "/app", false).await.is_ok());
    world.remove_folder("dev", "/gone").await;
    let ended = world.source("dev", "/app", false).await.unwrap_err();
    assert!(matches!(ended, Error::ImportAbsent { .. }), "{ended}");
    assert!(ended.to_string().contains("imports '/gone' of environment 'dev'"), "{ended}");
    // People see what there is.
    assert_eq!(world.list("dev", "/app", &OPEN).await, [pair("A", "a")]);
    // Also behind a reference: what it means is not known.
    world.put("dev", "/", &[("R", "${dev.app.NONE}")]).await;
    assert!(matches!(world.source("dev", "/", false).await, Err(Error::ImportAbsent { .. })));
}

#[tokio::test]
async fn a_source_that_is_gone_is_an_error_and_never_an_empty_one() {
    let world = World::new().await;
    let folder = world.folder("dev", "/app").await;
    world.remove_folder("dev", "/app").await;
    let environment = world.environment("dev");
    let gone = world.vault.source(&world.project, environment, folder, false).await;
    assert!(matches!(gone, Err(Error::NoFolder { .. })));
    let tree = world.store.folder_tree(environment).await.unwrap();
    let change = store::Change::new(testkit::now()).end_folders(tree.as_ref(), world.project.id, environment);
    world.store.keep_count(store::Bookkeeping(change)).await.unwrap();
    let root = model::id::FolderId::root_of(environment);
    let gone = world.vault.source(&world.project, environment, root, false).await;
    assert!(matches!(gone, Err(Error::NoEnvironment)));
}

#[tokio::test]
async fn personal_secrets_never_reach_a_source() {
    let world = World::new().await;
    world.put("dev", "/", &[("K", "shared")]).await;
    world.write_as(&super::personal::ada(), "dev", "/", vec![new("K", "ada's")]).await.unwrap();
    assert_eq!(shown(&world.source("dev", "/", true).await.unwrap()), [row("/", "K", "shared")]);
}
