//! A policy as the wire shows it: each section as it was given, and none that was not.

use serde::Serialize;

use super::CertificatePolicy;
use super::rules::{Algorithms, ConstraintsRule, Lists, SanRule, SubjectRule};
use crate::Timestamp;
use crate::certificate::{ExtendedKeyUsage, KeyAlgorithm, KeyUsage, SignatureAlgorithm};
use crate::id::{CertificatePolicyId, ProjectId};

/// A policy.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct View {
    id: CertificatePolicyId,
    project_id: ProjectId,
    name: String,
    description: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    subject: Option<Vec<SubjectRule>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sans: Option<Vec<SanRule>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    key_usages: Option<Lists<KeyUsage>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    extended_key_usages: Option<Lists<ExtendedKeyUsage>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    algorithms: Option<Shown>,
    #[serde(skip_serializing_if = "Option::is_none")]
    validity: Option<Validity>,
    #[serde(skip_serializing_if = "Option::is_none")]
    basic_constraints: Option<Constraints>,
    created_at: Timestamp,
    updated_at: Timestamp,
}

/// Algorithms in the policies' own spelling.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
struct Shown {
    #[serde(skip_serializing_if = "Option::is_none")]
    signature: Option<Vec<&'static str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    key_algorithm: Option<Vec<&'static str>>,
}

#[derive(Debug, Clone, Serialize)]
struct Validity {
    #[serde(skip_serializing_if = "Option::is_none")]
    max: Option<String>,
}

#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
struct Constraints {
    #[serde(rename = "isCA", skip_serializing_if = "Option::is_none")]
    is_ca: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_path_length: Option<i16>,
}

impl View {
    /// A policy that was made and changed last at these times.
    #[must_use]
    pub fn new(policy: CertificatePolicy, (created_at, updated_at): (Timestamp, Timestamp)) -> Self {
        let rules = policy.rules;
        Self {
            id: policy.id,
            project_id: policy.project_id,
            name: policy.name,
            description: policy.description,
            subject: rules.subject,
            sans: rules.sans,
            key_usages: rules.key_usages,
            extended_key_usages: rules.extended_key_usages,
            algorithms: rules.algorithms.map(Shown::from),
            validity: rules.validity.map(|rule| Validity { max: rule.max.map(String::from) }),
            basic_constraints: rules.basic_constraints.map(Constraints::from),
            created_at,
            updated_at,
        }
    }
}

impl From<Algorithms> for Shown {
    fn from(algorithms: Algorithms) -> Self {
        let signature = algorithms.signature;
        let keys = algorithms.key_algorithm;
        Self {
            signature: signature.map(|all| all.into_iter().map(SignatureAlgorithm::policy_name).collect()),
            key_algorithm: keys.map(|all| all.into_iter().map(KeyAlgorithm::policy_name).collect()),
        }
    }
}

impl From<ConstraintsRule> for Constraints {
    fn from(rule: ConstraintsRule) -> Self {
        Self { is_ca: rule.is_ca.map(super::AuthorityRule::name), max_path_length: rule.max_path_length }
    }
}
