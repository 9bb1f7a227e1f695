//! Requests for certificates, as the wire shows them.

use secrecy::{ExposeSecret as _, SecretString};
use serde::{Serialize, Serializer};

use super::comma;
use crate::Timestamp;
use crate::certificate::order::Order;
use crate::certificate::{Bundle, Certificate};
use crate::id::{
    ApplicationId, CertificateAuthorityId, CertificateId, CertificateProfileId, CertificateRequestId,
    ProjectId,
};

/// A request for a certificate.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RequestView {
    status: &'static str,
    certificate: Option<String>,
    issuing_ca_certificate: Option<String>,
    certificate_chain: Option<String>,
    certificate_id: Option<CertificateId>,
    #[serde(serialize_with = "shown")]
    private_key: Option<SecretString>,
    serial_number: Option<String>,
    error_message: Option<String>,
    common_name: Option<String>,
    profile_id: Option<CertificateProfileId>,
    created_at: Timestamp,
    updated_at: Timestamp,
    /// Ours: what is in the way while it is pending.
    message: Option<String>,
}

/// What a request became.
#[derive(Debug)]
pub struct Became<'a> {
    /// The certificate.
    pub certificate: &'a Certificate,
    /// Its bytes.
    pub bundle: &'a Bundle,
    /// Its key, for whoever may read it.
    pub private_key: Option<SecretString>,
}

impl RequestView {
    /// The view of an order that was made and changed at `times`.
    #[must_use]
    pub fn new(order: &Order, became: Option<Became<'_>>, times: (Timestamp, Timestamp)) -> Self {
        let (created_at, updated_at) = times;
        let (error_message, message) = messages(order);
        let (bundle, certificate) =
            (became.as_ref().map(|became| became.bundle), became.as_ref().map(|became| became.certificate));
        Self {
            status: order.progress.status().name(),
            certificate: bundle.map(|bundle| bundle.certificate.clone()),
            issuing_ca_certificate: bundle.and_then(|bundle| bundle.issuer.clone()),
            certificate_chain: bundle.map(Bundle::chain_pem),
            certificate_id: order.progress.certificate_id(),
            serial_number: certificate.map(|certificate| certificate.facts.serial_number.clone()),
            private_key: became.and_then(|became| became.private_key),
            error_message,
            common_name: order.spec.subject.common_name.clone(),
            profile_id: order.profile_id,
            created_at,
            updated_at,
            message,
        }
    }
}

/// The one place in which a key is written out: into an answer for whoever may read it.
fn shown<S: Serializer>(key: &Option<SecretString>, serializer: S) -> Result<S::Ok, S::Error> {
    key.as_ref().map(|key| key.expose_secret()).serialize(serializer)
}

/// Why it came to nothing, and what is in the way.
fn messages(order: &Order) -> (Option<String>, Option<String>) {
    let message = order.progress.message.clone();
    if order.progress.has_ended() { (message, None) } else { (None, message) }
}

/// A request in a list.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RequestRow {
    id: CertificateRequestId,
    project_id: ProjectId,
    status: &'static str,
    common_name: Option<String>,
    alt_names: String,
    profile_id: Option<CertificateProfileId>,
    profile_name: Option<String>,
    application_id: Option<ApplicationId>,
    ca_id: CertificateAuthorityId,
    certificate_id: Option<CertificateId>,
    renewed_from_certificate_id: Option<CertificateId>,
    key_algorithm: &'static str,
    error_message: Option<String>,
    message: Option<String>,
    created_at: Timestamp,
    updated_at: Timestamp,
}

impl RequestRow {
    /// The row of an order that was made and changed at `times`, by the profile of this name.
    #[must_use]
    pub fn new(order: &Order, profile_name: Option<String>, times: (Timestamp, Timestamp)) -> Self {
        let (created_at, updated_at) = times;
        let (error_message, message) = messages(order);
        Self {
            id: order.id,
            project_id: order.project_id,
            status: order.progress.status().name(),
            common_name: order.spec.subject.common_name.clone(),
            alt_names: comma(order.spec.alt_names.iter().map(ToString::to_string)),
            profile_id: order.profile_id,
            profile_name,
            application_id: order.application_id,
            ca_id: order.certificate_authority_id,
            certificate_id: order.progress.certificate_id(),
            renewed_from_certificate_id: order.renews.as_ref().map(|renews| renews.certificate_id),
            key_algorithm: order.spec.key_algorithm.name(),
            error_message,
            message,
            created_at,
            updated_at,
        }
    }
}
