//! When it is tried again, and how long at all.

use std::time::Duration;

use crate::id::CertificateRequestId;

const fn seconds(count: u64) -> Duration {
    Duration::from_secs(count)
}

const HOUR: u64 = 3_600;
const DAY: u64 = 24 * HOUR;

/// Private CA knows a repeat for five minutes
/// (<https://docs.aws.amazon.com/privateca/latest/APIReference/API_IssueCertificate.html>): all calls of an order lie within
/// four.
pub(super) const REPEATS_OF_PRIVATE_CA: Duration = seconds(4 * 60);

/// ACM knows a repeat for one hour
/// (<https://docs.aws.amazon.com/acm/latest/APIReference/API_RequestCertificate.html>): all calls of an order lie within
/// fifty minutes.
pub(super) const REPEATS_OF_ACM: Duration = seconds(50 * 60);

/// `RenewCertificate` knows no repeat. What it does is seen on the certificate by then.
pub(super) const RENEWAL_SHOWS: Duration = seconds(10 * 60);

/// A call for a renewal begins so soon after its intent or not at all: it is over long before somebody looks for what it did.
pub(super) const RENEWAL_BEGINS: Duration = seconds(60);

/// A renewal that was asked for may show the failure of an earlier one for so long.
pub(super) const RENEWAL_LAGS: Duration = seconds(2 * 60);

/// AWS's clock and ours may differ by this.
pub(super) const CLOCKS: Duration = seconds(60);

/// What could not even be requested in a day is requested by nobody any more.
pub(super) const PATIENCE_UNPAID: Duration = seconds(DAY);

/// ACM itself gives up after 72 hours; the rest is for its answer to reach us.
pub(super) const PATIENCE_VALIDATION: Duration = seconds(74 * HOUR);

/// What is paid for is not given up for a permission that somebody may still grant.
pub(super) const PATIENCE_PAID: Duration = seconds(7 * DAY);

/// Records that somebody removed are written again.
pub(super) const RECORDS_AGAIN: Duration = seconds(6 * HOUR);

/// How long to wait before the authority is asked for the `polls`th time whether it is done, counted from 1: a moment at
/// first, while whoever asked still waits; then about a minute, for each order another one; in the end five.
pub(super) fn poll_pause(polls: u32, id: CertificateRequestId) -> Duration {
    match polls {
        0..=4 => seconds(1 << polls.saturating_sub(1)),
        5..=40 => seconds(30 + spread(id, polls, 90)),
        _ => seconds(270 + spread(id, polls, 60)),
    }
}

/// After the `failures`th failure in a row that time mends, counted from 1: from five seconds to ten minutes.
pub(super) fn time_mends(failures: u32) -> Duration {
    doubling(5, failures, 600)
}

/// After the `failures`th failure in a row that somebody must mend: from a quarter of an hour to four hours.
pub(super) fn somebody_mends(failures: u32) -> Duration {
    doubling(900, failures, 4 * HOUR)
}

/// After the `calls`th paid call without an answer: soon, while a repeat is safe.
pub(super) fn repeat_pause(calls: u32) -> Duration {
    doubling(2, calls, 40)
}

fn doubling(first: u64, count: u32, longest: u64) -> Duration {
    let factor = 1_u64.checked_shl(count.saturating_sub(1)).unwrap_or(u64::MAX);
    seconds(first.saturating_mul(factor).min(longest))
}

/// A number below `bound` that is another for each order and each time.
fn spread(id: CertificateRequestId, polls: u32, bound: u64) -> u64 {
    let (high, low) = id.uuid().as_u64_pair();
    let mixed = (high ^ low.rotate_left(polls % 64)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    (mixed >> 32) % bound
}
