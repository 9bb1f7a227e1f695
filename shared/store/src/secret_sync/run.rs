//! The run state, the watch list and the drift check of a sync: read, woken, and taken when due.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use model::Timestamp;
use model::id::{ProjectId, SecretSyncId};
use model::secret_sync::run::SETTLING;
use model::secret_sync::{SecretSyncDrift, SecretSyncRun, SecretSyncWatches};

use super::key;
use crate::change::{Bookkeeping, Request, key as item_key};
use crate::entity::{Entity, Stored, stored_from};
use crate::error::{CommitError, Conflict, ReadError};
use crate::keys::{Index, Keys};
use crate::read::From;
use crate::{Change, Due, Store};

/// Where the run state is in its partition.
pub(super) const POSITION: &str = "RUN";
const WATCHES: &str = "WATCHES";
const DRIFT: &str = "DRIFT";

/// Where the index of due work lists syncs. One partition each: a claim is a write of its own, and an index partition
/// takes a thousand a second.
const DUE: &str = "DUE#SECRET_SYNC";
const DUE_DRIFT: &str = "DUE#SECRET_SYNC_DRIFT";

const LIST: &str = "SECRET_SYNC_RUN#";

/// Attempts of a step against others that change the same state: wakes come at any time.
const ATTEMPTS: u32 = 8;

impl Entity for SecretSyncRun {
    const KIND: &'static str = "secret sync run";

    fn keys(&self) -> Keys {
        let keys = Keys::within(key(self.id), POSITION)
            .listed(format!("PROJECT#{}", self.project_id), format!("{LIST}{}", self.id));
        Keys { due: self.due_at.map(|at| due(DUE, at, self.id)), ..keys }
    }
}

impl Entity for SecretSyncWatches {
    const KIND: &'static str = "secret sync watch list";

    fn keys(&self) -> Keys {
        Keys::within(key(self.id), WATCHES)
    }
}

impl Entity for SecretSyncDrift {
    const KIND: &'static str = "secret sync drift check";

    fn keys(&self) -> Keys {
        let keys = Keys::within(key(self.id), DRIFT);
        Keys { due: self.due_at.map(|at| due(DUE_DRIFT, at, self.id)), ..keys }
    }
}

fn due(list: &str, at: Timestamp, id: SecretSyncId) -> Index {
    Index { pk: list.to_owned(), sk: format!("{at}#{id}") }
}

impl Store {
    /// The run state of a sync. One strongly consistent GetItem.
    ///
    /// # Errors
    /// [`ReadError`] when the table cannot be read.
    pub async fn secret_sync_run(
        &self,
        id: SecretSyncId,
    ) -> Result<Option<Stored<SecretSyncRun>>, ReadError> {
        self.get(&key(id), POSITION).await
    }

    /// The run states of a project's syncs, in no order that means anything. One eventually consistent Query for each MB.
    pub(super) async fn secret_sync_runs_of(
        &self,
        project: ProjectId,
    ) -> Result<Vec<Stored<SecretSyncRun>>, ReadError> {
        self.list(From::List, &format!("PROJECT#{project}"), LIST).await
    }

    /// Changes the run state by a pure step, which is asked again whenever somebody else was faster; answers what the step
    /// said besides the next state. `None` when there is no such sync. The step's `None` for a state leaves it as it is.
    ///
    /// # Errors
    /// [`CommitError`] when the table cannot be read or written.
    pub async fn amend_secret_sync_run<T>(
        &self,
        id: SecretSyncId,
        now: Timestamp,
        mut step: impl FnMut(&SecretSyncRun) -> (Option<SecretSyncRun>, T),
    ) -> Result<Option<T>, CommitError> {
        for attempt in 1.. {
            let Some(read) = self.secret_sync_run(id).await? else { return Ok(None) };
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

    /// Those of these syncs that are still there. One strongly consistent BatchGetItem for each hundred.
    ///
    /// # Errors
    /// [`ReadError`] when the table cannot be read.
    pub async fn living_secret_syncs(&self, ids: &[SecretSyncId]) -> Result<Vec<SecretSyncId>, ReadError> {
        let mut living = Vec::with_capacity(ids.len());
        for ids in ids.chunks(100) {
            let keys: Vec<_> = ids.iter().map(|id| (key(*id), POSITION.to_owned())).collect();
            for item in self.batch_get(SecretSyncRun::KIND, &keys).await? {
                let run: Stored<SecretSyncRun> = stored_from(item)?;
                living.push(run.id);
            }
        }
        Ok(living)
    }

    /// The folders that a sync reads. One strongly consistent GetItem.
    ///
    /// # Errors
    /// [`ReadError`] when the table cannot be read.
    pub async fn secret_sync_watches(
        &self,
        id: SecretSyncId,
    ) -> Result<Option<Stored<SecretSyncWatches>>, ReadError> {
        self.get(&key(id), WATCHES).await
    }

    /// The drift check of a sync, with its last report. One strongly consistent GetItem.
    ///
    /// # Errors
    /// [`ReadError`] when the table cannot be read.
    pub async fn secret_sync_drift(
        &self,
        id: SecretSyncId,
    ) -> Result<Option<Stored<SecretSyncDrift>>, ReadError> {
        self.get(&key(id), DRIFT).await
    }

    /// Up to `limit` syncs that a worker should look at by now, longest due first. One eventually consistent Query, which
    /// costs what is due, not what exists.
    ///
    /// # Errors
    /// [`ReadError`] when the table cannot be read.
    pub async fn secret_syncs_due(&self, now: Timestamp, limit: u16) -> Result<Due<SecretSyncId>, ReadError> {
        self.due(DUE, SecretSyncRun::KIND, now, limit).await
    }

    /// Up to `limit` syncs whose destination should be compared by now, longest due first. One eventually consistent Query.
    ///
    /// # Errors
    /// [`ReadError`] when the table cannot be read.
    pub async fn secret_sync_drifts_due(
        &self,
        now: Timestamp,
        limit: u16,
    ) -> Result<Due<SecretSyncId>, ReadError> {
        self.due(DUE_DRIFT, SecretSyncDrift::KIND, now, limit).await
    }
}

impl Change {
    /// Somebody changes a folder that the sync reads: exactly [`SecretSyncRun::woken`], without reading the state first and
    /// whatever it says. A sync that is gone refuses the change as [`Conflict::Stale`] of a [`SecretSyncRun`].
    #[must_use]
    pub fn wake_secret_sync(mut self, id: SecretSyncId) -> Self {
        let now = self.now();
        let at = now.plus(SETTLING);
        let Index { pk, sk } = due(DUE, at, id);
        let values = HashMap::from([
            (":now".to_owned(), AttributeValue::S(now.to_string())),
            (":at".to_owned(), AttributeValue::S(at.to_string())),
            (":list".to_owned(), AttributeValue::S(pk)),
            (":position".to_owned(), AttributeValue::S(sk)),
            (":one".to_owned(), AttributeValue::N("1".to_owned())),
        ]);
        let expression = "SET source_changed_at = :now, due_at = :at, gsi2pk = :list, gsi2sk = :position, \
            updated_at = :now ADD version :one";
        let request = Request::Update {
            key: item_key(&key(id), POSITION),
            expression: expression.to_owned(),
            condition: Some("attribute_exists(pk)".to_owned()),
            values,
        };
        self.push(request, Conflict::Stale { kind: SecretSyncRun::KIND });
        self
    }
}
