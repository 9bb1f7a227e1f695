//! A rotation of an IAM user's keys, as people decide it.

use model::id::{ConnectionId, EnvironmentId, FolderId, KeyRotationId, OrganizationId, ProjectId};
use model::key_rotation::{KeyRotation, Parameters, Schedule, SecretsMapping, Timings, UtcTime};

/// One of the user `svc`, every thirty days at midnight, into `AWS_ACCESS_KEY_ID` and `AWS_SECRET_ACCESS_KEY` of a folder, by
/// no connection yet.
#[must_use]
pub fn key_rotation(
    organization_id: OrganizationId,
    project_id: ProjectId,
    environment_id: EnvironmentId,
    folder_id: FolderId,
) -> KeyRotation {
    #[expect(clippy::expect_used, reason = "names that are some")]
    let secret = |name: &str| name.parse().expect("a secret's name");
    KeyRotation {
        id: KeyRotationId::random(),
        organization_id,
        project_id,
        name: "iam".to_owned(),
        description: None,
        connection_id: ConnectionId::random(),
        environment_id,
        folder_id,
        parameters: Parameters { user_name: "svc".to_owned(), region: None, own_key: false },
        secrets_mapping: SecretsMapping {
            access_key_id: secret("AWS_ACCESS_KEY_ID"),
            secret_access_key: secret("AWS_SECRET_ACCESS_KEY"),
        },
        schedule: Schedule {
            is_auto_rotation_enabled: true,
            interval_days: 30,
            rotate_at_utc: UtcTime::default(),
        },
        timings: Timings::default(),
        revoke_on_delete: false,
        created_by: "user:ada@example.com".to_owned(),
    }
}
