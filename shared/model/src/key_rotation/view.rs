//! A rotation as the wire shows it: without any secret half, because nothing here has one.

use serde::Serialize;

use super::{KeyRotation, Parameters, Progress, SecretsMapping, Timings, UtcTime};
use crate::Timestamp;
use crate::id::{ConnectionId, EnvironmentId, FolderId, KeyRotationId, ProjectId};

/// What the wire calls this kind of rotation.
pub const TYPE: &str = "aws-iam-user-secret";

/// What a rotation names by id and clients want by name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Surroundings {
    /// The connection's name.
    pub connection: String,
    /// The environment's slug and name; `None` once it was deleted.
    pub environment: Option<(String, String)>,
    /// The folder's path; `None` once it was deleted.
    pub folder: Option<String>,
}

/// A rotation.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct View {
    id: KeyRotationId,
    name: String,
    description: Option<String>,
    r#type: &'static str,
    parameters: Shown<Parameters>,
    secrets_mapping: Shown<SecretsMapping>,
    is_auto_rotation_enabled: bool,
    active_index: u8,
    project_id: ProjectId,
    folder_id: Option<FolderId>,
    connection_id: ConnectionId,
    created_at: Timestamp,
    updated_at: Timestamp,
    rotation_interval: u32,
    rotate_at_utc: UtcTime,
    rotation_status: &'static str,
    last_rotation_attempted_at: Timestamp,
    last_rotated_at: Timestamp,
    last_rotation_job_id: Option<()>,
    next_rotation_at: Option<Timestamp>,
    is_last_rotation_manual: bool,
    last_rotation_message: Option<String>,
    connection: Connection,
    environment: Option<Environment>,
    folder: Option<Folder>,
    // What follows is ours alone.
    timings: Shown<Timings>,
    revoke_on_delete: bool,
    keys: Vec<Key>,
    hint: Option<&'static str>,
}

/// Said while it is so, and once in the log.
pub const BLIND: &str = "The previous key was deactivated without knowing whether it is in use; allow \
                         iam:GetAccessKeyLastUsed to have that looked at first";

#[derive(Debug, Clone, Serialize)]
struct Connection {
    app: &'static str,
    name: String,
    id: ConnectionId,
}

#[derive(Debug, Clone, Serialize)]
struct Environment {
    slug: String,
    name: String,
    id: EnvironmentId,
}

#[derive(Debug, Clone, Serialize)]
struct Folder {
    id: FolderId,
    path: String,
}

/// A key by its last four characters, and how far it got.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
struct Key {
    ends_in: String,
    phase: &'static str,
    taken_over: bool,
}

/// A stored thing in the wire's spelling.
#[derive(Debug, Clone)]
struct Shown<T>(T);

impl View {
    /// The rotation with its progress and the names around it, made and changed then.
    #[must_use]
    pub fn new(
        rotation: KeyRotation,
        progress: &Progress,
        around: Surroundings,
        (created_at, updated_at): (Timestamp, Timestamp),
    ) -> Self {
        let keys = progress.keys.iter().map(|key| Key {
            ends_in: key.id.last_four().to_owned(),
            phase: key.phase.name(),
            taken_over: key.origin == super::Origin::TakenOver,
        });
        Self {
            id: rotation.id,
            r#type: TYPE,
            is_auto_rotation_enabled: rotation.schedule.is_auto_rotation_enabled,
            active_index: progress.active_index(),
            project_id: rotation.project_id,
            folder_id: around.folder.is_some().then_some(rotation.folder_id),
            connection_id: rotation.connection_id,
            created_at,
            updated_at,
            rotation_interval: rotation.schedule.interval_days,
            rotate_at_utc: rotation.schedule.rotate_at_utc,
            rotation_status: progress.status.name(),
            // Clients take both for times that are always there.
            last_rotation_attempted_at: progress.attempted_at.unwrap_or(created_at),
            last_rotated_at: progress.rotated_at.unwrap_or(created_at),
            last_rotation_job_id: None,
            next_rotation_at: progress.next_rotation_at,
            is_last_rotation_manual: progress.last_trigger == Some(super::Trigger::Manual),
            last_rotation_message: progress.message.clone(),
            connection: Connection { app: "aws", name: around.connection, id: rotation.connection_id },
            environment: around.environment.map(|(slug, name)| Environment {
                slug,
                name,
                id: rotation.environment_id,
            }),
            folder: around.folder.map(|path| Folder { id: rotation.folder_id, path }),
            revoke_on_delete: rotation.revoke_on_delete,
            keys: keys.collect(),
            hint: progress.is_blind.then_some(BLIND),
            timings: Shown(rotation.timings),
            parameters: Shown(rotation.parameters),
            secrets_mapping: Shown(rotation.secrets_mapping),
            name: rotation.name,
            description: rotation.description,
        }
    }
}

impl Serialize for Shown<Parameters> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        #[serde(rename_all = "camelCase")]
        struct Wire<'a> {
            user_name: &'a str,
            #[serde(skip_serializing_if = "Option::is_none")]
            region: Option<String>,
            #[serde(skip_serializing_if = "Option::is_none")]
            own_key: Option<bool>,
        }
        let own_key = self.0.own_key.then_some(true);
        let region = self.0.region.as_ref().map(ToString::to_string);
        Wire { user_name: &self.0.user_name, region, own_key }.serialize(serializer)
    }
}

impl Serialize for Shown<SecretsMapping> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        #[serde(rename_all = "camelCase")]
        struct Wire<'a> {
            access_key_id: &'a str,
            secret_access_key: &'a str,
        }
        let (access_key_id, secret_access_key) =
            (self.0.access_key_id.as_str(), self.0.secret_access_key.as_str());
        Wire { access_key_id, secret_access_key }.serialize(serializer)
    }
}

impl Serialize for Shown<Timings> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        #[serde(rename_all = "camelCase")]
        struct Wire {
            overlap_hours: Option<u32>,
            quiet_hours: Option<u32>,
            grace_hours: Option<u32>,
        }
        let Timings { overlap_hours, quiet_hours, grace_hours } = self.0;
        Wire { overlap_hours, quiet_hours, grace_hours }.serialize(serializer)
    }
}
