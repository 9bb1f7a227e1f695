//! What happens to a certificate by itself: it is renewed in time, and whoever listens is told that it ends.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::noun::Certificate;
use crate::Timestamp;
use crate::id::{CertificateId, CertificateRequestId};

/// When a certificate is renewed, and who was told that it ends.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Life {
    /// Whether it is renewed by itself.
    pub renews: bool,
    /// So many days before its end; `None`: when a third of its life is left.
    pub renew_before_days: Option<u16>,
    /// The order that renews it now.
    pub renewing: Option<CertificateRequestId>,
    /// How often in a row that came to nothing.
    pub failures: u32,
    /// Nothing is tried before.
    pub retry_at: Option<Timestamp>,
    /// Why it came to nothing last, in public words.
    pub message: Option<String>,
    /// The last notice that was given: so many days before the end.
    pub noticed: Option<u16>,
}

/// What is to be done about a certificate now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Due {
    /// Nothing by itself.
    Nothing,
    /// Nothing, until then.
    At(Timestamp),
    /// Its revocation was not carried through: ask the authority again.
    Revoke,
    /// Order the one that takes its place; store [`Certificate::renewing`] with the order.
    Renew,
    /// Tell whoever listens that it ends in so many days; store [`Certificate::noticed`].
    Notice {
        /// How many.
        days: u16,
    },
}

/// Whoever listens is told so many days before the end.
const NOTICES: [u16; 4] = [30, 14, 7, 1];

const DAY: Duration = Duration::from_secs(86_400);
const HOUR: Duration = Duration::from_secs(3_600);

impl Certificate {
    /// When it is to be renewed: `renew_before_days` before its end, or when a third of its life is left; somewhat earlier,
    /// for each certificate another while, so that those of one day are not renewed in one minute. Never in its first third:
    /// a certificate of some days is not renewed again and again.
    #[must_use]
    pub fn renew_at(&self) -> Timestamp {
        let life = self.facts.not_after.since(self.facts.not_before);
        let before = self.life.renew_before_days.map_or(life / 3, |days| DAY.saturating_mul(u32::from(days)));
        let before = before.min(life / 2);
        let jitter = (before / 10).min(DAY).mul_f64(self.fraction());
        self.facts.not_after.minus(before).minus(jitter)
    }

    /// Whether it goes towards its end and nothing takes its place: nobody wants it renewed by itself, or that should have
    /// happened a day ago.
    #[must_use]
    pub fn is_left_alone(&self, now: Timestamp) -> bool {
        !self.life.renews || self.renew_at().plus(DAY) <= now
    }

    /// What is to be done about it at `now`.
    #[must_use]
    pub fn due(&self, now: Timestamp) -> Due {
        if let Some(revocation) = self.revocation.filter(|revocation| revocation.revoked_at.is_none()) {
            let pause = doubling(Duration::from_secs(60), revocation.failures, HOUR);
            let at = revocation.tried_at.plus(pause);
            // Whoever asked is at it: nobody else for a minute.
            return if at <= now { Due::Revoke } else { Due::At(at) };
        }
        if !self.is_current(now) {
            return Due::Nothing;
        }
        let renewal = self.next_renewal();
        if renewal.is_some_and(|at| at <= now) {
            return Due::Renew;
        }
        match self.next_notice(now) {
            Some((at, days)) if at <= now => Due::Notice { days },
            notice => {
                let next = renewal.into_iter().chain(notice.map(|(at, _)| at)).min();
                next.map_or(Due::Nothing, Due::At)
            }
        }
    }

    /// The certificate, to be looked at when something is to be done about it; as it is stored at `now`.
    #[must_use]
    pub fn settled(&self, now: Timestamp) -> Self {
        let due_at = match self.due(now) {
            Due::Nothing => None,
            Due::At(at) => Some(at),
            Due::Revoke | Due::Renew | Due::Notice { .. } => Some(now),
        };
        Self { due_at, ..self.clone() }
    }

    /// An order renews it.
    #[must_use]
    pub fn renewing(&self, order: CertificateRequestId) -> Self {
        self.living(|life| life.renewing = Some(order))
    }

    /// Another certificate took its place, in the transaction that made that one.
    #[must_use]
    pub fn renewed(&self, by: CertificateId) -> Self {
        let next = self.living(|life| {
            life.renewing = None;
            life.failures = 0;
            life.retry_at = None;
            life.message = None;
        });
        Self { renewed_by: Some(by), ..next }
    }

    /// The order that renewed it came to nothing at `now`, because of `message`: another one is made later, from an hour to a
    /// day, for as long as the certificate holds.
    #[must_use]
    pub fn renewal_failed(&self, message: &str, now: Timestamp) -> Self {
        self.living(|life| {
            life.renewing = None;
            life.failures = life.failures.saturating_add(1);
            life.retry_at = Some(now.plus(doubling(HOUR, life.failures.saturating_sub(1), DAY)));
            life.message = Some(message.to_owned());
        })
    }

    /// Whoever listens was told.
    #[must_use]
    pub fn noticed(&self, days: u16) -> Self {
        self.living(|life| life.noticed = Some(days))
    }

    /// People decide otherwise when it is renewed.
    #[must_use]
    pub fn configured(&self, renews: bool, renew_before_days: Option<u16>) -> Self {
        self.living(|life| {
            life.renews = renews;
            life.renew_before_days = renew_before_days;
            life.failures = 0;
            life.retry_at = None;
        })
    }

    fn living(&self, change: impl FnOnce(&mut Life)) -> Self {
        let mut next = self.clone();
        change(&mut next.life);
        next
    }

    /// `None` when nobody wants one, or one is being ordered.
    fn next_renewal(&self) -> Option<Timestamp> {
        if !self.life.renews || self.life.renewing.is_some() {
            return None;
        }
        let at = self.renew_at();
        Some(self.life.retry_at.map_or(at, |retry_at| retry_at.max(at)))
    }

    /// The next notice, and when; of several whose time has come, the last. A certificate that never had so many days has
    /// none about them.
    fn next_notice(&self, now: Timestamp) -> Option<(Timestamp, u16)> {
        let time = |days: u16| self.facts.not_after.minus(DAY.saturating_mul(u32::from(days)));
        let given = |days: u16| self.life.noticed.is_some_and(|last| last <= days);
        let open = NOTICES.into_iter().filter(|days| !given(*days) && time(*days) > self.facts.not_before);
        let (past, coming): (Vec<u16>, Vec<u16>) = open.partition(|days| time(*days) <= now);
        let next = past.last().or(coming.first());
        next.map(|days| (time(*days), *days))
    }

    /// From 0 to 1, another for each certificate.
    fn fraction(&self) -> f64 {
        let (high, low) = self.id.uuid().as_u64_pair();
        let mixed = (high ^ low).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32;
        u32::try_from(mixed).map_or(0.0, |mixed| f64::from(mixed) / f64::from(u32::MAX))
    }
}

fn doubling(first: Duration, times: u32, longest: Duration) -> Duration {
    first.saturating_mul(1_u32.checked_shl(times).unwrap_or(u32::MAX)).min(longest)
}
