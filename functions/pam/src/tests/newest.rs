//! The list of many projects: the newest of all of them, and a bound on what is read for it.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};

use aws_smithy_runtime_api::client::http::HttpConnectorFuture;
use model::Timestamp;
use model::id::{PamSessionId, ProjectId};
use model::pam::PamSession;
use store::{Change, Store, Stored};
use testkit::later;

use super::world::{ADA, World, access, path};
use crate::newest::newest;

/// Some session, as a pattern for others.
async fn pattern() -> PamSession {
    let world = World::furnished().await;
    let id = world.ok(access(ADA, &path("production/readonly"))).await["sessionId"].clone();
    let id: PamSessionId = id.as_str().unwrap().parse().unwrap();
    world.store.pam_session(id).await.unwrap().unwrap().value
}

/// A session of a project that was asked for so many seconds later.
async fn keep(store: &Store, pattern: &PamSession, project: ProjectId, seconds: u64) -> Seen {
    let session = PamSession {
        id: PamSessionId::random(),
        project_id: project,
        requested_at: later(seconds),
        ..pattern.clone()
    };
    store.keep_count(store::Bookkeeping(Change::new(later(seconds)).create(&session))).await.unwrap();
    (session.requested_at, session.id)
}

type Seen = (Timestamp, PamSessionId);

fn seen(sessions: &[Stored<PamSession>]) -> Vec<Seen> {
    sessions.iter().map(|session| (session.requested_at, session.id)).collect()
}

#[tokio::test]
async fn the_newest_of_all_projects_are_found_however_they_are_spread() {
    let pattern = pattern().await;
    let (store, _) = testkit::tables_reached_by(Clone::clone).await.unwrap();
    let projects: Vec<ProjectId> = (0..4).map(|_| ProjectId::random()).collect();
    let mut all = Vec::new();
    // One that was busy until just now, one that was busy before it, one with a session now and then, one without any.
    for (project, times) in
        [(0, (60..90).collect::<Vec<u64>>()), (1, (30..60).collect()), (2, (0..90).step_by(15).collect())]
    {
        for seconds in times {
            all.push(keep(&store, &pattern, projects[project], seconds).await);
        }
    }
    all.sort_by(|a, b| b.cmp(a));
    for most in [1, 2, 3, 7, 31, 40, 65, 66, 1_000] {
        let found = newest(&store, projects.clone(), None, most).await.unwrap();
        assert_eq!(seen(&found), all[..most.min(all.len())], "{most}");
        let found = newest(&store, projects.clone(), Some(later(60)), most).await.unwrap();
        let older: Vec<Seen> = all.iter().filter(|(at, _)| *at < later(60)).copied().collect();
        assert_eq!(seen(&found), older[..most.min(older.len())], "{most} before a moment");
    }
    assert!(newest(&store, Vec::new(), None, 10).await.unwrap().is_empty());
}

#[tokio::test]
async fn many_projects_are_read_ten_at_a_time_and_not_further_than_the_answer_goes() {
    const MOST: usize = 60;
    let (calls, now, peak) =
        (Arc::<AtomicUsize>::default(), Arc::<AtomicUsize>::default(), Arc::<AtomicUsize>::default());
    let counts = (Arc::clone(&calls), Arc::clone(&now), Arc::clone(&peak));
    let counted = move |config: &aws_config::SdkConfig| {
        testkit::between(config, move |onward, request| {
            let answer = onward.call(request);
            let (calls, now, peak) = counts.clone();
            HttpConnectorFuture::new(async move {
                calls.fetch_add(1, SeqCst);
                peak.fetch_max(now.fetch_add(1, SeqCst) + 1, SeqCst);
                let answer = answer.await;
                now.fetch_sub(1, SeqCst);
                answer
            })
        })
    };
    let pattern = pattern().await;
    let (direct, store, _) = testkit::tables_reached_twice(counted).await.unwrap();
    let projects: Vec<ProjectId> = (0..30).map(|_| ProjectId::random()).collect();
    let mut all = Vec::new();
    for number in 0..120 {
        let project = projects[usize::try_from(number).unwrap() % projects.len()];
        all.push(keep(&direct, &pattern, project, number).await);
    }
    all.sort_by(|a, b| b.cmp(a));
    let found = newest(&store, projects, None, MOST).await.unwrap();
    assert_eq!(seen(&found), all[..MOST]);
    // Two of each project in the first round, and those are the answer: only the project of the oldest one is done with it.
    assert!(peak.load(SeqCst) <= 10, "{peak:?} side by side");
    assert!(calls.load(SeqCst) <= 30 + 29, "{calls:?} Queries");
}
