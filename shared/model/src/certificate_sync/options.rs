//! How a sync works.

use serde::{Deserialize, Serialize};

use super::Destination;
use super::name_schema::NameSchema;

/// How a sync works.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SyncOptions {
    /// Kept because clients send it; neither destination can be imported from.
    pub can_import_certificates: bool,
    /// Whether what is detached is removed from the destination.
    pub can_remove_certificates: bool,
    /// Whether an imported chain has its root; ACM alone.
    pub include_root_ca: bool,
    /// Whether a renewal is imported into the ARN of the one before, where ACM takes it.
    pub preserve_arn: bool,
    /// How a certificate is called in the peer's tag; required for ACM.
    pub certificate_name_schema: Option<NameSchema>,
    /// Ours: whether a run may delete as much as it wants.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub disable_deletion_guard: Option<bool>,
}

impl SyncOptions {
    /// What holds where nothing was chosen.
    #[must_use]
    pub const fn default_of(destination: Destination) -> Self {
        let can_remove_certificates = match destination {
            Destination::AwsCertificateManager => true,
            Destination::AwsElasticLoadBalancer => false,
        };
        Self {
            can_import_certificates: false,
            can_remove_certificates,
            include_root_ca: false,
            preserve_arn: true,
            certificate_name_schema: None,
            disable_deletion_guard: None,
        }
    }

    /// Whether a run that would delete too much stops.
    #[must_use]
    pub fn guards_deletion(&self) -> bool {
        !self.disable_deletion_guard.unwrap_or(false)
    }

    /// How a certificate is called, also where nobody chose.
    #[must_use]
    pub fn name_schema(&self) -> NameSchema {
        self.certificate_name_schema.clone().unwrap_or_default()
    }
}
