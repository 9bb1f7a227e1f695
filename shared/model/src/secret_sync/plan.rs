//! What a run would do: the pure difference between what is wanted and what is at the destination, for both destinations.
//!
//! [`plan`] is the only place that decides to create, update, adopt or delete; the adapters (`destination`) do one [`Step`]
//! after another and decide nothing. Three promises hold whatever is found (each with a property test):
//!
//! * nothing is updated or deleted that is not this sync's by its tag, except what the first sync adopts from nobody; after a
//!   run that ended well the ledger has to know it too, for a tag is easily copied;
//! * what could not be read, or is empty at the source, is never deleted because of it, nor under the name that it had by an
//!   earlier key schema;
//! * a plan that was carried out leaves nothing to do.
//!
//! **Not here**: calls to AWS, and how the source is read.

mod document;
mod drift;
mod each;
mod found;
mod guard;
pub mod import;
mod kms;
mod message;
pub mod remove;
mod rule;
mod step;
mod tags;
#[cfg(test)]
mod tests;
mod wanted;

use super::{Affixes, DestinationConfig, Owned, SyncOptions};
use crate::arn::AccountId;
use crate::id::SecretSyncId;

pub use drift::drift;
pub use found::{Found, FoundItem, FoundKey, FoundValue, Presence};
pub use guard::{Guard, MOST_DELETIONS, MOST_DELETIONS_PERCENT, deletes_too_much};
pub use kms::KmsKeys;
pub use message::{MESSAGE_BYTES, message, remark};
pub use rule::{
    DOCUMENT_BYTES, Failure, PARAMETER_BYTES, Rule, SECRET_BYTES, STANDARD_PARAMETER_BYTES, name_rule,
    value_rule,
};
pub use step::{Action, Changes, Step, Tier, Write};
pub use tags::MOST_TAGS;
pub use wanted::{Content, Wanted, names_to_read, wanted};

/// What a plan is made for: a sync and its place.
#[derive(Debug, Clone, Copy)]
pub struct Place<'a> {
    /// The sync.
    pub sync: SecretSyncId,
    /// The account behind its connection.
    pub account: &'a AccountId,
    /// Where it pushes to.
    pub config: &'a DestinationConfig,
    /// Its key schema, rendered for its environment.
    pub affixes: &'a Affixes,
    /// How it pushes.
    pub options: &'a SyncOptions,
}

/// What of nobody's is adopted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Adoption<'a> {
    /// Nothing: the first sync is over.
    #[default]
    Nothing,
    /// Everything that the source wants: this is the first sync.
    All,
    /// What the first sync tried and AWS refused: its keys or, of a document, its name ([`Failure::subject`]).
    Only(&'a [String]),
}

impl Adoption<'_> {
    fn covers(self, subject: &str) -> bool {
        match self {
            Self::Nothing => false,
            Self::All => true,
            Self::Only(subjects) => subjects.iter().any(|one| one == subject),
        }
    }
}

/// What is different about this run.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Run<'a> {
    /// What is adopted.
    pub adopts: Adoption<'a>,
    /// Whether the ledger knows everything that the sync made here. Then what carries its tag and is not in the ledger got the
    /// tag from somebody else, and is neither deleted nor given another value. Otherwise the tag alone speaks: whoever died
    /// had no time to write down what it made.
    pub is_settled: bool,
    /// Whether somebody allowed this run to delete as much as it wants.
    pub allows_deletions: bool,
}

/// What a run does.
#[derive(Debug, Clone, Default)]
pub struct Plan {
    /// What is done, by name; at most one step for a name.
    pub steps: Vec<Step>,
    /// Names that are as they should be.
    pub unchanged: Vec<String>,
    /// Names with our tag that nobody wants and that stay: the sync's options say so, the ledger does not know them
    /// ([`Run::is_settled`]), or their key cannot be written under the name that it has now.
    pub kept: Vec<String>,
    /// Keys whose value is empty at the source: nothing is written for them, and nothing deleted.
    pub empty: Vec<String>,
    /// Names that wait for another look, wanted or not ([`Found::unasked`]): what is to be deleted waits with them.
    pub unasked: Vec<String>,
    /// Keys that cannot be pushed, each with its rule. Nothing is deleted because of them.
    pub failures: Vec<Failure>,
    /// Names of failures that the ledger does not know although they are, or may be, this sync's: as long as there are any, it
    /// does not know everything ([`Run::is_settled`]).
    pub unlearned: Vec<String>,
    /// Entries of the ledger that are to be written although nothing is done: it did not know, or knew otherwise.
    pub relearned: Vec<Owned>,
    /// Entries of the ledger that are to be dropped: the thing is gone, and nobody wants it.
    pub forgotten: Vec<String>,
    /// Whether it would delete too much.
    pub guard: Guard,
}

impl Plan {
    /// Whether nothing is to be done at the destination.
    #[must_use]
    pub fn is_settled(&self) -> bool {
        self.steps.is_empty()
    }
}

/// The difference. `ledger` is what the sync's own record says that it left there.
///
/// A guard that stops is in [`Plan::guard`]: then no step may be done, not even one that creates.
#[must_use]
pub fn plan(place: &Place<'_>, run: Run<'_>, wanted: &[Wanted], found: &Found, ledger: &[Owned]) -> Plan {
    let mut plan = if place.config.is_many_to_one() {
        document::plan(place, run, wanted, found, ledger)
    } else {
        each::plan(place, run, wanted, found, ledger)
    };
    plan.unlearned = unlearned(place, &plan.failures, found, ledger);
    plan.steps.sort_by(|one, other| one.name.cmp(&other.name));
    plan.unchanged.sort_unstable();
    plan.kept.sort_unstable();
    plan.empty.sort_unstable();
    plan.failures.sort_by(|one, other| (&one.key, &one.name).cmp(&(&other.key, &other.name)));
    plan.forgotten.sort_unstable();
    plan
}

fn unlearned(place: &Place<'_>, failures: &[Failure], found: &Found, ledger: &[Owned]) -> Vec<String> {
    let known = each::entries(place, ledger);
    let is_perhaps_ours =
        |name: &String| found.items.get(name).is_some_and(|item| item.is_ours() || item.owner.is_none());
    let names = failures.iter().map(|failure| &failure.name);
    names.filter(|name| !known.contains_key(name.as_str()) && is_perhaps_ours(name)).cloned().collect()
}
