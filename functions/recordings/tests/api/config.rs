//! Where recordings are kept: only in a bucket that has shown that it can be used.

use model::connection::DependentKind;
use model::id::{ConnectionId, ProjectId};
use model::permission::{Role, Scope};
use serde_json::{Value, json};
use store::{Bookkeeping, Change};
use testkit::event::event;

use crate::world::{BUCKET, ORIGIN, World};

async fn users_of_connection(world: &World) -> i64 {
    let connection = world.store.connection(world.connection.id).await.unwrap().unwrap();
    connection.dependents.count(DependentKind::RecordingConfig)
}

#[tokio::test]
async fn a_bucket_that_can_be_used_is_saved_and_nothing_stays_behind() {
    let world = World::new().await;
    let saved = world.configure().await;
    assert_eq!(saved["config"]["bucket"], BUCKET);
    assert_eq!(saved["config"]["keyPrefix"], "pam/prod");
    assert_eq!(saved["config"]["storageBackend"], "aws-s3");
    let probe = saved["corsProbeUrl"].as_str().unwrap();
    assert!(probe.contains("/pam/prod/.cors-probe?") && probe.contains("X-Amz-Signature="), "{probe}");
    assert!(world.cloud.state().buckets[BUCKET].is_empty());
    assert_eq!(users_of_connection(&world).await, 1);
    let read = world.ok(event("GET", &world.config_path()), world.viewer).await;
    assert_eq!(read["config"], saved["config"]);
    assert!(world.trail.actions().await.unwrap().contains(&format!("recording-config.save {BUCKET}")));
}

#[tokio::test]
async fn saving_again_changes_the_one_configuration_and_counts_each_connection_once() {
    let world = World::new().await;
    let first = world.configure().await;
    let other = testkit::connection(world.organization, Scope::Project(world.project), "222222222222");
    world.store.keep_count(Bookkeeping(Change::new(testkit::now()).create(&other))).await.unwrap();
    let mut body = world.config_body();
    body["connectionId"] = json!(other.id);
    body["keyPrefix"] = Value::Null;
    let second = world.ok(event("POST", &world.config_path()).body(&body), world.administrator).await;
    assert_eq!(second["config"]["id"], first["config"]["id"]);
    assert_eq!(second["config"]["keyPrefix"], Value::Null);
    assert_eq!(users_of_connection(&world).await, 0);
    let project = world.store.project(world.project).await.unwrap().unwrap();
    assert_eq!(project.recording_configs, 1);

    world.ok(event("DELETE", &world.config_path()), world.administrator).await;
    assert_eq!(world.ok(event("GET", &world.config_path()), world.viewer).await, json!({ "config": null }));
    let other = world.store.connection(other.id).await.unwrap().unwrap();
    assert_eq!(other.dependents.count(DependentKind::RecordingConfig), 0);
    assert_eq!(world.store.project(world.project).await.unwrap().unwrap().recording_configs, 0);
    assert_eq!(world.refused(event("DELETE", &world.config_path()), world.administrator).await.0, 400);
}

#[tokio::test]
async fn every_permission_that_is_missing_is_named_with_its_arn_and_nothing_stays_behind() {
    let objects = format!("arn:aws:s3:::{BUCKET}/pam/prod/*");
    let tests = format!("arn:aws:s3:::{BUCKET}/pam/prod/.test/*");
    let bucket = format!("arn:aws:s3:::{BUCKET}");
    for (action, arn) in [
        ("s3:ListBucket", &bucket),
        ("s3:PutObject", &objects),
        ("s3:GetObject", &objects),
        ("s3:DeleteObject", &tests),
    ] {
        let world = World::new().await;
        world.cloud.state().denied.insert(action);
        let save = event("POST", &world.config_path()).body(&world.config_body());
        let (status, words) = world.refused(save, world.administrator).await;
        assert_eq!(status, 400, "{action}: {words}");
        assert!(words.contains(&format!("allow {action} on {arn}")), "{action}: {words}");
        assert!(world.cloud.state().buckets[BUCKET].is_empty(), "{action} leaves something behind");
        let read = world.ok(event("GET", &world.config_path()), world.viewer).await;
        assert_eq!(read["config"], Value::Null, "{action}");
    }
}

#[tokio::test]
async fn all_that_is_missing_is_named_at_once_and_the_cors_rule_is_printed() {
    let world = World::new().await;
    world.cloud.state().denied.extend(["s3:PutObject", "s3:GetObject"]);
    world.cloud.state().has_cors = false;
    let (status, words) = world
        .refused(event("POST", &world.config_path()).body(&world.config_body()), world.administrator)
        .await;
    assert_eq!(status, 400);
    for expected in
        ["allow s3:PutObject", "allow s3:GetObject", "\"AllowedMethods\":[\"GET\"]", ORIGIN, "AccessDenied"]
    {
        assert!(words.contains(expected), "{expected}: {words}");
    }
}

#[tokio::test]
async fn a_test_without_saving_says_the_same_and_what_the_bucket_needs() {
    let world = World::new().await;
    world.cloud.state().has_cors = false;
    let path = format!("{}/test", world.config_path());
    let tried = world.ok(event("POST", &path).body(&world.config_body()), world.administrator).await;
    assert_eq!(tried["passed"], false);
    let failed: Vec<&Value> =
        tried["checks"].as_array().unwrap().iter().filter(|check| check["passed"] == false).collect();
    assert_eq!(failed.len(), 1, "{tried}");
    assert_eq!(failed[0]["name"], "CORS");
    assert_eq!(tried["cors"][0]["AllowedOrigins"], json!([ORIGIN]));
    assert!(tried["policy"].to_string().contains(&format!("{BUCKET}/pam/prod/.test/*")));
    assert!(world.store.recording_config(world.project).await.unwrap().is_none());

    world.cloud.state().has_cors = true;
    let unsaved = world.refused(event("POST", &path), world.administrator).await;
    assert!(unsaved.1.contains("no recording configuration"), "{unsaved:?}");
    world.configure().await;
    assert_eq!(world.ok(event("POST", &path), world.administrator).await["passed"], true);
}

#[tokio::test]
async fn a_bucket_that_is_not_there_or_elsewhere_is_said_in_so_many_words() {
    let world = World::new().await;
    let mut body = world.config_body();
    body["bucket"] = json!("nobodys-bucket");
    let save = |body: &Value| event("POST", &world.config_path()).body(body);
    let (_, words) = world.refused(save(&body), world.administrator).await;
    assert!(words.contains("There is no bucket nobodys-bucket in us-east-1"), "{words}");
    world.cloud.state().region = "eu-central-1".into();
    let (status, words) = world.refused(save(&world.config_body()), world.administrator).await;
    assert_eq!(status, 400);
    assert!(words.contains("is in eu-central-1, not in us-east-1"), "{words}");
    assert_eq!(words.matches("eu-central-1").count(), 1, "said once: {words}");
}

#[tokio::test]
async fn a_role_that_does_not_open_and_an_s3_that_fails_are_told_apart() {
    let world = World::new().await;
    let save = || event("POST", &world.config_path()).body(&world.config_body());
    world.cloud.state().sts_refuses = Some("AccessDenied");
    let (status, words) = world.refused(save(), world.administrator).await;
    assert_eq!(status, 400);
    assert!(words.contains("Could not assume the role arn:aws:iam::222222222222:role/drawbridge"), "{words}");
    world.cloud.state().sts_refuses = None;
    world.cloud.state().s3_refuses = Some((503, "SlowDown"));
    let (_, words) = world.refused(save(), world.administrator).await;
    assert!(words.contains("throttling"), "{words}");
    assert!(world.store.recording_config(world.project).await.unwrap().is_none());
}

#[tokio::test]
async fn what_cannot_be_a_bucket_or_a_connection_of_the_project_is_refused() {
    let world = World::new().await;
    let refused = async |field: &str, value: Value| {
        let mut body = world.config_body();
        body[field] = value;
        world.refused(event("POST", &world.config_path()).body(&body), world.administrator).await
    };
    let (status, words) = refused("storageBackend", json!("postgres")).await;
    assert!(status == 422 && words.contains("choose aws-s3"), "{status} {words}");
    assert_eq!(refused("bucket", json!("NOT a bucket")).await.0, 422);
    assert_eq!(refused("connectionId", json!(ConnectionId::random())).await.0, 404);
    let (status, words) = refused("region", json!("cn-north-1")).await;
    assert!(status == 400 && words.contains("partition"), "{status} {words}");
    let foreign =
        testkit::connection(world.organization, Scope::Project(ProjectId::random()), "222222222222");
    world.store.keep_count(Bookkeeping(Change::new(testkit::now()).create(&foreign))).await.unwrap();
    assert_eq!(refused("connectionId", json!(foreign.id)).await.0, 404);
    assert!(world.cloud.calls().is_empty(), "AWS was asked");
}

#[tokio::test]
async fn there_is_one_backend() {
    let world = World::new().await;
    let backends = world.ok(event("GET", "/api/v1/pam/recording-storage-backends"), world.viewer).await;
    assert_eq!(backends, json!({ "backends": ["aws-s3"] }));
}

#[tokio::test]
async fn a_project_that_is_gone_has_no_configuration_even_for_who_administered_it() {
    let world = World::new().await;
    let project = ProjectId::random();
    let left = testkit::membership(world.organization, project, &world.second, Role::Admin);
    world.store.keep_count(Bookkeeping(Change::new(testkit::now()).create(&left))).await.unwrap();
    let path = format!("/api/v1/pam/projects/{project}/recording-config");
    for method in ["GET", "DELETE"] {
        let (status, words) = world.refused(event(method, &path), world.second).await;
        assert_eq!(status, 404, "{method}: {words}");
    }
}
