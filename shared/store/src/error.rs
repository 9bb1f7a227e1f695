//! What can go wrong between us and the table.

use std::error::Error;

type Cause = Box<dyn Error + Send + Sync>;

/// A read that did not succeed.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// DynamoDB refused or could not be reached.
    #[error("could not read {what} from the table")]
    Fetch {
        /// What was to be read, in the field's terms.
        what: &'static str,
        /// AWS's answer.
        source: Cause,
        /// DynamoDB asked us to slow down, or was unreachable: the same read may succeed later.
        retryable: bool,
    },
    /// An item was there, but not of the shape that this version of the code writes.
    #[error("could not make sense of a stored {kind}: {reason}")]
    Decode {
        /// The noun that was expected.
        kind: &'static str,
        /// What is wrong with the item; never a value of it.
        reason: String,
    },
}

impl ReadError {
    /// Whether the same read may succeed later: DynamoDB was busy or out of reach.
    #[must_use]
    pub const fn is_passing(&self) -> bool {
        match self {
            Self::Fetch { retryable, .. } => *retryable,
            Self::Decode { .. } => false,
        }
    }
}

/// A write that did not happen. Nothing of it was stored.
#[derive(Debug, thiserror::Error)]
pub enum CommitError {
    /// What the change believed is no longer, or never was, so.
    #[error("the change was refused: {0}")]
    Conflict(Conflict),
    /// A thing does not fit into an item of 400 KB, or cannot be written down.
    #[error("could not write down a {kind}")]
    Encode {
        /// The noun.
        kind: &'static str,
        /// Why.
        source: Cause,
    },
    /// DynamoDB refused or could not be reached. A repeated attempt finds out whether it was written after all.
    #[error("could not write to the table")]
    Write {
        /// AWS's answer.
        source: Cause,
        /// DynamoDB asked us to slow down, or was unreachable: the same write may succeed later.
        retryable: bool,
    },
    /// The change was made on the ground of a read that failed.
    #[error(transparent)]
    Read(#[from] ReadError),
}

/// The belief of a change that did not hold.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Conflict {
    /// Another thing of its scope has the name.
    #[error("another {kind} has the same name")]
    NameTaken {
        /// The noun whose name it was to be.
        kind: &'static str,
    },
    /// It was to be new, and exists.
    #[error("the {kind} exists already")]
    Exists {
        /// The noun.
        kind: &'static str,
    },
    /// Somebody changed or removed it since it was read.
    #[error("the {kind} was changed by somebody else meanwhile")]
    Stale {
        /// The noun.
        kind: &'static str,
    },
    /// A condition of the change's own was not met.
    #[error("{0}")]
    Unmet(&'static str),
    /// Another transaction was writing the same items at the same moment, also after retries.
    #[error("the same things are being changed by somebody else right now")]
    Contended,
}

impl CommitError {
    /// The belief that did not hold, when that is the reason.
    #[must_use]
    pub const fn conflict(&self) -> Option<&Conflict> {
        match self {
            Self::Conflict(conflict) => Some(conflict),
            Self::Encode { .. } | Self::Write { .. } | Self::Read(_) => None,
        }
    }

    /// Whether somebody else was faster: what the change was made of is to be read again, and the change made anew.
    #[must_use]
    pub const fn is_outpaced(&self) -> bool {
        matches!(self, Self::Conflict(Conflict::Stale { .. } | Conflict::Contended))
    }

    /// Whether the same change may succeed later: DynamoDB was busy or out of reach, or others wrote at the same moment.
    #[must_use]
    pub const fn is_passing(&self) -> bool {
        match self {
            Self::Conflict(conflict) => matches!(conflict, Conflict::Contended),
            Self::Encode { .. } => false,
            Self::Write { retryable, .. } => *retryable,
            Self::Read(error) => error.is_passing(),
        }
    }
}
