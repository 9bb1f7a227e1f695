//! Taking a secret back to what it was: the next version says what an earlier one said.

use model::id::SecretId;
use model::project::Project;
use store::Stored;

use super::decide::contents_of;
use super::{Absent, SecretChange, Write, Written};
use crate::get::spot_of;
use crate::reading::{Missing, Reading};
use crate::{Author, Error, Place, Vault};
use model::secret::Secret;

impl Vault {
    /// Writes value, comment, metadata, tags and reminder of an earlier version of `secret` as its next one; it keeps its name and
    /// its id. The reads of [`Vault::write`] and two GetItems.
    ///
    /// # Errors
    /// [`Error::NoVersion`] when that version is not kept, [`Error::Unreadable`] when it cannot be opened, and those of
    /// [`Vault::write`].
    pub async fn rollback(
        &self,
        project: &Project,
        author: &Author,
        secret: &Stored<Secret>,
        version: u64,
    ) -> Result<Written, Error> {
        let mut reading = Reading::new(self, project, Missing::Skipped);
        let path = reading.path_of(spot_of(secret)).await?;
        let (environment, id): (_, SecretId) = (secret.environment_id, secret.id);
        let opened = match version == secret.version {
            true => self.open_secret(secret.clone(), &path, true).await?,
            false => {
                let absent = || Error::NoVersion { name: secret.name.clone(), version };
                let archived =
                    self.store.secret_version(environment, id, version).await?.ok_or_else(absent)?;
                self.open_version(archived, secret, &path, true).await?
            }
        };
        let (contents, then) = (contents_of(&opened), opened.stored.value);
        let change = SecretChange {
            value: Some(contents.value),
            comment: Some(contents.comment),
            metadata: Some(contents.metadata),
            tags: Some(then.tags),
            reminder_note: Some(then.reminder_note),
            reminder_repeat_days: Some(then.reminder_repeat_days),
            skip_multiline_encoding: Some(then.skip_multiline_encoding),
            ..SecretChange::default()
        };
        let place = Place { project, environment, path: &path };
        let write = Write::Update { name: secret.name.clone(), change, absent: Absent::Refuse };
        self.write(&place, &secret.kind, author, vec![write]).await
    }
}
