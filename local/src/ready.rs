//! What a run tells: the ready file and the printed commands.

use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// The ready file. Its credentials are worth nothing outside this machine.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Ready {
    /// The HTTP API.
    pub api_url: String,
    /// AWS, through the guard, whose own paths are below `/_guard/`.
    pub aws_endpoint: String,
    /// AWS's region.
    pub region: String,
    /// The organisation: External ID of organisation-wide connections, identity of the first administrator.
    pub org_id: String,
    /// The account that Drawbridge runs in; its number is the root's access key id.
    pub platform_account_id: String,
    /// The account that the demonstration connects; its number is the root's access key id.
    pub customer_account_id: String,
    /// The provider of people's tokens.
    pub oidc_issuer: String,
    /// The audience of people's tokens.
    pub oidc_audience: String,
    /// The e-mail address of the person who administers.
    pub admin_email: String,
    /// The stack's outputs.
    pub outputs: Map<String, Value>,
    /// The functions' ARNs by logical id.
    pub functions: Map<String, Value>,
    /// What was seeded. Always `adminToken`, `deployerAccessKeyId`, `deployerSecretAccessKey`; with the
    /// demonstration also `projectId`, `adminClientId`, `adminClientSecret`, the ARNs, and of its secrets
    /// `secretsConnectionId`, `secretsEnvironment`, `secretsPath`, `secretsManagerSyncId`, `parameterStoreSyncId`, and of its
    /// certificates `privateProfileId`, `publicProfileId`, `certificateApplicationId`, `hostedZoneId`,
    /// and of its recordings `recordingsBucket`, `recordingsPrefix`, `recordingsConnectionId`.
    #[serde(flatten)]
    pub seeded: Map<String, Value>,
}

impl Ready {
    /// Writes the file at once, so that who waits for it never reads half of it.
    ///
    /// # Errors
    ///
    /// When the file cannot be written.
    pub fn write(&self, path: &Path) -> Result<()> {
        let partial = path.with_extension("partial");
        fs::write(&partial, serde_json::to_vec_pretty(self).context("write the ready file as JSON")?)
            .and_then(|()| fs::rename(&partial, path))
            .with_context(|| format!("write the ready file {}", path.display()))
    }

    /// One seeded fact; empty when it was not seeded.
    #[must_use]
    pub fn seeded(&self, name: &str) -> &str {
        self.seeded.get(name).and_then(Value::as_str).unwrap_or_default()
    }
}
