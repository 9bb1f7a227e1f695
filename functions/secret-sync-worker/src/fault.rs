//! Why a run did not get through, and what follows from it.

use access::OpenError;
use model::error::chain;
use model::lease::LeaseLost;
use store::{CommitError, Conflict, ReadError};

/// What stopped a run.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// The table could not be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// The table could not be written.
    #[error(transparent)]
    Commit(#[from] CommitError),
    /// The connection did not open.
    #[error("the connection of this sync could not be used: {0}")]
    Access(#[from] access::Error),
    /// The connection's access key could not be opened.
    #[error("the access key of the connection could not be opened")]
    Seal(#[from] seal::Error),
    /// The source could not be read, or what was imported not be written.
    #[error("{0}. Nothing was changed at the destination")]
    Vault(#[from] vault::Error),
    /// The destination could not be read.
    #[error(transparent)]
    Destination(#[from] destination::Error),
    /// Messages could not be sent.
    #[error(transparent)]
    Queue(#[from] queue::SendError),
    /// Somebody else is at work.
    #[error(transparent)]
    LeaseLost(#[from] LeaseLost),
    /// There is nothing to work on, or it may not be done.
    #[error(transparent)]
    Stop(#[from] Stop),
}

/// Why a run stops before its first write.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Stop {
    /// The connection was deleted.
    #[error(
        "the connection of this sync does not exist any more: choose another one. Nothing was changed at the destination"
    )]
    ConnectionGone,
    /// The environment or the folder was deleted.
    #[error(
        "the source folder of this sync does not exist any more: choose another one. Nothing was changed at the destination"
    )]
    SourceGone,
    /// The source's folders changed faster than they could be watched.
    #[error("the folders of the source kept changing while they were read")]
    Unsettled,
    /// The sync itself was deleted meanwhile.
    #[error("the sync was deleted meanwhile")]
    SyncGone,
}

/// What follows from a fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Disposition {
    /// Time mends it: another attempt, later.
    Later,
    /// Somebody must change something first.
    NeedsOwner,
    /// It is our mistake, or somebody changed stored items behind our back.
    Bug,
    /// Whatever this process would say is not true any more.
    Lost,
}

impl From<OpenError<seal::Error>> for Fault {
    fn from(error: OpenError<seal::Error>) -> Self {
        match error {
            OpenError::Role(error) => error.into(),
            OpenError::Key(error) => error.into(),
            OpenError::NoKey => Stop::ConnectionGone.into(),
        }
    }
}

impl Fault {
    pub(crate) fn disposition(&self) -> Disposition {
        match self {
            Self::Read(error) => of_read(error),
            Self::Commit(error) => of_commit(error),
            Self::Access(error) => of_access(error),
            Self::Seal(error) => of_seal(error),
            Self::Vault(error) => of_vault(error),
            Self::Destination(error) => of_destination(error),
            Self::Queue(_) | Self::Stop(Stop::Unsettled) => Disposition::Later,
            Self::LeaseLost(_) | Self::Stop(Stop::SyncGone) => Disposition::Lost,
            Self::Stop(Stop::ConnectionGone | Stop::SourceGone) => Disposition::NeedsOwner,
        }
    }

    /// What people are told. Our own mistakes are in the log, with their causes.
    pub(crate) fn message(&self) -> String {
        match self.disposition() {
            Disposition::Later | Disposition::NeedsOwner | Disposition::Lost => self.to_string(),
            Disposition::Bug => {
                "Something went wrong on our side; nothing more was changed at the destination".to_owned()
            }
        }
    }

    pub(crate) fn causes(&self) -> String {
        chain(self)
    }
}

fn of_read(error: &ReadError) -> Disposition {
    if error.is_passing() { Disposition::Later } else { Disposition::Bug }
}

fn of_commit(error: &CommitError) -> Disposition {
    match error {
        // Only the holder of the lease writes these items.
        CommitError::Conflict(Conflict::Stale { .. } | Conflict::Exists { .. }) => Disposition::Lost,
        error if error.is_passing() => Disposition::Later,
        CommitError::Conflict(Conflict::NameTaken { .. } | Conflict::Unmet(_) | Conflict::Contended)
        | CommitError::Encode { .. }
        | CommitError::Write { .. }
        | CommitError::Read(_) => Disposition::Bug,
    }
}

fn of_access(error: &access::Error) -> Disposition {
    match error {
        access::Error::Throttled { .. }
        | access::Error::Failed { .. }
        | access::Error::Unreachable { .. } => Disposition::Later,
        access::Error::Refused { .. }
        | access::Error::CredentialsInvalid { .. }
        | access::Error::Incomplete { .. } => Disposition::NeedsOwner,
    }
}

fn of_destination(error: &destination::Error) -> Disposition {
    match error.disposition() {
        destination::Disposition::Later => Disposition::Later,
        destination::Disposition::NeedsOwner => Disposition::NeedsOwner,
    }
}

fn of_vault(error: &vault::Error) -> Disposition {
    match error {
        error if error.is_transient() => Disposition::Later,
        vault::Error::Read(error) => of_read(error),
        vault::Error::Commit(error) => of_commit(error),
        vault::Error::Interrupted { source, .. } => of_vault(source),
        vault::Error::NoEnvironment
        | vault::Error::NoFolder { .. }
        | vault::Error::NoSecret { .. }
        | vault::Error::NoVersion { .. }
        | vault::Error::NoShared { .. }
        | vault::Error::Exists { .. }
        | vault::Error::Rotated { .. }
        | vault::Error::Cycle { .. }
        | vault::Error::ImportCycle { .. }
        | vault::Error::ImportAbsent { .. }
        | vault::Error::TooLong { .. }
        | vault::Error::Folder(_)
        | vault::Error::TooManyPersonal { .. }
        | vault::Error::TooManyWatchers
        | vault::Error::TooMuchAtOnce
        // Stored values that were tampered with, or whose key is gone: people must know which, and nobody else can mend it.
        | vault::Error::Unreadable { .. } => Disposition::NeedsOwner,
        vault::Error::Contended => Disposition::Later,
        vault::Error::Twice { .. } | vault::Error::Seal { .. } => Disposition::Bug,
    }
}

/// KMS of our own account: throttling and outages pass, and so does a key that somebody disabled by mistake.
fn of_seal(error: &seal::Error) -> Disposition {
    match error {
        seal::Error::UnwrapDataKey { .. }
        | seal::Error::GenerateDataKey { .. }
        | seal::Error::StoreDataKey { .. } => Disposition::Later,
        seal::Error::Tampered
        | seal::Error::WrongContext
        | seal::Error::MissingKeyVersion { .. }
        | seal::Error::UnknownFormat { .. }
        | seal::Error::ForeignDataKey { .. }
        | seal::Error::DataKeyForm { .. }
        | seal::Error::Seal => Disposition::Bug,
    }
}
