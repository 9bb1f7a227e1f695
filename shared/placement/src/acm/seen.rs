//! What ACM says of certificates.

use aws_sdk_acm::primitives::DateTime;
use aws_sdk_acm::types::{CertificateDetail, CertificateSummary, CertificateType};
use model::Timestamp;
use model::certificate::{KeyAlgorithm, serial_number};

/// A certificate in ACM's list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// Its ARN.
    pub arn: String,
    /// Where it came from.
    pub kind: Kind,
    /// How it is.
    pub status: Status,
    /// Its key, where we know the kind.
    pub key: Option<KeyAlgorithm>,
    /// Its first name.
    pub domain_name: Option<String>,
    /// Whether something uses it.
    pub is_in_use: bool,
    /// When it was imported last.
    pub imported_at: Option<Timestamp>,
    /// Since when it holds.
    pub not_before: Option<Timestamp>,
    /// Until when.
    pub not_after: Option<Timestamp>,
}

/// A certificate of ACM's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Described {
    /// Its ARN.
    pub arn: String,
    /// Where it came from.
    pub kind: Kind,
    /// How it is.
    pub status: Status,
    /// Its number at its authority, written as `model::certificate::Facts` has it.
    pub serial_number: Option<String>,
    /// Its key, where we know the kind.
    pub key: Option<KeyAlgorithm>,
    /// The hosts that it is for.
    pub names: Vec<String>,
    /// The ARNs of what uses it.
    pub in_use_by: Vec<String>,
    /// When it was imported last.
    pub imported_at: Option<Timestamp>,
    /// Since when it holds.
    pub not_before: Option<Timestamp>,
    /// Until when.
    pub not_after: Option<Timestamp>,
}

/// Where a certificate of ACM's came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// Somebody imported it.
    Imported,
    /// ACM issued it, or has it issued by a private authority.
    Issued,
}

/// How a certificate of ACM's is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Status {
    /// It can be used.
    Issued,
    /// ACM is not done with it yet.
    Pending,
    /// Its time is over.
    Expired,
    /// Something else, in ACM's word.
    Other(String),
}

impl Listed {
    pub(super) fn of(summary: &CertificateSummary) -> Option<Self> {
        Some(Self {
            arn: summary.certificate_arn.clone()?,
            kind: Kind::of(summary.r#type.as_ref()),
            status: Status::of(summary.status.as_ref().map_or("", |status| status.as_str())),
            key: summary.key_algorithm.as_ref().and_then(|key| known(key.as_str())),
            domain_name: summary.domain_name.clone(),
            is_in_use: summary.in_use.unwrap_or_default(),
            imported_at: moment(summary.imported_at),
            not_before: moment(summary.not_before),
            not_after: moment(summary.not_after),
        })
    }
}

impl Described {
    pub(super) fn of(detail: &CertificateDetail) -> Option<Self> {
        let names = detail.subject_alternative_names.clone().unwrap_or_default();
        Some(Self {
            arn: detail.certificate_arn.clone()?,
            kind: Kind::of(detail.r#type.as_ref()),
            status: Status::of(detail.status.as_ref()?.as_str()),
            serial_number: detail.serial.as_deref().map(serial_number),
            key: detail.key_algorithm.as_ref().and_then(|key| known(key.as_str())),
            names: if names.is_empty() { detail.domain_name.iter().cloned().collect() } else { names },
            in_use_by: detail.in_use_by().to_vec(),
            imported_at: moment(detail.imported_at),
            not_before: moment(detail.not_before),
            not_after: moment(detail.not_after),
        })
    }
}

impl Kind {
    fn of(kind: Option<&CertificateType>) -> Self {
        if kind == Some(&CertificateType::Imported) { Self::Imported } else { Self::Issued }
    }
}

impl Status {
    fn of(text: &str) -> Self {
        match text {
            "ISSUED" => Self::Issued,
            "PENDING_VALIDATION" => Self::Pending,
            "EXPIRED" => Self::Expired,
            other => Self::Other(other.to_owned()),
        }
    }

    /// In ACM's word.
    #[must_use]
    pub fn name(&self) -> &str {
        match self {
            Self::Issued => "ISSUED",
            Self::Pending => "PENDING_VALIDATION",
            Self::Expired => "EXPIRED",
            Self::Other(name) => name,
        }
    }
}

/// ACM writes `EC-prime256v1` as well as `EC_prime256v1`.
fn known(key: &str) -> Option<KeyAlgorithm> {
    KeyAlgorithm::named(&key.replace('-', "_"))
}

/// To the second: that is what all of ACM's answers agree on.
fn moment(at: Option<DateTime>) -> Option<Timestamp> {
    at.map(|at| Timestamp::from_unix_seconds(at.secs()))
}
