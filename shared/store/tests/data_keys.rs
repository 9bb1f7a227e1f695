//! Data keys against a real engine: one first of each version, and the newest by number.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use model::id::ProjectId;
use model::permission::Scope;
use store::data_key::{Created, DataKey};

fn key(scope: Scope, key_version: u32, wrapped: &str) -> DataKey {
    DataKey { scope, key_version, wrapped: wrapped.to_owned() }
}

#[tokio::test]
async fn of_two_processes_that_store_one_version_the_first_wins() {
    let store = testkit::tables().await.unwrap();
    let scope = Scope::Project(ProjectId::random());
    let (ours, theirs) = (key(scope, 1, "ours"), key(scope, 1, "theirs"));
    let (first, second) = tokio::join!(
        store.create_data_key(&ours, testkit::now()),
        store.create_data_key(&theirs, testkit::now())
    );
    let stored = store.data_key(scope, 1).await.unwrap().unwrap();
    let winner = match (first.unwrap(), second.unwrap()) {
        (Created::First, Created::AnotherWasFirst) => ours,
        (Created::AnotherWasFirst, Created::First) => theirs,
        both => unreachable!("{both:?}"),
    };
    assert_eq!(stored, winner);
}

#[tokio::test]
async fn the_newest_is_the_one_of_the_highest_number() {
    let store = testkit::tables().await.unwrap();
    let scope = Scope::Project(ProjectId::random());
    assert_eq!(store.newest_data_key(scope).await.unwrap(), None);
    for version in [9, 10, 2] {
        store.create_data_key(&key(scope, version, "wrapped"), testkit::now()).await.unwrap();
    }
    assert_eq!(store.newest_data_key(scope).await.unwrap().unwrap().value.key_version, 10);
}

#[tokio::test]
async fn each_scope_has_keys_of_its_own() {
    let store = testkit::tables().await.unwrap();
    let (ours, theirs) = (Scope::Project(ProjectId::random()), Scope::Project(ProjectId::random()));
    for (scope, wrapped) in [(ours, "ours"), (Scope::Organization, "organization")] {
        assert_eq!(
            store.create_data_key(&key(scope, 1, wrapped), testkit::now()).await.unwrap(),
            Created::First
        );
    }
    assert_eq!(store.data_key(ours, 1).await.unwrap().unwrap().wrapped, "ours");
    assert_eq!(store.data_key(Scope::Organization, 1).await.unwrap().unwrap().wrapped, "organization");
    assert_eq!(store.data_key(theirs, 1).await.unwrap(), None);
    assert_eq!(store.newest_data_key(theirs).await.unwrap(), None);
}
