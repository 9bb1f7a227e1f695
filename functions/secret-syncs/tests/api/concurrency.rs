//! Requests at the same moment.

use futures::future::join_all;
use serde_json::json;
use store::{Bookkeeping, Change};

use crate::world::{SECRETS, World, id, text};

#[tokio::test]
async fn of_creates_with_one_name_one_is_stored_and_counted() {
    let world = World::new().await;
    let bodies: Vec<_> = (0..6)
        .map(|n| {
            let mut body = world.secrets_manager("a");
            body["description"] = json!(n.to_string());
            body
        })
        .collect();
    let path = format!("/{SECRETS}");
    let answers = join_all(bodies.iter().map(|body| world.by(world.member, "POST", &path, Some(body)))).await;
    let statuses: Vec<u16> = answers.iter().map(|(status, _)| *status).collect();
    assert_eq!(statuses.iter().filter(|status| **status == 200).count(), 1, "{answers:?}");
    assert!(statuses.iter().all(|status| [200, 400].contains(status)), "{answers:?}");
    assert_eq!((world.counted(world.connection).await, world.count().await), (1, 1));
}

#[tokio::test]
async fn the_same_create_twice_at_once_is_one_sync() {
    let world = World::new().await;
    let (path, body) = (format!("/{SECRETS}"), world.secrets_manager("a"));
    let answers = join_all((0..4).map(|_| world.by(world.member, "POST", &path, Some(&body)))).await;
    let ids: Vec<String> = answers.iter().map(|(_, answer)| text(&answer["secretSync"], "id")).collect();
    assert!(ids.iter().all(|id| *id == ids[0]), "{answers:?}");
    assert_eq!((world.counted(world.connection).await, world.count().await), (1, 1));
}

#[tokio::test]
async fn a_change_of_the_source_and_a_change_of_the_definition_both_count() {
    let world = World::new().await;
    let path = world.sync("a").await;
    let wakes = (0..4).map(|n| {
        let change = Change::new(testkit::later(n)).wake_secret_sync(id(&path));
        world.store.keep_count(Bookkeeping(change))
    });
    let rename = json!({ "name": "b" });
    let ((status, answer), woken) =
        tokio::join!(world.by(world.member, "PATCH", &path, Some(&rename)), join_all(wakes));
    assert_eq!(status, 200, "{answer}");
    assert!(woken.iter().all(Result::is_ok), "{woken:?}");
    let stored = world.stored(&path).await;
    assert_eq!(stored.sync.name, "b");
    assert!(stored.run.source_changed_at.is_some(), "{stored:?}");
    assert_eq!(stored.run.version, 1 + 4 + 1);
}

#[tokio::test]
async fn a_sync_goes_once() {
    let world = World::new().await;
    let path = world.sync("a").await;
    let answers = join_all((0..4).map(|_| world.by(world.member, "DELETE", &path, None))).await;
    let gone = answers.iter().filter(|(status, _)| *status == 200).count();
    assert_eq!(gone, 1, "{answers:?}");
    assert!(answers.iter().all(|(status, _)| [200, 404].contains(status)), "{answers:?}");
    assert_eq!((world.counted(world.connection).await, world.count().await), (0, 0));
}

#[tokio::test]
async fn a_connection_that_goes_at_the_same_moment_takes_no_sync_with_it() {
    let world = World::new().await;
    let path = format!("/{SECRETS}");
    let body = world.secrets_manager("a");
    let connection = world.store.connection(world.connection).await.unwrap().unwrap();
    let gone = world.store.keep_count(Bookkeeping(Change::new(testkit::now()).delete(&connection)));
    let ((status, answer), gone) = tokio::join!(world.by(world.member, "POST", &path, Some(&body)), gone);
    match (status, gone) {
        (200, Err(_)) => assert_eq!(world.counted(world.connection).await, 1),
        (404, Ok(())) => assert_eq!(world.count().await, 0),
        other => panic!("{other:?} {answer}"),
    }
}
