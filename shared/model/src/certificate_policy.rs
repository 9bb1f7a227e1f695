//! Certificate policies: what the certificates of a profile may say.
//!
//! A policy allows what it names, as at the peer: without a section for subjects, alternative names or usages, none of them
//! may be asked for; without basic constraints, no authority may. A section for algorithms or for how long certificates hold
//! that is absent allows any.
//!
//! **Not here**: what a request asks for (`certificate`).

pub mod body;
mod check;
mod rules;
#[cfg(test)]
mod tests;
pub mod view;

use serde::{Deserialize, Serialize};

use crate::certificate::Spec;
use crate::id::{CertificatePolicyId, OrganizationId, ProjectId};
use crate::permission::{Scope, Scoped};

pub use check::Violations;
pub use rules::{
    Algorithms, AuthorityRule, ConstraintsRule, Lists, LongestValidity, NotAValidity, Rules, SanRule,
    SubjectRule, ValidityRule,
};

/// A certificate policy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CertificatePolicy {
    /// Its id.
    pub id: CertificatePolicyId,
    /// The organisation that it belongs to.
    pub organization_id: OrganizationId,
    /// The project that it belongs to.
    pub project_id: ProjectId,
    /// A slug, unique in its project.
    pub name: String,
    /// What people say about it. The empty text stays one: clients compare.
    pub description: Option<String>,
    /// What certificates may say.
    #[serde(flatten)]
    pub rules: Rules,
    /// How many profiles name it: changed in the transaction that makes or removes one.
    #[serde(default)]
    pub profiles: i64,
    /// Who made it, `kind:id`.
    pub created_by: String,
}

impl CertificatePolicy {
    /// Whether a certificate may be so.
    ///
    /// # Errors
    /// [`Violations`]: everything about it that the policy does not allow.
    pub fn check(&self, spec: &Spec) -> Result<(), Violations> {
        self.rules.check(spec)
    }
}

impl Scoped for CertificatePolicy {
    fn scope(&self) -> Scope {
        Scope::Project(self.project_id)
    }
}
