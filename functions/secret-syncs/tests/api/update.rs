//! Changes of a definition.

use model::id::ConnectionId;
use model::permission::Scope;
use model::secret_sync::SecretSyncRun;
use model::secret_sync::run::{Outcome, Removal};
use serde_json::{Value, json};
use testkit::event::event;

use crate::aws::woken;
use crate::world::{ACCOUNT, BASE, PARAMETERS, SECRETS, STRANGER, World, id, text};

#[tokio::test]
async fn a_change_is_told_back_counted_and_pushed() {
    let world = World::new().await;
    let path = world.sync("a").await;
    let before = world.ok("GET", &path, None).await;
    let changed = world.ok("PATCH", &path, Some(json!({ "description": "what it is for" }))).await;
    assert_eq!((&changed["description"], &changed["version"]), (&json!("what it is for"), &json!(2)));
    for key in
        ["name", "syncOptions", "destinationConfig", "environment", "folder", "createdAt", "connection"]
    {
        assert_eq!(changed[key], before[key], "{key}");
    }
    assert_eq!(world.ok("GET", &path, None).await, changed);
    assert_eq!(woken(&world.calls).len(), 2);
    assert_eq!(world.audited().await, ["secret-sync.create a", "secret-sync.update a"]);
    let cleared = world.ok("PATCH", &path, Some(json!({ "description": null }))).await;
    assert_eq!(cleared["description"], Value::Null);
}

#[tokio::test]
async fn the_source_moves_by_either_half_of_its_address() {
    let world = World::new().await;
    let path = world.sync("a").await;
    let place = |sync: &Value| (text(&sync["environment"], "slug"), text(&sync["folder"], "path"));
    let patch = async |body| place(&world.ok("PATCH", &path, Some(body)).await);
    assert_eq!(patch(json!({ "secretPath": "/api/db/" })).await, ("dev".into(), "/api/db".into()));
    assert_eq!(patch(json!({ "environment": "prod", "secretPath": "/" })).await, ("prod".into(), "/".into()));
    assert_eq!(patch(json!({ "environment": "dev" })).await, ("dev".into(), "/".into()));
    for body in [json!({ "environment": "nope" }), json!({ "secretPath": "/nope" })] {
        assert_eq!(world.refused("PATCH", &path, Some(body)).await.0, 400);
    }
    // A source that is gone is replaced by a whole one.
    world.ok("PATCH", &path, Some(json!({ "secretPath": "/api" }))).await;
    world.delete_folder("/api").await;
    let (status, message) = world.refused("PATCH", &path, Some(json!({ "environment": "prod" }))).await;
    assert_eq!(status, 400);
    assert!(message.contains("was deleted"), "{message}");
    assert_eq!(patch(json!({ "environment": "prod", "secretPath": "/" })).await, ("prod".into(), "/".into()));
}

#[tokio::test]
async fn another_connection_is_counted_and_must_be_the_caller_s_to_use() {
    let world = World::new().await;
    let path = world.sync("a").await;
    let second = ConnectionId::random();
    world.make_connection(second, Scope::Project(world.project), "333333333333").await;
    let changed = world.ok("PATCH", &path, Some(json!({ "connectionId": second }))).await;
    assert_eq!(changed["connection"]["id"], json!(second));
    assert_eq!((world.counted(world.connection).await, world.counted(second).await), (0, 1));
    for (connection, status) in [(world.foreign, 404), (world.shared, 404), (STRANGER.parse().unwrap(), 404)]
    {
        let body = json!({ "connectionId": connection });
        assert_eq!(world.refused("PATCH", &path, Some(body)).await.0, status, "{connection}");
    }
    assert_eq!((world.counted(second).await, world.counted(world.foreign).await), (1, 0));
}

#[tokio::test]
async fn whoever_may_not_use_a_connection_does_not_point_it_elsewhere() {
    let world = World::new().await;
    let mut body = world.secrets_manager("a");
    body["connectionId"] = json!(world.shared);
    let request = event("POST", &format!("{BASE}/{SECRETS}")).identity(STRANGER, "admin").body(&body);
    let (status, answer) = world.send(request).await;
    assert_eq!(status, 200, "{answer}");
    let path = format!("/{SECRETS}/{}", text(&answer["secretSync"], "id"));
    // The member of the project may change what does not concern the connection, as Terraform sends it.
    let mut terraform = body.clone();
    terraform["name"] = json!("b");
    world.ok("PATCH", &path, Some(terraform)).await;
    for change in [
        json!({ "destinationConfig": { "region": "us-west-2", "mappingBehavior": "one-to-one" } }),
        json!({ "syncOptions": { "initialSyncBehavior": "overwrite-destination", "keySchema": "other/{{secretKey}}" } }),
    ] {
        assert_eq!(world.refused("PATCH", &path, Some(change)).await.0, 404);
    }
}

#[tokio::test]
async fn names_stay_unique() {
    let world = World::new().await;
    let (a, _) = (world.sync("a").await, world.sync("b").await);
    let (status, message) = world.refused("PATCH", &a, Some(json!({ "name": "b" }))).await;
    assert_eq!(status, 400);
    assert!(message.contains("\"b\" already exists"), "{message}");
    world.ok("PATCH", &a, Some(json!({ "name": "c" }))).await;
    world.sync("a").await;
    let named = format!("/{SECRETS}/sync-name/c?projectId={}", world.project);
    assert_eq!(id(&a).to_string(), text(&world.ok("GET", &named, None).await, "id"));
}

#[tokio::test]
async fn in_another_place_a_sync_is_a_first_sync_again() {
    let world = World::new().await;
    let path = world.sync("a").await;
    world.begin(&path).await;
    world.finish(&path, &Outcome::succeeded()).await;
    assert_eq!(world.ok("GET", &path, None).await["syncStatus"], "succeeded");
    let renamed = world.ok("PATCH", &path, Some(json!({ "name": "b" }))).await;
    assert_eq!(renamed["syncStatus"], "pending");
    assert!(world.stored(&path).await.run.first_sync_done);
    for (account, is_done) in [(ACCOUNT, true), ("210987654321", false)] {
        let connection = ConnectionId::random();
        world.make_connection(connection, Scope::Project(world.project), account).await;
        world.ok("PATCH", &path, Some(json!({ "connectionId": connection }))).await;
        assert_eq!(world.stored(&path).await.run.first_sync_done, is_done, "{account}");
    }
    world.run(&path, |run| SecretSyncRun { first_sync_done: true, ..run.clone() }).await;
    let region = json!({ "destinationConfig": { "region": "us-west-2", "mappingBehavior": "one-to-one", "secretName": "" } });
    world.ok("PATCH", &path, Some(region)).await;
    assert!(!world.stored(&path).await.run.first_sync_done);
}

#[tokio::test]
async fn auto_sync_is_switched_off_and_on_and_absent_is_unchanged() {
    let world = World::new().await;
    let path = world.sync("a").await;
    world.begin(&path).await;
    world.finish(&path, &Outcome::succeeded()).await;
    let sent = woken(&world.calls).len();
    world.watch(&path, "/").await;
    let off = world.ok("PATCH", &path, Some(json!({ "isAutoSyncEnabled": false }))).await;
    assert_eq!((&off["isAutoSyncEnabled"], &off["syncStatus"]), (&json!(false), &json!("succeeded")));
    let still = world.ok("PATCH", &path, Some(json!({ "description": "x" }))).await;
    assert_eq!(still["isAutoSyncEnabled"], false);
    assert_eq!(woken(&world.calls).len(), sent, "nobody asked for a run");
    assert!(!world.stored(&path).await.run.auto);
    assert_eq!(world.watchers("/").await, [], "changes of the source concern it no more");
    let on = world.ok("PATCH", &path, Some(json!({ "isAutoSyncEnabled": true }))).await;
    assert_eq!(on["syncStatus"], "pending");
    assert_eq!(woken(&world.calls).len(), sent + 1);
}

#[tokio::test]
async fn a_change_while_a_job_goes_on_is_taken_up_by_the_next() {
    let world = World::new().await;
    let path = world.sync("a").await;
    world.begin(&path).await;
    let changed = world.ok("PATCH", &path, Some(json!({ "secretPath": "/api" }))).await;
    assert_eq!(changed["syncStatus"], "running");
    let run = world.stored(&path).await.run;
    assert!(run.wants_sync && run.lease.is_some(), "{run:?}");
}

#[tokio::test]
async fn a_sync_that_is_on_its_way_out_is_not_changed() {
    let world = World::new().await;
    let path = world.sync("a").await;
    world.run(&path, |run| run.want_removal(testkit::now(), Removal::ThenDelete).unwrap()).await;
    let (status, message) = world.refused("PATCH", &path, Some(json!({ "name": "b" }))).await;
    assert_eq!(status, 400);
    assert!(message.contains("being deleted"), "{message}");
}

#[tokio::test]
async fn the_drift_check_follows_its_interval() {
    let world = World::new().await;
    let path = world.sync("a").await;
    let due = async || world.store.secret_sync_drift(id(&path)).await.unwrap().unwrap().due_at;
    let options = |hours: Value| json!({ "syncOptions": { "initialSyncBehavior": "overwrite-destination", "driftCheckIntervalHours": hours } });
    world.ok("PATCH", &path, Some(options(json!(1)))).await;
    assert_eq!(due().await, Some(testkit::later(3_600)));
    let kept = world
        .ok(
            "PATCH",
            &path,
            Some(json!({ "syncOptions": { "initialSyncBehavior": "overwrite-destination" } })),
        )
        .await;
    assert_eq!(
        kept["syncOptions"]["driftCheckIntervalHours"], 1,
        "Terraform does not know it, and does not unset it"
    );
    world.ok("PATCH", &path, Some(options(json!(0)))).await;
    assert_eq!(due().await, None);
    let unset = world.ok("PATCH", &path, Some(options(Value::Null))).await;
    assert_eq!(unset["syncOptions"], json!({ "initialSyncBehavior": "overwrite-destination" }));
    assert_eq!(due().await, Some(testkit::later(24 * 3_600)));
}

#[tokio::test]
async fn a_change_that_breaks_a_rule_changes_nothing() {
    let world = World::new().await;
    let path = world.sync("a").await;
    let before = world.ok("GET", &path, None).await;
    for (body, field) in [
        (json!({ "syncOptions": { "keySchema": "" } }), "syncOptions"),
        (json!({ "destinationConfig": { "region": "us-east-1" } }), "destinationConfig"),
        (json!({ "destinationConfig": { "region": "us-east-1", "path": "/a/" } }), "destinationConfig"),
        (json!({ "name": "", "description": 5 }), "name"),
    ] {
        let (status, answer) = world.by(world.member, "PATCH", &path, Some(&body)).await;
        assert_eq!((status, &answer["message"][0]["path"][0]), (422, &json!(field)), "{body}");
    }
    assert_eq!(world.ok("GET", &path, None).await, before);
    assert_eq!(world.refused("PATCH", &path.replace(SECRETS, PARAMETERS), Some(json!({}))).await.0, 400);
}
