//! What a rotation tells to whoever listens on the account's default event bus: ids, and nothing else.

use aws_sdk_eventbridge::Client;
use aws_sdk_eventbridge::types::PutEventsRequestEntry;
use model::error::chain;
use model::key_rotation::KeyRotation;
use serde_json::json;

const SOURCE: &str = "drawbridge";

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

/// The default event bus of this account.
#[derive(Debug, Clone)]
pub(crate) struct Events(Client);

impl Events {
    pub(crate) fn new(config: &aws_config::SdkConfig) -> Self {
        Self(Client::new(config))
    }

    /// Tells it, after it was written down. Nothing depends on being heard: a failure is logged.
    ///
    /// <https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutEvents.html>
    pub(crate) async fn tell(&self, happened: Happened, rotation: &KeyRotation) {
        let detail = json!({
            "keyRotationId": rotation.id,
            "projectId": rotation.project_id,
            "connectionId": rotation.connection_id,
            "environmentId": rotation.environment_id,
            "folderId": rotation.folder_id,
        });
        let entry = PutEventsRequestEntry::builder()
            .source(SOURCE)
            .detail_type(happened.name())
            .detail(detail.to_string())
            .build();
        match self.0.put_events().entries(entry).send().await {
            Ok(answer) if answer.failed_entry_count == 0 => {}
            Ok(answer) => {
                let code = answer.entries().iter().find_map(|entry| entry.error_code());
                tracing::warn!(event = happened.name(), code, "the event bus refused an event");
            }
            Err(error) => {
                tracing::warn!(event = happened.name(), cause = chain(&error), "an event was not told");
            }
        }
    }
}
