//! A certificate that is there: what it says, where it came from, and what is still to happen to it.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::life::Life;
use super::{Facts, Revocation, RevocationReason};
use crate::Timestamp;
use crate::id::{
    ApplicationId, CertificateAuthorityId, CertificateId, CertificateProfileId, CertificateRequestId,
    ProjectId,
};
use crate::permission::{Scope, Scoped};

/// A certificate, without its bytes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Certificate {
    /// Its id.
    pub id: CertificateId,
    /// Its project.
    pub project_id: ProjectId,
    /// The profile that it was requested by.
    pub profile_id: Option<CertificateProfileId>,
    /// The application that it was requested in.
    pub application_id: Option<ApplicationId>,
    /// Who issued it; `None` for one that was imported.
    pub certificate_authority_id: Option<CertificateAuthorityId>,
    /// The order that it came of.
    pub request_id: Option<CertificateRequestId>,
    /// What it says.
    pub facts: Facts,
    /// Where AWS has it.
    pub arn: Option<String>,
    /// Whether its key is stored here.
    pub has_private_key: bool,
    /// Whether its stored chain ends before the root.
    pub removes_roots: bool,
    /// The certificate that it took the place of.
    pub renewed_from: Option<CertificateId>,
    /// The certificate that took its place.
    pub renewed_by: Option<CertificateId>,
    /// That it is revoked, or to be.
    pub revocation: Option<Revocation>,
    /// When it is renewed, and who was told that it ends.
    pub life: Life,
    /// When a worker looks at it, as of its last change.
    pub due_at: Option<Timestamp>,
}

/// What the wire calls a certificate's state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CertificateStatus {
    /// It holds.
    Active,
    /// It is over.
    Expired,
    /// It was revoked, or is being.
    Revoked,
}

impl CertificateStatus {
    /// Every one, by its name on the wire.
    pub const NAMES: &'static [(&'static str, Self)] =
        &[("active", Self::Active), ("expired", Self::Expired), ("revoked", Self::Revoked)];

    /// As the wire spells it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Expired => "expired",
            Self::Revoked => "revoked",
        }
    }
}

/// The bytes of a certificate, in PEM.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bundle {
    /// Whose.
    pub certificate_id: CertificateId,
    /// Its project: for the scope of the sealed key.
    pub project_id: ProjectId,
    /// The certificate.
    pub certificate: String,
    /// Its chain, the issuer first; as long as it was wanted.
    pub chain: Vec<String>,
    /// The certificate of its issuer, whether or not the chain has it.
    pub issuer: Option<String>,
    /// Its key, sealed for this; `None` for one whose key is elsewhere.
    pub sealed_key: Option<String>,
}

impl Bundle {
    /// The chain as one text.
    #[must_use]
    pub fn chain_pem(&self) -> String {
        let pems: Vec<&str> = self.chain.iter().map(|pem| pem.trim_end()).collect();
        if pems.is_empty() { String::new() } else { format!("{}\n", pems.join("\n")) }
    }
}

impl Scoped for Certificate {
    fn scope(&self) -> Scope {
        Scope::Project(self.project_id)
    }
}

impl Certificate {
    /// What whoever listens is told of it: ids, and nothing else.
    #[must_use]
    pub fn event(&self) -> Value {
        json!({
            "certificateId": self.id,
            "certificateRequestId": self.request_id,
            "certificateAuthorityId": self.certificate_authority_id,
            "projectId": self.project_id,
            "applicationId": self.application_id,
            "profileId": self.profile_id,
        })
    }

    /// What the wire calls it at `now`.
    #[must_use]
    pub fn status(&self, now: Timestamp) -> CertificateStatus {
        if self.revocation.is_some() {
            CertificateStatus::Revoked
        } else if self.facts.not_after < now {
            CertificateStatus::Expired
        } else {
            CertificateStatus::Active
        }
    }

    /// Whether something is still to happen to it: it holds, and nothing has taken its place.
    #[must_use]
    pub(super) fn is_current(&self, now: Timestamp) -> bool {
        self.status(now) == CertificateStatus::Active && self.renewed_by.is_none()
    }

    /// It is to be revoked: stored before the authority is asked. One that is revoked stays as it is.
    #[must_use]
    pub fn revoking(&self, reason: RevocationReason, now: Timestamp) -> Self {
        let wanted = Revocation { reason, wanted_at: now, tried_at: now, revoked_at: None, failures: 0 };
        Self { revocation: self.revocation.or(Some(wanted)), ..self.clone() }
    }

    /// The authority has revoked it.
    #[must_use]
    pub fn revoked(&self, now: Timestamp) -> Self {
        let done = |revocation: Revocation| Revocation {
            revoked_at: revocation.revoked_at.or(Some(now)),
            ..revocation
        };
        Self { revocation: self.revocation.map(done), ..self.clone() }
    }

    /// The authority clearly refused to revoke it: it holds as before.
    #[must_use]
    pub fn not_revoked(&self) -> Self {
        Self { revocation: self.revocation.filter(|asked| asked.revoked_at.is_some()), ..self.clone() }
    }

    /// The authority could not say whether it revoked it: it is asked again.
    #[must_use]
    pub fn revocation_failed(&self, now: Timestamp) -> Self {
        let again = |revocation: Revocation| Revocation {
            tried_at: now,
            failures: revocation.failures.saturating_add(1),
            ..revocation
        };
        Self { revocation: self.revocation.map(again), ..self.clone() }
    }
}
