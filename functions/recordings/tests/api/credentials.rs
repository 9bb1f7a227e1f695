//! The session key and the upload token: given once, to one.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::world::{World, commit, credentials, presign};

#[tokio::test]
async fn the_key_goes_to_whoever_asks_first_and_the_table_has_neither_it_nor_the_token() {
    let world = World::new().await;
    world.configure().await;
    let id = world.record().await;
    let given = world.ok(credentials(&id), world.gateway).await;
    let recording = &given["recording"];
    for secret in ["sessionKey", "uploadToken"] {
        assert_eq!(STANDARD.decode(recording[secret].as_str().unwrap()).unwrap().len(), 32);
    }
    assert_eq!(recording["storageBackend"], "aws-s3");
    assert_eq!(recording["sessionId"], id.as_str());
    let stored = world.store.recording(id.parse().unwrap()).await.unwrap().unwrap();
    let stored = serde_json::to_string(&stored.value).unwrap();
    for secret in ["sessionKey", "uploadToken"] {
        assert!(!stored.contains(recording[secret].as_str().unwrap()), "{secret} is in the table");
    }
    let (status, words) = world.refused(credentials(&id), world.second).await;
    assert_eq!(status, 403);
    assert!(words.contains("were given to machine"), "{words}");
}

#[tokio::test]
async fn an_answer_that_was_lost_is_given_again_with_another_token_until_a_chunk_is_there() {
    let (world, first) = World::recording().await;
    let again = world.credentials(&first.id).await;
    assert_eq!(again.key, first.key);
    assert_ne!(again.token, first.token);
    let (status, words) = world.refused(presign(&first, 0, b"hello"), world.gateway).await;
    assert!(status == 400 && words.contains("X-Gateway-Upload-Token"), "{status} {words}");

    world.upload(&again, 0, b"hello").await;
    let (status, words) = world.refused(credentials(&first.id), world.gateway).await;
    assert!(status == 400 && words.contains("given already"), "{status} {words}");
    // What was given goes on to work.
    world.upload(&again, 1, b"world").await;
    let actions = world.trail.actions().await.unwrap();
    let count = |action: &str| actions.iter().filter(|line| line.starts_with(action)).count();
    assert_eq!((count("recording.give "), count("recording.give-again ")), (1, 1));
    let mut kept = world.trail.seconds_kept().await.unwrap();
    kept.retain(|action, _| action.starts_with("recording.give"));
    assert!(kept.len() == 2 && kept.values().all(|seconds| *seconds == 400 * 86_400), "{kept:?}");
}

#[tokio::test]
async fn kms_binds_the_key_to_its_project_and_session() {
    let (world, session) = World::recording().await;
    let mut read = world.store.recording(session.id.parse().unwrap()).await.unwrap().unwrap();
    let wrapped = read.value.given.as_ref().unwrap().wrapped_key.clone();
    let context = String::from_utf8(STANDARD.decode(&wrapped).unwrap()).unwrap();
    let context: serde_json::Value = serde_json::from_str(&context).unwrap();
    assert_eq!(context["context"], serde_json::json!({ "project": world.project, "session": session.id }));

    // Another session's wrapped key, put in place of this one's.
    let other = world.session().await;
    let theirs =
        world.store.recording(other.id.parse().unwrap()).await.unwrap().unwrap().value.given.unwrap();
    let before = read.clone();
    read.value.given.as_mut().unwrap().wrapped_key = theirs.wrapped_key;
    let change = store::Change::new(testkit::now()).replace(&before, &read.value);
    world.store.keep_count(store::Bookkeeping(change)).await.unwrap();
    let (status, words) = world.refused(credentials(&session.id), world.gateway).await;
    assert!(status == 400 && words.contains("changed or copied"), "{status} {words}");
}

#[tokio::test]
async fn a_kms_key_that_is_disabled_is_said_and_uploads_go_on() {
    let (world, session) = World::recording().await;
    let waiting = world.record().await;
    world.cloud.state().kms_refuses = Some("DisabledException");
    for id in [&session.id, &waiting] {
        let (status, words) = world.refused(credentials(id), world.gateway).await;
        assert!(status == 400 && words.contains("is disabled: enable it again"), "{status} {words}");
    }
    world.upload(&session, 0, b"hello").await;
    world.cloud.state().kms_refuses = Some("ThrottlingException");
    assert_eq!(world.refused(credentials(&waiting), world.gateway).await.0, 503);
    world.cloud.state().kms_refuses = None;
    world.credentials(&waiting).await;
}

#[tokio::test]
async fn nobody_records_a_session_that_is_over_or_that_is_none() {
    let (world, session) = World::recording().await;
    let waiting = world.record().await;
    let read = world.store.recording(waiting.parse().unwrap()).await.unwrap().unwrap();
    let over = read.end(None, testkit::now()).unwrap().unwrap();
    let change = store::Change::new(testkit::now()).replace(&read, &over);
    world.store.keep_count(store::Bookkeeping(change)).await.unwrap();
    let (status, words) = world.refused(credentials(&waiting), world.gateway).await;
    assert!(status == 400 && words.contains("has ended"), "{status} {words}");
    assert_eq!(world.refused(credentials(crate::world::NOTHING), world.gateway).await.0, 404);

    // Late chunks of one that was recorded still come.
    let read = world.store.recording(session.id.parse().unwrap()).await.unwrap().unwrap();
    let over = read.end(None, testkit::now()).unwrap().unwrap();
    let change = store::Change::new(testkit::now()).replace(&read, &over);
    world.store.keep_count(store::Bookkeeping(change)).await.unwrap();
    world.upload(&session, 0, b"late").await;
    assert_eq!(world.ok(commit(&session, 0, b"late"), world.gateway).await["ok"], true);
}
