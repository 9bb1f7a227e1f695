//! Rotations of access keys: what people decided and how far it got, together in one partition and each in its own item.

use model::Timestamp;
use model::audit::AuditRecord;
use model::connection::{Connection, DependentKind};
use model::id::{EnvironmentId, FolderId, KeyRotationId, ProjectId};
use model::key_rotation::{KeyRotation, RotationState};
use model::project::Project;
use model::secret::SecretName;

use crate::change::Bookkeeping;
use crate::entity::{Entity, NameGuard, Stored, stored_from};
use crate::error::{CommitError, Conflict, ReadError};
use crate::keys::{Index, Keys};
use crate::read::From;
use crate::{Change, Due, Store};

const STATE: &str = "STATE";

/// Where the index of due work lists rotations. One partition: a rotation is written a dozen times in a day at most, and an
/// index partition takes a thousand writes a second.
const DUE: &str = "DUE#KEY_ROTATION";

const LIST: &str = "KEY_ROTATION#";
const STATES: &str = "KEY_ROTATION_STATE#";

/// The noun of the guards of secrets that rotations write.
const SECRET: &str = "rotated secret";

/// Attempts of a step against others that change the same record.
const ATTEMPTS: u32 = 8;

impl Entity for KeyRotation {
    const KIND: &'static str = "key rotation";

    fn keys(&self) -> Keys {
        Keys::own(key(self.id)).listed(list(self.project_id), format!("{LIST}{}#{}", self.name, self.id))
    }

    /// Its name, and those of its secrets: of two rotations into one secret the second is refused before it has a key.
    fn names(&self) -> Vec<NameGuard> {
        let mapping = &self.secrets_mapping;
        let secret = |name| NameGuard::new(SECRET, &place(self.folder_id, name), "", self.id);
        vec![
            NameGuard::new(Self::KIND, &self.folder_id.to_string(), &self.name, self.id),
            secret(&mapping.access_key_id),
            secret(&mapping.secret_access_key),
        ]
    }
}

impl Entity for RotationState {
    const KIND: &'static str = "key rotation state";

    fn keys(&self) -> Keys {
        let keys =
            Keys::within(key(self.id), STATE).listed(list(self.project_id), format!("{STATES}{}", self.id));
        let due = |at: Timestamp| Index { pk: DUE.to_owned(), sk: format!("{at}#{}", self.id) };
        Keys { due: self.due_at.map(due), ..keys }
    }
}

/// Secrets' names differ by case, which those of a guard do not: the name is part of its scope.
fn place(folder: FolderId, secret: &SecretName) -> String {
    format!("{folder}#{secret}")
}

fn key(id: KeyRotationId) -> String {
    format!("KEY_ROTATION#{id}")
}

fn list(project: ProjectId) -> String {
    format!("PROJECT#{project}")
}

/// A rotation with how far it got.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RotationAndState {
    /// What people decided.
    pub rotation: Stored<KeyRotation>,
    /// How far it got.
    pub state: Stored<RotationState>,
}

impl Store {
    /// A rotation by its id, with its state. One strongly consistent Query of two items; `None` also for one that was
    /// deleted and whose keys are still being removed.
    ///
    /// # Errors
    /// [`ReadError`] when the table cannot be read.
    pub async fn key_rotation(&self, id: KeyRotationId) -> Result<Option<RotationAndState>, ReadError> {
        let (mut rotation, mut state) = (None, None);
        for item in self.query(KeyRotation::KIND, From::Table, &key(id), "").await? {
            if item.get("sk").and_then(|sk| sk.as_s().ok()).is_some_and(|sk| sk == STATE) {
                state = Some(stored_from(item)?);
            } else {
                rotation = Some(stored_from(item)?);
            }
        }
        match (rotation, state) {
            (Some(rotation), Some(state)) => Ok(Some(RotationAndState { rotation, state })),
            (Some(_), None) => {
                Err(ReadError::Decode { kind: KeyRotation::KIND, reason: "it has no state".to_owned() })
            }
            (None, _) => Ok(None),
        }
    }

    /// The state of a rotation. One strongly consistent GetItem.
    ///
    /// # Errors
    /// [`ReadError`] when the table cannot be read.
    pub async fn key_rotation_state(
        &self,
        id: KeyRotationId,
    ) -> Result<Option<Stored<RotationState>>, ReadError> {
        self.get(&key(id), STATE).await
    }

    /// The id of the rotation of this name in a folder. One strongly consistent GetItem.
    ///
    /// # Errors
    /// [`ReadError`] when the table cannot be read.
    pub async fn key_rotation_named(
        &self,
        folder: FolderId,
        name: &str,
    ) -> Result<Option<KeyRotationId>, ReadError> {
        self.owner_id(KeyRotation::KIND, &folder.to_string(), name).await
    }

    /// The id of the rotation that writes the secret of this name in a folder, or will. One strongly consistent GetItem.
    ///
    /// # Errors
    /// [`ReadError`] when the table cannot be read.
    pub async fn key_rotation_into(
        &self,
        folder: FolderId,
        secret: &SecretName,
    ) -> Result<Option<KeyRotationId>, ReadError> {
        self.owner_id(SECRET, &place(folder, secret), "").await
    }

    /// The names of the rotations of a project whose secrets are in an environment; with `folders`, in one of these alone. One
    /// eventually consistent Query for each MB of the project's rotations.
    ///
    /// # Errors
    /// [`ReadError`] when the table cannot be read.
    pub async fn key_rotations_within(
        &self,
        project: ProjectId,
        environment: EnvironmentId,
        folders: Option<&[FolderId]>,
    ) -> Result<Vec<String>, ReadError> {
        let rotations = self.list::<KeyRotation>(From::List, &list(project), LIST).await?;
        let is_within = |rotation: &KeyRotation| {
            rotation.environment_id == environment
                && folders.is_none_or(|folders| folders.contains(&rotation.folder_id))
        };
        Ok(rotations.into_iter().filter(|found| is_within(found)).map(|found| found.value.name).collect())
    }

    /// The rotations of a project with their states, by name. Two eventually consistent Queries side by side for each MB,
    /// which is about 500 rotations.
    ///
    /// # Errors
    /// [`ReadError`] when the table cannot be read.
    pub async fn key_rotations_of(&self, project: ProjectId) -> Result<Vec<RotationAndState>, ReadError> {
        let partition = list(project);
        let rotations = self.list::<KeyRotation>(From::List, &partition, LIST);
        let states = self.list::<RotationState>(From::List, &partition, STATES);
        let (rotations, states) = tokio::try_join!(rotations, states)?;
        let mut states: std::collections::HashMap<_, _> =
            states.into_iter().map(|state| (state.id, state)).collect();
        let mut joined = Vec::with_capacity(rotations.len());
        for rotation in rotations {
            // The two lists are a moment behind each on its own.
            let state = match states.remove(&rotation.id) {
                Some(state) => Some(state),
                None => self.key_rotation_state(rotation.id).await?,
            };
            joined.extend(state.map(|state| RotationAndState { rotation, state }));
        }
        Ok(joined)
    }

    /// Up to `limit` rotations that a worker should look at by now, longest due first. One eventually consistent Query, which
    /// costs what is due, not what exists.
    ///
    /// # Errors
    /// [`ReadError`] when the table cannot be read.
    pub async fn key_rotations_due(
        &self,
        now: Timestamp,
        limit: u16,
    ) -> Result<Due<KeyRotationId>, ReadError> {
        self.due(DUE, RotationState::KIND, now, limit).await
    }

    /// Changes the state by a pure step, which is asked again whenever somebody else was faster; answers what the step said
    /// besides the next state. `None` when there is no such rotation. The step's `None` for a state leaves it as it is. With
    /// `audit`, the change is a line in the trail. One GetItem and one TransactWriteItems.
    ///
    /// # Errors
    /// [`CommitError`] when the table cannot be read or written.
    pub async fn amend_key_rotation<T>(
        &self,
        id: KeyRotationId,
        now: Timestamp,
        audit: Option<&AuditRecord>,
        mut step: impl FnMut(&RotationState) -> (Option<RotationState>, T),
    ) -> Result<Option<T>, CommitError> {
        for attempt in 1.. {
            let Some(read) = self.key_rotation_state(id).await? else { return Ok(None) };
            let (next, said) = step(&read);
            let Some(next) = next else { return Ok(Some(said)) };
            let change = Change::new(now).replace(&read, &next);
            let stored = match audit {
                Some(audit) => self.commit(change, audit).await,
                None => self.keep_count(Bookkeeping(change)).await,
            };
            match stored {
                Ok(()) => return Ok(Some(said)),
                Err(CommitError::Conflict(Conflict::Stale { .. } | Conflict::Contended))
                    if attempt < ATTEMPTS => {}
                Err(error) => return Err(error),
            }
        }
        Err(CommitError::Conflict(Conflict::Contended))
    }
}

impl Change {
    /// A new rotation with its state, counted by its connection and its project.
    #[must_use]
    pub fn create_key_rotation(
        self,
        rotation: &KeyRotation,
        state: &RotationState,
        connection: &Connection,
        project: &Project,
    ) -> Self {
        self.create(rotation)
            .create(state)
            .gain_dependent(connection, DependentKind::KeyRotation)
            .count_key_rotations(project, 1)
    }

    /// A rotation goes with its state, and its keys stay what they are: its name is free, its connection and project count
    /// one less.
    #[must_use]
    pub fn delete_key_rotation(
        self,
        read: &RotationAndState,
        connection: Option<&Connection>,
        project: Option<&Project>,
    ) -> Self {
        self.delete(&read.rotation).delete(&read.state).forget_key_rotation(connection, project)
    }

    /// A rotation goes, and its keys are to go too, all of them or only what nobody has: its name is free at once. Its state
    /// stays, due now, and with it the count of its connection and its project, until [`Change::delete_ended_key_rotation`].
    #[must_use]
    pub fn end_key_rotation(self, read: &RotationAndState, all_keys: bool) -> Self {
        let ended = read.state.ended(&read.rotation.value, all_keys, self.now());
        self.delete(&read.rotation).replace(&read.state, &ended)
    }

    /// The rest of a rotation goes that was ended, and whose keys are gone.
    #[must_use]
    pub fn delete_ended_key_rotation(
        self,
        state: &Stored<RotationState>,
        connection: Option<&Connection>,
        project: Option<&Project>,
    ) -> Self {
        self.delete(state).forget_key_rotation(connection, project)
    }

    fn forget_key_rotation(self, connection: Option<&Connection>, project: Option<&Project>) -> Self {
        let mut change = self;
        if let Some(connection) = connection {
            change = change.lose_dependent(connection, DependentKind::KeyRotation);
        }
        if let Some(project) = project {
            change = change.count_key_rotations(project, -1);
        }
        change
    }

    /// A project that is being deleted at the same moment refuses one of the two.
    fn count_key_rotations(self, project: &Project, step: i64) -> Self {
        self.count(project, "key_rotations", step, None, Conflict::Stale { kind: Project::KIND })
    }
}
