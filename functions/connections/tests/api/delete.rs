use model::connection::DependentKind;
use serde_json::json;
use store::{Bookkeeping, Change};

use crate::world::World;

#[tokio::test]
async fn a_connection_in_use_stays_and_says_what_uses_it() {
    let world = World::new().await;
    let id = world.connection("used").await;
    let stored = world.store.connection(id.parse().unwrap()).await.unwrap().unwrap();
    for kind in [DependentKind::SecretSync, DependentKind::SecretSync, DependentKind::RecordingConfig] {
        let change = Change::new(testkit::now()).gain_dependent(&stored, kind);
        world.store.keep_count(Bookkeeping(change)).await.unwrap();
    }
    let (status, answer) = world.admin("DELETE", &format!("/{id}"), None).await;
    assert_eq!(status, 400);
    assert_eq!(
        answer["message"],
        "Cannot delete App Connection \"used\": it is still used by 2 secret syncs and 1 recording configuration"
    );
    for kind in [DependentKind::SecretSync, DependentKind::SecretSync, DependentKind::RecordingConfig] {
        let change = Change::new(testkit::now()).lose_dependent(&stored, kind);
        world.store.keep_count(Bookkeeping(change)).await.unwrap();
    }
    let (status, answer) = world.admin("DELETE", &format!("/{id}"), Some(&json!({}))).await;
    assert_eq!((status, &answer["appConnection"]["id"]), (200, &json!(id)));
    assert_eq!(world.admin("GET", &format!("/{id}"), None).await.0, 404);
    assert_eq!(world.admin("DELETE", &format!("/{id}"), None).await.0, 404);
    assert_eq!(world.store.project(world.project).await.unwrap().unwrap().connections, 0);
    // The name is free again.
    world.connection("used").await;
}

#[tokio::test]
async fn a_deleted_connection_gains_no_dependent() {
    let world = World::new().await;
    let id = world.connection("gone").await;
    let stored = world.store.connection(id.parse().unwrap()).await.unwrap().unwrap();
    assert_eq!(world.admin("DELETE", &format!("/{id}"), None).await.0, 200);
    let change = Change::new(testkit::now()).gain_dependent(&stored, DependentKind::KeyRotation);
    assert!(world.store.keep_count(Bookkeeping(change)).await.is_err());
    assert_eq!(world.admin("GET", &format!("/{id}"), None).await.0, 404);
}

#[tokio::test]
async fn rotation_of_credentials_is_not_offered() {
    let world = World::new().await;
    let id = world.connection("fixed").await;
    let (status, answer) = world.admin("POST", &format!("/{id}/rotate-credentials"), None).await;
    assert_eq!((status, &answer["error"]), (400, &json!("BadRequest")));
}
