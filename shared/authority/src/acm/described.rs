//! What ACM says of a certificate.

use aws_sdk_acm::types::{CertificateDetail, DomainValidation, RenewalSummary};
use model::certificate::serial_number;

use crate::ValidationRecord;

/// A certificate of ACM's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Described {
    /// How far it is.
    pub status: AcmStatus,
    /// Why it failed, in ACM's word (`CAA_ERROR`).
    pub failure_reason: Option<String>,
    /// How far the proof of each name is.
    pub validations: Vec<Validation>,
    /// How far its renewal is.
    pub renewal: Option<Renewal>,
    /// Its number, once it was issued, as [`Facts`](model::certificate::Facts) has it.
    pub serial_number: Option<String>,
    /// The hosts that it is for.
    pub names: Vec<String>,
}

/// How far a certificate is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AcmStatus {
    /// Its names are not proved yet.
    PendingValidation,
    /// It is issued.
    Issued,
    /// It is out of use.
    Inactive,
    /// Its time is over.
    Expired,
    /// Its names were not proved in 72 hours.
    ValidationTimedOut,
    /// It was revoked.
    Revoked,
    /// It could not be issued.
    Failed,
    /// One that AWS has thought of since.
    Other(String),
}

/// The proof of one name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Validation {
    /// The name.
    pub domain: String,
    /// The record that proves it; ACM says it some seconds after the request.
    pub record: Option<ValidationRecord>,
}

/// A renewal by ACM.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Renewal {
    /// How far it is.
    pub status: RenewalStatus,
    /// Why it failed, in ACM's word.
    pub reason: Option<String>,
    /// How far the proof of each name is.
    pub validations: Vec<Validation>,
}

/// How far a renewal is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RenewalStatus {
    /// ACM works on it.
    PendingAutoRenewal,
    /// Names must be proved once more.
    PendingValidation,
    /// It is done.
    Success,
    /// It failed.
    Failed,
    /// One that AWS has thought of since.
    Other(String),
}

impl Described {
    pub(super) fn of(detail: &CertificateDetail) -> Option<Self> {
        let names = detail.subject_alternative_names.clone().unwrap_or_default();
        Some(Self {
            status: AcmStatus::of(detail.status.as_ref()?.as_str()),
            failure_reason: detail.failure_reason.as_ref().map(|reason| reason.as_str().to_owned()),
            validations: validations(detail.domain_validation_options()),
            renewal: detail.renewal_summary.as_ref().map(renewal),
            serial_number: detail.serial.as_deref().map(serial_number),
            names: if names.is_empty() { detail.domain_name.iter().cloned().collect() } else { names },
        })
    }

    /// The records that prove the names, each once and in an order of their own, with a name that each proves; and whether
    /// ACM has said the record of each name.
    #[must_use]
    pub fn records(&self) -> (Vec<(&str, &ValidationRecord)>, bool) {
        let renewed = self.renewal.iter().flat_map(|renewal| &renewal.validations);
        let all = self.validations.iter().chain(renewed);
        let told = all.filter_map(|one| Some((one.domain.as_str(), one.record.as_ref()?)));
        let mut records: Vec<(&str, &ValidationRecord)> = told.collect();
        records.sort_by_key(|(domain, record)| (&record.name, *domain));
        records.dedup_by(|(_, one), (_, other)| one.is_same(other));
        let validations = &self.validations;
        let is_complete = !validations.is_empty() && validations.iter().all(|one| one.record.is_some());
        (records, is_complete)
    }
}

fn renewal(summary: &RenewalSummary) -> Renewal {
    Renewal {
        status: RenewalStatus::of(summary.renewal_status.as_str()),
        reason: summary.renewal_status_reason.as_ref().map(|reason| reason.as_str().to_owned()),
        validations: validations(summary.domain_validation_options()),
    }
}

fn validations(options: &[DomainValidation]) -> Vec<Validation> {
    let validation = |option: &DomainValidation| Validation {
        domain: option.domain_name.clone(),
        record: option
            .resource_record
            .as_ref()
            .map(|record| ValidationRecord { name: record.name.clone(), value: record.value.clone() }),
    };
    options.iter().map(validation).collect()
}

impl AcmStatus {
    pub(super) fn of(text: &str) -> Self {
        match text {
            "PENDING_VALIDATION" => Self::PendingValidation,
            "ISSUED" => Self::Issued,
            "INACTIVE" => Self::Inactive,
            "EXPIRED" => Self::Expired,
            "VALIDATION_TIMED_OUT" => Self::ValidationTimedOut,
            "REVOKED" => Self::Revoked,
            "FAILED" => Self::Failed,
            other => Self::Other(other.to_owned()),
        }
    }

    /// In ACM's word.
    #[must_use]
    pub fn name(&self) -> &str {
        match self {
            Self::PendingValidation => "PENDING_VALIDATION",
            Self::Issued => "ISSUED",
            Self::Inactive => "INACTIVE",
            Self::Expired => "EXPIRED",
            Self::ValidationTimedOut => "VALIDATION_TIMED_OUT",
            Self::Revoked => "REVOKED",
            Self::Failed => "FAILED",
            Self::Other(name) => name,
        }
    }
}

impl RenewalStatus {
    fn of(text: &str) -> Self {
        match text {
            "PENDING_AUTO_RENEWAL" => Self::PendingAutoRenewal,
            "PENDING_VALIDATION" => Self::PendingValidation,
            "SUCCESS" => Self::Success,
            "FAILED" => Self::Failed,
            other => Self::Other(other.to_owned()),
        }
    }

    /// In ACM's word.
    #[must_use]
    pub fn name(&self) -> &str {
        match self {
            Self::PendingAutoRenewal => "PENDING_AUTO_RENEWAL",
            Self::PendingValidation => "PENDING_VALIDATION",
            Self::Success => "SUCCESS",
            Self::Failed => "FAILED",
            Self::Other(name) => name,
        }
    }
}
