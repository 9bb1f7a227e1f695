//! What uses a connection: counted on the connection, so that deleting one that is in use is refused.

use serde::{Deserialize, Serialize};

/// A kind of thing that uses connections.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DependentKind {
    /// A secret sync.
    SecretSync,
    /// A rotation of access keys.
    KeyRotation,
    /// A certificate authority.
    CertificateAuthority,
    /// A certificate sync.
    CertificateSync,
    /// A resource of console access.
    PamResource,
    /// A configuration of session recordings.
    RecordingConfig,
}

impl DependentKind {
    /// Every kind.
    pub const ALL: [Self; 6] = [
        Self::SecretSync,
        Self::KeyRotation,
        Self::CertificateAuthority,
        Self::CertificateSync,
        Self::PamResource,
        Self::RecordingConfig,
    ];

    /// The stored attribute that counts it: a field of [`Dependents`].
    #[must_use]
    pub const fn attribute(self) -> &'static str {
        match self {
            Self::SecretSync => "secret_syncs",
            Self::KeyRotation => "key_rotations",
            Self::CertificateAuthority => "certificate_authorities",
            Self::CertificateSync => "certificate_syncs",
            Self::PamResource => "pam_resources",
            Self::RecordingConfig => "recording_configs",
        }
    }

    /// One and several, in words.
    const fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::SecretSync => ("secret sync", "secret syncs"),
            Self::KeyRotation => ("key rotation", "key rotations"),
            Self::CertificateAuthority => ("certificate authority", "certificate authorities"),
            Self::CertificateSync => ("certificate sync", "certificate syncs"),
            Self::PamResource => ("PAM resource", "PAM resources"),
            Self::RecordingConfig => ("recording configuration", "recording configurations"),
        }
    }
}

/// How many things of each kind use a connection. Signed, so that a miscount can be stored and seen, and absent in
/// items from before a kind existed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Dependents {
    secret_syncs: i64,
    key_rotations: i64,
    certificate_authorities: i64,
    certificate_syncs: i64,
    pam_resources: i64,
    recording_configs: i64,
}

impl Dependents {
    /// How many of one kind.
    #[must_use]
    pub const fn count(&self, kind: DependentKind) -> i64 {
        match kind {
            DependentKind::SecretSync => self.secret_syncs,
            DependentKind::KeyRotation => self.key_rotations,
            DependentKind::CertificateAuthority => self.certificate_authorities,
            DependentKind::CertificateSync => self.certificate_syncs,
            DependentKind::PamResource => self.pam_resources,
            DependentKind::RecordingConfig => self.recording_configs,
        }
    }

    /// What uses it, in words: `2 secret syncs and 1 key rotation`; `None` when nothing does.
    #[must_use]
    pub fn in_words(&self) -> Option<String> {
        let uses: Vec<String> = DependentKind::ALL
            .into_iter()
            .map(|kind| (self.count(kind), kind.words()))
            .filter(|(count, _)| *count > 0)
            .map(|(count, (one, several))| format!("{count} {}", if count == 1 { one } else { several }))
            .collect();
        match uses.as_slice() {
            [] => None,
            [only] => Some(only.clone()),
            [first @ .., last] => Some(format!("{} and {last}", first.join(", "))),
        }
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

    use serde_json::json;

    use super::*;

    #[test]
    fn each_kind_counts_in_the_attribute_it_names() {
        for kind in DependentKind::ALL {
            let read: Dependents = serde_json::from_value(json!({ (kind.attribute()): 7 })).unwrap();
            for other in DependentKind::ALL {
                assert_eq!(read.count(other), if other == kind { 7 } else { 0 });
            }
        }
    }

    #[test]
    fn uses_are_told_in_words() {
        for (stored, words) in [
            (json!({}), None),
            (json!({ "secret_syncs": 0, "pam_resources": -1 }), None),
            (json!({ "secret_syncs": 1 }), Some("1 secret sync")),
            (json!({ "secret_syncs": 2, "key_rotations": 1 }), Some("2 secret syncs and 1 key rotation")),
            (
                json!({ "secret_syncs": 2, "certificate_authorities": 3, "recording_configs": 1 }),
                Some("2 secret syncs, 3 certificate authorities and 1 recording configuration"),
            ),
        ] {
            let read: Dependents = serde_json::from_value(stored).unwrap();
            assert_eq!(read.in_words().as_deref(), words);
        }
    }
}
