//! Certificates: what they say in one item, their bytes in another of the same partition; listed by project and end, due for
//! renewals, notices and revocations.

mod order;
mod spend;

use model::Timestamp;
use model::audit::AuditRecord;
use model::certificate::{Bundle, Certificate};
use model::id::{CertificateId, ProjectId};

pub use order::{Ended, Paying};

use crate::change::Bookkeeping;
use crate::entity::{Entity, Stored, stored_from};
use crate::error::{CommitError, Conflict, ReadError};
use crate::keys::{Index, Keys};
use crate::read::From;
use crate::{Change, Due, Store};

const LIST: &str = "CERTIFICATE#";
const BUNDLE: &str = "BUNDLE";
/// Where it says which syncs have the certificate.
pub(crate) const SYNCS: &str = "SYNCS";

/// Where the index of due work lists certificates. One partition: a certificate is written some times in its life.
const DUE: &str = "DUE#CERTIFICATE";

/// Attempts of a step against others that change the same record.
const ATTEMPTS: u32 = 8;

impl Entity for Certificate {
    const KIND: &'static str = "certificate";

    fn keys(&self) -> Keys {
        let keys = Keys::own(key(self.id))
            .listed(list(self.project_id), format!("{LIST}{}#{}", self.facts.not_after, self.id));
        let due = |at: Timestamp| Index { pk: DUE.to_owned(), sk: format!("{at}#{}", self.id) };
        Keys { due: self.due_at.map(due), ..keys }
    }
}

impl Entity for Bundle {
    const KIND: &'static str = "certificate bundle";

    fn keys(&self) -> Keys {
        Keys::within(key(self.certificate_id), BUNDLE)
    }
}

pub(crate) fn key(id: CertificateId) -> String {
    format!("{LIST}{id}")
}

fn list(project: ProjectId) -> String {
    format!("PROJECT#{project}")
}

impl Store {
    /// A certificate by its id, without its bytes. One strongly consistent GetItem.
    ///
    /// # Errors
    /// [`ReadError`] when the table cannot be read.
    pub async fn certificate(&self, id: CertificateId) -> Result<Option<Stored<Certificate>>, ReadError> {
        self.get(&key(id), &key(id)).await
    }

    /// A certificate with its bytes. One strongly consistent Query of three items at the most.
    ///
    /// # Errors
    /// [`ReadError`] when the table cannot be read.
    pub async fn certificate_with_bundle(
        &self,
        id: CertificateId,
    ) -> Result<Option<(Stored<Certificate>, Stored<Bundle>)>, ReadError> {
        let (mut certificate, mut bundle) = (None, None);
        for item in self.query(Certificate::KIND, From::Table, &key(id), "").await? {
            match item.get("sk").and_then(|sk| sk.as_s().ok()).map(String::as_str) {
                Some(BUNDLE) => bundle = Some(stored_from(item)?),
                Some(SYNCS) => {}
                Some(_) | None => certificate = Some(stored_from(item)?),
            }
        }
        match (certificate, bundle) {
            (Some(certificate), Some(bundle)) => Ok(Some((certificate, bundle))),
            (Some(_), None) => {
                Err(ReadError::Decode { kind: Certificate::KIND, reason: "it has no bundle".to_owned() })
            }
            (None, _) => Ok(None),
        }
    }

    /// These certificates, without their bytes, in no order; absent ones are left out. One strongly consistent BatchGetItem for
    /// each hundred.
    ///
    /// # Errors
    /// [`ReadError`] when the table cannot be read.
    pub async fn certificates(&self, ids: &[CertificateId]) -> Result<Vec<Stored<Certificate>>, ReadError> {
        // DynamoDB refuses a key twice.
        let partitions: std::collections::BTreeSet<_> = ids.iter().map(|id| key(*id)).collect();
        self.get_all(&partitions.into_iter().collect::<Vec<_>>()).await
    }

    /// The certificates of a project, what ends first first. One eventually consistent Query for each MB, which is about
    /// 800 certificates.
    ///
    /// # Errors
    /// [`ReadError`] when the table cannot be read.
    pub async fn certificates_of(&self, project: ProjectId) -> Result<Vec<Stored<Certificate>>, ReadError> {
        self.list(From::List, &list(project), LIST).await
    }

    /// Up to `limit` certificates that a worker should look at by now, longest due first. One eventually consistent Query,
    /// which costs what is due, not what exists.
    ///
    /// # Errors
    /// [`ReadError`] when the table cannot be read.
    pub async fn certificates_due(
        &self,
        now: Timestamp,
        limit: u16,
    ) -> Result<Due<CertificateId>, ReadError> {
        self.due(DUE, Certificate::KIND, now, limit).await
    }

    /// Changes a certificate by a pure step, which is asked again whenever somebody else was faster; answers what the step
    /// said besides the next state. `None` when there is no such certificate. The step's `None` leaves it as it is. When it is
    /// due next is settled here. With `audit`, the change is a line in the trail. Where it is revoked by the step, or is not
    /// after all, the syncs that have it are woken in the same transaction. One GetItem, or up to three, and one TransactWriteItems.
    ///
    /// # Errors
    /// [`CommitError`] when the table cannot be read or written.
    pub async fn amend_certificate<T>(
        &self,
        id: CertificateId,
        now: Timestamp,
        audit: Option<&AuditRecord>,
        mut step: impl FnMut(&Certificate) -> (Option<Certificate>, T),
    ) -> Result<Option<T>, CommitError> {
        for attempt in 1.. {
            let Some(read) = self.certificate(id).await? else { return Ok(None) };
            let (next, said) = step(&read);
            let Some(next) = next else { return Ok(Some(said)) };
            let mut change = Change::new(now).replace_certificate(&read, &next);
            if read.revocation.is_some() != next.revocation.is_some() {
                change = change.follow(&self.following_revocation(id).await?);
            }
            if stored(self.store(change, audit).await, attempt)? {
                return Ok(Some(said));
            }
        }
        Err(CommitError::Conflict(Conflict::Contended))
    }

    async fn store(&self, change: Change, audit: Option<&AuditRecord>) -> Result<(), CommitError> {
        match audit {
            Some(audit) => self.commit_in_project(change, audit).await,
            None => self.keep_count(Bookkeeping(change)).await,
        }
    }
}

/// Whether a change was stored; if not, whether it is worth to read again.
fn stored(outcome: Result<(), CommitError>, attempt: u32) -> Result<bool, CommitError> {
    match outcome {
        Ok(()) => Ok(true),
        Err(CommitError::Conflict(Conflict::Stale { .. } | Conflict::Contended)) if attempt < ATTEMPTS => {
            Ok(false)
        }
        Err(error) => Err(error),
    }
}

impl Change {
    /// A new certificate with its bytes.
    #[must_use]
    pub fn create_certificate(self, certificate: &Certificate, bundle: &Bundle) -> Self {
        let certificate = certificate.settled(self.now());
        self.create(&certificate).create(bundle)
    }

    /// The next version of a certificate, due when something is to be done about it.
    #[must_use]
    pub fn replace_certificate(self, read: &Stored<Certificate>, next: &Certificate) -> Self {
        let next = next.settled(self.now());
        self.replace(read, &next)
    }

    /// A certificate goes with its bytes and its key. One that is attached to a sync refuses, as [`Conflict::Stale`] of
    /// [`model::certificate_sync::CertificateSyncs`].
    #[must_use]
    pub fn delete_certificate(self, read: &Stored<Certificate>, bundle: &Bundle) -> Self {
        self.delete(read).discard(bundle).nowhere(read.id)
    }
}
