//! Why a run did not get through, and what follows from it.

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
    /// The customer's account could not be looked at.
    #[error(transparent)]
    Placement(#[from] placement::Error),
    /// Messages could not be sent.
    #[error(transparent)]
    Queue(#[from] queue::SendError),
    /// Somebody else is at work.
    #[error(transparent)]
    LeaseLost(#[from] LeaseLost),
    /// There is nothing to work on.
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

impl Fault {
    pub(crate) fn disposition(&self) -> Disposition {
        match self {
            Self::Read(error) => of_read(error),
            Self::Commit(error) => of_commit(error),
            Self::Placement(error) if error.is_passing() => Disposition::Later,
            Self::Placement(_) | Self::Stop(Stop::ConnectionGone) => Disposition::NeedsOwner,
            Self::Queue(_) => Disposition::Later,
            Self::LeaseLost(_) | Self::Stop(Stop::SyncGone) => Disposition::Lost,
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
        // Only the holder of the lease writes what AWS has; a slot that is gone was purged with its sync.
        CommitError::Conflict(Conflict::Stale { .. } | Conflict::Exists { .. }) => Disposition::Lost,
        error if error.is_passing() => Disposition::Later,
        CommitError::Conflict(Conflict::NameTaken { .. } | Conflict::Unmet(_) | Conflict::Contended)
        | CommitError::Encode { .. }
        | CommitError::Write { .. }
        | CommitError::Read(_) => Disposition::Bug,
    }
}
