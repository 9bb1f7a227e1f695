//! What is assumed of one project. Change it here to see another company's day.

use std::f64::consts::TAU;

/// Seconds of a day.
pub const DAY: u64 = 86_400;

/// Secret syncs.
pub const SYNCS: f64 = 2.0;
/// Changes of secrets a day, by people, in the day's hours; each wakes every sync.
pub const CHANGES: f64 = 10.0;
/// Days between two rotations of its one access key, all at the same minute of the day.
pub const ROTATION_DAYS: f64 = 30.0;
/// When rotations are due: 03:00 UTC.
pub const ROTATION_AT: u64 = 3 * 3_600;
/// Certificates, each in one certificate sync.
pub const CERTIFICATES: f64 = 5.0;
/// Days between two renewals of a certificate, at any time of the day.
pub const RENEWAL_DAYS: f64 = 60.0;
/// Machines that log in once an hour, a tenth of them in the hour's first minute.
pub const MACHINES: f64 = 5.0;
/// Requests that follow each login.
pub const REQUESTS: f64 = 10.0;
/// Hours of recorded sessions a day, by people, in the day's hours.
pub const RECORDED_HOURS: f64 = 1.0;
/// Seconds between two chunks of a recording, each a request.
pub const CHUNK_SECONDS: f64 = 10.0;

/// Seconds of one AWS call one after the other.
pub const CALL: f64 = 0.020;
/// Calls of a run that carries one change of fifty keys: claim, source, session, list, values, write, ledger, outcome.
pub const CALLS_OF_RUN: f64 = 12.0;
/// Calls of a drift check.
pub const CALLS_OF_DRIFT: f64 = 8.0;
/// Looks of a rotation: make, prove twice, publish; each with calls of IAM that wait for their turn.
pub const LOOKS_OF_ROTATION: u64 = 4;
/// Reads of IAM in one look.
pub const IAM_READS_OF_LOOK: f64 = 2.0;
/// Seconds of an order of a private CA, with the polls that a worker waits for.
pub const SECONDS_OF_ORDER: f64 = 5.0;
/// Calls of a certificate sync's run that imports one renewal.
pub const CALLS_OF_IMPORT: f64 = 14.0;
/// Seconds that a function is busy with a request, the authorizer's check included.
pub const SECONDS_OF_REQUEST: f64 = 0.060;

/// The part of a day's work of people that falls into this second: a raised cosine from 6 to 20 o'clock UTC.
#[must_use]
pub fn share_of_people(second: u64) -> f64 {
    let (middle, width) = (13.0 * 3_600.0, 14.0 * 3_600.0);
    let from_middle = f64::from(u32::try_from(second).unwrap_or_default()) - middle;
    if from_middle.abs() > width / 2.0 { 0.0 } else { (1.0 + (TAU * from_middle / width).cos()) / width }
}

/// The part of a day's work of people that falls into the busiest second.
#[must_use]
pub fn busiest_share() -> f64 {
    share_of_people(13 * 3_600)
}

/// Logins a second of so many projects in an hour's first minute.
#[must_use]
pub fn busiest_logins(projects: f64) -> f64 {
    let an_hour = projects * MACHINES;
    0.1 * an_hour / 60.0 + 0.9 * an_hour / 3_600.0
}
