//! The calls that are made, the quotas that they share, and their pace.

use std::fmt::Debug;
use std::hash::Hash;
use std::sync::Arc;
use std::time::Instant;

use model::arn::AccountId;
use model::region::Region;
use pace::{Clock, TokioClock};

/// The share of a rate that comes back each second after throttling.
const GROWTH: f64 = 0.05;

/// One call of those that somebody makes.
pub trait Api: Copy + Debug + Send + Sync + 'static {
    /// What shares a quota.
    type Bucket: Copy + Debug + Eq + Hash + Send + Sync + 'static;

    /// The action as policies name it.
    fn action(self) -> &'static str;

    /// Whether a repeat does harm, as of what AWS charges for: it is made again only when AWS surely did nothing.
    fn is_once(self) -> bool {
        false
    }

    /// With what it shares its quota.
    fn bucket(self) -> Self::Bucket;

    /// How often a second AWS answers this, in one account and region.
    fn quota(self) -> f64;

    /// The share of the quota that is ours. Half of it is left to whatever else the customer runs.
    fn share(self) -> f64 {
        0.5
    }
}

/// How a process shares the quotas.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quotas {
    /// So many processes like this one may be at work at once: the quotas are divided by it.
    pub processes: u32,
    /// Everything is as fast as AWS answers: for stand-ins that have no quotas.
    pub are_off: bool,
}

impl Default for Quotas {
    fn default() -> Self {
        Self { processes: 1, are_off: false }
    }
}

/// The pace of everything that this process calls. Clones share it.
#[derive(Debug, Clone)]
pub struct Pace<A: Api> {
    quotas: Quotas,
    pace: pace::Pace<(AccountId, Region, A::Bucket)>,
}

impl<A: Api> Pace<A> {
    /// A pace that keeps within our share of the quotas.
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

    /// Waits until its clock shows `at`.
    pub async fn sleep_until(&self, at: Instant) {
        self.pace.sleep_until(at).await;
    }

    fn per_second(&self, api: A) -> f64 {
        if self.quotas.are_off {
            return f64::INFINITY;
        }
        let rate = api.quota() * api.share() / f64::from(self.quotas.processes.max(1));
        // Whole calls: 7.5 a second, evenly, are 8 in some seconds.
        if rate < 1.0 { rate } else { rate.floor() }
    }
}

/// The pace in one account and region.
#[derive(Debug, Clone)]
pub(crate) struct Lanes<A: Api> {
    pub(crate) pace: Pace<A>,
    pub(crate) account: AccountId,
    pub(crate) region: Region,
}

impl<A: Api> Lanes<A> {
    /// Waits for a call's turn, and says when it was asked for; `None` when it is not before `until`.
    pub(crate) async fn leave(&self, api: A, until: Option<Instant>) -> Option<Instant> {
        self.pace.pace.leave(self.lane(api), self.pace.per_second(api), until).await
    }

    /// A call was throttled whose turn was asked for at `asked`.
    pub(crate) fn throttled(&self, api: A, asked: Instant) {
        self.pace.pace.throttled(self.lane(api), self.pace.per_second(api), asked);
    }

    fn lane(&self, api: A) -> (AccountId, Region, A::Bucket) {
        (self.account.clone(), self.region.clone(), api.bucket())
    }
}
