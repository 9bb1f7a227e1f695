//! Pacing: calls of one account, region and API leave evenly, at most as often as its quota allows.
//!
//! Throttling halves the rate, at most once for the calls that were in the air together; it grows back in about twenty seconds,
//! and never above the quota. The clock is a [`Clock`], which tests simulate.

use std::sync::Arc;
use std::time::Instant;

use model::arn::AccountId;
use model::region::Region;
pub use pace::Clock;
use pace::TokioClock;

use crate::Quotas;
use crate::api::{Api, Bucket};

/// The share of the quota that comes back each second after throttling.
const GROWTH: f64 = 0.05;

/// The pace of everything that this process calls. Clones share it.
#[derive(Debug, Clone)]
pub struct Pace {
    quotas: Quotas,
    pace: pace::Pace<(AccountId, Region, Bucket)>,
}

impl Pace {
    /// A pace that keeps within these quotas.
    #[must_use]
    pub fn new(quotas: Quotas) -> Self {
        Self::on(Arc::new(TokioClock), quotas)
    }

    /// The same on another clock.
    #[must_use]
    pub fn on(clock: Arc<dyn Clock>, quotas: Quotas) -> Self {
        Self { quotas, pace: pace::Pace::on(clock, GROWTH) }
    }

    /// What its clock shows: for deadlines.
    #[must_use]
    pub fn now(&self) -> Instant {
        self.pace.now()
    }

    /// The lanes of one account and region.
    pub(crate) fn lanes(&self, account: &AccountId, region: &Region) -> Lanes {
        Lanes { pace: self.clone(), account: account.clone(), region: region.clone() }
    }
}

/// The pace of one account and region.
#[derive(Debug, Clone)]
pub(crate) struct Lanes {
    pace: Pace,
    account: AccountId,
    region: Region,
}

impl Lanes {
    /// Now.
    pub(crate) fn now(&self) -> Instant {
        self.pace.now()
    }

    /// Waits until `at`.
    pub(crate) async fn sleep_until(&self, at: Instant) {
        self.pace.pace.sleep_until(at).await;
    }

    /// Waits for a call's turn, and says when it was asked for; `None` when it is not before `until`.
    pub(crate) async fn leave(&self, api: Api, until: Option<Instant>) -> Option<Instant> {
        self.pace.pace.leave(self.lane(api), api.per_second(&self.pace.quotas), until).await
    }

    /// A call was throttled whose turn was asked for at `asked`.
    pub(crate) fn throttled(&self, api: Api, asked: Instant) {
        self.pace.pace.throttled(self.lane(api), api.per_second(&self.pace.quotas), asked);
    }

    fn lane(&self, api: Api) -> (AccountId, Region, Bucket) {
        (self.account.clone(), self.region.clone(), api.bucket())
    }
}
