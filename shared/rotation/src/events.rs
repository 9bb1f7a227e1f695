//! What a rotation tells to whoever listens: ids, and nothing else.

use bus::Bus;
use model::key_rotation::KeyRotation;
use serde_json::json;

/// What happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Happened {
    /// A key is in the secrets.
    Rotated,
    /// A rotation did not get through.
    Failed,
    /// A previous key does not work any more.
    Deactivated,
}

impl Happened {
    const fn name(self) -> &'static str {
        match self {
            Self::Rotated => "KeyRotated",
            Self::Failed => "KeyRotationFailed",
            Self::Deactivated => "KeyDeactivated",
        }
    }
}

/// The listeners.
#[derive(Debug, Clone)]
pub(crate) struct Events(Bus);

impl Events {
    pub(crate) fn new(config: &aws_config::SdkConfig) -> Self {
        Self(Bus::new(config))
    }

    /// Tells it, after it was written down.
    pub(crate) async fn tell(&self, happened: Happened, rotation: &KeyRotation) {
        let detail = json!({
            "keyRotationId": rotation.id,
            "projectId": rotation.project_id,
            "connectionId": rotation.connection_id,
            "environmentId": rotation.environment_id,
            "folderId": rotation.folder_id,
        });
        self.0.tell(happened.name(), &detail).await;
    }
}
