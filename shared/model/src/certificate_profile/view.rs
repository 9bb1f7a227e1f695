//! A profile as the wire shows it.

use serde::Serialize;

use super::{CertificateProfile, Defaults};
use crate::Timestamp;
use crate::application::view::Api;
use crate::certificate::{ExtendedKeyUsage, KeyUsage};
use crate::id::{CertificateAuthorityId, CertificatePolicyId, CertificateProfileId, EnrollmentId, ProjectId};

/// A profile.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct View {
    id: CertificateProfileId,
    project_id: ProjectId,
    ca_id: CertificateAuthorityId,
    certificate_policy_id: CertificatePolicyId,
    slug: String,
    description: Option<String>,
    issuer_type: &'static str,
    /// For clients of an earlier day: there is one way to enrol.
    enrollment_type: &'static str,
    defaults: Option<Shown>,
    api_config_id: Option<EnrollmentId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    api_config: Option<Api>,
    created_at: Timestamp,
    updated_at: Timestamp,
}

/// What was given of the defaults, and nothing else: clients compare.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
struct Shown {
    #[serde(skip_serializing_if = "Option::is_none")]
    ttl_days: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    common_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    key_algorithm: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    signature_algorithm: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    key_usages: Option<Vec<KeyUsage>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    extended_key_usages: Option<Vec<ExtendedKeyUsage>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    organization: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    organizational_unit: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    country: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    state: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    locality: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    domain_components: Vec<String>,
}

impl View {
    /// A profile that was made and changed last at these times; with what hangs on it when that was asked for.
    #[must_use]
    pub fn new(
        profile: CertificateProfile,
        includes_configs: bool,
        (created_at, updated_at): (Timestamp, Timestamp),
    ) -> Self {
        Self {
            id: profile.id,
            project_id: profile.project_id,
            ca_id: profile.ca_id,
            certificate_policy_id: profile.certificate_policy_id,
            slug: profile.slug,
            description: profile.description,
            issuer_type: "ca",
            enrollment_type: "api",
            defaults: profile.defaults.map(Shown::from),
            api_config_id: profile.api.map(|api| api.id),
            api_config: profile.api.filter(|_| includes_configs).map(Api::from),
            created_at,
            updated_at,
        }
    }
}

impl From<Defaults> for Shown {
    fn from(defaults: Defaults) -> Self {
        let subject = defaults.subject;
        Self {
            ttl_days: defaults.ttl_days,
            common_name: subject.common_name,
            key_algorithm: defaults.key_algorithm.map(crate::certificate::KeyAlgorithm::name),
            signature_algorithm: defaults
                .signature_algorithm
                .map(crate::certificate::SignatureAlgorithm::name),
            key_usages: defaults.key_usages,
            extended_key_usages: defaults.extended_key_usages,
            organization: subject.organization,
            organizational_unit: subject.organizational_unit,
            country: subject.country,
            state: subject.state,
            locality: subject.locality,
            domain_components: subject.domain_components,
        }
    }
}
