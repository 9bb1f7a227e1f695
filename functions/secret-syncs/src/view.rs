//! A sync as the wire shows it.

use axum::Json;
use model::Timestamp;
use model::environment::Environment;
use model::id::{ConnectionId, EnvironmentId, FolderId, ProjectId, SecretSyncId};
use model::project::Project;
use model::region::Region;
use model::secret::SecretPath;
use model::secret_sync::run::{JobState, JobStatus, KeyFailure};
use model::secret_sync::{DestinationConfig, Mapping, SyncOptions, Tag};
use serde::Serialize;
use store::{ReadError, Store, SyncAndRun};

use crate::source;

/// A SecretSync. Everything that the client gave is told back as it was accepted.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct View {
    id: SecretSyncId,
    name: String,
    description: Option<String>,
    destination: &'static str,
    is_auto_sync_enabled: bool,
    version: u64,
    project_id: ProjectId,
    folder_id: Option<FolderId>,
    connection_id: ConnectionId,
    created_at: Timestamp,
    updated_at: Timestamp,
    sync_status: Option<&'static str>,
    last_sync_job_id: Option<String>,
    last_sync_message: Option<String>,
    last_synced_at: Option<Timestamp>,
    import_status: Option<&'static str>,
    last_import_job_id: Option<String>,
    last_import_message: Option<String>,
    last_imported_at: Option<Timestamp>,
    remove_status: Option<&'static str>,
    last_remove_job_id: Option<String>,
    last_remove_message: Option<String>,
    last_removed_at: Option<Timestamp>,
    sync_options: Options,
    destination_config: Config,
    connection: ConnectionView,
    environment: Option<EnvironmentView>,
    folder: Option<FolderView>,
    /// Every key that failed in the last sync: the message has not room for all. Ours alone; absent when there is none.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    failed_secrets: Vec<FailedSecret>,
}

/// `syncOptions`: what was not given is absent, for clients compare.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Options {
    initial_sync_behavior: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    key_schema: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    disable_secret_deletion: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    recursive: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    key_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tags: Option<Vec<TagView>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sync_secret_metadata_as_tags: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    disable_deletion_guard: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    recovery_window_days: Option<u8>,
    #[serde(skip_serializing_if = "Option::is_none")]
    drift_check_interval_hours: Option<u16>,
}

#[derive(Debug, Serialize)]
struct TagView {
    key: String,
    value: String,
}

#[derive(Debug, Serialize)]
#[serde(untagged)]
enum Config {
    #[serde(rename_all = "camelCase")]
    SecretsManager {
        region: Region,
        mapping_behavior: &'static str,
        #[serde(skip_serializing_if = "Option::is_none")]
        secret_name: Option<String>,
    },
    ParameterStore {
        region: Region,
        path: String,
    },
}

#[derive(Debug, Serialize)]
struct ConnectionView {
    app: &'static str,
    name: String,
    id: ConnectionId,
}

#[derive(Debug, Serialize)]
struct EnvironmentView {
    slug: String,
    name: String,
    id: EnvironmentId,
}

#[derive(Debug, Serialize)]
struct FolderView {
    id: FolderId,
    path: SecretPath,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct FailedSecret {
    secret_key: String,
    error: String,
}

impl View {
    pub(crate) fn new(
        found: SyncAndRun,
        connection_name: String,
        environment: Option<Environment>,
        folder: Option<(FolderId, SecretPath)>,
    ) -> Self {
        let SyncAndRun { sync, run } = found;
        let name = |status: Option<JobStatus>| status.map(JobStatus::name);
        let (sync_status, import_status, remove_status) =
            (name(run.sync_status()), name(run.import_status()), name(run.removal_status()));
        let run = run.value;
        let [last_sync, last_import, last_removal] = [run.sync, run.import, run.removal];
        let JobState { job_id: last_sync_job_id, message: last_sync_message, at: last_synced_at, .. } =
            last_sync;
        let JobState {
            job_id: last_import_job_id, message: last_import_message, at: last_imported_at, ..
        } = last_import;
        let JobState {
            job_id: last_remove_job_id, message: last_remove_message, at: last_removed_at, ..
        } = last_removal;
        let (version, created_at, updated_at) = (sync.version, sync.created_at, sync.updated_at);
        let sync = sync.value;
        Self {
            id: sync.id,
            name: sync.name,
            description: sync.description,
            destination: sync.destination.destination().name(),
            is_auto_sync_enabled: sync.is_auto_sync_enabled,
            version,
            project_id: sync.project_id,
            folder_id: folder.as_ref().map(|(id, _)| *id),
            connection_id: sync.connection_id,
            created_at,
            updated_at,
            sync_status,
            last_sync_job_id,
            last_sync_message,
            last_synced_at,
            import_status,
            last_import_job_id,
            last_import_message,
            last_imported_at,
            remove_status,
            last_remove_job_id,
            last_remove_message,
            last_removed_at,
            sync_options: options(sync.options),
            destination_config: config(sync.destination),
            connection: ConnectionView { app: "aws", name: connection_name, id: sync.connection_id },
            environment: environment.map(|found| EnvironmentView {
                slug: found.slug,
                name: found.name,
                id: found.id,
            }),
            folder: folder.map(|(id, path)| FolderView { id, path }),
            failed_secrets: run.failures.into_iter().map(failed).collect(),
        }
    }
}

fn failed(KeyFailure { secret_key, error }: KeyFailure) -> FailedSecret {
    FailedSecret { secret_key, error }
}

fn options(options: SyncOptions) -> Options {
    let tag = |Tag { key, value }: Tag| TagView { key, value };
    Options {
        initial_sync_behavior: options.initial_sync_behavior.name(),
        key_schema: options.key_schema.map(|schema| schema.as_str().to_owned()),
        disable_secret_deletion: options.disable_secret_deletion,
        recursive: options.recursive,
        key_id: options.key_id,
        tags: options.tags.map(|tags| tags.into_iter().map(tag).collect()),
        sync_secret_metadata_as_tags: options.sync_secret_metadata_as_tags,
        disable_deletion_guard: options.disable_deletion_guard,
        recovery_window_days: options.recovery_window_days,
        drift_check_interval_hours: options.drift_check_interval_hours,
    }
}

fn config(config: DestinationConfig) -> Config {
    match config {
        DestinationConfig::AwsSecretsManager { region, mapping } => Config::SecretsManager {
            region,
            mapping_behavior: mapping.name(),
            secret_name: match mapping {
                Mapping::OneToOne => None,
                Mapping::ManyToOne { secret_name } => Some(secret_name),
            },
        },
        DestinationConfig::AwsParameterStore { region, path } => Config::ParameterStore { region, path },
    }
}

/// The answer about one sync.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct One {
    secret_sync: View,
}

/// The answer about one sync, with what its source and its connection are called now. A connection with a sync is not
/// deleted. Up to two GetItems side by side.
pub(crate) async fn one(
    store: &Store,
    project: Option<&Project>,
    found: SyncAndRun,
) -> Result<Json<One>, ReadError> {
    let (connection, (environment, folder)) = tokio::try_join!(
        store.connection(found.sync.connection_id),
        source::of(store, project, &found.sync)
    )?;
    let name = connection.map(|connection| connection.value.name).unwrap_or_default();
    Ok(Json(One { secret_sync: View::new(found, name, environment, folder) }))
}
