//! Deleting a rotation: its secrets go or become ordinary ones, and its keys go where that was asked for.

use futures::FutureExt as _;
use model::Timestamp;
use model::id::KeyRotationId;
use model::key_rotation::RotationState;
use model::secret::SecretName;
use store::{Change, RotationAndState};
use vault::{Absent, Author, Place, SecretChange, Write};

use crate::create::audit;
use crate::hold::Hold;
use crate::{Error, Rotations};

/// What goes with a rotation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Deletion {
    /// Whether its secrets go; else they stay, and people may change them again.
    pub delete_secrets: bool,
    /// Whether the keys that it made go; else they stay, and nobody rotates them. What nobody has goes in any case.
    pub revoke: bool,
}

impl Rotations {
    /// Deletes a rotation. Keys that are to go are deleted as far as it gets before `until`, and the rest by the worker; the
    /// rotation's name is free at once. Answers it as it was.
    ///
    /// # Errors
    /// [`Error::Gone`], [`Error::Busy`], [`Error::OwnKeyInUse`]: nothing was changed. Those of the table.
    pub async fn delete(
        &self,
        id: KeyRotationId,
        author: &Author,
        deletion: Deletion,
        until: Timestamp,
    ) -> Result<RotationAndState, Error> {
        let hold = Hold::take_soon(self, id, until).await?;
        // On the heap, as all that is deep.
        let deleted = self.remove(&hold, author, deletion).boxed().await;
        if deleted.is_err() {
            hold.release(hold.state.progress.retry_at.or_else(|| Some(hold.now()))).await?;
        }
        let was = deleted?;
        if ends_keys(deletion, &was.state.value) {
            self.queue.wake([id]).await;
            // The rotation is deleted; that its keys are gone is the worker's to see to, whatever happens here.
            if let Err(error) = self.advance(id, until).boxed().await {
                let cause = model::error::chain(&error);
                tracing::warn!(key_rotation.id = %id, cause, "the keys of a deleted rotation are left to the worker");
            }
        }
        Ok(was)
    }

    async fn remove(
        &self,
        hold: &Hold<'_>,
        author: &Author,
        deletion: Deletion,
    ) -> Result<RotationAndState, Error> {
        let read = self.read(hold.rotation.id).await?;
        hold.holds(&read.state)?;
        let rotation = &read.rotation.value;
        if deletion.revoke && rotation.parameters.own_key {
            return Err(Error::OwnKeyInUse);
        }
        let now = self.time.now();
        let (connection, project) = tokio::try_join!(
            self.store.connection(rotation.connection_id),
            self.store.project(rotation.project_id)
        )?;
        let beside = |change: Change| match ends_keys(deletion, &read.state.value) {
            true => change.end_key_rotation(&read, deletion.revoke),
            false => change.delete_key_rotation(
                &read,
                connection.as_ref().map(|read| &read.value),
                project.as_ref().map(|read| &read.value),
            ),
        };
        let author = Author { now, ..author.clone() };
        let line = audit(&author, "key-rotation.delete", rotation, now);
        match self.folder(rotation).await {
            Ok(folder) => {
                let names =
                    [&rotation.secrets_mapping.access_key_id, &rotation.secrets_mapping.secret_access_key];
                let writes =
                    names.map(|name| if deletion.delete_secrets { delete(name) } else { free(name) });
                let place = Place {
                    project: &folder.project.value,
                    environment: rotation.environment_id,
                    path: &folder.path,
                };
                let writes = self.own(rotation, writes.into()).await?;
                let written =
                    self.vault.write_rotated(&place, &author, rotation.id, &line, writes, &beside).await?;
                self.syncs.wake(written.syncs).await;
            }
            // With the folder, its secrets are gone.
            Err(Error::FolderGone) => self.store.commit(beside(Change::new(now)), &line).await?,
            Err(error) => return Err(error),
        }
        Ok(read.clone())
    }

    /// The writes about secrets that are the rotation's: one that was made by hand under the same name is not its to change.
    async fn own(
        &self,
        rotation: &model::key_rotation::KeyRotation,
        writes: Vec<(SecretName, Write)>,
    ) -> Result<Vec<Write>, Error> {
        let names: Vec<SecretName> = writes.iter().map(|(name, _)| name.clone()).collect();
        let kind = model::secret::SecretKind::Shared;
        let (environment, folder) = (rotation.environment_id, rotation.folder_id);
        let found = self.store.secrets_named(environment, folder, &kind, &names).await?;
        let is_own = |name: &SecretName| {
            found.iter().any(|secret| secret.name == *name && secret.rotation_id == Some(rotation.id))
        };
        Ok(writes.into_iter().filter(|(name, _)| is_own(name)).map(|(_, write)| write).collect())
    }
}

impl Hold<'_> {
    /// The rest of a deleted rotation goes: its keys are gone.
    pub(crate) async fn purge(&self) -> Result<(), Error> {
        let store = &self.rotations.store;
        let Some(state) = store.key_rotation_state(self.rotation.id).await? else { return Ok(()) };
        self.holds(&state)?;
        let (connection, project) = tokio::try_join!(
            store.connection(self.rotation.connection_id),
            store.project(self.rotation.project_id)
        )?;
        let change = Change::new(self.now()).delete_ended_key_rotation(
            &state,
            connection.as_ref().map(|read| &read.value),
            project.as_ref().map(|read| &read.value),
        );
        let action = if self.is_given_up() { "key-rotation.abandon-keys" } else { "key-rotation.revoked" };
        let left = self.state.progress.keys.iter().map(|key| format!("key …{}", key.id.last_four()));
        let audit = self.audit(action, left.collect());
        Ok(store.commit(change, &audit).await?)
    }
}

/// Whether there are keys to delete: those that are to go, or one that nobody has, which would work for ever.
fn ends_keys(deletion: Deletion, state: &RotationState) -> bool {
    deletion.revoke || state.progress.has_what_nobody_has()
}

fn delete(name: &SecretName) -> (SecretName, Write) {
    (name.clone(), Write::Delete { name: name.clone() })
}

fn free(name: &SecretName) -> (SecretName, Write) {
    let change = SecretChange { rotation_id: Some(None), ..SecretChange::default() };
    (name.clone(), Write::Update { name: name.clone(), change, absent: Absent::Ignore })
}
