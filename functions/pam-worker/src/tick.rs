//! One tick: everything that is due by now, role by role, until nothing is left or the time is up.

use std::time::Duration;

use ::access::ConsoleChain;
use futures::StreamExt as _;
use job::{Deadline, Report};
use model::pam::PamSession;
use store::{ReadError, Stored};

use crate::PamWorker;
use crate::role::{Outcome, remove};

/// What one Query takes: a session has about 2 KB.
const PAGE: u16 = 200;

/// So many roles are worked on side by side, each call after call: IAM and STS are far from throttling there, and a tick
/// gets through some hundreds of Denies.
const ROLES_AT_ONCE: usize = 10;

/// Nothing is begun with less time left: one step is at most an AssumeRole or two, a DeleteRolePolicy and a transaction,
/// all of which answer well within it or are tried again by the next tick.
pub(crate) const MARGIN: Duration = Duration::from_secs(15);

/// Removes what is due. Whatever it could not remove is due again later, so that each Deny is tried once a tick.
pub(crate) async fn tick(worker: &PamWorker, deadline: Deadline) -> Result<Report, ReadError> {
    // What is put off meanwhile becomes due after this moment.
    let now = deadline.now();
    let (mut report, mut from) = (Report::default(), None);
    loop {
        let page = worker.store.pam_denies_due(now, from, PAGE).await?;
        report.due += page.sessions.len();
        let since =
            page.sessions.first().and_then(|session| Some(session.termination.as_ref()?.remove_after));
        report.due_since = report.due_since.or(since);
        let roles = by_role(page.sessions).into_iter();
        let outcomes = roles.map(|(chain, denies)| remove(worker, chain, denies, &deadline));
        let mut outcomes = futures::stream::iter(outcomes).buffer_unordered(ROLES_AT_ONCE);
        while let Some(Outcome { removed, failed, left }) = outcomes.next().await {
            report.advanced += removed;
            report.failed.extend(failed);
            report.truncated |= left;
        }
        match page.next {
            Some(next) if !report.truncated => from = Some(next),
            next => {
                report.truncated |= next.is_some();
                return Ok(report);
            }
        }
    }
}

/// The Denies of each role together: one way in does for all of them, and IAM dislikes changes of one role at once.
fn by_role(sessions: Vec<Stored<PamSession>>) -> Vec<(ConsoleChain, Vec<Stored<PamSession>>)> {
    let mut roles: Vec<(ConsoleChain, Vec<Stored<PamSession>>)> = Vec::new();
    for session in sessions {
        let chain = ConsoleChain::of_session(&session);
        match roles.iter_mut().find(|(known, _)| *known == chain) {
            Some((_, denies)) => denies.push(session),
            None => roles.push((chain, vec![session])),
        }
    }
    roles
}
