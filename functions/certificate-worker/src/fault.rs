//! Why a look failed as a whole: what there is could not be read, or not be written. What AWS refuses is no fault: the
//! order's record says it.

use model::error::chain;
use store::{CommitError, ReadError};

/// What stopped a look.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// The table could not be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// The table could not be written.
    #[error(transparent)]
    Commit(#[from] CommitError),
    /// Messages could not be sent.
    #[error(transparent)]
    Queue(#[from] queue::SendError),
    /// A key could not be sealed or opened, and time may mend it.
    #[error("a key could not be sealed or opened")]
    Seal(#[from] seal::Error),
}

impl Fault {
    /// All of it, for the log.
    pub(crate) fn causes(&self) -> String {
        chain(self)
    }
}

/// What ends the work on one order before its time.
#[derive(Debug)]
pub(crate) enum Stop {
    /// Somebody else is at work on it.
    Lost,
    /// The certificate is another order's.
    Taken,
    /// The order could not be read or written.
    Fault(Fault),
}

impl<E: Into<Fault>> From<E> for Stop {
    fn from(error: E) -> Self {
        Self::Fault(error.into())
    }
}
