//! A sync and its certificates as the wire shows them.

mod certificate;

use axum::Json;
use model::Timestamp;
use model::certificate_sync::run::{JobState, JobStatus};
use model::certificate_sync::{DestinationConfig, Listener, SyncOptions};
use model::id::{ApplicationId, CertificateSyncId, ConnectionId, ProjectId};
use model::region::Region;
use serde::Serialize;
use store::{CertificateSyncAndRun, ReadError, Store};

pub(crate) use certificate::{CertificateView, Whose};

/// A PkiSync, bare. Everything that the client gave is told back as it was accepted.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct View {
    id: CertificateSyncId,
    name: String,
    description: Option<String>,
    destination: &'static str,
    is_auto_sync_enabled: bool,
    destination_config: Config,
    sync_options: Options,
    project_id: ProjectId,
    application_id: ApplicationId,
    /// The peer's older scope, which there is none of here.
    subscriber_id: Option<()>,
    connection_id: ConnectionId,
    created_at: Timestamp,
    updated_at: Timestamp,
    sync_status: Option<&'static str>,
    last_sync_job_id: Option<String>,
    last_sync_message: Option<String>,
    last_synced_at: Option<Timestamp>,
    /// Neither destination can be imported from.
    import_status: Option<()>,
    last_import_job_id: Option<()>,
    last_import_message: Option<()>,
    last_imported_at: Option<()>,
    remove_status: Option<&'static str>,
    last_remove_job_id: Option<String>,
    last_remove_message: Option<String>,
    last_removed_at: Option<Timestamp>,
    app_connection_name: String,
    app_connection_app: &'static str,
    connection: ConnectionView,
    has_certificate: bool,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Options {
    can_import_certificates: bool,
    can_remove_certificates: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    include_root_ca: Option<bool>,
    preserve_arn: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    certificate_name_schema: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    disable_deletion_guard: Option<bool>,
}

#[derive(Debug, Serialize)]
#[serde(untagged)]
enum Config {
    CertificateManager {
        region: Region,
    },
    #[serde(rename_all = "camelCase")]
    LoadBalancer {
        region: Region,
        load_balancer_arn: String,
        listeners: Vec<ListenerView>,
    },
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct ListenerView {
    listener_arn: String,
    port: u16,
    protocol: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    set_as_default: Option<bool>,
}

#[derive(Debug, Serialize)]
struct ConnectionView {
    id: ConnectionId,
    name: String,
    app: &'static str,
}

impl View {
    pub(crate) fn new(found: CertificateSyncAndRun, connection_name: String) -> Self {
        let CertificateSyncAndRun { sync, run } = found;
        let name = |status: Option<JobStatus>| status.map(JobStatus::name);
        let (sync_status, remove_status) = (name(run.sync_status()), name(run.removal_status()));
        let has_certificate = run.slots > 0;
        let run = run.value;
        let JobState { job_id: last_sync_job_id, message: last_sync_message, at: last_synced_at, .. } =
            run.sync;
        let JobState {
            job_id: last_remove_job_id, message: last_remove_message, at: last_removed_at, ..
        } = run.removal;
        let (created_at, updated_at) = (sync.created_at, sync.updated_at);
        let sync = sync.value;
        Self {
            id: sync.id,
            name: sync.name,
            description: sync.description,
            destination: sync.destination.destination().name(),
            is_auto_sync_enabled: sync.is_auto_sync_enabled,
            sync_options: options(sync.options, &sync.destination),
            destination_config: config(sync.destination),
            project_id: sync.project_id,
            application_id: sync.application_id,
            subscriber_id: None,
            connection_id: sync.connection_id,
            created_at,
            updated_at,
            sync_status,
            last_sync_job_id,
            last_sync_message,
            last_synced_at,
            import_status: None,
            last_import_job_id: None,
            last_import_message: None,
            last_imported_at: None,
            remove_status,
            last_remove_job_id,
            last_remove_message,
            last_removed_at,
            app_connection_name: connection_name.clone(),
            app_connection_app: "aws",
            connection: ConnectionView { id: sync.connection_id, name: connection_name, app: "aws" },
            has_certificate,
        }
    }
}

fn options(options: SyncOptions, destination: &DestinationConfig) -> Options {
    let include_root_ca = match destination {
        DestinationConfig::AwsCertificateManager { .. } => Some(options.include_root_ca),
        DestinationConfig::AwsElasticLoadBalancer { .. } => None,
    };
    Options {
        can_import_certificates: options.can_import_certificates,
        can_remove_certificates: options.can_remove_certificates,
        include_root_ca,
        preserve_arn: options.preserve_arn,
        certificate_name_schema: options.certificate_name_schema.map(|schema| schema.as_str().to_owned()),
        disable_deletion_guard: options.disable_deletion_guard,
    }
}

fn config(config: DestinationConfig) -> Config {
    match config {
        DestinationConfig::AwsCertificateManager { region } => Config::CertificateManager { region },
        DestinationConfig::AwsElasticLoadBalancer { region, load_balancer_arn, listeners } => {
            Config::LoadBalancer {
                region,
                load_balancer_arn: load_balancer_arn.to_string(),
                listeners: listeners.into_iter().map(listener).collect(),
            }
        }
    }
}

fn listener(listener: Listener) -> ListenerView {
    let Listener { listener_arn, port, protocol, set_as_default } = listener;
    ListenerView { listener_arn, port, protocol: protocol.name(), set_as_default }
}

/// The answer about one sync: bare.
pub(crate) type One = View;

/// The answer about one sync, with what its connection is called now. A connection with a sync is not deleted. One GetItem.
pub(crate) async fn one(store: &Store, found: CertificateSyncAndRun) -> Result<Json<One>, ReadError> {
    let connection = store.connection(found.sync.connection_id).await?;
    let name = connection.map(|connection| connection.value.name).unwrap_or_default();
    Ok(Json(View::new(found, name)))
}
