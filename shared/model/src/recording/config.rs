//! Where a project's recordings are kept from now on.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::place::Place;
use crate::form::{self, Form, Issues, Read, rule};
use crate::id::{ConnectionId, OrganizationId, ProjectId, RecordingConfigId};
use crate::permission::{Scope, Scoped};

/// Where the recordings of a project are kept that begin from now on. One for each project.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordingConfig {
    /// Its id: stays the same when it is saved again.
    pub id: RecordingConfigId,
    /// The organisation that it belongs to.
    pub organization_id: OrganizationId,
    /// The project that it belongs to.
    pub project_id: ProjectId,
    /// The way to the bucket.
    pub connection_id: ConnectionId,
    /// Where.
    #[serde(flatten)]
    pub place: Place,
}

impl Scoped for RecordingConfig {
    fn scope(&self) -> Scope {
        Scope::Project(self.project_id)
    }
}

/// What clients send to have recordings kept somewhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SaveRecordingConfig {
    /// The way to the bucket.
    pub connection_id: ConnectionId,
    /// Where.
    pub place: Place,
}

/// Which backends the peer has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Backend {
    AwsS3,
    Postgres,
}

const BACKENDS: &[(&str, Backend)] = &[("aws-s3", Backend::AwsS3), ("postgres", Backend::Postgres)];

const NO_DATABASE: &str = "Recordings are kept in a bucket of yours and nowhere else: choose aws-s3, with a connection, a bucket and its Region";

impl SaveRecordingConfig {
    /// Reads the body.
    ///
    /// # Errors
    /// Every rule that it breaks.
    pub fn read(body: &Value) -> Result<Self, Issues> {
        form::read(body, <Self as Read>::read)
    }
}

impl Read for SaveRecordingConfig {
    fn read(form: &mut Form<'_>) -> Option<Self> {
        let backend = form.required("storageBackend", rule::one_of(BACKENDS))?;
        if backend == Backend::Postgres {
            return form.refuse("storageBackend", NO_DATABASE);
        }
        let connection_id = form.required("connectionId", rule::id());
        let bucket = form.required("bucket", rule::parsed());
        let region = form.required("region", rule::parsed());
        // Slashes alone, and nothing, are no prefix.
        let key_prefix = form.nullish("keyPrefix", rule::trimmed(0, 255));
        let key_prefix = match key_prefix?.filter(|text| !text.trim_matches('/').is_empty()) {
            None => Some(None),
            Some(text) => match text.parse() {
                Ok(prefix) => Some(Some(prefix)),
                Err(error) => form.refuse("keyPrefix", super::NotAPrefix::to_string(&error)),
            },
        };
        let place = Place { bucket: bucket?, region: region?, key_prefix: key_prefix? };
        Some(Self { connection_id: connection_id?, place })
    }
}
