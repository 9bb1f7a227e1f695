//! AWS as it really is: it keeps a token for some minutes, shows what it made only to whoever asks in the right way, loses
//! answers, and processes die between any two things.

use std::time::Duration;

use super::super::pace;
use super::*;
use crate::certificate::Counted;

/// How a call ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Answer {
    Given,
    /// It was done, and nobody hears of it.
    LostAfter,
    /// It never arrived, and nobody hears of it.
    LostBefore,
    Throttled,
    Refused,
}

/// When the process dies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Death {
    None,
    /// After the intent, before the call.
    Before,
    /// After the intent; the call is on its way, and arrives later, if it may still begin then.
    Stalled,
    /// After the call, before its outcome is stored.
    After,
}

/// A certificate that AWS made.
#[derive(Debug)]
pub(super) struct Made {
    pub(super) arn: String,
    token: String,
    at: Timestamp,
}

pub(super) struct World {
    pub(super) now: Timestamp,
    pub(super) order: Order,
    /// What the ledger says.
    pub(super) spent: i64,
    pub(super) made: Vec<Made>,
    /// Renewals that took place.
    pub(super) renewals: u32,
    renewed_at: Option<Timestamp>,
    /// How long AWS takes.
    pub(super) slowness: Duration,
    /// Whether the delegation is right.
    pub(super) validates: bool,
    recorded: bool,
    /// Whether ACM found the records in time, or did not.
    validated: Option<bool>,
    stalled: Option<(String, Timestamp)>,
    pub(super) paid_calls: Vec<Timestamp>,
}

impl World {
    pub(super) fn new(order: Order) -> Self {
        Self {
            now: order.progress.accepted_at,
            order,
            spent: 0,
            made: Vec::new(),
            renewals: 0,
            renewed_at: None,
            slowness: Duration::from_secs(7),
            validates: true,
            recorded: false,
            validated: None,
            stalled: None,
            paid_calls: Vec::new(),
        }
    }

    pub(super) fn pass(&mut self, seconds: u64) {
        self.now = self.now.plus(Duration::from_secs(seconds));
    }

    fn store(&mut self, next: Order) {
        match Counted::between(&self.order, &next) {
            Counted::Same => {}
            Counted::Taken(_) => self.spent += 1,
            Counted::GivenBack(_) => self.spent -= 1,
        }
        // What is stored is what is read.
        self.order = serde_json::from_value(serde_json::to_value(&next).unwrap()).unwrap();
        assert_eq!(self.order, next);
        assert!((0..=1).contains(&self.spent), "an order counts at most once");
    }

    /// A call that stalled arrives, if it may still begin.
    pub(super) fn stalled_call_arrives(&mut self) {
        if let Some((token, before)) = self.stalled.take()
            && self.now < before
        {
            self.pay(&token);
        }
    }

    /// What AWS does with a paid call.
    fn pay(&mut self, token: &str) -> String {
        self.paid_calls.push(self.now);
        if self.order.renews.is_some() {
            self.renewals += u32::from(self.renewed_at.is_none());
            self.renewed_at.get_or_insert(self.now);
            return "arn:of:the:old".to_owned();
        }
        let window = match self.order.authority_type {
            AuthorityType::AwsPca => Duration::from_secs(300),
            AuthorityType::AwsAcmPublicCa => Duration::from_secs(3_600),
        };
        let now = self.now;
        if let Some(known) = self.made.iter().find(|made| made.token == token && now < made.at.plus(window)) {
            return known.arn.clone();
        }
        let arn = format!("arn:{}", self.made.len());
        self.made.push(Made { arn: arn.clone(), token: token.to_owned(), at: now });
        arn
    }

    /// One look at the order, and one step.
    pub(super) fn work(&mut self, answer: Answer, death: Death) -> Step {
        let step = self.order.next(self.now);
        match &step {
            Step::Idle | Step::WaitUntil(_) => {}
            Step::Fail(failure) => self.store(self.order.failed(failure, self.now)),
            Step::Issue { token, before, .. } | Step::Request { token, before, .. } => {
                self.try_paying(token.clone(), *before, answer, death);
            }
            Step::Renew { before, .. } => self.try_paying(String::new(), *before, answer, death),
            Step::MakeKey
            | Step::Fetch { .. }
            | Step::PlaceNames { .. }
            | Step::Search { .. }
            | Step::Describe { .. }
            | Step::Record { .. }
            | Step::Export { .. } => self.ask(&step, answer, death),
        }
        step
    }

    fn try_paying(&mut self, token: String, before: Timestamp, answer: Answer, death: Death) {
        assert!(self.now < before);
        self.store(self.order.paying(self.now));
        assert_eq!(self.spent, 1, "it counts before AWS is asked");
        match death {
            Death::Before => return,
            Death::Stalled => {
                self.stalled = Some((token, before));
                return;
            }
            Death::None | Death::After => {}
        }
        let arn = match answer {
            Answer::Given | Answer::LostAfter => Some(self.pay(&token)),
            Answer::LostBefore | Answer::Throttled | Answer::Refused => None,
        };
        if death == Death::After {
            return;
        }
        let next = match (answer, arn) {
            (Answer::Given, Some(arn)) => self.order.ordered(arn, self.now),
            (answer, _) => self.order.not_ordered(&trouble(answer), self.now),
        };
        self.store(next);
    }

    fn ask(&mut self, step: &Step, answer: Answer, death: Death) {
        if death == Death::Before || death == Death::Stalled {
            return;
        }
        let ours = matches!(step, Step::MakeKey);
        let next = if ours || answer == Answer::Given {
            self.outcome(step)
        } else {
            self.order.troubled(&trouble(answer), self.now)
        };
        if death != Death::After {
            self.store(next);
        }
    }

    fn outcome(&mut self, step: &Step) -> Order {
        let (order, now) = (self.order.clone(), self.now);
        match step {
            Step::MakeKey => order.key_made("sealed".to_owned(), "csr".to_owned()),
            Step::PlaceNames { names } => order.placed(place(names, &[zone("example.com")]).unwrap()),
            Step::Search { since, .. } => {
                let found = self.made.iter().filter(|made| made.at >= *since).map(|made| made.arn.clone());
                order.searched(&found.collect::<Vec<_>>(), now)
            }
            Step::Describe { .. } => order.described(&self.seen(), now),
            Step::Record { .. } => {
                self.recorded = true;
                order.recorded(now)
            }
            Step::Fetch { .. } | Step::Export { .. } if self.is_there() => {
                order.issued(CertificateId::random(), now)
            }
            Step::Fetch { .. } | Step::Export { .. } => order.in_progress(now),
            Step::Idle
            | Step::WaitUntil(_)
            | Step::Fail(_)
            | Step::Issue { .. }
            | Step::Request { .. }
            | Step::Renew { .. } => order,
        }
    }

    fn since_asked(&self) -> Option<Duration> {
        let at = self.renewed_at.or(self.made.last().map(|made| made.at));
        at.map(|at| self.now.since(at))
    }

    fn is_there(&self) -> bool {
        self.since_asked().is_some_and(|span| span >= self.slowness)
    }

    /// What ACM decided about the records, once it has.
    fn look_for_records(&mut self) -> Option<bool> {
        let timed_out = self.since_asked().is_some_and(|span| span > Duration::from_secs(72 * 3_600));
        let found = self.is_there() && self.recorded && self.validates;
        let decided =
            if timed_out && self.order.renews.is_none() { Some(false) } else { found.then_some(true) };
        self.validated = self.validated.or(decided);
        self.validated
    }

    /// Whether AWS has issued something, and charges for it.
    pub(super) fn is_charged(&mut self) -> bool {
        match self.order.authority_type {
            AuthorityType::AwsPca => !self.made.is_empty(),
            AuthorityType::AwsAcmPublicCa => self.validated == Some(true) && self.since_asked().is_some(),
        }
    }

    fn seen(&mut self) -> Seen {
        let decided = self.look_for_records();
        let (validated, timed_out) = (decided == Some(true), decided == Some(false));
        let record = |domain: &str| Record {
            domain: domain.to_owned(),
            name: format!("_x.{}", domain.trim_start_matches("*.")),
            value: "_y.acm-validations.aws".to_owned(),
        };
        let records: Vec<Record> = self.order.spec.dns_names().into_iter().map(record).collect();
        let is_complete = self.is_there();
        match &self.order.renews {
            None => Seen {
                state: match (validated, timed_out) {
                    (true, _) => SeenState::Issued,
                    (false, true) => SeenState::TimedOut,
                    (false, false) => SeenState::Pending,
                },
                reason: None,
                records: if is_complete { records } else { Vec::new() },
                is_complete,
                serial_number: validated.then(|| "01".to_owned()),
                renewal: SeenRenewal::None,
            },
            Some(renews) => {
                // It shows what it was asked for after two seconds.
                let pending = self.since_asked().is_some_and(|span| span >= Duration::from_secs(2));
                Seen {
                    state: SeenState::Issued,
                    reason: None,
                    records,
                    is_complete: true,
                    serial_number: Some(if validated {
                        "02".to_owned()
                    } else {
                        renews.serial_number.clone()
                    }),
                    renewal: if pending && !validated { SeenRenewal::Pending } else { SeenRenewal::None },
                }
            }
        }
    }

    /// Works in peace until it has ended, at the longest for `seconds`.
    pub(super) fn run(&mut self, seconds: u64) -> Vec<Step> {
        let end = self.now.plus(Duration::from_secs(seconds));
        let mut steps = Vec::new();
        while self.now < end {
            let step = self.work(Answer::Given, Death::None);
            if step == Step::Idle {
                break;
            }
            if let Step::WaitUntil(at) = step {
                assert!(at > self.now, "it waits for what is past");
                self.now = at.min(end);
            } else {
                steps.push(step);
                // Each step takes a moment, so that none can go on for ever.
                self.now = self.now.plus(Duration::from_millis(100));
            }
        }
        steps
    }

    /// The longest time between two paid calls that AWS takes for the same.
    pub(super) fn window(&self) -> Duration {
        match self.order.authority_type {
            AuthorityType::AwsPca => pace::REPEATS_OF_PRIVATE_CA,
            AuthorityType::AwsAcmPublicCa => pace::REPEATS_OF_ACM,
        }
    }
}

fn trouble(answer: Answer) -> Trouble {
    match answer {
        Answer::Throttled => Trouble::Passing("Rate exceeded".to_owned()),
        Answer::Refused => Trouble::Refused("not authorized to perform it".to_owned()),
        Answer::LostAfter | Answer::LostBefore | Answer::Given => Trouble::Unanswered("no answer".to_owned()),
    }
}
