//! Why a request about a rotation was not done.

use access::OpenError;
use model::Timestamp;
use model::key_rotation::{AccessKeyId, Blocked};
use model::secret::SecretName;
use store::{CommitError, Conflict, Entity as _, ReadError};

/// What can go wrong.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// There is no such rotation, or it is deleted.
    #[error("the rotation does not exist")]
    Gone,
    /// Somebody is at work on it.
    #[error("the rotation is running already")]
    Busy {
        /// At the longest until then.
        until: Timestamp,
    },
    /// Another process has taken over.
    #[error("another process has taken over this rotation")]
    LeaseLost,
    /// A rotation of the folder has the name.
    #[error("a rotation of this name exists in the folder")]
    NameTaken,
    /// A secret has a name that the rotation wants, and is not the rotation's.
    #[error("Secret with name '{name}' already exists in the folder")]
    SecretExists {
        /// The name.
        name: SecretName,
    },
    /// The connection was deleted.
    #[error("the connection of this rotation does not exist any more")]
    ConnectionGone,
    /// The project, the environment or the folder was deleted.
    #[error("the folder of this rotation does not exist any more")]
    FolderGone,
    /// What stands in the way in IAM.
    #[error("{0}")]
    Blocked(Blocked),
    /// The request names a key that the user does not have.
    #[error("the IAM user has no access key {0}")]
    NotTheUsers(AccessKeyId),
    /// The connection's own key is another user's, or the connection has none.
    #[error("ownKey needs a connection by access key whose user is the one that is rotated; {0}")]
    NotOwn(String),
    /// The connection's own key is to be taken over by a rotation that does not give the connection another one.
    #[error(
        "takeOverExistingKeys covers key …{0}, which the connection itself runs on: deactivating it would cut the connection \
         off; name the user's other keys alone, or set parameters.ownKey to true, which gives the connection each new key"
    )]
    OwnKeyTakenOver(String),
    /// The keys of the connection itself cannot be deleted under it.
    #[error(
        "the key is the connection's own, which would be cut off: delete the rotation without revoking its keys"
    )]
    OwnKeyInUse,
    /// The secret half of a key is not kept here.
    #[error("the secret half of key …{0} is not kept here, so it cannot be published")]
    NoSecretHalf(String),
    /// The first key could not be made, and nothing is left of the attempt.
    #[error("{0}")]
    NotMade(String),
    /// AWS did not do what it was asked.
    #[error(transparent)]
    Aws(#[from] access::Error),
    /// A secret half could not be sealed or opened.
    #[error("the secret access key could not be sealed or opened")]
    Seal(#[from] seal::Error),
    /// The secrets could not be read or written.
    #[error(transparent)]
    Vault(vault::Error),
    /// The table could not be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// The table could not be written.
    #[error(transparent)]
    Commit(CommitError),
}

impl From<CommitError> for Error {
    fn from(error: CommitError) -> Self {
        match error.conflict() {
            Some(Conflict::NameTaken { kind }) if *kind == model::key_rotation::KeyRotation::KIND => {
                Self::NameTaken
            }
            Some(Conflict::Stale { kind } | Conflict::Exists { kind })
                if *kind == model::key_rotation::RotationState::KIND =>
            {
                Self::LeaseLost
            }
            Some(_) | None => Self::Commit(error),
        }
    }
}

impl From<vault::Error> for Error {
    fn from(error: vault::Error) -> Self {
        if let vault::Error::Commit(error) = error { error.into() } else { Self::Vault(error) }
    }
}

impl From<OpenError<seal::Error>> for Error {
    fn from(error: OpenError<seal::Error>) -> Self {
        match error {
            OpenError::Role(error) => Self::Aws(error),
            OpenError::Key(error) => Self::Seal(error),
            OpenError::NoKey => Self::ConnectionGone,
        }
    }
}

impl Error {
    /// Whether time alone may mend it.
    #[must_use]
    pub fn is_passing(&self) -> bool {
        match self {
            Self::Aws(error) => error.is_passing(),
            Self::Seal(error) => error.is_transient(),
            Self::Vault(error) => error.is_transient(),
            Self::Read(error) => error.is_passing(),
            Self::Commit(error) => error.is_passing(),
            Self::Busy { .. } => true,
            Self::Gone
            | Self::LeaseLost
            | Self::NameTaken
            | Self::SecretExists { .. }
            | Self::ConnectionGone
            | Self::FolderGone
            | Self::Blocked(_)
            | Self::NotTheUsers(_)
            | Self::NotOwn(_)
            | Self::OwnKeyTakenOver(_)
            | Self::OwnKeyInUse
            | Self::NoSecretHalf(_)
            | Self::NotMade(_) => false,
        }
    }

    /// Whether the work stops here: it is somebody else's now, or the table itself could not be written, so that nothing
    /// could be noted about it.
    pub(crate) const fn ends_the_work(&self) -> bool {
        matches!(self, Self::LeaseLost | Self::Gone | Self::Read(_) | Self::Commit(_))
    }

    /// In words for the record of the rotation.
    pub(crate) fn in_words(&self) -> String {
        match self {
            Self::Aws(error) => format!("AWS refused or failed: {error}"),
            Self::Vault(vault::Error::Exists { name }) => format!(
                "the new key could not be put into the secrets: secret '{name}' exists and is not this rotation's; rename or \
                 delete it"
            ),
            Self::Vault(error) => format!("the new key could not be put into the secrets: {error}"),
            Self::Gone
            | Self::Busy { .. }
            | Self::LeaseLost
            | Self::NameTaken
            | Self::SecretExists { .. }
            | Self::ConnectionGone
            | Self::FolderGone
            | Self::Blocked(_)
            | Self::NotTheUsers(_)
            | Self::NotOwn(_)
            | Self::OwnKeyTakenOver(_)
            | Self::OwnKeyInUse
            | Self::NoSecretHalf(_)
            | Self::NotMade(_)
            | Self::Seal(_)
            | Self::Read(_)
            | Self::Commit(_) => self.to_string(),
        }
    }
}
