//! How far an order got.

use serde::{Deserialize, Serialize};

use super::place::Place;
use super::seen::Record;
use crate::Timestamp;
use crate::id::CertificateId;

/// The record of an order's work.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Progress {
    /// When it was accepted.
    pub accepted_at: Timestamp,
    /// Where it is.
    pub stage: Stage,
    /// Private CA: the key that was made for it.
    pub made_key: Option<MadeKey>,
    /// ACM: the zones of its names.
    pub places: Vec<Place>,
    /// What it counts for in the authority's spend; `None` before the paid call and once it is certain that nothing is
    /// charged.
    pub paid: Option<Paid>,
    /// How often in a row the authority was asked and was not there yet.
    pub polls: u32,
    /// How often in a row it went wrong.
    pub failures: u32,
    /// Nothing is tried before.
    pub retry_at: Option<Timestamp>,
    /// In public words, what went wrong last, or why it came to nothing.
    pub message: Option<String>,
}

/// Where an order is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "name", rename_all = "kebab-case")]
pub enum Stage {
    /// Nothing was done yet.
    Wanted,
    /// What the paid call needs is at hand.
    Ready,
    /// The intent: AWS is about to be asked, or was, and has not answered.
    Paying {
        /// When it was asked first.
        at: Timestamp,
        /// How often. Once, and a clear refusal means that nothing was issued.
        calls: u32,
    },
    /// AWS took the order.
    Ordered {
        /// Under which ARN.
        arn: String,
        /// Since when.
        since: Timestamp,
        /// How far it is there.
        point: Point,
    },
    /// It is issued, verified and stored.
    Issued {
        /// As which.
        certificate_id: CertificateId,
        /// Where AWS has it.
        arn: String,
        /// When.
        at: Timestamp,
    },
    /// It came to nothing.
    Failed {
        /// Where AWS has what there is, if it took the order.
        arn: Option<String>,
        /// When.
        at: Timestamp,
    },
}

/// How far an order is at AWS.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "name", rename_all = "kebab-case")]
pub enum Point {
    /// It is there.
    Asked {
        /// ACM: whether a renewal is under way, or was asked for.
        renewing: bool,
    },
    /// ACM: these records are to be written.
    Recording {
        /// Which.
        records: Vec<Record>,
        /// Whether a renewal is under way, or was asked for.
        renewing: bool,
    },
    /// ACM: the records are there, and it looks for them.
    Validating {
        /// Which.
        records: Vec<Record>,
        /// Since when.
        recorded_at: Timestamp,
        /// Whether a renewal is under way, or was asked for.
        renewing: bool,
    },
    /// ACM: it is issued, and can be exported.
    Exportable,
}

/// A key that was made for an order, until the certificate has it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MadeKey {
    /// The key, sealed for the order.
    pub sealed: String,
    /// Its signing request, PEM.
    pub csr: String,
}

/// What an order counts for in the authority's spend.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Paid {
    /// In which month, UTC: `2026-11`.
    pub month: String,
}

/// What the wire calls an order's state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum OrderStatus {
    /// It is not over.
    Pending,
    /// It is issued.
    Issued,
    /// It came to nothing.
    Failed,
}

impl OrderStatus {
    /// As the wire spells it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Issued => "issued",
            Self::Failed => "failed",
        }
    }
}

impl Progress {
    /// The record of an order that was accepted just now.
    #[must_use]
    pub const fn accepted(now: Timestamp) -> Self {
        Self {
            accepted_at: now,
            stage: Stage::Wanted,
            made_key: None,
            places: Vec::new(),
            paid: None,
            polls: 0,
            failures: 0,
            retry_at: None,
            message: None,
        }
    }

    /// What the wire calls it.
    #[must_use]
    pub const fn status(&self) -> OrderStatus {
        match self.stage {
            Stage::Wanted | Stage::Ready | Stage::Paying { .. } | Stage::Ordered { .. } => {
                OrderStatus::Pending
            }
            Stage::Issued { .. } => OrderStatus::Issued,
            Stage::Failed { .. } => OrderStatus::Failed,
        }
    }

    /// Whether nothing more happens to it.
    #[must_use]
    pub const fn has_ended(&self) -> bool {
        match self.status() {
            OrderStatus::Pending => false,
            OrderStatus::Issued | OrderStatus::Failed => true,
        }
    }

    /// Where AWS has it, once it has.
    #[must_use]
    pub const fn arn(&self) -> Option<&String> {
        match &self.stage {
            Stage::Ordered { arn, .. } | Stage::Issued { arn, .. } => Some(arn),
            Stage::Failed { arn, .. } => arn.as_ref(),
            Stage::Wanted | Stage::Ready | Stage::Paying { .. } => None,
        }
    }

    /// The certificate that it became.
    #[must_use]
    pub const fn certificate_id(&self) -> Option<CertificateId> {
        match &self.stage {
            Stage::Issued { certificate_id, .. } => Some(*certificate_id),
            Stage::Wanted
            | Stage::Ready
            | Stage::Paying { .. }
            | Stage::Ordered { .. }
            | Stage::Failed { .. } => None,
        }
    }
}
