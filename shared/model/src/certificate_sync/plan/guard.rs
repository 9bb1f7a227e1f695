//! The deletion guard, as for secrets: who detaches nearly everything more likely made a mistake.

use crate::secret_sync::plan::deletes_too_much;

/// Whether a plan deletes too much. What only makes room for its own successor does not count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Guard {
    /// It does not, or it may.
    #[default]
    Passes,
    /// It deletes more than 10 and more than 20 % of what is owned: nothing is done.
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
