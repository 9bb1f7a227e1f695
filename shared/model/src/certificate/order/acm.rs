//! The machine of ACM's public certificates: new ones, and renewals under the ARN that a certificate has.
//!
//! <https://docs.aws.amazon.com/acm/latest/APIReference/API_RequestCertificate.html>,
//! <https://docs.aws.amazon.com/acm/latest/APIReference/API_RenewCertificate.html>

use super::pace::{CLOCKS, RECORDS_AGAIN, RENEWAL_BEGINS, RENEWAL_SHOWS, REPEATS_OF_ACM};
use super::place::Place;
use super::progress::{Point, Progress, Stage};
use super::seen::{Record, Seen, SeenRenewal, SeenState};
use super::{Failure, Order, Renews, Step, pace};
use crate::Timestamp;
use crate::certificate_authority::HostedZoneId;

pub(super) fn next(order: &Order, now: Timestamp) -> Step {
    let names = || order.spec.dns_names().into_iter().map(str::to_owned).collect::<Vec<_>>();
    let request = |before| Step::Request { token: order.token(), names: names(), before };
    let renewed = renewed(order).map(|(arn, _)| arn.clone());
    match (&order.progress.stage, renewed) {
        (Stage::Wanted, _) => Step::PlaceNames { names: names() },
        (Stage::Ready, None) => request(now.plus(REPEATS_OF_ACM)),
        (Stage::Ready, Some(arn)) => Step::Describe { arn },
        (Stage::Paying { at, .. }, None) if now < at.plus(REPEATS_OF_ACM) => request(at.plus(REPEATS_OF_ACM)),
        (Stage::Paying { at, .. }, None) => Step::Search { since: at.minus(CLOCKS), names: names() },
        (Stage::Paying { at, .. }, Some(_)) if now < at.plus(RENEWAL_SHOWS) => {
            Step::WaitUntil(at.plus(RENEWAL_SHOWS))
        }
        (Stage::Paying { .. }, Some(arn)) => Step::Describe { arn },
        (Stage::Ordered { arn, point, .. }, renewed) => match point {
            Point::Asked { .. } => Step::Describe { arn: arn.clone() },
            Point::Recording { records, .. } => record(records, &order.progress.places),
            Point::Validating { records, recorded_at, .. } if recorded_at.plus(RECORDS_AGAIN) <= now => {
                record(records, &order.progress.places)
            }
            Point::Validating { renewing: false, .. } if renewed.is_some() => {
                Step::Renew { arn: arn.clone(), before: now.plus(RENEWAL_BEGINS) }
            }
            Point::Validating { .. } => Step::Describe { arn: arn.clone() },
            Point::Exportable => Step::Export { arn: arn.clone() },
        },
        (Stage::Issued { .. } | Stage::Failed { .. }, _) => Step::Idle,
    }
}

/// What an order renews at ACM, and where that is.
pub(super) fn renewed(order: &Order) -> Option<(&String, &Renews)> {
    order.renews.as_ref().and_then(|renews| Some((renews.arn.as_ref()?, renews)))
}

/// The records of each zone, each once.
fn record(records: &[Record], places: &[Place]) -> Step {
    let mut batches: Vec<(HostedZoneId, Vec<Record>)> = Vec::new();
    for record in records {
        let place = places.iter().find(|place| place.name.eq_ignore_ascii_case(&record.domain));
        // A record of a name that was not asked for is nobody's to write.
        let Some(zone) = place.map(|place| &place.zone.id) else { continue };
        let at = batches.iter().position(|(known, _)| known == zone).unwrap_or_else(|| {
            batches.push((zone.clone(), Vec::new()));
            batches.len().saturating_sub(1)
        });
        if let Some((_, batch)) = batches.get_mut(at)
            && !batch.iter().any(|known| known.name == record.name && known.value == record.value)
        {
            batch.push(record.clone());
        }
    }
    Step::Record { batches }
}

impl Order {
    /// What ACM shows of the certificate at `now`.
    #[must_use]
    pub fn described(&self, seen: &Seen, now: Timestamp) -> Self {
        match renewed(self) {
            None => self.request_described(seen, now),
            Some((arn, renews)) => self.renewal_described(arn, renews, seen, now),
        }
    }

    fn request_described(&self, seen: &Seen, now: Timestamp) -> Self {
        let Stage::Ordered { arn, point, .. } = &self.progress.stage else { return self.clone() };
        match &seen.state {
            SeenState::Issued => self.at_point(Point::Exportable),
            SeenState::Pending => match point {
                Point::Asked { .. } | Point::Validating { .. } if needs_records(point, seen) => {
                    self.at_point(Point::Recording { records: seen.records.clone(), renewing: false })
                }
                Point::Asked { .. }
                | Point::Validating { .. }
                | Point::Recording { .. }
                | Point::Exportable => self.in_progress(now),
            },
            SeenState::TimedOut => self.failed(&Failure::NotValidated(self.progress.places.clone()), now),
            SeenState::Failed => self.failed(&Failure::GivenUp(refusal(seen)), now),
            SeenState::Other(state) => {
                let last = Some(format!("it is {state} there"));
                self.failed(&Failure::NotFetched { arn: arn.clone(), last }, now)
            }
        }
    }

    fn renewal_described(&self, arn: &str, renews: &Renews, seen: &Seen, now: Timestamp) -> Self {
        match &seen.state {
            SeenState::Issued => {}
            SeenState::Pending | SeenState::TimedOut | SeenState::Failed => {
                return self.failed(&Failure::GivenUp(refusal(seen)), now);
            }
            SeenState::Other(state) => {
                let words = format!("the certificate {arn} is {state} at ACM, and cannot be renewed");
                return self.failed(&Failure::GivenUp(words), now);
            }
        }
        if seen.serial_number.as_ref().is_some_and(|serial| *serial != renews.serial_number) {
            return self.at_acm(arn, Point::Exportable, now);
        }
        let pending = seen.renewal == SeenRenewal::Pending;
        let recording =
            |renewing| Point::Recording { records: seen.records.clone(), renewing: renewing || pending };
        match &self.progress.stage {
            Stage::Wanted | Stage::Ready => self.at_acm(arn, recording(false), now),
            Stage::Paying { .. } if pending => self.at_acm(arn, recording(true), now),
            // AWS shows nothing of what it was asked for: it never was.
            Stage::Paying { .. } => {
                self.with(Progress { stage: Stage::Ready, retry_at: None, polls: 0, ..self.progress.clone() })
            }
            Stage::Ordered { since, point, .. } => {
                if let (Some(reason), true) = (failed_renewal(seen), is_renewing(point)) {
                    return if now < since.plus(pace::RENEWAL_LAGS) {
                        self.in_progress(now)
                    } else {
                        self.failed(&Failure::GivenUp(reason), now)
                    };
                }
                match point {
                    Point::Asked { renewing } => self.at_point(recording(*renewing)),
                    Point::Validating { renewing, .. } if needs_records(point, seen) => {
                        self.at_point(recording(*renewing))
                    }
                    Point::Validating { records, recorded_at, renewing } => {
                        let point = Point::Validating {
                            records: records.clone(),
                            recorded_at: *recorded_at,
                            renewing: *renewing || pending,
                        };
                        self.moved_to(point).in_progress(now)
                    }
                    Point::Recording { .. } | Point::Exportable => self.in_progress(now),
                }
            }
            Stage::Issued { .. } | Stage::Failed { .. } => self.clone(),
        }
    }

    /// At ACM under `arn`, since `now` if it was not yet.
    fn at_acm(&self, arn: &str, point: Point, now: Timestamp) -> Self {
        match self.progress.stage {
            Stage::Ordered { .. } => self.at_point(point),
            Stage::Wanted
            | Stage::Ready
            | Stage::Paying { .. }
            | Stage::Issued { .. }
            | Stage::Failed { .. } => {
                self.advanced(Stage::Ordered { arn: arn.to_owned(), since: now, point })
            }
        }
    }
}

/// Whether the records that are shown are not those that are written.
fn needs_records(point: &Point, seen: &Seen) -> bool {
    match point {
        Point::Asked { .. } => seen.is_complete,
        Point::Validating { records, .. } => seen.is_complete && *records != seen.records,
        Point::Recording { .. } | Point::Exportable => false,
    }
}

fn is_renewing(point: &Point) -> bool {
    match point {
        Point::Asked { renewing }
        | Point::Recording { renewing, .. }
        | Point::Validating { renewing, .. } => *renewing,
        Point::Exportable => false,
    }
}

fn failed_renewal(seen: &Seen) -> Option<String> {
    match &seen.renewal {
        SeenRenewal::Failed(reason) => Some(format!("ACM could not renew the certificate: {reason}")),
        SeenRenewal::None | SeenRenewal::Pending => None,
    }
}

fn refusal(seen: &Seen) -> String {
    let reason = seen.reason.as_deref().unwrap_or("it gives no reason");
    format!("ACM did not issue the certificate: {reason}")
}
