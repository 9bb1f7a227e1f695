//! Certificate profiles: what certificates there are to ask for. An authority, a policy, and what a request that says less
//! means.
//!
//! **Not here**: self-signed certificates, which no AWS authority makes.

pub mod body;
mod defaults;
#[cfg(test)]
mod tests;
pub mod view;

use serde::{Deserialize, Serialize};

use crate::application::ApiEnrollment;
use crate::id::{
    CertificateAuthorityId, CertificatePolicyId, CertificateProfileId, OrganizationId, ProjectId,
};
use crate::permission::{Scope, Scoped};

pub use defaults::Defaults;

/// A certificate profile.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CertificateProfile {
    /// Its id.
    pub id: CertificateProfileId,
    /// The organisation that it belongs to.
    pub organization_id: OrganizationId,
    /// The project that it belongs to.
    pub project_id: ProjectId,
    /// The authority.
    pub ca_id: CertificateAuthorityId,
    /// The policy.
    pub certificate_policy_id: CertificatePolicyId,
    /// Its name, unique in its project.
    pub slug: String,
    /// What people say about it. The empty text stays one: clients compare.
    pub description: Option<String>,
    /// What a request that says less means.
    pub defaults: Option<Defaults>,
    /// How certificates are renewed that are asked for outside of any application; clients of an earlier day say so here.
    pub api: Option<ApiEnrollment>,
    /// How many applications it is attached to: changed in the transaction that attaches or detaches it.
    #[serde(default)]
    pub applications: i64,
    /// Who made it, `kind:id`.
    pub created_by: String,
}

impl Scoped for CertificateProfile {
    fn scope(&self) -> Scope {
        Scope::Project(self.project_id)
    }
}
