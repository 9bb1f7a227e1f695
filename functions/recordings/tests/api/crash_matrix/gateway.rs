//! A gateway that dies on its way with a chunk, or the function under it.

use testkit::fuse::{Fault, Fuse};
use testkit::matrix::{deaths, tell};

use super::CONTENT;
use crate::world::{BUCKET, Session, World, commit, credentials, presign};

/// The gateway's whole way with one chunk; `None` where something fails.
async fn way(world: &World, id: &str) -> Option<Session> {
    let (status, given) = world.send(credentials(id), world.gateway).await;
    if status != 200 {
        return None;
    }
    let text = |name: &str| given["recording"][name].as_str().unwrap().to_owned();
    let session = Session { id: id.to_owned(), token: text("uploadToken"), key: text("sessionKey") };
    upload(world, &session).await.then_some(session)
}

async fn upload(world: &World, session: &Session) -> bool {
    let (status, url) = world.send(presign(session, 0, CONTENT), world.gateway).await;
    if status != 200 || world.cloud.put(url["url"].as_str().unwrap(), CONTENT) != 200 {
        return false;
    }
    world.send(commit(session, 0, CONTENT), world.gateway).await.0 == 200
}

#[tokio::test]
async fn a_gateway_that_dies_at_any_call_resumes_and_the_chunk_is_there_once() {
    let fuse = Fuse::default();
    let mut world = World::fused(&fuse).await;
    world.configure().await;
    let id = world.record().await;
    fuse.arm(Fault::None);
    let session = way(&world, &id).await.unwrap();
    let calls = fuse.calls();
    assert!(calls >= 10, "{calls}");
    assert!(upload(&world, &session).await, "and again");

    for death in deaths(calls) {
        fuse.arm(Fault::None);
        let id = world.record().await;
        fuse.arm(death);
        let before = way(&world, &id).await;
        fuse.arm(Fault::None);
        // The function is cold again, and the gateway comes back with whatever it still knows.
        world.cold_again();
        let has_begun = world.store.recording(id.parse().unwrap()).await.unwrap().unwrap().began_at.is_some();
        let session = match before {
            Some(session) => session,
            None if has_begun => continue, // The commit got through, and its answer was lost: there is nothing left to do.
            None => world.credentials(&id).await,
        };
        assert!(upload(&world, &session).await, "{death:?}");
        let chunk = world.chunk(&session, 0).await.unwrap();
        assert!(chunk.committed.is_some(), "{death:?}");
        assert_eq!(world.cloud.state().buckets[BUCKET][&world.key_of(&session, 0)].body, CONTENT);
    }
    let verdict = "it resumes, and the chunk is there once";
    tell("a gateway's way with a chunk, begun anew", calls, deaths(calls).len(), verdict);
}
