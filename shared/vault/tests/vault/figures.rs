//! What reading and writing cost, in calls.

use super::world::*;
use testkit::fuse::Fault;
use vault::Listing;

#[tokio::test]
async fn listing_a_thousand_secrets_is_one_query_for_each_megabyte_and_one_call_of_kms() {
    let world = World::new().await;
    let names: Vec<String> = (0..1_000).map(|number| format!("SECRET_NUMBER_{number:04}")).collect();
    world
        .write("dev", "/", names.iter().map(|name| new(name, "a value of usual length")).collect())
        .await
        .unwrap();
    let (cold, place) = (world.cold(), path("/"));
    let (before, started) = (world.kms.count(), std::time::Instant::now());
    world.fuse.arm(Fault::None);
    let listed = cold.list(&world.place("dev", &place), &EXPANDED).await.unwrap();
    let (calls, kms, took) = (world.fuse.calls(), world.kms.count() - before, started.elapsed());
    assert_eq!(listed.secrets.len(), 1_000);
    println!(
        "1,000 secrets: {calls} calls of the table, {kms} of KMS, {took:?} (debug build, stand-in included)"
    );
    // The tree, the secrets, and the wrapped data key.
    assert!(calls <= 3, "{calls}");
    assert_eq!(kms, 1);
    world.fuse.arm(Fault::None);
    cold.list(&world.place("dev", &place), &OPEN).await.unwrap();
    assert!(world.fuse.calls() <= 2, "{}", world.fuse.calls());
    assert_eq!(world.kms.count() - before, 1);
}

#[tokio::test]
async fn imports_and_references_read_each_folder_once() {
    let world = World::new().await;
    for folder in ["/app", "/one", "/two"] {
        world.folder("dev", folder).await;
    }
    let many: Vec<(String, String)> = (0..50)
        .map(|number| (format!("K{number:02}"), "${dev.one.X} ${dev.two.Y} ${SHARED}".to_owned()))
        .collect();
    let many: Vec<(&str, &str)> = many.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    world.put("dev", "/one", &[("X", "x")]).await;
    world.put("dev", "/two", &[("Y", "y"), ("SHARED", "s")]).await;
    world.put("dev", "/app", &many).await;
    world.import(("dev", "/app"), ("dev", "/one")).await.unwrap();
    world.import(("dev", "/app"), ("dev", "/two")).await.unwrap();
    let place = path("/app");
    world.fuse.arm(Fault::None);
    let listing = Listing { imports: true, ..EXPANDED };
    let listed = world.vault.list(&world.place("dev", &place), &listing).await.unwrap();
    // The tree, and three folders.
    assert_eq!(world.fuse.calls(), 4);
    assert!(listed.secrets.iter().all(|secret| value(secret) == "x y s"));
}

#[tokio::test]
async fn writing_one_secret_is_four_calls() {
    let world = World::new().await;
    world.put("dev", "/", &[("A", "1")]).await;
    world.sync(&[("dev", "/")]).await;
    world.fuse.arm(Fault::None);
    world.write("dev", "/", vec![set("A", "2")]).await.unwrap();
    // The tree, the folder's state, the secret, the transaction.
    assert_eq!(world.fuse.calls(), 4);
}
