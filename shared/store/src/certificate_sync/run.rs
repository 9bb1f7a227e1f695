//! The run state of a sync: read, woken, and taken when due.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use model::Timestamp;
use model::certificate_sync::CertificateSyncRun;
use model::certificate_sync::run::SETTLING;
use model::id::{CertificateSlotId, CertificateSyncId, ProjectId};

use super::key;
use crate::change::{Bookkeeping, Request, key as item_key};
use crate::entity::{Entity, Stored};
use crate::error::{CommitError, Conflict, ReadError};
use crate::keys::{Index, Keys};
use crate::read::From;
use crate::{Change, Due, Store};

/// Where the run state is in its partition.
pub(super) const POSITION: &str = "RUN";

/// Where the index of due work lists syncs. One partition: a claim is a write of its own, and an index partition takes a
/// thousand a second.
const DUE: &str = "DUE#CERTIFICATE_SYNC";

const LIST: &str = "CERTIFICATE_SYNC_RUN#";

/// Attempts of a step against others that change the same state: wakes come at any time.
const ATTEMPTS: u32 = 8;

/// DynamoDB fences whoever lost the lease: what they write would be about what another worker has changed since.
const HOLDS_THE_LEASE: &str = "#lease.#token = :holder";

impl Entity for CertificateSyncRun {
    const KIND: &'static str = "certificate sync run";

    fn keys(&self) -> Keys {
        let keys = Keys::within(key(self.id), POSITION)
            .listed(format!("PROJECT#{}", self.project_id), format!("{LIST}{}", self.id));
        Keys { due: self.due_at.map(|at| due(at, self.id)), ..keys }
    }
}

fn due(at: Timestamp, id: CertificateSyncId) -> Index {
    Index { pk: DUE.to_owned(), sk: format!("{at}#{id}") }
}

/// What happens to a sync's run state when certificates are attached to it or detached from it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Shift {
    /// So many slots more, or fewer.
    pub(super) slots: i64,
    /// The most slots that there may be after it.
    pub(super) most: Option<u32>,
    /// The slot that is the default, as it was read, and as it is to be.
    pub(super) default: (Option<CertificateSlotId>, Option<CertificateSlotId>),
}

impl Store {
    /// The run state of a sync. One strongly consistent GetItem.
    ///
    /// # Errors
    /// [`ReadError`] when the table cannot be read.
    pub async fn certificate_sync_run(
        &self,
        id: CertificateSyncId,
    ) -> Result<Option<Stored<CertificateSyncRun>>, ReadError> {
        self.get(&key(id), POSITION).await
    }

    /// The run states of a project's syncs, in no order that means anything. One eventually consistent Query for each MB.
    pub(super) async fn certificate_sync_runs_of(
        &self,
        project: ProjectId,
    ) -> Result<Vec<Stored<CertificateSyncRun>>, ReadError> {
        self.list(From::List, &format!("PROJECT#{project}"), LIST).await
    }

    /// Changes the run state by a pure step, which is asked again whenever somebody else was faster; answers what the step
    /// said besides the next state. `None` when there is no such sync. The step's `None` for a state leaves it as it is.
    ///
    /// # Errors
    /// [`CommitError`] when the table cannot be read or written.
    pub async fn amend_certificate_sync_run<T>(
        &self,
        id: CertificateSyncId,
        now: Timestamp,
        mut step: impl FnMut(&CertificateSyncRun) -> (Option<CertificateSyncRun>, T),
    ) -> Result<Option<T>, CommitError> {
        for attempt in 1.. {
            let Some(read) = self.certificate_sync_run(id).await? else { return Ok(None) };
            let (next, said) = step(&read);
            let Some(next) = next else { return Ok(Some(said)) };
            match self.keep_count(Bookkeeping(Change::new(now).replace(&read, &next))).await {
                Ok(()) => return Ok(Some(said)),
                Err(CommitError::Conflict(Conflict::Stale { .. } | Conflict::Contended))
                    if attempt < ATTEMPTS => {}
                Err(error) => return Err(error),
            }
        }
        Err(CommitError::Conflict(Conflict::Contended))
    }

    /// Up to `limit` syncs that a worker should look at by now, longest due first. One eventually consistent Query, which
    /// costs what is due, not what exists.
    ///
    /// # Errors
    /// [`ReadError`] when the table cannot be read.
    pub async fn certificate_syncs_due(
        &self,
        now: Timestamp,
        limit: u16,
    ) -> Result<Due<CertificateSyncId>, ReadError> {
        self.due(DUE, CertificateSyncRun::KIND, now, limit).await
    }
}

impl Change {
    /// One of a sync's certificates changed, or what is wanted of it: exactly [`CertificateSyncRun::woken`], without reading
    /// the state first and whatever it says. A sync that is gone refuses the change as [`Conflict::Stale`] of a
    /// [`CertificateSyncRun`].
    #[must_use]
    pub fn wake_certificate_sync(self, id: CertificateSyncId) -> Self {
        let parts = ("", "", "attribute_exists(pk)", HashMap::new());
        self.wake(id, parts, Conflict::Stale { kind: CertificateSyncRun::KIND })
    }

    /// Certificates are attached to a sync or detached from it, which wakes it. One that is being deleted refuses.
    pub(super) fn shift_certificate_sync(self, id: CertificateSyncId, shift: Shift) -> Self {
        let Shift { slots, most, default: (before, after) } = shift;
        let mut condition = "attribute_exists(pk) AND #deleted = :false".to_owned();
        let mut values = HashMap::from([
            (":slots".to_owned(), AttributeValue::N(slots.to_string())),
            (":false".to_owned(), AttributeValue::Bool(false)),
        ]);
        let text = |id: CertificateSlotId| AttributeValue::S(id.to_string());
        match before {
            Some(before) => {
                condition.push_str(" AND #default_slot = :before");
                values.insert(":before".to_owned(), text(before));
            }
            None => condition.push_str(" AND attribute_not_exists(#default_slot)"),
        }
        let mut set = "";
        let mut remove = "";
        match after {
            Some(after) if before != Some(after) => {
                set = ", #default_slot = :after";
                values.insert(":after".to_owned(), text(after));
            }
            Some(_) => {}
            None if before.is_some() => remove = " REMOVE #default_slot",
            None => {}
        }
        if let Some(most) = most {
            let room = i64::from(most).saturating_sub(slots);
            values.insert(":room".to_owned(), AttributeValue::N(room.to_string()));
            condition.push_str(" AND #slots <= :room");
        }
        let tail = format!(", #slots :slots{remove}");
        self.wake(id, (set, &tail, &condition, values), Conflict::Stale { kind: CertificateSyncRun::KIND })
    }

    fn wake(
        mut self,
        id: CertificateSyncId,
        (set, tail, condition, mut values): (&str, &str, &str, HashMap<String, AttributeValue>),
        otherwise: Conflict,
    ) -> Self {
        let now = self.now();
        let at = now.plus(SETTLING);
        let Index { pk, sk } = due(at, id);
        values.extend([
            (":now".to_owned(), AttributeValue::S(now.to_string())),
            (":at".to_owned(), AttributeValue::S(at.to_string())),
            (":list".to_owned(), AttributeValue::S(pk)),
            (":position".to_owned(), AttributeValue::S(sk)),
            (":one".to_owned(), AttributeValue::N("1".to_owned())),
        ]);
        let expression = format!(
            "SET source_changed_at = :now, due_at = :at, gsi2pk = :list, gsi2sk = :position, \
            updated_at = :now{set} ADD version :one{tail}"
        );
        let request = Request::Update {
            key: item_key(&key(id), POSITION),
            expression,
            condition: Some(condition.to_owned()),
            values,
        };
        self.push(request, otherwise);
        self
    }

    /// Only while `token` holds the lease of the sync.
    #[must_use]
    pub fn holding_certificate_sync(mut self, id: CertificateSyncId, token: &str) -> Self {
        let request = Request::Check {
            key: item_key(&key(id), POSITION),
            condition: HOLDS_THE_LEASE,
            values: HashMap::from([(":holder".to_owned(), AttributeValue::S(token.to_owned()))]),
        };
        self.push(request, Conflict::Stale { kind: CertificateSyncRun::KIND });
        self
    }
}
