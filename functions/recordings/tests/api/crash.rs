//! A gateway, or the function under it, dies at every call, and what comes after finds everything in order.

use testkit::fuse::{Fault, Fuse};

use crate::cloud::CANARY;
use crate::log::watch;
use crate::world::{BUCKET, Session, World, batch, commit, credentials, presign};

const CONTENT: &[u8] = b"the ciphertext of a chunk";

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

    for death in (1..=calls).flat_map(|call| [Fault::Die(call), Fault::DieAfter(call)]) {
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
}

#[tokio::test]
async fn a_save_that_dies_at_any_call_is_saved_whole_by_the_next() {
    let fuse = Fuse::default();
    let mut world = World::fused(&fuse).await;
    fuse.arm(Fault::None);
    world.configure().await;
    let calls = fuse.calls();
    for death in (1..=calls).flat_map(|call| [Fault::Die(call), Fault::LoseAnswer(call)]) {
        fuse.arm(death);
        let save = testkit::event::event("POST", &world.config_path()).body(&world.config_body());
        world.send(save, world.administrator).await;
        fuse.arm(Fault::None);
        world.cold_again();
        world.configure().await;
        let connection = world.store.connection(world.connection.id).await.unwrap().unwrap();
        let count = connection.dependents.count(model::connection::DependentKind::RecordingConfig);
        assert_eq!(count, 1, "{death:?}");
    }
}

/// What no log and no refusal may show: keys, tokens, URLs that work, and what signs them.
#[tokio::test]
async fn no_secret_is_in_any_log_error_or_debug() {
    let fuse = Fuse::default();
    let world = World::fused(&fuse).await;
    world.configure().await;
    let session = world.session().await;
    let mut secrets =
        vec![session.key.clone(), session.token.clone(), CANARY.to_owned(), "X-Amz-Signature".to_owned()];
    let one = world.ok(presign(&session, 0, CONTENT), world.gateway).await;
    secrets.push(one["url"].as_str().unwrap().split("X-Amz-Signature=").nth(1).unwrap()[..64].to_owned());
    let body = [serde_json::json!({ "chunkIndex": 1, "ciphertextBytes": 5 })];
    world.ok(batch(&session, &body), world.gateway).await;
    let mut said = vec![format!("{:?}", world.ctx)];
    for fault in [Some("DisabledException"), Some("InvalidCiphertextException"), Some("KMSInternalException")]
    {
        world.cloud.state().kms_refuses = fault;
        said.push(world.refused(credentials(&session.id), world.gateway).await.1);
    }
    world.cloud.state().kms_refuses = None;
    for fault in [(403, "AccessDenied"), (403, "ExpiredToken"), (500, "InternalError"), (404, "NoSuchBucket")]
    {
        world.cloud.state().s3_refuses = Some(fault);
        said.push(world.refused(commit(&session, 0, CONTENT), world.gateway).await.1);
    }
    world.cloud.state().s3_refuses = None;
    for call in 1..=6 {
        fuse.arm(Fault::Fail(call));
        said.push(world.send(commit(&session, 0, CONTENT), world.gateway).await.1.to_string());
    }
    let log = watch();
    for secret in &secrets {
        assert!(!said.iter().any(|text| text.contains(secret)), "{secret} was said");
        assert!(!log.ours_has(secret), "{secret} was logged");
    }
    assert!(log.has(&session.id), "the watch was asleep");
}
