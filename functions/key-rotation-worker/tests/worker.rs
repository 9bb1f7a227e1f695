//! The worker between its schedule, its queue and a simulated IAM.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::cell::Cell;
use std::time::Duration;

use job::{Deadline, handle};
use key_rotation_worker::KeyRotationWorker;
use model::Timestamp;
use model::audit::{Actor, AuditRecord, Origin};
use model::connection::{Connection, Dependents, Way};
use model::environment::Environments;
use model::id::{ConnectionId, FolderId, KeyRotationId, OrganizationId, ProjectId};
use model::key_rotation::{
    KeyRotation, Parameters, Progress, RotationState, RotationStatus, Schedule, SecretsMapping, Timings,
    UtcTime,
};
use model::permission::Scope;
use model::project::{Project, ProjectType};
use rotation::{Rotations, Settings};
use serde_json::{Value, json};
use store::{Change, Store};
use testkit::account::NUMBER;
use testkit::iam::Iam;

thread_local! {
    static SECONDS: Cell<u64> = const { Cell::new(0) };
}

fn now() -> Timestamp {
    testkit::later(SECONDS.get())
}

fn deadline() -> Deadline {
    Deadline::new(now, now().plus(Duration::from_secs(120)))
}

fn message(id: &str) -> Value {
    json!({ "Records": [{
        "messageId": "m", "body": json!({ "keyRotationId": id }).to_string(),
        "attributes": { "MessageGroupId": id, "ApproximateReceiveCount": "1" }, "eventSource": "aws:sqs",
    }] })
}

async fn stored(store: &Store) -> KeyRotationId {
    let (organization_id, project_id) = (OrganizationId::random(), ProjectId::random());
    let environments = Environments::usual(now());
    let environment_id = environments.find_by_slug("dev").unwrap().1.id;
    let project = Project {
        id: project_id,
        organization_id,
        name: "demo".into(),
        slug: "demo-slug".into(),
        description: None,
        project_type: ProjectType::SecretManager,
        auto_capitalization: false,
        has_delete_protection: false,
        audit_logs_retention_days: None,
        environments,
        connections: 0,
        pam_resources: 0,
        secret_syncs: 0,
        key_rotations: 0,
        certificate_objects: 0,
    };
    let role_arn = format!("arn:aws:iam::{NUMBER}:role/drawbridge").parse().unwrap();
    let connection = Connection {
        id: ConnectionId::random(),
        organization_id,
        scope: Scope::Project(project_id),
        name: "prod".into(),
        description: None,
        legacy: false,
        way: Way::AssumeRole { role_arn, sts_endpoint: None },
        credentials_version: 1,
        account_id: NUMBER.parse().unwrap(),
        created_by: "identity:x".into(),
        dependents: Dependents::default(),
    };
    let rotation = KeyRotation {
        id: KeyRotationId::random(),
        organization_id,
        project_id,
        name: "iam".into(),
        description: None,
        connection_id: connection.id,
        environment_id,
        folder_id: FolderId::root_of(environment_id),
        parameters: Parameters { user_name: "svc".into(), region: None, own_key: false },
        secrets_mapping: SecretsMapping {
            access_key_id: "ID".parse().unwrap(),
            secret_access_key: "SECRET".parse().unwrap(),
        },
        schedule: Schedule {
            is_auto_rotation_enabled: true,
            interval_days: 30,
            rotate_at_utc: UtcTime::default(),
        },
        timings: Timings::default(),
        revoke_on_delete: false,
        created_by: "user:ada@example.com".into(),
    };
    let audit = AuditRecord {
        at: now(),
        actor: Actor { kind: "user".into(), id: "a".into(), name: "a".into() },
        origin: Origin::default(),
        action: "test".into(),
        resource_id: "r".into(),
        resource_name: "r".into(),
        project_id: None,
        details: Vec::new(),
    };
    store.commit(Change::new(now()).create(&project).create(&connection), &audit).await.unwrap();
    let state = RotationState::new(&rotation, Progress::begin(&[], now()), now());
    let change = Change::new(now()).create_key_rotation(&rotation, &state, &connection, &project);
    store.commit(change, &audit).await.unwrap();
    rotation.id
}

#[tokio::test]
async fn what_is_due_goes_to_the_queue_and_a_message_does_what_there_is_to_do() {
    let (iam, store) = (Iam::on(now), testkit::tables().await.unwrap());
    iam.put_user("svc");
    let settings = Settings {
        organization: OrganizationId::random(),
        region: "eu-west-1".parse().unwrap(),
        sealing_key_id: "alias/sealing".into(),
        secret_sync_queue_url: "https://sqs.eu-west-1.amazonaws.com/111111111111/syncs.fifo".into(),
        key_rotation_queue_url: "https://sqs.eu-west-1.amazonaws.com/111111111111/rotations.fifo".into(),
        processes: 1,
    };
    let rotations = Rotations::new(&iam.config(), store.clone(), settings, now);
    let worker = KeyRotationWorker::new(store.clone(), rotations);
    let id = stored(&store).await;

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
    SECONDS.set(40 * 86_400);
    handle(&worker, json!({ "tick": true }), deadline(), "i").await.unwrap();
    let sent = iam.receive("rotations").unwrap();
    handle(&worker, message(&sent), deadline(), "i").await.unwrap();
    assert_eq!(iam.keys("svc").len(), 2);
}
