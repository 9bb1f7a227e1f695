//! Carrying out a plan.

use std::collections::HashSet;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use futures::{Stream, StreamExt as _, stream};
use model::secret_sync::plan::{Action, Rule, Step};

use crate::{Disposition, Error, Remote};

/// So many steps are done at once.
pub const AT_ONCE: usize = 10;

/// After so many steps that AWS did not do however often it was asked, the others are not begun: the service is unwell, and
/// each of them would wait as long.
const UNWELL: usize = 3;

/// What became of a step.
#[derive(Debug, Clone, PartialEq)]
pub enum Outcome {
    /// It is done; the version that is there now, `None` of what is gone.
    Done {
        /// A VersionId of Secrets Manager, a version number of Parameter Store.
        version: Option<String>,
    },
    /// It failed for this name, and says why. Nothing, or not all of it, was done.
    Failed {
        /// Why, for the person who mends it.
        rule: Rule,
        /// Whether another run may go better without anybody's doing.
        later: bool,
        /// Whether it is certain that nothing was done: AWS refused the first of its calls, or it was not called.
        is_untouched: bool,
    },
    /// The time is over, or AWS is unwell: it was not begun.
    NotStarted,
    /// It was not deleted, for its key has no other name yet: the write of it was not done.
    Kept,
}

/// A step with its outcome.
#[derive(Debug)]
pub struct Done<'a> {
    /// The step.
    pub step: &'a Step,
    /// What became of it.
    pub outcome: Outcome,
}

impl From<Error> for Outcome {
    fn from(error: Error) -> Self {
        match error {
            Error::NoTime { .. } => Self::NotStarted,
            other @ (Error::Refused { .. }
            | Error::CredentialsInvalid { .. }
            | Error::Throttled { .. }
            | Error::Failed { .. }
            | Error::Unreachable { .. }
            | Error::TooMany { .. }) => Self::Failed {
                later: other.disposition() == Disposition::Later,
                rule: Rule::Aws(other.to_string()),
                is_untouched: false,
            },
        }
    }
}

impl Outcome {
    /// The outcome of a step whose first call failed. AWS may have done what it did not answer.
    pub(crate) fn of_first_call(error: Error) -> Self {
        let is_refused = matches!(error, Error::Refused { .. });
        match Self::from(error) {
            Self::Failed { rule, later, .. } => Self::Failed { rule, later, is_untouched: is_refused },
            other @ (Self::Done { .. } | Self::NotStarted | Self::Kept) => other,
        }
    }
}

impl From<Rule> for Outcome {
    fn from(rule: Rule) -> Self {
        Self::Failed { rule, later: false, is_untouched: true }
    }
}

/// The keys whose write was not done.
#[derive(Debug, Clone, Default)]
struct Unwritten<'a>(Arc<Mutex<HashSet<&'a str>>>);

impl<'a> Unwritten<'a> {
    fn learn(&self, writes: &[Done<'a>]) {
        let undone = writes.iter().filter(|write| !matches!(write.outcome, Outcome::Done { .. }));
        let keys = undone.filter_map(|write| write.step.key.as_deref());
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend(keys);
    }

    fn has(&self, deletion: &Step) -> bool {
        let keys = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        deletion.key.as_deref().is_some_and(|key| keys.contains(key))
    }
}

impl Remote {
    /// Does the steps, [`AT_ONCE`] at a time, and gives each with its outcome as soon as it is known. Deletions come last, so
    /// that what replaces something is there before it goes; what was to be replaced and is not stays. Dropping the stream
    /// leaves the steps that are under way in the air; let it come to its end (`until` ends it early).
    pub fn publish<'a>(&'a self, steps: &'a [Step]) -> impl Stream<Item = Done<'a>> + Send + 'a {
        let (deletions, writes): (Vec<&Step>, Vec<&Step>) =
            steps.iter().partition(|step| matches!(step.action, Action::Delete));
        let unwell = Arc::new(AtomicUsize::new(0));
        let still_unwell = unwell.clone();
        let unwritten = Unwritten::default();
        let told = unwritten.clone();
        let writes = stream::iter(writes)
            .map(move |step| {
                let (unwell, told) = (unwell.clone(), told.clone());
                async move {
                    let done = self.attempt(vec![step], &unwell).await;
                    told.learn(&done);
                    done
                }
            })
            .buffer_unordered(AT_ONCE);
        // Begun when all writes are over.
        let deletions = stream::once(async move {
            let (kept, due): (Vec<&Step>, Vec<&Step>) =
                deletions.into_iter().partition(|step| unwritten.has(step));
            let kept = kept.into_iter().map(|step| Done { step, outcome: Outcome::Kept }).collect();
            // A group is ten calls at once already.
            let due: Vec<Vec<&Step>> = due.chunks(AT_ONCE).map(<[&Step]>::to_vec).collect();
            let due = stream::iter(due).then(move |group| {
                let unwell = still_unwell.clone();
                async move { self.attempt(group, &unwell).await }
            });
            stream::iter([kept]).chain(due)
        });
        writes.chain(deletions.flatten()).flat_map(stream::iter)
    }

    /// Does one write, or a group of deletions, unless AWS has been unwell too often.
    async fn attempt<'a>(&self, group: Vec<&'a Step>, unwell: &AtomicUsize) -> Vec<Done<'a>> {
        let outcomes = if unwell.load(Ordering::Relaxed) >= UNWELL {
            group.iter().map(|_| Outcome::NotStarted).collect()
        } else {
            match group.as_slice() {
                [step] if !matches!(step.action, Action::Delete) => vec![self.apply(step).await],
                deletions => self.delete(deletions).await,
            }
        };
        if outcomes.iter().any(|outcome| matches!(outcome, Outcome::Failed { later: true, .. })) {
            unwell.fetch_add(1, Ordering::Relaxed);
        }
        outcomes.into_iter().zip(group).map(|(outcome, step)| Done { step, outcome }).collect()
    }
}
