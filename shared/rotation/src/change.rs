//! Changing a rotation: the definition, its schedule, and the names of its secrets, together.

use model::Timestamp;
use model::key_rotation::{KeyRotation, Progress, RotationState, Step};
use model::secret::SecretName;
use store::{Change, RotationAndState};
use vault::{Absent, Author, Place, SecretChange, Write};

use crate::create::audit;
use crate::hold::Hold;
use crate::{Error, Rotations};

impl Rotations {
    /// Makes a rotation what `edit` makes of it. Its secrets are renamed in the same transaction. Another name of the same user
    /// changes nothing else; keys of another user than before are begun with at once, by the worker, and those of the former
    /// user stay what they are.
    ///
    /// # Errors
    /// [`Error::SecretExists`], [`Error::NameTaken`], [`Error::FolderGone`], [`Error::Busy`], [`Error::Gone`]; of another user
    /// [`Error::Blocked`], [`Error::Aws`]: nothing was changed. Those of the table.
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
        let state = self.next_state(&read, &after).await?;
        let now = self.time.now();
        let mut line = audit(author, "key-rotation.update", &after, now);
        line.details = of_another_user(&read, &after);
        let renames = renames(before, &after);
        let wanted: Vec<SecretName> = renames.iter().map(|(_, to)| to.clone()).collect();
        let author = Author { now, ..author.clone() };
        if wanted.is_empty() {
            let change = Change::new(now).replace(&read.rotation, &after).replace(&read.state, &state);
            return Ok(self.store.commit(change, &line).await?);
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
        let written = self.vault.write_rotated(&place, &author, after.id, &line, writes, &beside).await;
        let written = written.map_err(|error| {
            if let vault::Error::Exists { name } = error {
                Error::SecretExists { name }
            } else {
                error.into()
            }
        });
        match written {
            Err(Error::NameTaken) => Err(self.taken_meanwhile(&after).await?),
            written => {
                self.syncs.wake(written?.syncs).await;
                Ok(())
            }
        }
    }

    /// The state that goes with a changed definition: free, and looked at at once.
    async fn next_state(&self, read: &RotationAndState, after: &KeyRotation) -> Result<RotationState, Error> {
        let before = &read.rotation.value;
        let progress = match before.parameters.user_name == after.parameters.user_name {
            true => read.state.progress.clone(),
            false => self.of_user(&read.state.progress, after).await?,
        };
        let progress = match before.schedule == after.schedule {
            true => progress,
            false => progress.rescheduled(after),
        };
        Ok(read.state.with(progress).released(Some(self.time.now())))
    }

    /// The progress under another name: the same where it is the same user's, who was renamed; else that of a user of whom
    /// there is no key yet, if there can be one.
    async fn of_user(&self, progress: &Progress, after: &KeyRotation) -> Result<Progress, Error> {
        let target = self.target(after).await?;
        let user = target.user(self);
        let seen = user.look(None, self.time.now()).await?;
        if seen.user_id.is_some() && seen.user_id == progress.user_id {
            return Ok(Progress { retry_at: None, ..progress.clone() });
        }
        let next = progress.retargeted();
        let seen = user.with_uses(seen).await?;
        if let Step::Stop(blocked) = next.next(after, &seen, self.time.now()) {
            return Err(Error::Blocked(blocked));
        }
        Ok(next)
    }
}

/// For the audit trail: whose keys are left to themselves.
fn of_another_user(read: &RotationAndState, after: &KeyRotation) -> Vec<String> {
    let (before, after) = (&read.rotation.parameters.user_name, &after.parameters.user_name);
    if before == after {
        return Vec::new();
    }
    let keys = read.state.progress.keys.iter().map(|key| format!("had key …{}", key.id.last_four()));
    std::iter::once(format!("user: {before} to {after}")).chain(keys).collect()
}

fn renames(before: &KeyRotation, after: &KeyRotation) -> Vec<(SecretName, SecretName)> {
    let (from, to) = (&before.secrets_mapping, &after.secrets_mapping);
    [(&from.access_key_id, &to.access_key_id), (&from.secret_access_key, &to.secret_access_key)]
        .into_iter()
        .filter(|(from, to)| from != to)
        .map(|(from, to)| (from.clone(), to.clone()))
        .collect()
}
