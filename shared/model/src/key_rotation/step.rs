//! The steps that a rotation takes, and what can be in its way.

use super::key::AccessKeyId;
use crate::Timestamp;

/// IAM's quota, <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html>.
pub(super) const KEYS_OF_A_USER: usize = 2;

/// What is to be done now. Each is safe to repeat: whoever takes it and dies takes it again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// Nothing, until somebody asks.
    Idle,
    /// Nothing, until then.
    WaitUntil(Timestamp),
    /// Store [`Progress::creating`](super::Progress::creating), ask IAM for a key (once: no automatic retry), store
    /// [`Progress::created`](super::Progress::created). A clear refusal is
    /// [`Progress::settled`](super::Progress::settled) and a failure; no answer is a failure alone.
    Create,
    /// A key that an earlier process seems to have made, and that nobody knows: make it inactive, store
    /// [`Progress::suspended`](super::Progress::suspended).
    Suspend(AccessKeyId),
    /// It is somebody's after all, who has used it or made it active again: make it active, store
    /// [`Progress::spared`](super::Progress::spared).
    Spare(AccessKeyId),
    /// Nobody has missed it: delete it, store [`Progress::orphan_removed`](super::Progress::orphan_removed).
    RemoveOrphan(AccessKeyId),
    /// No call of an earlier process is under way any more: store [`Progress::settled`](super::Progress::settled).
    Settle,
    /// Ask AWS who it is under this key, store [`Progress::tried`](super::Progress::tried).
    Prove(AccessKeyId),
    /// AWS never took the new key: delete it, store [`Progress::deleted`](super::Progress::deleted) and a failure.
    Discard(AccessKeyId),
    /// Write both secrets and [`Progress::published_key`](super::Progress::published_key) in one transaction.
    Publish(AccessKeyId),
    /// Make the earlier key active, store [`Progress::returning`](super::Progress::returning).
    Reactivate(AccessKeyId),
    /// The earlier key does not work any more: store [`Progress::not_returned`](super::Progress::not_returned) and a
    /// failure.
    LeaveOut(AccessKeyId),
    /// Make the key inactive, store [`Progress::deactivated`](super::Progress::deactivated).
    Deactivate(AccessKeyId),
    /// Somebody has made the key active again: store [`Progress::revived`](super::Progress::revived).
    Revive(AccessKeyId),
    /// Delete the key, store [`Progress::deleted`](super::Progress::deleted).
    Delete(AccessKeyId),
    /// Somebody has deleted the key: store [`Progress::deleted`](super::Progress::deleted).
    Forget(AccessKeyId),
    /// It cannot go on: store [`Progress::blocked`](super::Progress::blocked).
    Stop(Blocked),
}

impl Step {
    /// Whether it may depend on when keys were used last, which is asked for then.
    #[must_use]
    pub const fn depends_on_use(&self) -> bool {
        match self {
            Self::Suspend(_)
            | Self::RemoveOrphan(_)
            | Self::Deactivate(_)
            | Self::Stop(Blocked::NoRoom(_)) => true,
            Self::WaitUntil(_)
            | Self::Idle
            | Self::Create
            | Self::Spare(_)
            | Self::Settle
            | Self::Prove(_)
            | Self::Discard(_)
            | Self::Publish(_)
            | Self::Reactivate(_)
            | Self::LeaveOut(_)
            | Self::Revive(_)
            | Self::Delete(_)
            | Self::Forget(_)
            | Self::Stop(_) => false,
        }
    }

    /// Whether IAM shows something else afterwards. A new key is not shown for a while, and nothing is decided by its
    /// being shown.
    #[must_use]
    pub const fn changes_keys(&self) -> bool {
        match self {
            Self::Suspend(_)
            | Self::Spare(_)
            | Self::RemoveOrphan(_)
            | Self::Discard(_)
            | Self::Reactivate(_)
            | Self::Deactivate(_)
            | Self::Delete(_) => true,
            Self::Idle
            | Self::WaitUntil(_)
            | Self::Create
            | Self::Settle
            | Self::Prove(_)
            | Self::Publish(_)
            | Self::LeaveOut(_)
            | Self::Revive(_)
            | Self::Forget(_)
            | Self::Stop(_) => false,
        }
    }
}

/// What is in the way, in public words. Keys are named by their last four characters.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Blocked {
    /// The user is gone.
    #[error("the IAM user does not exist")]
    UserAbsent,
    /// The user has another name.
    #[error("the IAM user is called {0} now; change the rotation's userName to that")]
    UserRenamed(String),
    /// A user of the same name is not the same user.
    #[error(
        "the IAM user was deleted and made again: it is another user, whose keys this rotation must not touch"
    )]
    UserRecreated,
    /// All places are taken by keys that are not the rotation's, or that the connection itself runs on.
    #[error(
        "the IAM user already has {KEYS_OF_A_USER} access keys, and this rotation may not delete any of them: {}; delete \
         one that nobody needs, or let the rotation have it with takeOverExistingKeys",
        .0.join(", ")
    )]
    NoRoom(Vec<String>),
    /// The previous key is still used.
    #[error(
        "the previous key is still in use, and there is no room for a third: {key}; it is looked at again after {until}"
    )]
    InUse {
        /// Which.
        key: String,
        /// When its last use is no veto any more.
        until: Timestamp,
    },
    /// Somebody has deactivated the key in the secrets.
    #[error(
        "the current key was deactivated by somebody else: {0}; make it active again, or delete it to get a new one"
    )]
    CurrentInactive(String),
    /// After an interruption, several new keys are there, and only one can be the rotation's.
    #[error(
        "a key was being made when the work was interrupted, and several new keys are there: delete those that nobody uses"
    )]
    Ambiguous,
    /// The previous key does not exist any more.
    #[error("there is no previous key to go back to")]
    NothingToReturnTo,
}
