//! Requests in which a call breaks, for every call of each: nothing is half done, and the same request again is.

use serde_json::{Value, json};
use testkit::fuse::{Fault, Fuse};

use crate::aws;
use crate::world::{SECRETS, World, id, text};

/// A request about the sync at a path, and what it may be answered when it is sent again.
struct Request {
    method: &'static str,
    suffix: &'static str,
    body: Option<Value>,
    again: [u16; 2],
}

async fn send(world: &World, request: &Request, path: &str) -> (u16, Value) {
    let path = format!("{path}{}", request.suffix);
    world.by(world.member, request.method, &path, request.body.as_ref()).await
}

/// What holds whatever broke: connection and project count the syncs that are there, and what is wanted is due.
async fn sound(world: &World, what: &str) {
    let syncs = world.store.secret_syncs_of(world.organization, world.project).await.unwrap();
    let count = i64::try_from(syncs.len()).unwrap();
    assert_eq!((world.counted(world.connection).await, world.count().await), (count, count), "{what}");
    let due = world.store.secret_syncs_due(testkit::later(10), 10_000).await.unwrap();
    for found in &syncs {
        let stored = world.store.secret_sync(found.sync.id).await.unwrap().unwrap();
        assert_eq!(stored.run.wants_anything(), due.contains(&found.sync.id), "{what}: {stored:?}");
    }
}

/// Before the call, and after it.
fn faults(call: u32) -> [Fault; 2] {
    [Fault::Die(call), Fault::LoseAnswer(call)]
}

#[tokio::test]
async fn a_create_that_breaks_anywhere_is_done_once_when_it_is_sent_again() {
    let fuse = Fuse::default();
    let world = World::through(&fuse, aws::answer).await;
    let path = format!("/{SECRETS}");
    fuse.arm(Fault::None);
    world.sync("healthy").await;
    let calls = fuse.calls();
    assert!(calls >= 6, "{calls}");
    for call in 1..=calls {
        for (n, fault) in faults(call).into_iter().enumerate() {
            let body = world.secrets_manager(&format!("s-{call}-{n}"));
            fuse.arm(fault);
            let (first, answer) = world.by(world.member, "POST", &path, Some(&body)).await;
            assert!([200, 500, 503].contains(&first), "{fault:?}: {answer}");
            fuse.arm(Fault::None);
            let made = world.ok("POST", &path, Some(body)).await;
            let named = world.store.secret_sync_named(world.project, &text(&made, "name")).await.unwrap();
            assert_eq!(named.unwrap().to_string(), text(&made, "id"), "{fault:?}");
            sound(&world, &format!("{fault:?}")).await;
        }
    }
}

const fn request(method: &'static str, suffix: &'static str, body: Option<Value>, again: u16) -> Request {
    Request { method, suffix, body, again: [200, again] }
}

#[tokio::test]
async fn a_change_that_breaks_anywhere_is_done_or_not() {
    let body = json!({ "secretPath": "/api", "isAutoSyncEnabled": false });
    break_everywhere(&[request("PATCH", "", Some(body), 200)]).await;
}

#[tokio::test]
async fn a_wish_that_breaks_anywhere_is_written_down_or_not() {
    let import = "/import-secrets?importBehavior=prioritize-source";
    break_everywhere(&[
        request("POST", "/sync-secrets", None, 200),
        request("POST", import, None, 200),
        request("POST", "/remove-secrets", None, 200),
    ])
    .await;
}

#[tokio::test]
async fn a_deletion_that_breaks_anywhere_leaves_a_sync_or_none() {
    let with_secrets = request("DELETE", "?removeSecrets=true", None, 400);
    break_everywhere(&[with_secrets, request("DELETE", "", None, 404)]).await;
}

async fn break_everywhere(requests: &[Request]) {
    let fuse = Fuse::default();
    let world = World::through(&fuse, aws::answer).await;
    for request in requests {
        let healthy = world.sync("healthy").await;
        fuse.arm(Fault::None);
        assert_eq!(send(&world, request, &healthy).await.0, 200);
        let calls = fuse.calls();
        for call in 1..=calls {
            for (n, fault) in faults(call).into_iter().enumerate() {
                fuse.arm(Fault::None);
                let sync = world.sync(&format!("s-{call}-{n}")).await;
                let what = format!("{} {} {fault:?}", request.method, request.suffix);
                fuse.arm(fault);
                let (first, answer) = send(&world, request, &sync).await;
                assert!([200, 500, 503].contains(&first), "{what}: {answer}");
                fuse.arm(Fault::None);
                sound(&world, &what).await;
                let (second, answer) = send(&world, request, &sync).await;
                assert!(request.again.contains(&second), "{what}: {answer}");
                sound(&world, &what).await;
                remove(&world, &sync).await;
            }
        }
        remove(&world, &healthy).await;
    }
}

/// For good, as the worker does it.
async fn remove(world: &World, sync: &str) {
    if world.store.secret_sync(id(sync)).await.unwrap().is_some() {
        world.ok("DELETE", sync, None).await;
    }
    world.store.purge_secret_sync(id(sync), testkit::now()).await.unwrap();
}
