//! The newest sessions of several projects, read within one bound.

use std::cmp::Reverse;

use futures::{StreamExt as _, TryStreamExt as _, stream};
use model::Timestamp;
use model::id::{PamSessionId, ProjectId};
use model::pam::PamSession;
use store::{ReadError, SessionPage, SessionPosition, Store, Stored};

/// How many projects are read side by side.
const SIDE_BY_SIDE: usize = 10;

/// The most that a Query takes: about 800 KB.
const PAGE: usize = 500;

/// A project that may have more of the newest sessions, and how far it was read.
struct Part {
    project: ProjectId,
    from: Option<SessionPosition>,
}

/// The `most` newest sessions of `projects` together, newest first; with `before` of those that were asked for before it.
///
/// It reads in rounds, each of about `most` sessions, shared evenly among the projects that may have more of the newest:
/// those whose last page ended newer than the oldest that is answered. So twice `most` are in memory at a time, however
/// many projects there are. One Query for each project and round; of one project, for each 500 sessions.
pub(crate) async fn newest(
    store: &Store,
    projects: Vec<ProjectId>,
    before: Option<Timestamp>,
    most: usize,
) -> Result<Vec<Stored<PamSession>>, ReadError> {
    let mut newest: Vec<Stored<PamSession>> = Vec::new();
    let mut parts: Vec<Part> = projects.into_iter().map(|project| Part { project, from: None }).collect();
    while !parts.is_empty() {
        let limit = (most / parts.len()).clamp(1, PAGE);
        let queries = parts.into_iter().map(|part| query(store, part, before, limit));
        let round: Vec<(ProjectId, SessionPage)> =
            stream::iter(queries).buffer_unordered(SIDE_BY_SIDE).try_collect().await?;
        let mut more = Vec::new();
        for (project, page) in round {
            let reached = page.sessions.last().map(position);
            newest.extend(page.sessions);
            more.extend(page.next.map(|next| (reached, Part { project, from: Some(next) })));
        }
        newest.sort_unstable_by_key(|session| Reverse(position(session)));
        newest.truncate(most);
        let oldest = newest.get(most.saturating_sub(1)).map(position);
        let counts = |reached: Option<(Timestamp, PamSessionId)>| match (reached, oldest) {
            (Some(reached), Some(oldest)) => reached > oldest,
            // A page may be empty and not the last; and while there is room, everything counts.
            (None, _) | (_, None) => true,
        };
        parts = more.into_iter().filter(|(reached, _)| counts(*reached)).map(|(_, part)| part).collect();
    }
    Ok(newest)
}

async fn query(
    store: &Store,
    part: Part,
    before: Option<Timestamp>,
    limit: usize,
) -> Result<(ProjectId, SessionPage), ReadError> {
    let limit = u16::try_from(limit).unwrap_or(u16::MAX);
    let page = store.pam_sessions_before(part.project, before, part.from, limit).await?;
    Ok((part.project, page))
}

/// What the list is in order of.
fn position(session: &Stored<PamSession>) -> (Timestamp, PamSessionId) {
    (session.requested_at, session.id)
}
