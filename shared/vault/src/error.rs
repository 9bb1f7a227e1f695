//! What can go wrong with secrets.

use model::folder::FolderRefused;
use model::id::KeyRotationId;
use model::secret::{SecretName, SecretPath};
use store::{CommitError, Conflict, ReadError};

/// Why something was not read or written. No message and no source holds a value.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The project has no such environment, or it is being deleted.
    #[error("the environment is not there")]
    NoEnvironment,
    /// The environment has no such folder.
    #[error("Folder with path '{path}' in environment '{environment}' was not found")]
    NoFolder {
        /// The environment's slug.
        environment: String,
        /// The folder's path, or its id where that is all that is known.
        path: String,
    },
    /// The folder has no such secret.
    #[error("Secret with name '{name}' was not found in path '{path}'")]
    NoSecret {
        /// The name.
        name: SecretName,
        /// The folder's path.
        path: SecretPath,
    },
    /// The secret has no such version, or it is not kept any more.
    #[error("Version {version} of secret '{name}' was not found")]
    NoVersion {
        /// The secret's name.
        name: SecretName,
        /// The version.
        version: u64,
    },
    /// A personal secret stands in place of a shared one, and there is none.
    #[error("There is no shared secret '{name}' that a personal one could override")]
    NoShared {
        /// The name.
        name: SecretName,
    },
    /// There is a secret of that name in the folder.
    #[error("Secret with name '{name}' already exists")]
    Exists {
        /// The name.
        name: SecretName,
    },
    /// The secret's value is a rotation's to write.
    #[error(
        "Secret '{name}' is written by key rotation {rotation}: its value and its name cannot be changed by hand, and it \
         cannot be deleted; change or delete the rotation instead"
    )]
    Rotated {
        /// The secret's name.
        name: SecretName,
        /// The rotation.
        rotation: KeyRotationId,
    },
    /// A batch names a secret twice.
    #[error("The request names secret '{name}' more than once")]
    Twice {
        /// The name.
        name: SecretName,
    },
    /// References would lead back to where they start.
    #[error("The references lead back to themselves: {}", names.join(" -> "))]
    Cycle {
        /// The secrets on the way, the first one again at the end.
        names: Vec<String>,
    },
    /// Imports would lead back to where they start.
    #[error("The imports lead back to themselves: {}", names.join(" -> "))]
    ImportCycle {
        /// The folders on the way, the first one again at the end.
        names: Vec<String>,
    },
    /// A folder imports one that is not there. Only told to syncs: what it would give is unknown.
    #[error("Folder '{importer}' imports '{path}' of environment '{environment}', which is not there")]
    ImportAbsent {
        /// The folder that imports.
        importer: String,
        /// The slug of the environment, or its id when it is gone.
        environment: String,
        /// The path that is imported.
        path: SecretPath,
    },
    /// Something is longer than may be.
    #[error("The {what} of secret '{name}' is too long: at most {limit}")]
    TooLong {
        /// What of the secret.
        what: &'static str,
        /// The secret's name.
        name: SecretName,
        /// The limit with its unit.
        limit: String,
    },
    /// A rule of folders or imports.
    #[error(transparent)]
    Folder(#[from] FolderRefused),
    /// So many personal secrets are in place of a shared one that they cannot move with it in one transaction.
    #[error(
        "Secret '{name}' cannot be renamed: {count} people have a personal one in its place. At most 18 move with it, one fewer for \
         every five secret syncs that watch the folder, and fewer where values are long. Create a secret of the new name and \
         delete this one with the personal ones, or have some of those deleted first"
    )]
    TooManyPersonal {
        /// The shared secret's name.
        name: SecretName,
        /// How many there are.
        count: usize,
    },
    /// So many syncs watch the folder that no other can.
    #[error("A folder is read by at most {} secret syncs with auto-sync", store::MOST_WATCHERS)]
    TooManyWatchers,
    /// So many syncs read what is changed that one transaction cannot wake them all.
    #[error("Too many folders and secret syncs are concerned at once; change fewer folders at a time")]
    TooMuchAtOnce,
    /// A stored value was changed, moved, or its key is out of reach.
    #[error("the {what} of secret '{name}' in path '{path}' cannot be opened")]
    Unreadable {
        /// What of the secret.
        what: &'static str,
        /// The secret's name.
        name: SecretName,
        /// The folder's path, or its id.
        path: String,
        /// Why.
        source: seal::Error,
    },
    /// A value could not be sealed.
    #[error("the {what} of secret '{name}' cannot be sealed")]
    Seal {
        /// What of the secret.
        what: &'static str,
        /// The secret's name.
        name: SecretName,
        /// Why.
        source: seal::Error,
    },
    /// The table was not read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// The table was not written.
    #[error(transparent)]
    Commit(#[from] CommitError),
    /// Others changed the same things in every attempt.
    #[error("the same secrets or folders are being changed by others right now")]
    Contended,
    /// A batch larger than a transaction was written in part; what is told here stands.
    #[error("only the first {} of the secrets were written, up to '{}'", written.len(), written.last().map_or("", SecretName::as_str))]
    Interrupted {
        /// The names of those that were written, in the request's order.
        written: Vec<SecretName>,
        /// Why the next ones were not.
        source: Box<Self>,
    },
}

impl Error {
    /// Whether the same call may succeed in a moment: the table or KMS was busy or out of reach, or others were faster.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Unreadable { source, .. } | Self::Seal { source, .. } => source.is_transient(),
            Self::Read(error) => error.is_passing(),
            Self::Commit(error) => error.is_passing(),
            Self::Contended => true,
            Self::Interrupted { source, .. } => source.is_transient(),
            Self::NoEnvironment
            | Self::NoFolder { .. }
            | Self::NoSecret { .. }
            | Self::NoVersion { .. }
            | Self::NoShared { .. }
            | Self::Exists { .. }
            | Self::Rotated { .. }
            | Self::Twice { .. }
            | Self::Cycle { .. }
            | Self::ImportCycle { .. }
            | Self::ImportAbsent { .. }
            | Self::TooLong { .. }
            | Self::Folder(_)
            | Self::TooManyPersonal { .. }
            | Self::TooManyWatchers
            | Self::TooMuchAtOnce => false,
        }
    }

    /// Whether others were faster, and the same is to be tried on what they left behind.
    pub(crate) fn is_stale(error: &CommitError) -> bool {
        match error.conflict() {
            Some(
                Conflict::Stale { .. }
                | Conflict::Contended
                | Conflict::Exists { .. }
                | Conflict::NameTaken { .. },
            ) => true,
            Some(Conflict::Unmet(_)) | None => false,
        }
    }
}
