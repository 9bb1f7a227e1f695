//! The order that renews a certificate.

use super::{Order, Progress, Renews};
use crate::Timestamp;
use crate::certificate::{Certificate, Validity};
use crate::certificate_authority::AuthorityType;
use crate::id::{CertificateAuthorityId, CertificateId, CertificateRequestId};

/// Why a certificate is not renewed, in public words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotRenewable {
    /// It was never ordered here.
    #[error(
        "The certificate was imported: nobody can be asked for another one. Import its successor instead"
    )]
    Imported,
    /// It does not hold.
    #[error("The certificate is revoked; request another one instead")]
    Revoked,
    /// Another one is in its place.
    #[error("The certificate has already been renewed, by certificate {0}")]
    Renewed(CertificateId),
    /// An order that renews it is not over.
    #[error("The certificate is being renewed, by request {0}")]
    Renewing(CertificateRequestId),
}

impl Certificate {
    /// Who is asked for the one that takes its place, and by which order it came.
    ///
    /// # Errors
    /// [`NotRenewable`] when it is not renewed now.
    pub fn renewable(&self) -> Result<(CertificateAuthorityId, CertificateRequestId), NotRenewable> {
        if self.revocation.is_some() {
            return Err(NotRenewable::Revoked);
        }
        if let Some(by) = self.renewed_by {
            return Err(NotRenewable::Renewed(by));
        }
        if let Some(order) = self.life.renewing {
            return Err(NotRenewable::Renewing(order));
        }
        self.certificate_authority_id.zip(self.request_id).ok_or(NotRenewable::Imported)
    }
}

impl Order {
    /// The order of a certificate that takes the place of `certificate`, which came of `before`: the same in all but its time,
    /// which is as long from `now` on. Its key is another one, or for a signing request the same.
    ///
    /// # Errors
    /// [`NotRenewable`] when it is not renewed now.
    pub fn renewal(
        id: CertificateRequestId,
        certificate: &Certificate,
        before: &Self,
        requested_by: String,
        now: Timestamp,
    ) -> Result<Self, NotRenewable> {
        certificate.renewable()?;
        let mut spec = before.spec.clone();
        if let Validity::Within { .. } = spec.validity {
            spec.validity = Validity::lasting(spec.validity.lifetime(), now);
        }
        let arn = match before.authority_type {
            AuthorityType::AwsPca => None,
            AuthorityType::AwsAcmPublicCa => certificate.arn.clone(),
        };
        let serial_number = certificate.facts.serial_number.clone();
        let renews = Renews { certificate_id: certificate.id, arn, serial_number };
        Ok(Self {
            id,
            spec,
            removes_roots: certificate.removes_roots,
            renews: Some(renews),
            requested_by,
            progress: Progress::accepted(now),
            lease: None,
            due_at: Some(now),
            ..before.clone()
        })
    }
}
