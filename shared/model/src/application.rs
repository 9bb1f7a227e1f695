//! Applications: who asks for certificates, and of which profiles.
//!
//! **Not here**: what a profile is (`certificate_profile`), what is asked for (`certificate`).

pub mod body;
mod enrollment;
#[cfg(test)]
mod tests;
pub mod view;

use serde::{Deserialize, Serialize};

use crate::id::{ApplicationId, CertificateProfileId, OrganizationId, ProjectId};
use crate::permission::{Scope, Scoped};

pub use enrollment::{ApiEnrollment, ApiSettings};

/// The most profiles of one application: they go with it in one transaction.
pub const MOST_PROFILES: usize = 40;

/// An application.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Application {
    /// Its id.
    pub id: ApplicationId,
    /// The organisation that it belongs to.
    pub organization_id: OrganizationId,
    /// The project that it belongs to.
    pub project_id: ProjectId,
    /// Unique in its project.
    pub name: String,
    /// What people say about it. The empty text stays one: clients compare.
    pub description: Option<String>,
    /// How many profiles are attached to it: changed in the transaction that attaches or detaches one.
    #[serde(default)]
    pub profiles: i64,
    /// How many certificate syncs carry its certificates: changed in the transaction that creates or deletes one.
    #[serde(default)]
    pub certificate_syncs: i64,
    /// Who made it, `kind:id`.
    pub created_by: String,
}

/// A profile that is attached to an application, and how it is enrolled for there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApplicationProfile {
    /// The application.
    pub application_id: ApplicationId,
    /// The profile.
    pub profile_id: CertificateProfileId,
    /// The project of both.
    pub project_id: ProjectId,
    /// How certificates are asked for through this API, once that was said.
    pub api: Option<ApiEnrollment>,
}

impl Scoped for Application {
    fn scope(&self) -> Scope {
        Scope::Project(self.project_id)
    }
}

impl Scoped for ApplicationProfile {
    fn scope(&self) -> Scope {
        Scope::Project(self.project_id)
    }
}
