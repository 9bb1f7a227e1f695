//! The deletion guard: a source that lost much of what it had is more likely broken than emptied on purpose.

use std::fmt;

/// So many deletions are always allowed.
pub const MOST_DELETIONS: usize = 10;
/// And so many of a hundred that are owned.
pub const MOST_DELETIONS_PERCENT: usize = 20;

/// Whether so many deletions of so much that is owned are more than nobody has to confirm.
#[must_use]
pub const fn deletes_too_much(deletions: usize, owned: usize) -> bool {
    deletions > MOST_DELETIONS && deletions * 100 > owned * MOST_DELETIONS_PERCENT
}

/// Whether a plan deletes too much.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Guard {
    /// It does not, or it may.
    #[default]
    Passes,
    /// It deletes more than [`MOST_DELETIONS`] and more than [`MOST_DELETIONS_PERCENT`] % of what is owned: nothing is done.
    Stops {
        /// How many it would delete.
        deletions: usize,
        /// Of how many.
        owned: usize,
    },
}

impl Guard {
    /// The verdict on so many deletions.
    #[must_use]
    pub const fn of(deletions: usize, owned: usize, is_off: bool) -> Self {
        if deletes_too_much(deletions, owned) && !is_off {
            Self::Stops { deletions, owned }
        } else {
            Self::Passes
        }
    }

    /// Whether nothing may be done.
    #[must_use]
    pub const fn stops(self) -> bool {
        matches!(self, Self::Stops { .. })
    }
}

impl fmt::Display for Guard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Passes => f.write_str("the deletion guard lets this run pass"),
            Self::Stops { deletions, owned } => write!(
                f,
                "Nothing was done: this run would delete {deletions} of the {owned} secrets that this sync owns. If that is \
                 meant, run it once with ?allowDeletions=true, or set syncOptions.disableDeletionGuard"
            ),
        }
    }
}
