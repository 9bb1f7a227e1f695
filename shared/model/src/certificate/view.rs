//! Certificates and requests for them, as the wire shows them.

mod request;

use serde::Serialize;

use super::{Attribute, BasicConstraints, Bundle, Certificate, ExtendedKeyUsage, Facts, KeyUsage};
use crate::Timestamp;
use crate::id::{
    ApplicationId, CertificateAuthorityId, CertificateId, CertificateProfileId, CertificateRequestId,
    ProjectId,
};

pub use request::{Became, RequestRow, RequestView};

/// A certificate.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CertificateView {
    id: CertificateId,
    project_id: ProjectId,
    ca_id: Option<CertificateAuthorityId>,
    ca_name: Option<String>,
    ca_type: Option<&'static str>,
    profile_id: Option<CertificateProfileId>,
    profile_name: Option<String>,
    application_id: Option<ApplicationId>,
    certificate_request_id: Option<CertificateRequestId>,
    status: &'static str,
    serial_number: String,
    friendly_name: String,
    common_name: String,
    alt_names: String,
    not_before: Timestamp,
    not_after: Timestamp,
    key_algorithm: &'static str,
    signature_algorithm: Option<&'static str>,
    key_usages: Vec<&'static str>,
    extended_key_usages: Vec<&'static str>,
    subject: SubjectView,
    #[serde(flatten)]
    flat_subject: FlatSubject,
    fingerprints: Fingerprints,
    basic_constraints: BasicConstraintsView,
    has_private_key: bool,
    enable_auto_renewal: bool,
    renew_before_days: Option<u16>,
    /// Ours: when it is renewed by itself.
    renew_at: Option<Timestamp>,
    renewed_from_certificate_id: Option<CertificateId>,
    renewed_by_certificate_id: Option<CertificateId>,
    renewal_error: Option<String>,
    revoked_at: Option<Timestamp>,
    revocation_reason: Option<&'static str>,
    external_metadata: Option<ExternalMetadata>,
    #[serde(skip_serializing_if = "Option::is_none")]
    certificate: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    certificate_chain: Option<String>,
    created_at: Timestamp,
    updated_at: Timestamp,
}

/// What a certificate names by id, by name.
#[derive(Debug, Default)]
pub struct Surroundings {
    /// The authority's name, its type, and the region that it is in.
    pub authority: Option<(String, &'static str, String)>,
    /// The profile's slug.
    pub profile_name: Option<String>,
}

impl CertificateView {
    /// The view at `now` of a certificate that was made and changed at `times`; with its bytes when one is looked at, without
    /// in a list.
    #[must_use]
    pub fn new(
        certificate: &Certificate,
        bundle: Option<&Bundle>,
        around: Surroundings,
        times: (Timestamp, Timestamp),
        now: Timestamp,
    ) -> Self {
        let (created_at, updated_at) = times;
        let facts = &certificate.facts;
        let common_name = facts.subject.common_name.clone().unwrap_or_default();
        let (ca_name, ca_type, region) = match around.authority {
            Some((name, ca_type, region)) => (Some(name), Some(ca_type), Some(region)),
            None => (None, None, None),
        };
        let revocation = certificate.revocation;
        Self {
            id: certificate.id,
            project_id: certificate.project_id,
            ca_id: certificate.certificate_authority_id,
            ca_name,
            ca_type,
            profile_id: certificate.profile_id,
            profile_name: around.profile_name,
            application_id: certificate.application_id,
            certificate_request_id: certificate.request_id,
            status: certificate.status(now).name(),
            serial_number: facts.serial_number.clone(),
            friendly_name: common_name.clone(),
            common_name,
            alt_names: comma(facts.alt_names.iter().map(ToString::to_string)),
            not_before: facts.not_before,
            not_after: facts.not_after,
            key_algorithm: facts.key_algorithm.name(),
            signature_algorithm: facts.signature_algorithm.map(super::SignatureAlgorithm::name),
            key_usages: facts.key_usages.iter().copied().map(KeyUsage::name).collect(),
            extended_key_usages: facts
                .extended_key_usages
                .iter()
                .copied()
                .map(ExtendedKeyUsage::name)
                .collect(),
            subject: SubjectView::of(facts),
            flat_subject: FlatSubject::of(facts),
            fingerprints: Fingerprints {
                sha1: facts.fingerprint_sha1.clone(),
                sha256: facts.fingerprint_sha256.clone(),
            },
            basic_constraints: facts.basic_constraints.into(),
            has_private_key: certificate.has_private_key,
            enable_auto_renewal: certificate.life.renews,
            renew_before_days: certificate.life.renew_before_days.filter(|_| certificate.life.renews),
            renew_at: (certificate.life.renews && certificate.is_current(now))
                .then(|| certificate.renew_at()),
            renewed_from_certificate_id: certificate.renewed_from,
            renewed_by_certificate_id: certificate.renewed_by,
            renewal_error: certificate.life.message.clone(),
            revoked_at: revocation.and_then(|revocation| revocation.revoked_at),
            revocation_reason: revocation.map(|revocation| revocation.reason.name()),
            external_metadata: certificate.arn.as_ref().zip(region).map(|(arn, region)| ExternalMetadata {
                r#type: ca_type,
                arn: arn.clone(),
                region,
                validation_method: (ca_type == Some("aws-acm-public-ca")).then_some("DNS"),
            }),
            certificate: bundle.map(|bundle| bundle.certificate.clone()),
            certificate_chain: bundle.map(Bundle::chain_pem),
            created_at,
            updated_at,
        }
    }
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct ExternalMetadata {
    r#type: Option<&'static str>,
    arn: String,
    region: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    validation_method: Option<&'static str>,
}

#[derive(Debug, Serialize)]
struct Fingerprints {
    sha1: String,
    sha256: String,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct BasicConstraintsView {
    #[serde(rename = "isCA")]
    is_ca: bool,
    path_length: Option<u8>,
}

impl From<BasicConstraints> for BasicConstraintsView {
    fn from(constraints: BasicConstraints) -> Self {
        Self { is_ca: constraints.is_ca, path_length: constraints.path_length }
    }
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct SubjectView {
    common_name: Option<String>,
    organization: Option<String>,
    organizational_unit: Option<String>,
    country: Option<String>,
    state: Option<String>,
    locality: Option<String>,
    domain_components: Vec<String>,
}

impl SubjectView {
    fn of(facts: &Facts) -> Self {
        let subject = facts.subject.clone();
        Self {
            common_name: subject.common_name,
            organization: subject.organization,
            organizational_unit: subject.organizational_unit,
            country: subject.country,
            state: subject.state,
            locality: subject.locality,
            domain_components: subject.domain_components,
        }
    }
}

/// The subject once more, as Terraform reads it.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct FlatSubject {
    subject_organization: Option<String>,
    subject_organizational_unit: Option<String>,
    subject_country: Option<String>,
    subject_state: Option<String>,
    subject_locality: Option<String>,
    subject_domain_components: Option<String>,
}

impl FlatSubject {
    fn of(facts: &Facts) -> Self {
        let one = |attribute| facts.subject.values(attribute).first().map(|text| (*text).to_owned());
        let components = &facts.subject.domain_components;
        Self {
            subject_organization: one(Attribute::Organization),
            subject_organizational_unit: one(Attribute::OrganizationalUnit),
            subject_country: one(Attribute::Country),
            subject_state: one(Attribute::State),
            subject_locality: one(Attribute::Locality),
            subject_domain_components: (!components.is_empty()).then(|| comma(components.iter().cloned())),
        }
    }
}

fn comma(texts: impl Iterator<Item = String>) -> String {
    texts.collect::<Vec<_>>().join(",")
}
