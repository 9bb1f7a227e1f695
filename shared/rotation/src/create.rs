//! Making a rotation: refused before a key exists wherever that can be known, and then its first key, as far as time goes.

use futures::FutureExt as _;
use model::Timestamp;
use model::audit::AuditRecord;
use model::connection::{Connection, Way};
use model::key_rotation::body::TakeOver;
use model::key_rotation::{
    AccessKeyId, Blocked, KeyRotation, Origin, Progress, RotationState, RotationStatus, Seen, Step,
};
use model::secret::{SecretKind, SecretName};
use store::{Change, RotationAndState, Stored};
use vault::Author;

use crate::hold::Hold;
use crate::target::Target;
use crate::{Error, Rotations};

/// What is to be made.
#[derive(Debug, Clone)]
pub struct Creation {
    /// The rotation.
    pub rotation: KeyRotation,
    /// The keys of the user that it may have.
    pub take_over: TakeOver,
}

impl Rotations {
    /// Makes a rotation, and its first key as far as it gets before `until`; the status says how far that was.
    ///
    /// # Errors
    /// [`Error::SecretExists`], [`Error::NameTaken`], [`Error::FolderGone`], [`Error::Blocked`], [`Error::NotTheUsers`],
    /// [`Error::NotOwn`], [`Error::OwnKeyTakenOver`], [`Error::Aws`]: nothing was made. [`Error::NotMade`] when AWS refused the
    /// first key, and nothing is left of the attempt. Those of the table.
    pub async fn create(
        &self,
        creation: &Creation,
        connection: Stored<Connection>,
        author: &Author,
        until: Timestamp,
    ) -> Result<RotationAndState, Error> {
        let rotation = &creation.rotation;
        let folder = self.folder(rotation).await?;
        let names = &rotation.secrets_mapping;
        self.refuse_secrets(rotation, &[names.access_key_id.clone(), names.secret_access_key.clone()])
            .await?;
        if self.store.key_rotation_named(rotation.folder_id, &rotation.name).await?.is_some() {
            return Err(Error::NameTaken);
        }
        let target = self.open(rotation, connection).await?;
        let user = target.user(self);
        let seen = user.with_uses(user.look(None, self.time.now()).await?).await?;
        let taken_over = self.taken_over(creation, &target, &seen).await?;
        let now = self.time.now();
        let progress = Progress::begin(&taken_over, now);
        if let Step::Stop(blocked) = progress.next(rotation, &seen, now) {
            return Err(Error::Blocked(blocked));
        }
        let (token, state) = Hold::claimed(&RotationState::new(rotation, progress, now), now, until);
        let change =
            Change::new(now).create_key_rotation(rotation, &state, &target.connection, &folder.project);
        let mut audit = audit(author, "key-rotation.create", rotation, now);
        audit.details = taken_over.iter().map(|id| format!("takes over key …{}", id.last_four())).collect();
        let days = folder.project.audit_logs_retention_days;
        match self.store.commit_kept(change, &audit, days).await.map_err(Error::from) {
            Err(Error::NameTaken) => return Err(self.taken_meanwhile(rotation).await?),
            stored => stored?,
        }
        Hold::of_new(self, token, rotation.clone(), state, until).run(until).boxed().await?;
        let read = self.read(rotation.id).await?;
        match refusal(&read) {
            Some(message) => {
                self.withdraw(&read, author).await?;
                Err(Error::NotMade(message))
            }
            None => Ok(read),
        }
    }

    /// Which of its names somebody else has taken since it was looked for.
    pub(crate) async fn taken_meanwhile(&self, rotation: &KeyRotation) -> Result<Error, Error> {
        let names = &rotation.secrets_mapping;
        for name in [&names.access_key_id, &names.secret_access_key] {
            let writer = self.store.key_rotation_into(rotation.folder_id, name).await?;
            if writer.is_some_and(|writer| writer != rotation.id) {
                return Ok(Error::SecretExists { name: name.clone() });
            }
        }
        Ok(Error::NameTaken)
    }

    /// Refuses names that secrets of the folder have, or that other rotations write.
    pub(crate) async fn refuse_secrets(
        &self,
        rotation: &KeyRotation,
        names: &[SecretName],
    ) -> Result<(), Error> {
        let (environment, folder) = (rotation.environment_id, rotation.folder_id);
        for name in names {
            // Its key may not be in the secret yet.
            let writer = self.store.key_rotation_into(folder, name).await?;
            if writer.is_some_and(|writer| writer != rotation.id) {
                return Err(Error::SecretExists { name: name.clone() });
            }
        }
        let taken = self.store.secrets_named(environment, folder, &SecretKind::Shared, names).await?;
        match taken.into_iter().find(|secret| secret.rotation_id != Some(rotation.id)) {
            Some(secret) => Err(Error::SecretExists { name: secret.value.name }),
            None => Ok(()),
        }
    }

    /// The keys of the user that the rotation may have besides those that it makes: those that were named, and the
    /// connection's own where that is what is rotated.
    async fn taken_over(
        &self,
        creation: &Creation,
        target: &Target,
        seen: &Seen,
    ) -> Result<Vec<AccessKeyId>, Error> {
        let mut taken: Vec<AccessKeyId> = match &creation.take_over {
            TakeOver::Nothing => Vec::new(),
            TakeOver::All => seen.keys.iter().map(|key| key.id.clone()).collect(),
            TakeOver::These(ids) => {
                match ids.iter().find(|id| seen.key(id).is_none()) {
                    Some(absent) if seen.user_id.is_some() => return Err(Error::NotTheUsers(absent.clone())),
                    Some(_) | None => {}
                }
                ids.clone()
            }
        };
        if creation.rotation.parameters.own_key {
            let own = self.own_key(target, seen, &creation.rotation.parameters.user_name).await?;
            if !taken.contains(&own) {
                taken.push(own);
            }
        } else if let Some(own) = taken.iter().find(|id| seen.is_signed_by(id)) {
            return Err(Error::OwnKeyTakenOver(own.last_four().to_owned()));
        }
        taken.sort();
        taken.dedup();
        Ok(taken)
    }

    /// The connection's own key, which must be one of the user's.
    async fn own_key(&self, target: &Target, seen: &Seen, user_name: &str) -> Result<AccessKeyId, Error> {
        let Way::AccessKey { access_key_id, .. } = &target.connection.way else {
            return Err(Error::NotOwn("this connection assumes a role".to_owned()));
        };
        let identity = self.owner_of(target).await?;
        let is_the_user = seen.user_id.as_ref() == Some(&identity.user_id);
        let own = access_key_id.parse().ok().filter(|id| seen.key(id).is_some() && is_the_user);
        own.ok_or_else(|| {
            Error::NotOwn(format!("AWS says that the connection is {}, not user {user_name}", identity.arn))
        })
    }

    /// Takes back a rotation whose first key AWS has refused.
    async fn withdraw(&self, read: &RotationAndState, author: &Author) -> Result<(), Error> {
        let rotation = &read.rotation.value;
        let connection = self.store.connection(rotation.connection_id).await?;
        let project = self.store.project(rotation.project_id).await?;
        let now = self.time.now();
        let change = Change::new(now).delete_key_rotation(
            read,
            connection.as_ref().map(|read| &read.value),
            project.as_ref().map(|read| &read.value),
        );
        Ok(self.store.commit(change, &audit(author, "key-rotation.withdraw", rotation, now)).await?)
    }
}

/// Why the first key was not made, if AWS has said so and there is nothing that could come of it later.
fn refusal(read: &RotationAndState) -> Option<String> {
    let progress = &read.state.progress;
    let made = progress.intent.is_some() || progress.keys.iter().any(|key| key.origin == Origin::Made);
    if progress.status != RotationStatus::Failed || made {
        return None;
    }
    // Throttling passes: the worker goes on.
    progress.message.clone().filter(|_| read.state.lease.is_none())
}

/// What stands in the way of a first key, in the words of the record.
impl From<Blocked> for Error {
    fn from(blocked: Blocked) -> Self {
        Self::Blocked(blocked)
    }
}

pub(crate) fn audit(author: &Author, action: &str, rotation: &KeyRotation, now: Timestamp) -> AuditRecord {
    AuditRecord {
        at: now,
        actor: author.actor.clone(),
        origin: author.origin.clone(),
        action: action.to_owned(),
        resource_id: rotation.id.to_string(),
        resource_name: rotation.name.clone(),
        project_id: Some(rotation.project_id),
        details: Vec::new(),
    }
}
