//! What clients send to create and change a sync, and to attach certificates to it.

mod destination;
mod options;

use super::{CertificateSync, Destination, DestinationConfig, MOST_SLOTS, SyncOptions};
use crate::form::{Form, Read, ReadWith, rule};
use crate::id::{ApplicationId, CertificateId, ConnectionId};
use crate::project::Asked;

pub use destination::destination_config;
pub use options::OptionsPatch;

/// The body of a create.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Create {
    /// The name.
    pub name: String,
    /// The description, as it was given.
    pub description: Option<String>,
    /// Whether changes start runs.
    pub is_auto_sync_enabled: bool,
    /// The connection.
    pub connection_id: ConnectionId,
    /// The application; required, though its absence is no malformed request.
    pub application_id: Option<ApplicationId>,
    /// The project, which is the application's.
    pub project: Asked,
    /// Certificates to attach at once, each once.
    pub certificate_ids: Vec<CertificateId>,
    /// Where to.
    pub destination: DestinationConfig,
    /// How.
    pub options: SyncOptions,
}

/// The body of a change. What is absent stays as it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Update {
    /// The new name.
    pub name: Option<String>,
    /// The new description: `Some(None)` removes it.
    pub description: Option<Option<String>>,
    /// Whether changes start runs.
    pub is_auto_sync_enabled: Option<bool>,
    /// The new connection.
    pub connection_id: Option<ConnectionId>,
    /// Where to from now on.
    pub destination: Option<DestinationConfig>,
    /// The new options.
    pub options: Option<OptionsPatch>,
}

impl ReadWith for Create {
    /// The destination that the path names.
    type Known<'k> = Destination;

    fn read_with(form: &mut Form<'_>, destination: Destination) -> Option<Self> {
        let name = form.required("name", rule::trimmed(1, 256));
        let description = form.nullish("description", rule::string(0, 1_024));
        let is_auto_sync_enabled = form.or("isAutoSyncEnabled", rule::boolean(), true);
        let connection_id = form.required("connectionId", rule::id());
        let application_id = form.nullish("applicationId", rule::id());
        let project = Asked::read(form);
        let certificate_ids = form.nullish("certificateIds", rule::list(0, most(), rule::id()));
        let config = form.object("destinationConfig", |form| destination_config(form, destination));
        let options = options::of_create(form, destination);
        Some(Self {
            name: name?,
            description: description?,
            is_auto_sync_enabled: is_auto_sync_enabled?,
            connection_id: connection_id?,
            application_id: application_id?,
            project: project?,
            certificate_ids: once(certificate_ids?.unwrap_or_default()),
            destination: config?,
            options: options?.onto(&SyncOptions::default_of(destination)),
        })
    }

    #[cfg(debug_assertions)]
    fn each_known(with: impl FnMut(Destination)) {
        Destination::NAMES.iter().map(|(_, destination)| *destination).for_each(with);
    }
}

impl ReadWith for Update {
    /// The destination of the sync. It cannot change, as its application and project cannot: those are ignored.
    type Known<'k> = Destination;

    fn read_with(form: &mut Form<'_>, destination: Destination) -> Option<Self> {
        let name = form.optional("name", rule::trimmed(1, 256));
        let described = form.names("description");
        let description = form.nullish("description", rule::string(0, 1_024));
        let is_auto_sync_enabled = form.optional("isAutoSyncEnabled", rule::boolean());
        let connection_id = form.optional("connectionId", rule::id());
        let config = form.nullish_object("destinationConfig", |form| destination_config(form, destination));
        let options = form.nullish_object("syncOptions", |form| options::options(form, destination, false));
        Some(Self {
            name: name?,
            description: described.then_some(description?),
            is_auto_sync_enabled: is_auto_sync_enabled?,
            connection_id: connection_id?,
            destination: config?,
            options: options?,
        })
    }

    #[cfg(debug_assertions)]
    fn each_known(with: impl FnMut(Destination)) {
        Create::each_known(with);
    }
}

impl Update {
    /// The definition with this change.
    #[must_use]
    pub fn onto(&self, sync: &CertificateSync) -> CertificateSync {
        let change = self.clone();
        CertificateSync {
            name: change.name.unwrap_or_else(|| sync.name.clone()),
            description: change.description.unwrap_or_else(|| sync.description.clone()),
            is_auto_sync_enabled: change.is_auto_sync_enabled.unwrap_or(sync.is_auto_sync_enabled),
            connection_id: change.connection_id.unwrap_or(sync.connection_id),
            destination: change.destination.unwrap_or_else(|| sync.destination.clone()),
            options: change
                .options
                .map_or_else(|| sync.options.clone(), |options| options.onto(&sync.options)),
            ..sync.clone()
        }
    }
}

/// The body of an attachment or a detachment: certificates, each once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CertificateIds(pub Vec<CertificateId>);

impl Read for CertificateIds {
    fn read(form: &mut Form<'_>) -> Option<Self> {
        form.required("certificateIds", rule::list(1, most(), rule::id())).map(once).map(Self)
    }
}

/// As many as a sync has room for.
const fn most() -> usize {
    MOST_SLOTS as usize
}

fn once(ids: Vec<CertificateId>) -> Vec<CertificateId> {
    let mut seen = std::collections::HashSet::new();
    ids.into_iter().filter(|id| seen.insert(*id)).collect()
}
