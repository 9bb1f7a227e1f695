//! Why a slot cannot be as it is wanted.

use std::fmt;

use super::found::title;
use super::guard::Guard;
use crate::Timestamp;
use crate::id::CertificateSlotId;

/// What a slot comes to grief on, before anything is done for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// The slot.
    pub slot: CertificateSlotId,
    /// Why.
    pub rule: Rule,
}

/// Why a slot cannot be as it is wanted, in public words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Rule {
    /// The certificate was deleted here.
    Gone,
    /// It was revoked.
    Revoked,
    /// It is over.
    Expired(Timestamp),
    /// It does not hold yet.
    NotYet(Timestamp),
    /// Its key is not stored here.
    NoKey,
    /// The listener is not there.
    NoListener(String),
    /// It has no certificates.
    PlainListener(String, String),
    /// There is no room.
    NoRoom {
        /// On which load balancer.
        load_balancer_arn: String,
        /// How many it has besides defaults.
        has: usize,
        /// How many it may have.
        limit: usize,
    },
    /// What is to be given back as the default cannot be.
    NoWayBack {
        /// Of which listener.
        listener_arn: String,
        /// What stood there.
        before: Option<String>,
    },
    /// Something that is not ours uses what is to be deleted.
    InUse {
        /// The ARN.
        arn: String,
        /// What uses it, as far as AWS says.
        by: Vec<String>,
    },
    /// Something that is not ours uses what another ARN took the place of, and would go on to until that expires.
    OldInUse {
        /// The ARN.
        arn: String,
        /// What uses it, as far as AWS says.
        by: Vec<String>,
    },
    /// What is to be deleted is not ours by its tag.
    NotOurs {
        /// The ARN.
        arn: String,
        /// Whether another sync's tag is on it.
        another: bool,
    },
    /// Its tags could not be read, and without them nothing is deleted.
    TagsUnknown(String),
    /// What an interrupted run may have imported is not in ACM's list yet: nothing is imported again before then.
    NotSeenYet(Timestamp),
    /// More than one thing in ACM may be what an interrupted run imported.
    Ambiguous(Vec<String>),
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Gone => f.write_str("the certificate does not exist any more: detach it"),
            Self::Revoked => f.write_str(
                "the certificate was revoked and is not imported; what is at AWS was left there. Renew it, roll it back, or \
                 detach it",
            ),
            Self::Expired(at) => write!(
                f,
                "the certificate expired at {at} and is not imported; what is at AWS was left there. Renew or detach it"
            ),
            Self::NotYet(at) => write!(f, "the certificate is not valid before {at}, and ACM imports none that is not"),
            Self::NoKey => f.write_str("the certificate's private key is not stored here, and ACM imports none without"),
            Self::NoListener(arn) => {
                write!(f, "listener {} does not exist any more: take it out of the sync", title(arn))
            }
            Self::PlainListener(arn, protocol) => {
                write!(f, "listener {} is {protocol} and has no certificates: take it out of the sync", title(arn))
            }
            Self::NoRoom { load_balancer_arn, has, limit } => write!(
                f,
                "there is no room on {load_balancer_arn}: it has {has} certificates besides its defaults, and AWS's quota is \
                 {limit}. Nothing was added for this certificate: detach others, or use another load balancer. That the \
                 quota was raised is seen only where there are more than {limit} already"
            ),
            Self::NoWayBack { listener_arn, before: Some(before) } => write!(
                f,
                "the certificate is the default of listener {}, and {before}, which was the default before, cannot be any \
                 more: choose another default first",
                title(listener_arn)
            ),
            Self::NoWayBack { listener_arn, before: None } => write!(
                f,
                "the certificate is the default of listener {}, and not by Drawbridge's doing: choose another default first",
                title(listener_arn)
            ),
            Self::InUse { arn, by } if by.is_empty() => {
                write!(f, "{arn} is still in use and was not deleted")
            }
            Self::InUse { arn, by } => {
                write!(f, "{arn} is still in use by {} and was not deleted", by.join(", "))
            }
            Self::OldInUse { arn, by } => write!(
                f,
                "the certificate has a new ARN, and {arn}, whose place it took, is still used by {}: choose the new one there",
                by.join(", ")
            ),
            Self::NotOurs { arn, another: true } => {
                write!(f, "{arn} has the tag of another sync and was not deleted")
            }
            Self::NotOurs { arn, another: false } => {
                write!(f, "{arn} has lost the tag of this sync and was not deleted")
            }
            Self::TagsUnknown(arn) => write!(
                f,
                "the tags of {arn} could not be read, and without them it is not deleted: the role needs \
                 acm:ListTagsForCertificate"
            ),
            Self::NotSeenYet(until) => {
                write!(f, "an interrupted run may have imported this certificate; it is looked for until {until}")
            }
            Self::Ambiguous(arns) => write!(
                f,
                "an interrupted run may have imported this certificate, and it cannot be told which of {} that is: delete \
                 those that nobody uses",
                arns.join(", ")
            ),
        }
    }
}

impl fmt::Display for Guard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Passes => f.write_str("the deletion guard lets this run pass"),
            Self::Stops { deletions, owned } => write!(
                f,
                "Nothing was done: this run would delete {deletions} of the {owned} certificates that this sync owns in ACM. \
                 If that is meant, run it once with ?allowDeletions=true, or set syncOptions.disableDeletionGuard"
            ),
        }
    }
}
