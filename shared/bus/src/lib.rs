//! What Drawbridge tells to whoever listens on the account's default event bus: that something happened, and ids.
//!
//! **Not here**: which events there are: each is named where it happens.

use aws_config::SdkConfig;
use aws_sdk_eventbridge::Client;
use aws_sdk_eventbridge::types::PutEventsRequestEntry;
use model::error::chain;
use serde_json::Value;

/// The `source` of every event.
pub const SOURCE: &str = "drawbridge";

/// The default event bus of this account. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Bus(Client);

impl Bus {
    /// The bus that `config` reaches.
    #[must_use]
    pub fn new(config: &SdkConfig) -> Self {
        Self(Client::new(config))
    }

    /// Tells that `event` happened (its detail type, `KeyRotated`), after it was written down; `detail` has ids and no
    /// secret. Nothing depends on being heard: a failure is logged. One PutEvents.
    ///
    /// <https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutEvents.html>
    pub async fn tell(&self, event: &'static str, detail: &Value) {
        let entry = PutEventsRequestEntry::builder()
            .source(SOURCE)
            .detail_type(event)
            .detail(detail.to_string())
            .build();
        match self.0.put_events().entries(entry).send().await {
            Ok(answer) if answer.failed_entry_count == 0 => {}
            Ok(answer) => {
                let code = answer.entries().iter().find_map(|entry| entry.error_code());
                tracing::warn!(event, code, "the event bus refused an event");
            }
            Err(error) => tracing::warn!(event, cause = chain(&error), "an event was not told"),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use testkit::aws::{Answer, scripted};

    use super::*;

    #[tokio::test]
    async fn an_event_has_its_name_its_source_and_its_detail_and_a_refusal_is_survived() {
        for (status, body) in [
            (200, json!({ "FailedEntryCount": 0, "Entries": [{ "EventId": "e" }] })),
            (200, json!({ "FailedEntryCount": 1, "Entries": [{ "ErrorCode": "InternalFailure" }] })),
            (400, json!({ "__type": "AccessDeniedException", "message": "no" })),
        ] {
            let body = body.to_string();
            let (config, calls) = scripted(move |_| Answer { status, body: body.clone() });
            Bus::new(&config).tell("KeyRotated", &json!({ "keyRotationId": "r" })).await;
            let asked = calls.all();
            assert_eq!((asked.len(), asked[0].target.as_str()), (1, "AWSEvents.PutEvents"));
            let asked: Value = serde_json::from_str(&asked[0].body).expect("JSON");
            let expected = json!({
                "Source": "drawbridge", "DetailType": "KeyRotated", "Detail": r#"{"keyRotationId":"r"}"#,
            });
            assert_eq!(asked["Entries"][0], expected);
        }
    }
}
