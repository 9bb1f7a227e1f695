//! Identifiers: one type per kind, all lower-case version 4 UUIDs on the wire.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// The text was not a UUID.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a UUID")]
pub struct NotAUuid;

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(Uuid);

        impl $name {
            /// A new random (version 4) identifier.
            #[must_use]
            pub fn random() -> Self {
                Self(Uuid::new_v4())
            }

            /// The UUID itself.
            #[must_use]
            pub const fn uuid(self) -> Uuid {
                self.0
            }
        }

        impl From<Uuid> for $name {
            fn from(uuid: Uuid) -> Self {
                Self(uuid)
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> Self {
                id.to_string()
            }
        }

        impl TryFrom<String> for $name {
            type Error = NotAUuid;

            fn try_from(text: String) -> Result<Self, NotAUuid> {
                text.parse()
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.as_hyphenated().fmt(f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self.0)
            }
        }

        impl FromStr for $name {
            type Err = NotAUuid;

            /// Accepts the hyphenated form alone: a URL has one spelling per object.
            fn from_str(text: &str) -> Result<Self, NotAUuid> {
                if text.len() != 36 {
                    return Err(NotAUuid);
                }
                Uuid::try_parse(text).map(Self).map_err(|_| NotAUuid)
            }
        }
    )*};
}

ids! {
    /// The record behind one access token; stays the same when the token is renewed.
    AccessTokenId;
    /// An application of certificates: who may have certificates of which profiles.
    ApplicationId;
    /// A certificate.
    CertificateId;
    /// A certificate authority.
    CertificateAuthorityId;
    /// A certificate that is attached to a certificate sync, through all its renewals.
    CertificateSlotId;
    /// A certificate sync: certificates kept in step with a destination.
    CertificateSyncId;
    /// A policy of certificates: what they may say.
    CertificatePolicyId;
    /// A profile of certificates: an authority, a policy and defaults.
    CertificateProfileId;
    /// A request for a certificate, and the order that it became.
    CertificateRequestId;
    /// One client secret of a universal-auth configuration.
    ClientSecretId;
    /// The public half of a universal-auth login.
    ClientId;
    /// An AWS connection (the wire calls it an app connection).
    ConnectionId;
    /// How a profile is enrolled for in an application.
    EnrollmentId;
    /// An environment of a project (`dev`, `prod`, …).
    EnvironmentId;
    /// A folder of an environment. The root folder's is the environment's own: see [`FolderId::root_of`].
    FolderId;
    /// A machine identity.
    IdentityId;
    /// One identity's configuration of one login method.
    AuthConfigurationId;
    /// A rotation of an IAM user's access key.
    KeyRotationId;
    /// A person's or machine's membership of a project.
    MembershipId;
    /// The one organisation of a deployment.
    OrganizationId;
    /// An account of console access: a role that people use.
    PamAccountId;
    /// A resource of console access: a role that is assumed first.
    PamResourceId;
    /// One person's stay in an account of console access.
    PamSessionId;
    /// A project: the scope of environments, secrets, connections and console access.
    ProjectId;
    /// Where a project's recordings are kept.
    RecordingConfigId;
    /// A secret: stays the same when it is changed or renamed.
    SecretId;
    /// An import of one folder's secrets into another folder.
    SecretImportId;
    /// A secret sync: a folder kept in step with a destination.
    SecretSyncId;
    /// A tag of a project's secrets.
    TagId;
}

impl FolderId {
    /// The folder `/` of an environment, which is always there.
    #[must_use]
    pub const fn root_of(environment: EnvironmentId) -> Self {
        Self(environment.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_hyphenated_form_names_an_object() {
        let id = ProjectId::random();
        assert_eq!(id.to_string().parse(), Ok(id));
        for text in ["", "demo", "7ffbb0722575495ab5b0127f88caef78", "{7ffbb072-2575-495a-b5b0-127f88caef78}"]
        {
            assert_eq!(text.parse::<ProjectId>(), Err(NotAUuid), "{text:?}");
        }
    }
}
