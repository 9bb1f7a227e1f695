//! Recordings: a project's configuration beside the project, recordings listed by project and time, and the chunks of each
//! in its own partition.

mod chunk;

use model::id::{PamSessionId, ProjectId};
use model::project::Project;
use model::recording::{Recording, RecordingConfig};

use crate::entity::{Entity, Stored, stored_from};
use crate::error::{Conflict, ReadError};
use crate::keys::Keys;
use crate::read::fetch;
use crate::{Change, Store};

use aws_sdk_dynamodb::types::AttributeValue;

pub use chunk::ChunkPage;

impl Entity for RecordingConfig {
    const KIND: &'static str = "recording configuration";

    fn keys(&self) -> Keys {
        Keys::within(project_key(self.project_id), CONFIG)
    }
}

impl Entity for Recording {
    const KIND: &'static str = "recording";

    fn keys(&self) -> Keys {
        Keys::own(key(self.session_id)).listed(project_key(self.project_id), position(self))
    }
}

const CONFIG: &str = "RECORDING_CONFIG";
const RECORDINGS: &str = "RECORDING#";

fn key(id: PamSessionId) -> String {
    format!("{RECORDINGS}{id}")
}

fn project_key(id: ProjectId) -> String {
    format!("PROJECT#{id}")
}

fn position(recording: &Recording) -> String {
    format!("{RECORDINGS}{}#{}", recording.requested_at, recording.session_id)
}

/// Some recordings of a project, newest first.
#[derive(Debug)]
pub struct RecordingPage {
    /// The recordings.
    pub recordings: Vec<Stored<Recording>>,
    /// Whether there are more after the last.
    pub is_followed: bool,
}

impl Store {
    /// Where a project's recordings are kept. One strongly consistent GetItem.
    ///
    /// # Errors
    /// [`ReadError`] when the table cannot be read.
    pub async fn recording_config(
        &self,
        project: ProjectId,
    ) -> Result<Option<Stored<RecordingConfig>>, ReadError> {
        self.get(&project_key(project), CONFIG).await
    }

    /// The recording of a session. One strongly consistent GetItem.
    ///
    /// # Errors
    /// [`ReadError`] when the table cannot be read.
    pub async fn recording(&self, session: PamSessionId) -> Result<Option<Stored<Recording>>, ReadError> {
        let key = key(session);
        self.get(&key, &key).await
    }

    /// Up to `limit` recordings of a project, newest first, of those that were asked for before `after` was; the newest when
    /// that is `None`. One eventually consistent Query.
    ///
    /// # Errors
    /// [`ReadError`] when the table cannot be read.
    pub async fn recordings(
        &self,
        project: ProjectId,
        after: Option<&Recording>,
        limit: u16,
    ) -> Result<RecordingPage, ReadError> {
        let start = after.map(|last| {
            let text = AttributeValue::S;
            [
                ("pk".to_owned(), text(key(last.session_id))),
                ("sk".to_owned(), text(key(last.session_id))),
                ("gsi1pk".to_owned(), text(project_key(project))),
                ("gsi1sk".to_owned(), text(position(last))),
            ]
            .into()
        });
        let page = self
            .client
            .query()
            .table_name(&self.table)
            .index_name("GSI1")
            .key_condition_expression("gsi1pk = :pk AND begins_with(gsi1sk, :prefix)")
            .expression_attribute_values(":pk", AttributeValue::S(project_key(project)))
            .expression_attribute_values(":prefix", AttributeValue::S(RECORDINGS.to_owned()))
            .scan_index_forward(false)
            .set_exclusive_start_key(start)
            .limit(i32::from(limit.max(1)))
            .send()
            .await
            .map_err(|error| fetch(Recording::KIND, error))?;
        let recordings = page.items.unwrap_or_default().into_iter().map(stored_from);
        Ok(RecordingPage {
            recordings: recordings.collect::<Result<_, _>>()?,
            is_followed: page.last_evaluated_key.is_some_and(|key| !key.is_empty()),
        })
    }
}

impl Change {
    /// The project has a configuration of recordings from now on. Belongs into the change that makes it: a project that is
    /// being deleted at the same moment refuses one of the two.
    #[must_use]
    pub fn gain_recording_config(self, project: &Project) -> Self {
        self.count(project, "recording_configs", 1, None, Conflict::Stale { kind: Project::KIND })
    }

    /// The project has none any more. Belongs into the change that removes it.
    #[must_use]
    pub fn lose_recording_config(self, project: &Project) -> Self {
        self.count(project, "recording_configs", -1, None, Conflict::Stale { kind: Project::KIND })
    }
}
