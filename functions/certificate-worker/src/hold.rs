//! The hold of one worker on one order: taken before anything is done, checked by the table whenever something is stored, and
//! given back with when to look again.

use std::time::Duration;

use authority::{At, Error};
use job::Deadline;
use model::Timestamp;
use model::certificate::order::{Failure, Order, Trouble};
use model::certificate::{Bundle, Certificate};
use model::id::CertificateRequestId;
use store::{CommitError, Conflict, Ended, Paying};
use uuid::Uuid;

use crate::fault::Stop;
use crate::outcome::trouble;
use crate::worker::CertificateWorker;
use crate::{Fault, told};

/// A lease ends so long after its holder's time: by then the process is no more, and no call of it is under way.
const AFTER_THE_END: Duration = Duration::from_secs(30);

/// No call to AWS begins in the last moments of an invocation: what is under way ends, and is written down.
pub(crate) const TO_PUT_AWAY: Duration = Duration::from_secs(20);

/// An order that this process works on.
#[derive(Debug)]
pub(crate) struct Hold<'w> {
    pub(crate) worker: &'w CertificateWorker,
    pub(crate) deadline: &'w Deadline,
    token: String,
    pub(crate) order: Order,
}

/// What comes of an attempt to take an order.
#[derive(Debug)]
pub(crate) enum Taken<'w> {
    /// It is ours until the invocation ends.
    Hold(Box<Hold<'w>>),
    /// It is not, for the reason that the word says.
    Not(&'static str),
}

impl<'w> Hold<'w> {
    /// Takes an order, if it is due. One GetItem, and one more with a write when it is.
    pub(crate) async fn take(
        worker: &'w CertificateWorker,
        id: CertificateRequestId,
        deadline: &'w Deadline,
    ) -> Result<Taken<'w>, Fault> {
        let (now, token) = (deadline.now(), Uuid::new_v4().to_string());
        match worker.store.certificate_order(id).await? {
            None => return Ok(Taken::Not("no such order")),
            Some(order) if order.progress.has_ended() => return Ok(Taken::Not("ended")),
            Some(order) if !order.is_due(now) => return Ok(Taken::Not("not due")),
            Some(_) => {}
        }
        let span = deadline.left().saturating_add(AFTER_THE_END);
        let claimed = worker.store.amend_order(id, now, None, |order| match order.claim(now, &token, span) {
            Ok(next) if !order.progress.has_ended() => (Some(next.clone()), Some(next)),
            Ok(_) | Err(_) => (None, None),
        });
        Ok(match claimed.await?.flatten() {
            Some(order) => Taken::Hold(Box::new(Self { worker, deadline, token, order })),
            None => Taken::Not("busy"),
        })
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.deadline.now()
    }

    /// Until when calls may begin: as long as the invocation has time for them, and not after `before`.
    pub(crate) fn at(&self, before: Option<Timestamp>) -> At {
        let now = self.now();
        let left = self.deadline.left().saturating_sub(TO_PUT_AWAY);
        let left = before.map_or(left, |before| left.min(before.since(now)));
        At { now, until: Some(self.worker.authorities.pace().now() + left) }
    }

    /// Stores what came of a step, as long as the hold lasts. An order that ends by it says so.
    pub(crate) async fn store(&mut self, step: impl Fn(&Order) -> Order) -> Result<(), Stop> {
        if step(&self.order).progress.has_ended() {
            return self.end(step).await;
        }
        let (now, token) = (self.now(), &self.token);
        let stored = self.worker.store.amend_order(self.order.id, now, None, |order| {
            let next = order.held(token).is_ok().then(|| step(order));
            (next.clone(), next)
        });
        match stored.await {
            Ok(next) => {
                self.order = next.flatten().ok_or(Stop::Lost)?;
                Ok(())
            }
            Err(CommitError::Conflict(Conflict::NameTaken { .. })) => Err(Stop::Taken),
            Err(error) => Err(error.into()),
        }
    }

    /// The intent of a paid call, which counts in the authority's budget. `false`: there is no room, and the order has ended.
    pub(crate) async fn pay(&mut self, budget: Option<u32>) -> Result<bool, Stop> {
        let (now, store) = (self.now(), &self.worker.store);
        match store.begin_paying(self.order.id, now, &self.token, budget).await? {
            Paying::Begun(order) => {
                self.order = *order;
                Ok(true)
            }
            Paying::OverBudget(paid) => {
                self.fail(&paid.over(budget.unwrap_or_default())).await?;
                Ok(false)
            }
            Paying::Lost => Err(Stop::Lost),
        }
    }

    /// What AWS said to anything but a paid call.
    pub(crate) async fn trouble(&mut self, error: &Error) -> Result<(), Stop> {
        let trouble = trouble(error);
        self.troubled(&trouble).await
    }

    /// Something went wrong that was not a paid call.
    pub(crate) async fn troubled(&mut self, trouble: &Trouble) -> Result<(), Stop> {
        let now = self.now();
        tracing::info!(certificate_request.id = %self.order.id, reason = trouble.message(), "a step went wrong");
        self.store(|order| order.troubled(trouble, now)).await
    }

    /// A key could not be sealed or opened. KMS of our own account: throttling and outages pass, and so does a key that
    /// somebody disabled by mistake.
    pub(crate) async fn unsealed(&mut self, error: &seal::Error) -> Result<(), Stop> {
        let cause = model::error::chain(error);
        tracing::warn!(certificate_request.id = %self.order.id, cause, "a key was not sealed or opened");
        self.troubled(&Trouble::Passing("the key could not be sealed or opened".to_owned())).await
    }

    /// The authority is not there yet.
    pub(crate) async fn in_progress(&mut self) -> Result<(), Stop> {
        let now = self.now();
        self.store(|order| order.in_progress(now)).await
    }

    /// It comes to nothing.
    pub(crate) async fn fail(&mut self, failure: &Failure) -> Result<(), Stop> {
        let now = self.now();
        self.end(|order| order.failed(failure, now)).await
    }

    async fn end(&mut self, step: impl Fn(&Order) -> Order) -> Result<(), Stop> {
        let now = self.now();
        let message = step(&self.order).progress.message.unwrap_or_default();
        let audit = told::audit(&self.order, "certificate-request.failed", now, vec![message]);
        let ended = self.worker.store.fail_order(self.order.id, now, &self.token, &audit, step).await?;
        match ended {
            Ended::Stored(order) => self.order = *order,
            Ended::Lost => return Err(Stop::Lost),
        }
        told::failed(self.worker, &self.order).await;
        Ok(())
    }

    /// The certificate is there.
    pub(crate) async fn complete(&mut self, certificate: &Certificate, bundle: &Bundle) -> Result<(), Stop> {
        let now = self.now();
        let detail = vec![format!("serial number {}", certificate.facts.serial_number)];
        let audit = told::audit(&self.order, "certificate.issue", now, detail);
        let (store, id) = (&self.worker.store, self.order.id);
        match store.complete_order(id, now, &self.token, &audit, (certificate, bundle)).await? {
            Ended::Stored(order) => self.order = *order,
            Ended::Lost => return Err(Stop::Lost),
        }
        told::issued(self.worker, &self.order, certificate).await;
        if self.order.renews.is_some() {
            told::syncs(self.worker, certificate.id).await;
        }
        Ok(())
    }

    /// Gives the order back.
    pub(crate) async fn release(&self) -> Result<(), Fault> {
        let (now, token) = (self.now(), &self.token);
        let released = self.worker.store.amend_order(self.order.id, now, None, |order| {
            // Whoever has taken over gives it back.
            (order.held(token).is_ok().then(|| order.released(now)), ())
        });
        Ok(released.await.map(drop)?)
    }
}
