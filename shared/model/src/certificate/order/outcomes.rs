//! What each outcome of a step makes of an order.

use super::failure::{Failure, Trouble};
use super::place::Place;
use super::progress::{MadeKey, Paid, Point, Progress, Stage};
use super::{Order, acm, pace};
use crate::Timestamp;
use crate::certificate_authority::AuthorityType;
use crate::id::CertificateId;

impl Order {
    /// A key was made, and sealed for this order.
    #[must_use]
    pub fn key_made(&self, sealed: String, csr: String) -> Self {
        let made_key = Some(MadeKey { sealed, csr });
        self.with(Progress { made_key, ..self.advanced(Stage::Ready).progress })
    }

    /// Every name has its zone.
    #[must_use]
    pub fn placed(&self, places: Vec<Place>) -> Self {
        self.with(Progress { places, ..self.advanced(Stage::Ready).progress })
    }

    /// The intent, to be stored before AWS is asked for what it charges; stored again, counted, before each repeat.
    #[must_use]
    pub fn paying(&self, now: Timestamp) -> Self {
        let stage = match self.progress.stage {
            Stage::Paying { at, calls } => Stage::Paying { at, calls: calls.saturating_add(1) },
            Stage::Wanted | Stage::Ready | Stage::Ordered { .. } => Stage::Paying { at: now, calls: 1 },
            Stage::Issued { .. } | Stage::Failed { .. } => return self.clone(),
        };
        let month = now.day().chars().take(7).collect();
        let paid = self.progress.paid.clone().or(Some(Paid { month }));
        self.with(Progress { stage, paid, retry_at: None, ..self.progress.clone() })
    }

    /// AWS took the order: the answer of a paid call.
    #[must_use]
    pub fn ordered(&self, arn: String, now: Timestamp) -> Self {
        let renewing = acm::renewed(self).is_some();
        self.advanced(Stage::Ordered { arn, since: now, point: Point::Asked { renewing } })
    }

    /// AWS did not take the order, or did not answer: the other answer of a paid call, for whoever has just stored
    /// [`Order::paying`].
    ///
    /// A clear refusal of the one call there was means that nothing was issued. After a call whose answer was lost, a refusal
    /// of its repeat says nothing about the first.
    #[must_use]
    pub fn not_ordered(&self, trouble: &Trouble, now: Timestamp) -> Self {
        let Stage::Paying { calls, .. } = self.progress.stage else { return self.troubled(trouble, now) };
        let before = || self.with(Progress { stage: Stage::Ready, ..self.progress.clone() });
        match trouble {
            Trouble::Refused(message) if calls == 1 => {
                before().failed(&Failure::Refused(message.clone()), now)
            }
            Trouble::Passing(_) if calls == 1 => before().retried(trouble, now),
            Trouble::Refused(_) | Trouble::Passing(_) | Trouble::Unanswered(_) => self.retried(trouble, now),
        }
    }

    /// Any other step than a paid call went wrong.
    #[must_use]
    pub fn troubled(&self, trouble: &Trouble, now: Timestamp) -> Self {
        let nothing_asked = match self.progress.stage {
            Stage::Wanted | Stage::Ready => true,
            Stage::Paying { .. } | Stage::Ordered { .. } | Stage::Issued { .. } | Stage::Failed { .. } => {
                self.progress.paid.is_none()
            }
        };
        match trouble {
            Trouble::Refused(message) if nothing_asked => {
                self.failed(&Failure::Refused(message.clone()), now)
            }
            Trouble::Refused(_) | Trouble::Passing(_) | Trouble::Unanswered(_) => self.retried(trouble, now),
        }
    }

    /// What was found of a request whose answer was lost: certificates that are nobody's here.
    #[must_use]
    pub fn searched(&self, arns: &[String], now: Timestamp) -> Self {
        if !matches!(self.progress.stage, Stage::Paying { .. }) {
            return self.clone();
        }
        match arns {
            // AWS never got it: it is requested anew.
            [] => self.advanced(Stage::Ready),
            [arn] => self.ordered(arn.clone(), now),
            several => self.failed(&Failure::SeveralFound(several.to_vec()), now),
        }
    }

    /// The validation records are written.
    #[must_use]
    pub fn recorded(&self, now: Timestamp) -> Self {
        let Stage::Ordered { point, .. } = &self.progress.stage else { return self.clone() };
        match point {
            Point::Recording { records, renewing } => {
                let (records, renewing) = (records.clone(), *renewing);
                self.at_point(Point::Validating { records, recorded_at: now, renewing })
            }
            // Once more: it has been looked at as often as before.
            Point::Validating { records, renewing, .. } => {
                let (records, renewing) = (records.clone(), *renewing);
                let next = self.moved_to(Point::Validating { records, recorded_at: now, renewing });
                self.with(Progress { failures: 0, retry_at: None, message: None, ..next.progress })
            }
            Point::Asked { .. } | Point::Exportable => self.clone(),
        }
    }

    /// The authority is not there yet.
    #[must_use]
    pub fn in_progress(&self, now: Timestamp) -> Self {
        let polls = self.progress.polls.saturating_add(1);
        let retry_at = Some(now.plus(pace::poll_pause(polls, self.id)));
        self.with(Progress { polls, retry_at, failures: 0, message: None, ..self.progress.clone() })
            .unless_given_up(now)
    }

    /// The certificate is verified, and stored in one transaction with this.
    #[must_use]
    pub fn issued(&self, certificate_id: CertificateId, now: Timestamp) -> Self {
        let Some(arn) = self.progress.arn().cloned() else { return self.clone() };
        let next = self.advanced(Stage::Issued { certificate_id, arn, at: now });
        self.with(Progress { made_key: None, ..next.progress })
    }

    /// It came to nothing.
    #[must_use]
    pub fn failed(&self, failure: &Failure, now: Timestamp) -> Self {
        let nothing_asked = match self.progress.stage {
            Stage::Wanted | Stage::Ready => true,
            Stage::Paying { .. } | Stage::Ordered { .. } => false,
            Stage::Issued { .. } | Stage::Failed { .. } => return self.clone(),
        };
        let paid = self.progress.paid.clone().filter(|_| !nothing_asked && !failure.is_unpaid());
        self.with(Progress {
            stage: Stage::Failed { arn: self.progress.arn().cloned(), at: now },
            made_key: None,
            paid,
            retry_at: None,
            message: Some(failure.to_string()),
            ..self.progress.clone()
        })
    }

    /// Whether it is in vain to go on, and why. What AWS took is only given up after a look at it.
    pub(super) fn out_of_patience(&self, now: Timestamp) -> Option<Failure> {
        match self.progress.stage {
            Stage::Wanted | Stage::Ready => self.progress.accepted_at.plus(pace::PATIENCE_UNPAID) <= now,
            Stage::Paying { .. } | Stage::Ordered { .. } | Stage::Issued { .. } | Stage::Failed { .. } => {
                false
            }
        }
        .then(|| Failure::NotInTime { last: self.progress.message.clone() })
    }

    /// The same of what AWS took, or may have taken, after a look at it that found nothing or went wrong.
    fn given_up(&self, now: Timestamp) -> Option<Failure> {
        let progress = &self.progress;
        let (last, over) = (progress.message.clone(), |since: Timestamp, span| since.plus(span) <= now);
        match &progress.stage {
            Stage::Paying { at, .. } => {
                over(*at, pace::PATIENCE_UNPAID).then_some(Failure::MayBeIssued { at: *at, last })
            }
            Stage::Ordered { arn, since, point } => {
                let validates = match (self.authority_type, point) {
                    (AuthorityType::AwsPca, _) | (AuthorityType::AwsAcmPublicCa, Point::Exportable) => false,
                    (AuthorityType::AwsAcmPublicCa, _) => progress.failures == 0,
                };
                if validates && over(*since, pace::PATIENCE_VALIDATION) {
                    return Some(Failure::NotValidated(progress.places.clone()));
                }
                let failure = Failure::NotFetched { arn: arn.clone(), last };
                over(*since, pace::PATIENCE_PAID).then_some(failure)
            }
            Stage::Wanted | Stage::Ready | Stage::Issued { .. } | Stage::Failed { .. } => None,
        }
    }

    /// The order, unless it is given up.
    fn unless_given_up(self, now: Timestamp) -> Self {
        match self.given_up(now) {
            Some(failure) => self.failed(&failure, now),
            None => self,
        }
    }

    /// At another stage: what went wrong before is over.
    pub(super) fn advanced(&self, stage: Stage) -> Self {
        let progress =
            Progress { stage, polls: 0, failures: 0, retry_at: None, message: None, ..self.progress.clone() };
        self.with(progress)
    }

    /// At another point of the same stage.
    pub(super) fn at_point(&self, point: Point) -> Self {
        let next = self.moved_to(point);
        let progress = Progress { polls: 0, failures: 0, retry_at: None, message: None, ..next.progress };
        self.with(progress)
    }

    /// The same, as often asked as before.
    pub(super) fn moved_to(&self, point: Point) -> Self {
        let Stage::Ordered { arn, since, .. } = &self.progress.stage else { return self.clone() };
        let stage = Stage::Ordered { arn: arn.clone(), since: *since, point };
        self.with(Progress { stage, ..self.progress.clone() })
    }

    /// The same step is tried again later.
    fn retried(&self, trouble: &Trouble, now: Timestamp) -> Self {
        let failures = self.progress.failures.saturating_add(1);
        let pause = match (&self.progress.stage, trouble) {
            (Stage::Paying { calls, .. }, Trouble::Passing(_) | Trouble::Unanswered(_)) => {
                pace::repeat_pause((*calls).max(failures))
            }
            // Somebody must mend it, and the time in which a repeat is safe runs.
            (Stage::Paying { .. }, Trouble::Refused(_)) => pace::time_mends(failures),
            (_, Trouble::Refused(_)) => pace::somebody_mends(failures),
            (_, Trouble::Passing(_) | Trouble::Unanswered(_)) => pace::time_mends(failures),
        };
        let message = Some(trouble.message().to_owned());
        let retry_at = Some(now.plus(pause));
        self.with(Progress { failures, message, retry_at, ..self.progress.clone() }).unless_given_up(now)
    }
}
