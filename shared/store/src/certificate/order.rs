//! Orders of certificates: alone in their partition, listed by project and time, due for their next step. What an order counts
//! for in its authority's spend is counted in the transaction that changes the order.

use model::Timestamp;
use model::audit::AuditRecord;
use model::certificate::order::{Failure, Order, Paid};
use model::certificate::{Bundle, Certificate, Counted};
use model::certificate_authority::AuthorityType;
use model::id::{CertificateRequestId, ProjectId};

use super::spend::OVER_BUDGET;
use super::stored;
use crate::entity::{Entity, NameGuard, Stored};
use crate::error::{CommitError, Conflict, ReadError};
use crate::keys::{Index, Keys};
use crate::read::From;
use crate::{Change, Due, Store};

const LIST: &str = "CERTIFICATE_REQUEST#";

/// Where the index of due work lists orders. One partition: an order is written a dozen times in its life.
const DUE: &str = "DUE#CERTIFICATE_REQUEST";

/// By the ARN that AWS gave, an order is found: nobody takes another one's certificate for their own.
const ARN: &str = "certificate arn";

impl Entity for Order {
    const KIND: &'static str = "certificate request";

    fn keys(&self) -> Keys {
        let position = format!("{LIST}{}#{}", self.progress.accepted_at, self.id);
        let keys = Keys::own(key(self.id)).listed(format!("PROJECT#{}", self.project_id), position);
        let due = |at: Timestamp| Index { pk: DUE.to_owned(), sk: format!("{at}#{}", self.id) };
        Keys { due: self.due_at.map(due), ..keys }
    }

    fn names(&self) -> Vec<NameGuard> {
        let renews_it = self.renews.as_ref().is_some_and(|renews| renews.arn.is_some());
        match self.authority_type {
            // A renewal has the ARN of the order that it renews.
            AuthorityType::AwsAcmPublicCa if !renews_it => {
                self.progress.arn().map(|arn| NameGuard::new(ARN, "", arn, self.id)).into_iter().collect()
            }
            AuthorityType::AwsAcmPublicCa | AuthorityType::AwsPca => Vec::new(),
        }
    }
}

fn key(id: CertificateRequestId) -> String {
    format!("{LIST}{id}")
}

/// What came of an intent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Paying {
    /// It is stored, and the order counts: AWS may be asked now.
    Begun(Box<Order>),
    /// The budget of the month has no room; nothing was stored.
    OverBudget(Paid),
    /// Somebody else is at work, or the order is gone.
    Lost,
}

/// What came of the end of an order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ended {
    /// It is stored.
    Stored(Box<Order>),
    /// Somebody else is at work, or the order is gone.
    Lost,
}

impl Store {
    /// An order by its id. One strongly consistent GetItem.
    ///
    /// # Errors
    /// [`ReadError`] when the table cannot be read.
    pub async fn certificate_order(
        &self,
        id: CertificateRequestId,
    ) -> Result<Option<Stored<Order>>, ReadError> {
        self.get(&key(id), &key(id)).await
    }

    /// The orders of a project, what was asked for first first. One eventually consistent Query for each MB, which is about
    /// 500 orders.
    ///
    /// # Errors
    /// [`ReadError`] when the table cannot be read.
    pub async fn certificate_orders_of(&self, project: ProjectId) -> Result<Vec<Stored<Order>>, ReadError> {
        self.list(From::List, &format!("PROJECT#{project}"), LIST).await
    }

    /// Up to `limit` orders that a worker should look at by now, longest due first. One eventually consistent Query, which
    /// costs what is due, not what exists.
    ///
    /// # Errors
    /// [`ReadError`] when the table cannot be read.
    pub async fn certificate_orders_due(
        &self,
        now: Timestamp,
        limit: u16,
    ) -> Result<Due<CertificateRequestId>, ReadError> {
        self.due(DUE, Order::KIND, now, limit).await
    }

    /// The order that a certificate of ACM is of. One strongly consistent GetItem.
    ///
    /// # Errors
    /// [`ReadError`] when the table cannot be read.
    pub async fn certificate_order_with_arn(
        &self,
        arn: &str,
    ) -> Result<Option<CertificateRequestId>, ReadError> {
        self.owner_id(ARN, "", arn).await
    }

    /// Changes an order by a pure step, which is asked again whenever somebody else was faster; answers what the step said
    /// besides the next state. `None` when there is no such order. The step's `None` leaves it as it is.
    ///
    /// An order that comes to nothing by the step gives back its place in the spend, where nothing was issued for certain, and
    /// the certificate that it was to take the place of says so, in the same transaction. For intents and issued certificates
    /// there are [`Store::begin_paying`] and [`Store::complete_order`]. One or two GetItems and one TransactWriteItems.
    ///
    /// # Errors
    /// [`CommitError`] when the table cannot be read or written; `NameTaken` when another order has the ARN.
    pub async fn amend_order<T>(
        &self,
        id: CertificateRequestId,
        now: Timestamp,
        audit: Option<&AuditRecord>,
        mut step: impl FnMut(&Order) -> (Option<Order>, T),
    ) -> Result<Option<T>, CommitError> {
        for attempt in 1.. {
            let Some(read) = self.certificate_order(id).await? else { return Ok(None) };
            let (next, said) = step(&read);
            let Some(next) = next else { return Ok(Some(said)) };
            let mut change = Change::new(now).replace_order(&read, &next, None);
            if next.progress.has_ended()
                && !read.progress.has_ended()
                && let Some(renewed) = self.renewed_by(&read).await?
            {
                let message = next.progress.message.as_deref().unwrap_or_default();
                change = change.replace_certificate(&renewed, &renewed.renewal_failed(message, now));
            }
            if stored(self.store(change, audit).await, attempt)? {
                return Ok(Some(said));
            }
        }
        Err(CommitError::Conflict(Conflict::Contended))
    }

    /// Stores the intent of a paid call, for whoever holds the lease `token`; the first one counts in the authority's spend,
    /// in the same transaction, where the month's `budget` has room. One GetItem and one TransactWriteItems.
    ///
    /// # Errors
    /// [`CommitError`] when the table cannot be read or written.
    pub async fn begin_paying(
        &self,
        id: CertificateRequestId,
        now: Timestamp,
        token: &str,
        budget: Option<u32>,
    ) -> Result<Paying, CommitError> {
        for attempt in 1.. {
            let Some(read) = self.certificate_order(id).await? else { return Ok(Paying::Lost) };
            if read.held(token).is_err() {
                return Ok(Paying::Lost);
            }
            let next = read.paying(now);
            let change = Change::new(now).replace_order(&read, &next, budget);
            let outcome = self.store(change, None).await;
            if matches!(&outcome, Err(CommitError::Conflict(Conflict::Unmet(OVER_BUDGET)))) {
                return Ok(next.progress.paid.map_or(Paying::Lost, Paying::OverBudget));
            }
            if stored(outcome, attempt)? {
                return Ok(Paying::Begun(Box::new(next)));
            }
        }
        Err(CommitError::Conflict(Conflict::Contended))
    }

    /// An order is issued: for whoever holds the lease `token`, it, the certificate with its bytes, and the one that this
    /// takes the place of, in one transaction; the syncs that have that one have this instead, and are woken. One GetItem to
    /// five and one TransactWriteItems.
    ///
    /// # Errors
    /// [`CommitError`] when the table cannot be read or written.
    pub async fn complete_order(
        &self,
        id: CertificateRequestId,
        now: Timestamp,
        token: &str,
        audit: &AuditRecord,
        (certificate, bundle): (&Certificate, &Bundle),
    ) -> Result<Ended, CommitError> {
        for attempt in 1.. {
            let Some(read) = self.certificate_order(id).await? else { return Ok(Ended::Lost) };
            if read.held(token).is_err() {
                return Ok(Ended::Lost);
            }
            let renewed = self.renewed_by(&read).await?;
            let next = read.issued(certificate.id, now);
            let mut change =
                Change::new(now).replace_order(&read, &next, None).create_certificate(certificate, bundle);
            if let Some(renewed) = renewed {
                change = change.replace_certificate(&renewed, &renewed.renewed(certificate.id));
                change = change.follow(&self.following_renewal(renewed.id, certificate.id, now).await?);
            }
            if stored(self.commit(change, audit).await, attempt)? {
                return Ok(Ended::Stored(Box::new(next)));
            }
        }
        Err(CommitError::Conflict(Conflict::Contended))
    }

    /// As [`Store::amend_order`], for whoever holds the lease `token`, with a line in the trail.
    ///
    /// # Errors
    /// [`CommitError`] when the table cannot be read or written.
    pub async fn fail_order(
        &self,
        id: CertificateRequestId,
        now: Timestamp,
        token: &str,
        audit: &AuditRecord,
        step: impl Fn(&Order) -> Order,
    ) -> Result<Ended, CommitError> {
        let ended = self.amend_order(id, now, Some(audit), |order| match order.held(token) {
            Ok(()) => {
                let next = step(order);
                (Some(next.clone()), Ended::Stored(Box::new(next)))
            }
            Err(_) => (None, Ended::Lost),
        });
        Ok(ended.await?.unwrap_or(Ended::Lost))
    }

    /// The certificate that an order is renewing; one that another order renews by now is that one's.
    async fn renewed_by(&self, order: &Order) -> Result<Option<Stored<Certificate>>, ReadError> {
        let Some(renews) = &order.renews else { return Ok(None) };
        let renewed = self.certificate(renews.certificate_id).await?;
        Ok(renewed.filter(|renewed| renewed.life.renewing == Some(order.id)))
    }
}

impl Change {
    /// A new order, due now. When it renews a certificate, that one says so.
    #[must_use]
    pub fn create_order(self, order: &Order, renewed: Option<&Stored<Certificate>>) -> Self {
        let change = self.create(order);
        match renewed {
            Some(read) => change.replace_certificate(read, &read.renewing(order.id)),
            None => change,
        }
    }

    /// The next version of an order, with what it does to its authority's spend: a place that is taken needs room in the
    /// month's `budget`.
    #[must_use]
    pub(super) fn replace_order(self, read: &Stored<Order>, next: &Order, budget: Option<u32>) -> Self {
        let counted = Counted::between(read, next);
        self.replace(read, next).count_spend(next.certificate_authority_id, &counted, budget)
    }
}

/// Why an order that the budget has no room for came to nothing.
impl Paying {
    /// The failure to store.
    #[must_use]
    pub fn failure(&self, budget: u32) -> Option<Failure> {
        match self {
            Self::OverBudget(paid) => Some(paid.over(budget)),
            Self::Begun(_) | Self::Lost => None,
        }
    }
}
