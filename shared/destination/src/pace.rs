//! Pacing: calls of one account, region and API leave evenly, at most as often as its quota allows.
//!
//! Throttling halves the rate, at most once for the calls that were in the air together; it grows back in about twenty seconds,
//! and never above the quota. The clock is a [`Clock`], which tests simulate.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use futures::FutureExt as _;
use futures::future::BoxFuture;
use model::arn::AccountId;
use model::region::Region;

use crate::Quotas;
use crate::api::{Api, Bucket};

/// The share of the quota that comes back each second after throttling.
const GROWTH: f64 = 0.05;
/// Throttled calls never slow one another down below this share of the quota.
const SLOWEST: f64 = 1.0 / 32.0;

/// What the time is, and waiting for another.
pub trait Clock: fmt::Debug + Send + Sync {
    /// Now.
    fn now(&self) -> Instant;

    /// Waits until `at`.
    fn sleep_until(&self, at: Instant) -> BoxFuture<'static, ()>;
}

#[derive(Debug)]
struct TokiosClock;

impl Clock for TokiosClock {
    fn now(&self) -> Instant {
        tokio::time::Instant::now().into_std()
    }

    fn sleep_until(&self, at: Instant) -> BoxFuture<'static, ()> {
        tokio::time::sleep_until(at.into()).boxed()
    }
}

/// The pace of everything that this process calls. Clones share it.
#[derive(Debug, Clone)]
pub struct Pace {
    clock: Arc<dyn Clock>,
    quotas: Quotas,
    lanes: Arc<Mutex<HashMap<Key, Lane>>>,
}

type Key = (AccountId, Region, Bucket);

#[derive(Debug, Clone, Copy)]
struct Lane {
    quota: f64,
    rate: f64,
    /// When the next call may leave.
    next: Instant,
    /// When the rate last changed.
    at: Instant,
    slowed_at: Option<Instant>,
}

impl Lane {
    fn grow(&mut self, now: Instant) {
        let seconds = now.saturating_duration_since(self.at).as_secs_f64();
        self.rate = (self.rate + self.quota * GROWTH * seconds).min(self.quota);
        self.at = now;
    }

    fn gap(&self) -> Duration {
        Duration::from_secs_f64(1.0 / self.rate)
    }
}

impl Pace {
    /// A pace that keeps within these quotas.
    #[must_use]
    pub fn new(quotas: Quotas) -> Self {
        Self::on(Arc::new(TokiosClock), quotas)
    }

    /// The same on another clock.
    #[must_use]
    pub fn on(clock: Arc<dyn Clock>, quotas: Quotas) -> Self {
        Self { clock, quotas, lanes: Arc::default() }
    }

    /// What its clock shows: for deadlines.
    #[must_use]
    pub fn now(&self) -> Instant {
        self.clock.now()
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
        self.pace.clock.now()
    }

    /// Waits until `at`.
    pub(crate) async fn sleep_until(&self, at: Instant) {
        self.pace.clock.sleep_until(at).await;
    }

    fn with<T>(&self, api: Api, use_lane: impl FnOnce(&mut Lane, Instant) -> T) -> Option<T> {
        let quota = api.per_second(&self.pace.quotas);
        if quota.is_infinite() {
            return None;
        }
        let now = self.now();
        let key = (self.account.clone(), self.region.clone(), api.bucket());
        let mut lanes = self.pace.lanes.lock().unwrap_or_else(PoisonError::into_inner);
        let lane =
            lanes.entry(key).or_insert(Lane { quota, rate: quota, next: now, at: now, slowed_at: None });
        lane.grow(now);
        Some(use_lane(lane, now))
    }

    /// When a call may leave; `None` when that is not before `until`, and then nobody's turn is taken: whoever comes next in
    /// this process must not wait behind calls that are never made.
    fn turn(&self, api: Api, until: Option<Instant>) -> Option<Instant> {
        let in_time = |turn: Instant| until.is_none_or(|until| turn < until);
        let in_lane = self.with(api, |lane, now| {
            let turn = lane.next.max(now);
            if in_time(turn) {
                lane.next = turn + lane.gap();
            }
            turn
        });
        in_lane.or_else(|| Some(self.now())).filter(|turn| in_time(*turn))
    }

    /// Waits for a call's turn, and says when it was asked for; `None` when it is not before `until`.
    pub(crate) async fn leave(&self, api: Api, until: Option<Instant>) -> Option<Instant> {
        let asked = self.now();
        let turn = self.turn(api, until)?;
        if turn.saturating_duration_since(self.now()) >= Duration::from_millis(1) {
            self.sleep_until(turn).await;
        }
        Some(asked)
    }

    /// A call was throttled whose turn was asked for at `asked`. One whose turn was settled before the rate was last halved
    /// tells nothing new.
    pub(crate) fn throttled(&self, api: Api, asked: Instant) {
        self.with(api, |lane, now| {
            if lane.slowed_at.is_none_or(|slowed| asked > slowed) {
                lane.rate = (lane.rate / 2.0).max(lane.quota * SLOWEST);
                lane.slowed_at = Some(now);
                lane.next = lane.next.max(now + lane.gap());
            }
        });
    }
}
