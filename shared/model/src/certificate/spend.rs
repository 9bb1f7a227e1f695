//! What an authority was asked to issue in a month: each order counts once, whatever crashes or throttles.

use serde::{Deserialize, Serialize};

use super::order::{Failure, Order, Paid};
use crate::id::CertificateAuthorityId;

/// What was ordered from an authority in a calendar month, UTC.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Spend {
    /// From whom.
    pub certificate_authority_id: CertificateAuthorityId,
    /// When: `2026-11`.
    pub month: String,
    /// How many orders. Signed, so that a miscount can be stored and seen.
    pub orders: i64,
}

/// What a change of an order does to the spend, in the same transaction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Counted {
    /// Nothing.
    Same,
    /// One order more in this month, where the budget has room.
    Taken(Paid),
    /// One less: nothing was issued for certain.
    GivenBack(Paid),
}

impl Counted {
    /// What a step from one record of an order to the next does.
    #[must_use]
    pub fn between(before: &Order, after: &Order) -> Self {
        match (&before.progress.paid, &after.progress.paid) {
            (None, Some(paid)) => Self::Taken(paid.clone()),
            (Some(paid), None) => Self::GivenBack(paid.clone()),
            (None, None) | (Some(_), Some(_)) => Self::Same,
        }
    }
}

impl Paid {
    /// Why an order came to nothing that the budget had no room for.
    #[must_use]
    pub fn over(&self, budget: u32) -> Failure {
        Failure::OverBudget { budget, month: self.month.clone() }
    }
}
