//! What a run would do: the pure difference between what is wanted and what AWS has, for both destinations.
//!
//! [`plan`] is the only place that decides to import, add, remove or delete; whoever carries it out takes one [`Step`] after
//! the other and decides nothing. Before each step its intent goes into the [`Book`], after it what came of it, and after a
//! death a new plan is made from the book and from what AWS has then. These promises hold whatever is found (each with a
//! property test):
//!
//! * no listener is without a valid certificate at any moment, and no certificate that is wanted there is missing from it
//!   once it was there: what is new is imported, issued, added and looked at before anything old is removed;
//! * nothing is removed or deleted that is not the sync's by its own record and, where tags can be read, by its tag;
//! * a plan that was carried out leaves nothing to do, and so do the plans after a death anywhere.
//!
//! **Not here**: calls to AWS, certificates as bytes.

mod book;
mod defaults;
mod found;
mod going;
mod guard;
mod inquiry;
mod planner;
mod room;
mod rule;
mod step;
#[cfg(test)]
mod tests;
mod view;

use std::collections::BTreeMap;

use super::{CertificateSync, Destination, Slot, name_schema};
use crate::Timestamp;
use crate::certificate::Certificate;
use crate::id::{CertificateId, CertificateSlotId};

pub use book::{Book, Outcome};
pub use found::{Answer, Found, FoundListener, InAcm, State, title};
pub use guard::Guard;
pub use inquiry::{Inquiry, balancers, inquiries};
pub use rule::{Failure, Rule};
pub use step::{Action, Step, Which};

/// How many certificates a load balancer may have besides the defaults of its listeners, where AWS has not raised that.
/// <https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-limits.html>
pub const CERTIFICATES_PER_LOAD_BALANCER: usize = 25;

/// What a plan is asked for.
#[derive(Debug, Clone, Copy)]
pub struct Question<'a> {
    /// The sync.
    pub sync: &'a CertificateSync,
    /// How its application is called, for the names of certificates.
    pub application_name: &'a str,
    /// The slot whose certificate is the default of the listeners that take one.
    pub default: Option<CertificateSlotId>,
    /// Everything that is, or was, attached.
    pub slots: &'a [Slot],
    /// The certificates that slots want or have in place; one that is missing was deleted.
    pub certificates: &'a BTreeMap<CertificateId, Certificate>,
    /// Whether all of it is to be removed from AWS, whatever is wanted.
    pub removes: bool,
    /// Whether somebody allowed this run to delete as much as it wants.
    pub allows_deletions: bool,
    /// The moment of the run.
    pub now: Timestamp,
}

/// What a run does.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Plan {
    /// What is done, in this order. After a step that fails no other one of its slot is taken.
    pub steps: Vec<Step>,
    /// What cannot be as it is wanted. Of a slot that fails there may be steps all the same: what can be done is.
    pub failures: Vec<Failure>,
    /// What people should know of slots that do not fail.
    pub notes: Vec<Failure>,
    /// The slots that are as they are wanted.
    pub unchanged: Vec<CertificateSlotId>,
    /// Whether it would delete too much: then no step may be taken, not even one that imports.
    pub guard: Guard,
}

impl Plan {
    /// Whether nothing is to be done in the customer's account.
    #[must_use]
    pub fn is_settled(&self) -> bool {
        !self.steps.iter().any(|step| step.action.is_effect())
    }

    /// The steps of a slot.
    pub fn steps_of(&self, slot: CertificateSlotId) -> impl Iterator<Item = &Step> {
        self.steps.iter().filter(move |step| step.slot == slot)
    }
}

/// The difference. What `found` must have is told by [`inquiries`] and [`balancers`]; what it does not know is left alone.
#[must_use]
pub fn plan(question: &Question<'_>, found: &Found) -> Plan {
    planner::Planner::new(question, found).plan()
}

impl Question<'_> {
    /// How a slot's certificate is called in ACM's tags.
    #[must_use]
    pub fn name(&self, certificate: &Certificate) -> String {
        let facts = name_schema::Facts {
            certificate_id: certificate.id,
            profile_id: certificate.profile_id,
            application_id: self.sync.application_id,
            application_name: self.application_name,
            common_name: certificate.facts.subject.common_name.as_deref().unwrap_or_default(),
        };
        self.sync.options.name_schema().render(&facts)
    }

    /// Whether the root of a chain is imported with it.
    #[must_use]
    pub fn imports_roots(&self) -> bool {
        self.is_acm() && self.sync.options.include_root_ca
    }

    fn is_acm(&self) -> bool {
        self.sync.destination.destination() == Destination::AwsCertificateManager
    }

    fn is_known(&self, arn: &str) -> bool {
        self.slots.iter().any(|slot| slot.arns().any(|one| one == arn))
    }
}
