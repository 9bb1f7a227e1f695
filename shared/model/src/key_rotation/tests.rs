#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod bodies;
mod histories;
mod iam;
mod schedules;
mod steps;

use serde_json::json;

use super::*;
use crate::Timestamp;

/// So many seconds after 2026-01-02T03:04:05Z.
pub(super) fn at(seconds: i64) -> Timestamp {
    Timestamp::from_unix_seconds(1_767_323_045 + seconds)
}

const HOUR: i64 = 3_600;
const DAY: i64 = 86_400;

pub(super) fn key(letter: char) -> AccessKeyId {
    format!("AKIAEXAMPLE{}", letter.to_string().repeat(5)).parse().unwrap()
}

/// Every thirty days at midnight, with the usual timings.
pub(super) fn rotation() -> KeyRotation {
    KeyRotation {
        id: KeyRotationId::random(),
        organization_id: OrganizationId::random(),
        project_id: ProjectId::random(),
        name: "iam".into(),
        description: None,
        connection_id: ConnectionId::random(),
        environment_id: EnvironmentId::random(),
        folder_id: FolderId::root_of(EnvironmentId::random()),
        parameters: Parameters { user_name: "svc".into(), region: None, own_key: false },
        secrets_mapping: SecretsMapping {
            access_key_id: "AWS_ACCESS_KEY_ID".parse().unwrap(),
            secret_access_key: "AWS_SECRET_ACCESS_KEY".parse().unwrap(),
        },
        schedule: Schedule {
            is_auto_rotation_enabled: true,
            interval_days: 30,
            rotate_at_utc: UtcTime { hours: 0, minutes: 0 },
        },
        timings: Timings::default(),
        revoke_on_delete: false,
        created_by: "user:ada@example.com".into(),
    }
}

fn seen(keys: &[(char, bool, i64, LastUsed)]) -> Seen {
    let keys = keys.iter().map(|(letter, is_active, created, last_used)| SeenKey {
        id: key(*letter),
        is_active: *is_active,
        created_at: at(*created),
        last_used: *last_used,
    });
    Seen { user_id: Some("AIDAEXAMPLE".into()), keys: keys.collect(), renamed_to: None, signed_by: None }
}

/// A rotation whose first key `a` was published at 10.
pub(super) fn with_one_key() -> Progress {
    let begun = Progress::begin(&[], at(0)).creating(&seen(&[]), at(0));
    let tried = begun.created(key('a'), at(1)).tried(&key('a'), true, at(5));
    tried.published_key(&rotation(), &key('a'), at(10))
}

/// The same with `b` published a day later.
fn with_two_keys() -> Progress {
    let wanted = with_one_key().wanting(Wanted::Rotation { trigger: Trigger::Manual, ignores_use: false });
    let made = wanted.creating(&seen(&[('a', true, 1, LastUsed::Never)]), at(DAY)).created(key('b'), at(DAY));
    let tried = made.tried(&key('b'), true, at(DAY + 10)).tried(&key('b'), true, at(DAY + 20));
    tried.published_key(&rotation(), &key('b'), at(DAY + 30))
}

#[test]
fn a_rotation_is_shown_as_the_wire_has_it_and_without_secrets() {
    let (rotation, progress) = (rotation(), with_two_keys());
    let around = view::Surroundings {
        connection: "my-aws".into(),
        environment: Some(("dev".into(), "Development".into())),
        folder: Some("/".into()),
    };
    let (connection, environment, folder) =
        (rotation.connection_id, rotation.environment_id, rotation.folder_id);
    let view = view::View::new(rotation.clone(), &progress, around, (at(0), at(1)));
    assert_eq!(
        serde_json::to_value(view).unwrap(),
        json!({
            "id": rotation.id, "name": "iam", "description": null, "type": "aws-iam-user-secret",
            "parameters": { "userName": "svc" },
            "secretsMapping": { "accessKeyId": "AWS_ACCESS_KEY_ID", "secretAccessKey": "AWS_SECRET_ACCESS_KEY" },
            "isAutoRotationEnabled": true, "activeIndex": 1, "projectId": rotation.project_id, "folderId": folder,
            "connectionId": connection, "createdAt": at(0), "updatedAt": at(1), "rotationInterval": 30,
            "rotateAtUtc": { "hours": 0, "minutes": 0 }, "rotationStatus": "success",
            "lastRotationAttemptedAt": at(DAY), "lastRotatedAt": at(DAY + 30), "lastRotationJobId": null,
            "nextRotationAt": "2026-02-03T00:00:00.000Z", "isLastRotationManual": true, "lastRotationMessage": null,
            "connection": { "app": "aws", "name": "my-aws", "id": connection },
            "environment": { "slug": "dev", "name": "Development", "id": environment },
            "folder": { "id": folder, "path": "/" },
            "timings": { "overlapHours": null, "quietHours": null, "graceHours": null }, "revokeOnDelete": false,
            "keys": [
                { "endsIn": "aaaa", "phase": "superseded", "takenOver": false },
                { "endsIn": "bbbb", "phase": "published", "takenOver": false },
            ],
            "hint": null,
        })
    );
}

#[test]
fn rotations_and_their_progress_are_stored_and_read_back() {
    let stored = serde_json::to_value(rotation()).unwrap();
    let read: KeyRotation = serde_json::from_value(stored.clone()).unwrap();
    assert_eq!(serde_json::to_value(read).unwrap(), stored);
    let blocked = with_two_keys().blocked(&rotation(), &Blocked::UserAbsent, at(0));
    let interrupted = with_one_key().creating(&seen(&[('a', true, 1, LastUsed::Never)]), at(5));
    let suspended = interrupted.suspended(&key('o'), at(9));
    for progress in [Progress::begin(&[key('x')], at(0)), with_two_keys(), blocked, interrupted, suspended] {
        let stored = serde_json::to_value(&progress).unwrap();
        assert_eq!(serde_json::from_value::<Progress>(stored).unwrap(), progress);
    }
}
