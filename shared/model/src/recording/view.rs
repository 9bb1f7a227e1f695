//! Recordings and where they are kept, as the wire shows them. Neither the session key nor the upload token is in what is
//! shown here, wrapped or not.

use serde::Serialize;

use super::noun::{Claim, Recording};
use super::{RecordingConfig, STORAGE_BACKEND};
use crate::Timestamp;
use crate::id::{ConnectionId, PamSessionId, ProjectId, RecordingConfigId};

/// Where a project's recordings are kept.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ConfigView {
    id: RecordingConfigId,
    project_id: ProjectId,
    storage_backend: &'static str,
    connection_id: ConnectionId,
    bucket: String,
    region: String,
    key_prefix: Option<String>,
    created_at: Timestamp,
    updated_at: Timestamp,
}

impl ConfigView {
    /// As the wire shows it.
    #[must_use]
    pub fn new(config: &RecordingConfig, created_at: Timestamp, updated_at: Timestamp) -> Self {
        Self {
            id: config.id,
            project_id: config.project_id,
            storage_backend: STORAGE_BACKEND,
            connection_id: config.connection_id,
            bucket: config.place.bucket.to_string(),
            region: config.place.region.to_string(),
            key_prefix: config.place.key_prefix.as_ref().map(ToString::to_string),
            created_at,
            updated_at,
        }
    }
}

/// What is ours alone about a session that is recorded.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RecordingView {
    status: &'static str,
    storage_backend: &'static str,
    connection_id: ConnectionId,
    bucket: String,
    region: String,
    key_prefix: Option<String>,
    /// Who records it, as people call them.
    gateway_name: Option<String>,
    given_at: Option<Timestamp>,
    first_chunk_at: Option<Timestamp>,
    ended_at: Option<Timestamp>,
    claimed: Option<Claim>,
}

impl RecordingView {
    /// As the wire shows it.
    #[must_use]
    pub fn new(recording: &Recording) -> Self {
        Self {
            status: recording.status().name(),
            storage_backend: STORAGE_BACKEND,
            connection_id: recording.connection_id,
            bucket: recording.place.bucket.to_string(),
            region: recording.place.region.to_string(),
            key_prefix: recording.place.key_prefix.as_ref().map(ToString::to_string),
            gateway_name: recording.given.as_ref().map(|given| given.name.clone()),
            given_at: recording.given.as_ref().map(|given| given.at),
            first_chunk_at: recording.began_at,
            ended_at: recording.ended.as_ref().map(|ended| ended.at),
            claimed: recording.ended.as_ref().and_then(|ended| ended.claim.clone()),
        }
    }
}

/// A session that is recorded and is not one of console access, in the shape of a session.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SessionView {
    id: PamSessionId,
    project_id: ProjectId,
    account_id: Option<()>,
    account_type: String,
    account_name: String,
    resource_name: Option<String>,
    resource_type: String,
    folder_name: Option<String>,
    folder_id: Option<()>,
    user_id: String,
    actor_name: String,
    actor_email: Option<String>,
    actor_ip: String,
    actor_user_agent: String,
    status: &'static str,
    started_at: Timestamp,
    expires_at: Option<Timestamp>,
    ended_at: Option<Timestamp>,
    created_at: Timestamp,
    updated_at: Timestamp,
    access_method: &'static str,
    reason: Option<String>,
    selected_host: Option<()>,
    gateway_id: Option<()>,
    gateway_name: Option<String>,
    gateway_identity_id: Option<String>,
    /// Ours.
    recording: RecordingView,
}

impl SessionView {
    /// As the wire shows it.
    #[must_use]
    pub fn new(recording: &Recording, created_at: Timestamp, updated_at: Timestamp) -> Self {
        let given = recording.given.as_ref();
        Self {
            id: recording.session_id,
            project_id: recording.project_id,
            account_id: None,
            account_type: recording.account_type.clone(),
            account_name: recording.account_name.clone(),
            resource_name: recording.resource_name.clone(),
            resource_type: recording.account_type.clone(),
            folder_name: recording.resource_name.clone(),
            folder_id: None,
            user_id: recording.actor.id.clone(),
            actor_name: recording.actor.name.clone(),
            actor_email: recording.actor.email.clone(),
            actor_ip: recording.actor.source_ip.clone(),
            actor_user_agent: recording.actor.user_agent.clone(),
            status: recording.status().name(),
            started_at: recording.requested_at,
            expires_at: None,
            ended_at: recording.ended.as_ref().map(|ended| ended.at),
            created_at,
            updated_at,
            access_method: "cli",
            reason: recording.reason.clone(),
            selected_host: None,
            gateway_id: None,
            gateway_name: given.map(|given| given.name.clone()),
            gateway_identity_id: given
                .and_then(|given| given.to.strip_prefix("identity:").map(str::to_owned)),
            recording: RecordingView::new(recording),
        }
    }
}
