//! Several at the same moment.

use futures::future::join_all;
use serde_json::json;

use crate::world::{World, batch, commit, credentials, presign};

#[tokio::test]
async fn of_two_gateways_that_ask_at_once_one_gets_the_key() {
    let world = World::new().await;
    world.configure().await;
    for _ in 0..4 {
        let id = world.record().await;
        let (first, second) = tokio::join!(
            world.send(credentials(&id), world.gateway),
            world.send(credentials(&id), world.second)
        );
        let mut statuses = [first.0, second.0];
        statuses.sort_unstable();
        assert_eq!(statuses, [200, 403], "{first:?} {second:?}");
    }
}

#[tokio::test]
async fn one_gateway_that_asks_twice_at_once_has_one_token_that_works() {
    let world = World::new().await;
    world.configure().await;
    let id = world.record().await;
    let (first, second) = tokio::join!(world.credentials(&id), world.credentials(&id));
    assert_eq!(first.key, second.key, "one session, one key");
    let mut works = 0;
    for session in [&first, &second] {
        works += u32::from(world.send(presign(session, 0, b"hello"), world.gateway).await.0 == 200);
    }
    assert_eq!(works, 1);
}

#[tokio::test]
async fn chunks_that_are_committed_at_once_are_all_there() {
    let (world, session) = World::recording().await;
    let contents: Vec<String> = (0..12).map(|index| format!("chunk {index}")).collect();
    for (index, content) in (0..).zip(&contents) {
        let url = world.ok(presign(&session, index, content.as_bytes()), world.gateway).await;
        assert_eq!(world.cloud.put(url["url"].as_str().unwrap(), content.as_bytes()), 200);
    }
    // The first writes the recording too, and the others wait for none.
    let commits = (0..)
        .zip(&contents)
        .map(|(index, content)| world.ok(commit(&session, index, content.as_bytes()), world.gateway));
    join_all(commits).await;
    for index in 0..12 {
        assert!(world.chunk(&session, index).await.unwrap().committed.is_some(), "{index}");
    }
}

#[tokio::test]
async fn the_same_chunk_committed_at_once_with_two_contents_is_one_of_them() {
    let (world, session) = World::recording().await;
    let url = world.ok(presign(&session, 0, b"hello"), world.gateway).await;
    assert_eq!(world.cloud.put(url["url"].as_str().unwrap(), b"hello"), 200);
    let (one, other) = tokio::join!(
        world.send(commit(&session, 0, b"hello"), world.gateway),
        world.send(commit(&session, 0, b"jello"), world.gateway)
    );
    let mut statuses = [one.0, other.0];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 400]);
}

#[tokio::test]
async fn announcements_of_the_same_chunks_at_once_all_succeed() {
    let (world, session) = World::recording().await;
    let puts: Vec<_> = (0..60).map(|index| json!({ "chunkIndex": index, "ciphertextBytes": 5 })).collect();
    let (one, other) = tokio::join!(
        world.send(batch(&session, &puts), world.gateway),
        world.send(batch(&session, &puts), world.gateway)
    );
    assert_eq!((one.0, other.0), (200, 200), "{} {}", one.1["message"], other.1["message"]);
}
