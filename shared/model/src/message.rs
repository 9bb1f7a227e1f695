//! What a message of a worker's queue says: look at this thing. An id, and never data.

use serde_json::{Value, json};

/// What a queue's messages are about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Noun {
    /// Secret syncs.
    SecretSync,
    /// Rotations of access keys.
    KeyRotation,
    /// Orders of certificates.
    CertificateRequest,
    /// Certificates themselves: renewals, notices, revocations.
    Certificate,
    /// Syncs of certificates.
    CertificateSync,
}

impl Noun {
    /// The one field of a message.
    const fn field(self) -> &'static str {
        match self {
            Self::SecretSync => "secretSyncId",
            Self::KeyRotation => "keyRotationId",
            Self::CertificateRequest => "certificateRequestId",
            Self::Certificate => "certificateId",
            Self::CertificateSync => "certificateSyncId",
        }
    }

    /// The body of the message about the thing `id`.
    #[must_use]
    pub fn body(self, id: &str) -> String {
        json!({ self.field(): id }).to_string()
    }

    /// The id in a message's body; `None` when there is none.
    #[must_use]
    pub fn id(self, body: &str) -> Option<String> {
        let body: Value = serde_json::from_str(body).ok()?;
        Some(body.get(self.field())?.as_str()?.to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_sent_is_what_is_read() {
        let body = Noun::SecretSync.body("an id");
        assert_eq!(body, r#"{"secretSyncId":"an id"}"#);
        assert_eq!(Noun::SecretSync.id(&body).as_deref(), Some("an id"));
    }

    #[test]
    fn a_body_without_an_id_says_nothing() {
        for body in
            ["", "{}", "[]", "null", r#"{"secretSyncId":1}"#, r#"{"keyRotationId":"a"}"#, "a", r#""a""#]
        {
            assert_eq!(Noun::SecretSync.id(body), None, "{body}");
        }
    }
}
