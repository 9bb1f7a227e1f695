//! What is done, one effect at a time.

use std::fmt;

use super::found::title;
use crate::certificate_sync::slot::Listed;
use crate::id::{CertificateId, CertificateSlotId};

/// One step for a slot. After one that fails, the others of its slot are not taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// The slot.
    pub slot: CertificateSlotId,
    /// What is done.
    pub action: Action,
}

/// A certificate in ACM.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Which {
    /// The one that is in place for the slot when the step is taken.
    Placed,
    /// The one with this ARN.
    Arn(String),
}

/// What is done. The first ones change our record alone; [`Action::AwaitIssued`] and [`Action::Check`] look; the others change
/// the customer's account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// What a process imported that died before it wrote that down is the slot's.
    Adopt {
        /// The ARNs, the last one being in place from now on, each with the name that its tags have.
        imported: Vec<(String, Option<String>)>,
        /// Whether roots are imported.
        with_root: bool,
    },
    /// What a process imported over the slot's ARN before it died is there.
    Settle {
        /// Whether roots are imported.
        with_root: bool,
    },
    /// What an interrupted run was about to do is not done, or nobody needs to know any more.
    Forgo,
    /// ACM's list says this of what is in place.
    Learn(Listed),
    /// ACM has none of that ARN any more.
    Lose {
        /// The ARN.
        arn: String,
    },
    /// The default of a listener is another slot's of this sync now, and so is what stood there before.
    Inherit {
        /// The listener.
        listener_arn: String,
        /// Whose it was.
        from: CertificateSlotId,
    },
    /// Somebody else chose another default for a listener: nothing is to be given back.
    Release {
        /// The listener.
        listener_arn: String,
    },
    /// A new certificate in ACM.
    Import {
        /// Which.
        certificate_id: CertificateId,
        /// How it is called in its tags.
        name: String,
    },
    /// Another certificate under an ARN that is there.
    ImportOver {
        /// Which.
        certificate_id: CertificateId,
        /// The ARN.
        arn: String,
    },
    /// The tags of what is in place, by which ACM tells others whose it is.
    Tag {
        /// How the certificate is called.
        name: String,
    },
    /// What is in place can be used.
    AwaitIssued,
    /// A certificate is served by name.
    Add {
        /// By which listener.
        listener_arn: String,
        /// Which.
        certificate: Which,
        /// Whether the slot remembers that it is there by our doing. Where the slot's successor takes a place that others gave
        /// it, it does not.
        is_ours: bool,
    },
    /// A certificate is served to clients that name nobody whom the listener knows.
    SetDefault {
        /// By which listener.
        listener_arn: String,
        /// Which.
        certificate: Which,
        /// What is to be given back one day; `None` when this is that day, or there is nothing.
        before: Option<String>,
        /// As for [`Action::Add`].
        is_ours: bool,
    },
    /// The listener is as the next steps need it; otherwise they are not taken.
    Check {
        /// Which listener.
        listener_arn: String,
        /// What it must serve, by name or as its default.
        serves: Option<Which>,
        /// What its default must be.
        default: Option<Which>,
        /// What its default must not be.
        default_is_not: Option<String>,
    },
    /// A certificate is not served by name any more.
    Remove {
        /// By which listener.
        listener_arn: String,
        /// Its ARN: the slot's own, or what the slot put there in favour of its default.
        arn: String,
    },
    /// A certificate is deleted from ACM, if nothing uses it.
    Delete {
        /// Its ARN.
        arn: String,
    },
    /// Nothing of the slot is there any more.
    Forget,
}

impl Action {
    /// In one word, for the log and the audit trail.
    #[must_use]
    pub const fn verb(&self) -> &'static str {
        match self {
            Self::Adopt { .. } => "adopt",
            Self::Settle { .. } => "settle",
            Self::Forgo => "forgo",
            Self::Learn(_) => "learn",
            Self::Lose { .. } => "lose",
            Self::Inherit { .. } => "inherit",
            Self::Release { .. } => "release",
            Self::Import { .. } => "import",
            Self::ImportOver { .. } => "import over",
            Self::Tag { .. } => "tag",
            Self::AwaitIssued => "await",
            Self::Add { .. } => "add",
            Self::SetDefault { .. } => "set default",
            Self::Check { .. } => "check",
            Self::Remove { .. } => "remove",
            Self::Delete { .. } => "delete",
            Self::Forget => "forget",
        }
    }

    /// Whether it changes something in the customer's account.
    #[must_use]
    pub const fn is_effect(&self) -> bool {
        match self {
            Self::Import { .. }
            | Self::ImportOver { .. }
            | Self::Tag { .. }
            | Self::Add { .. }
            | Self::SetDefault { .. }
            | Self::Remove { .. }
            | Self::Delete { .. } => true,
            Self::Adopt { .. }
            | Self::Settle { .. }
            | Self::Forgo
            | Self::Learn(_)
            | Self::Lose { .. }
            | Self::Inherit { .. }
            | Self::Release { .. }
            | Self::AwaitIssued
            | Self::Check { .. }
            | Self::Forget => false,
        }
    }
}

impl fmt::Display for Which {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Placed => f.write_str("this certificate"),
            Self::Arn(arn) => f.write_str(arn),
        }
    }
}

/// For people.
impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Adopt { imported, .. } => {
                let arns: Vec<&str> = imported.iter().map(|(arn, _)| arn.as_str()).collect();
                write!(f, "take note of {}, which an interrupted run imported", arns.join(", "))
            }
            Self::Settle { .. } => f.write_str("take note of what an interrupted run imported"),
            Self::Forgo => f.write_str("take note that an interrupted step is over"),
            Self::Learn(_) => f.write_str("take note of how ACM lists the certificate"),
            Self::Lose { arn } => write!(f, "take note that {arn} is not in ACM any more"),
            Self::Inherit { listener_arn, .. } => {
                write!(f, "take over what is to be given back to listener {}", title(listener_arn))
            }
            Self::Release { listener_arn } => {
                write!(
                    f,
                    "take note that the default of listener {} is not ours any more",
                    title(listener_arn)
                )
            }
            Self::Import { .. } => f.write_str("import the certificate into ACM"),
            Self::ImportOver { arn, .. } => write!(f, "import the certificate over {arn}"),
            Self::Tag { name } => write!(f, "tag the certificate as {name}"),
            Self::AwaitIssued => f.write_str("wait until ACM calls the certificate issued"),
            Self::Add { listener_arn, certificate, .. } => {
                write!(f, "add {certificate} to listener {}", title(listener_arn))
            }
            Self::SetDefault { listener_arn, certificate, .. } => {
                write!(f, "make {certificate} the default of listener {}", title(listener_arn))
            }
            Self::Check { listener_arn, .. } => {
                write!(f, "check what listener {} has", title(listener_arn))
            }
            Self::Remove { listener_arn, arn } => {
                write!(f, "remove {arn} from listener {}", title(listener_arn))
            }
            Self::Delete { arn } => write!(f, "delete {arn} from ACM"),
            Self::Forget => f.write_str("forget the certificate: nothing of it is at AWS"),
        }
    }
}
