//! From the schedule to the queue, and from a message to a key.

use std::time::Duration;

use job::handle;
use model::id::KeyRotationId;
use model::key_rotation::{Progress, RotationState, RotationStatus};
use serde_json::json;
use store::Change;

use crate::world::{World, deadline, line, message, now, set};

#[tokio::test]
async fn what_is_due_goes_to_the_queue_and_a_message_does_what_there_is_to_do() {
    let world = World::new().await;
    let (iam, store) = (&world.iam, &world.store);
    iam.put_user("svc");
    let worker = world.process(1);
    let rotation = world.define("svc");
    let state = RotationState::new(&rotation, Progress::begin(&[], now()), now());
    let change = Change::new(now()).create_key_rotation(&rotation, &state, &world.connection, &world.project);
    store.commit(change, &line()).await.unwrap();
    let id = rotation.id;

    handle(&worker, json!({ "tick": true }), deadline(), "i").await.unwrap();
    let sent = iam.receive("rotations").unwrap();
    assert_eq!(sent, id.to_string());
    let answer = handle(&worker, message(&sent), deadline(), "i").await.unwrap();
    assert!(answer.batch_item_failures.is_empty());
    let read = store.key_rotation(id).await.unwrap().unwrap();
    assert_eq!(read.state.progress.status, RotationStatus::Success, "{:?}", read.state.progress);
    assert_eq!(iam.keys("svc").len(), 1);

    // A message that comes twice, one of a rotation that is gone, and one of none: nothing happens.
    for body in [id.to_string(), KeyRotationId::random().to_string(), "none".to_owned()] {
        let answer = handle(&worker, message(&body), deadline(), "i").await.unwrap();
        assert!(answer.batch_item_failures.is_empty(), "{body}");
    }
    handle(&worker, json!({ "tick": true }), deadline(), "i").await.unwrap();
    assert_eq!((iam.receive("rotations"), iam.count("iam:CreateAccessKey")), (None, 1));

    // A month later it is time again.
    set(Duration::from_secs(40 * 86_400));
    handle(&worker, json!({ "tick": true }), deadline(), "i").await.unwrap();
    let sent = iam.receive("rotations").unwrap();
    handle(&worker, message(&sent), deadline(), "i").await.unwrap();
    assert_eq!(iam.keys("svc").len(), 2);
}
