//! Applications as the wire shows them.

use serde::Serialize;

use super::{ApiEnrollment, Application, ApplicationProfile};
use crate::Timestamp;
use crate::id::{ApplicationId, CertificateProfileId, EnrollmentId, ProjectId};

/// An application.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct View {
    id: ApplicationId,
    project_id: ProjectId,
    name: String,
    description: Option<String>,
    created_at: Timestamp,
    updated_at: Timestamp,
}

impl View {
    /// An application that was made and changed last at these times.
    #[must_use]
    pub fn new(application: Application, (created_at, updated_at): (Timestamp, Timestamp)) -> Self {
        let Application { id, project_id, name, description, .. } = application;
        Self { id, project_id, name, description, created_at, updated_at }
    }
}

/// A profile of an application.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Attached {
    application_id: ApplicationId,
    profile_id: CertificateProfileId,
    profile_slug: String,
    profile_description: Option<String>,
    est_config_id: Option<EnrollmentId>,
    api_config_id: Option<EnrollmentId>,
    acme_config_id: Option<EnrollmentId>,
    scep_config_id: Option<EnrollmentId>,
    created_at: Timestamp,
    updated_at: Timestamp,
}

impl Attached {
    /// A profile of this name that was attached and changed last at these times.
    #[must_use]
    pub fn new(
        attached: &ApplicationProfile,
        (profile_slug, profile_description): (String, Option<String>),
        (created_at, updated_at): (Timestamp, Timestamp),
    ) -> Self {
        Self {
            application_id: attached.application_id,
            profile_id: attached.profile_id,
            profile_slug,
            profile_description,
            est_config_id: None,
            api_config_id: attached.api.map(|api| api.id),
            acme_config_id: None,
            scep_config_id: None,
            created_at,
            updated_at,
        }
    }
}

/// How a profile is enrolled for through this API.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Api {
    id: EnrollmentId,
    auto_renew: bool,
    renew_before_days: Option<u16>,
}

impl From<ApiEnrollment> for Api {
    fn from(api: ApiEnrollment) -> Self {
        Self {
            id: api.id,
            auto_renew: api.settings.auto_renew,
            renew_before_days: api.settings.renew_before_days,
        }
    }
}

/// Which profile of which application.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Place {
    application_id: ApplicationId,
    profile_id: CertificateProfileId,
}

impl From<&ApplicationProfile> for Place {
    fn from(attached: &ApplicationProfile) -> Self {
        Self { application_id: attached.application_id, profile_id: attached.profile_id }
    }
}

/// Every way to enrol for a profile of an application: there is one.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Enrollment {
    #[serde(flatten)]
    place: Place,
    api: Option<Api>,
    est: Option<()>,
    acme: Option<()>,
    scep: Option<()>,
    est_configured: bool,
    acme_configured: bool,
    scep_configured: bool,
}

impl Enrollment {
    /// Of this attachment.
    #[must_use]
    pub fn new(attached: &ApplicationProfile) -> Self {
        Self {
            place: attached.into(),
            api: attached.api.map(Api::from),
            est: None,
            acme: None,
            scep: None,
            est_configured: false,
            acme_configured: false,
            scep_configured: false,
        }
    }
}

/// The answer to new settings of this API.
#[derive(Debug, Clone, Serialize)]
pub struct ApiSet {
    #[serde(flatten)]
    place: Place,
    api: Option<Api>,
}

impl ApiSet {
    /// Of this attachment.
    #[must_use]
    pub fn new(attached: &ApplicationProfile) -> Self {
        Self { place: attached.into(), api: attached.api.map(Api::from) }
    }
}
