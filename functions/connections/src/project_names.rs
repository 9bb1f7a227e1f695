//! The names of projects, for the `project` field of connections: remembered for a minute.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use model::Timestamp;
use model::id::ProjectId;
use model::project::Project;
use serde::Serialize;
use store::{ReadError, Store};

/// A renamed project may show its old name beside its connections for so long.
const LIFETIME: Duration = Duration::from_secs(60);

/// More projects than this are not remembered: a summary is about 150 bytes.
const MOST: usize = 10_000;

/// What the wire shows of a connection's project.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct ProjectSummary {
    name: String,
    id: ProjectId,
    #[serde(rename = "type")]
    project_type: &'static str,
    slug: String,
}

impl ProjectSummary {
    fn of(project: &Project) -> Self {
        Self {
            name: project.name.clone(),
            id: project.id,
            project_type: project.project_type.name(),
            slug: project.slug.clone(),
        }
    }
}

/// The projects' summaries of this process.
#[derive(Debug, Clone, Default)]
pub(crate) struct ProjectNames(Arc<Mutex<HashMap<ProjectId, (Timestamp, ProjectSummary)>>>);

impl ProjectNames {
    /// The summaries of `ids`; projects that are gone are left out. No read while all are remembered, else one
    /// BatchGetItem for each hundred that are not.
    pub(crate) async fn of(
        &self,
        store: &Store,
        now: Timestamp,
        ids: &[ProjectId],
    ) -> Result<HashMap<ProjectId, ProjectSummary>, ReadError> {
        let mut known: HashMap<ProjectId, ProjectSummary> = {
            let remembered = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            let fresh = |id: &ProjectId| remembered.get(id).filter(|(end, _)| *end > now);
            ids.iter().filter_map(|id| fresh(id).map(|(_, summary)| (*id, summary.clone()))).collect()
        };
        let mut unknown: Vec<ProjectId> = ids.iter().copied().filter(|id| !known.contains_key(id)).collect();
        unknown.sort_unstable();
        unknown.dedup();
        if !unknown.is_empty() {
            for project in store.projects(&unknown).await? {
                self.remember(&project, now);
                known.insert(project.id, ProjectSummary::of(&project));
            }
        }
        Ok(known)
    }

    /// Remembers a project that was read for another reason.
    pub(crate) fn remember(&self, project: &Project, now: Timestamp) {
        let mut remembered = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if remembered.len() >= MOST {
            remembered.clear();
        }
        remembered.insert(project.id, (now.plus(LIFETIME), ProjectSummary::of(project)));
    }
}
