//! Changing a rotation: the definition, its schedule, and the names of its secrets, together.

use model::Timestamp;
use model::key_rotation::{KeyRotation, RotationState};
use model::secret::SecretName;
use store::{Change, RotationAndState};
use vault::{Absent, Author, Place, SecretChange, Write};

use crate::create::audit;
use crate::hold::Hold;
use crate::{Error, Rotations};

impl Rotations {
    /// Makes a rotation what `edit` makes of it. Its secrets are renamed in the same transaction. Keys of another user than
    /// before are begun with at once, by the worker; those of the former user stay what they are.
    ///
    /// # Errors
    /// [`Error::SecretExists`], [`Error::NameTaken`], [`Error::FolderGone`], [`Error::Busy`], [`Error::Gone`]: nothing was
    /// changed. Those of the table.
    pub async fn update(
        &self,
        id: model::id::KeyRotationId,
        author: &Author,
        edit: impl Fn(&KeyRotation) -> KeyRotation,
        until: Timestamp,
    ) -> Result<RotationAndState, Error> {
        let hold = Hold::take_soon(self, id, until).await?;
        let changed = self.change(&hold, author, &edit).await;
        if changed.is_err() {
            // Whoever comes next finds it free; the reason for the refusal is told first.
            hold.release(hold.state.progress.retry_at.or_else(|| Some(hold.now()))).await?;
        }
        changed?;
        self.queue.wake([id]).await;
        self.read(id).await
    }

    async fn change(
        &self,
        hold: &Hold<'_>,
        author: &Author,
        edit: &impl Fn(&KeyRotation) -> KeyRotation,
    ) -> Result<(), Error> {
        let read = self.read(hold.rotation.id).await?;
        hold.holds(&read.state)?;
        let (before, after) = (&read.rotation.value, edit(&read.rotation));
        let now = self.time.now();
        let state = next_state(&read, &after, now);
        let renames = renames(before, &after);
        let wanted: Vec<SecretName> = renames.iter().map(|(_, to)| to.clone()).collect();
        let author = Author { now, ..author.clone() };
        if wanted.is_empty() {
            let change = Change::new(now).replace(&read.rotation, &after).replace(&read.state, &state);
            return Ok(self
                .store
                .commit(change, &audit(&author, "key-rotation.update", &after, now))
                .await?);
        }
        let folder = self.folder(&after).await?;
        self.refuse_secrets(&after, &wanted).await?;
        let write = |(from, to): &(SecretName, SecretName)| {
            let change = SecretChange { new_name: Some(to.clone()), ..SecretChange::default() };
            Write::Update { name: from.clone(), change, absent: Absent::Ignore }
        };
        let writes = renames.iter().map(write).collect();
        let beside = |change: Change| change.replace(&read.rotation, &after).replace(&read.state, &state);
        let place =
            Place { project: &folder.project.value, environment: after.environment_id, path: &folder.path };
        let line = audit(&author, "key-rotation.update", &after, now);
        let written = self.vault.write_rotated(&place, &author, after.id, &line, writes, &beside).await;
        let written = written.map_err(|error| {
            if let vault::Error::Exists { name } = error {
                Error::SecretExists { name }
            } else {
                error.into()
            }
        })?;
        self.syncs.wake(written.syncs).await;
        Ok(())
    }
}

/// The state that goes with a changed definition: free, and looked at at once.
fn next_state(read: &RotationAndState, after: &KeyRotation, now: Timestamp) -> RotationState {
    let before = &read.rotation.value;
    let progress = match before.parameters.user_name == after.parameters.user_name {
        true => read.state.progress.clone(),
        false => read.state.progress.retargeted(),
    };
    let progress = match before.schedule == after.schedule {
        true => progress,
        false => progress.rescheduled(after),
    };
    read.state.with(progress).released(Some(now))
}

fn renames(before: &KeyRotation, after: &KeyRotation) -> Vec<(SecretName, SecretName)> {
    let (from, to) = (&before.secrets_mapping, &after.secrets_mapping);
    [(&from.access_key_id, &to.access_key_id), (&from.secret_access_key, &to.secret_access_key)]
        .into_iter()
        .filter(|(from, to)| from != to)
        .map(|(from, to)| (from.clone(), to.clone()))
        .collect()
}
