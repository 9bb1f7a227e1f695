//! What clients send to create and change a sync.

mod destination;
mod options;
#[cfg(test)]
mod tests;

use serde_json::Value;

use super::{Destination, DestinationConfig, SecretSync, SyncOptions};
use crate::form::{Form, ReadWith, Rule, rule};
use crate::id::ConnectionId;
use crate::secret::SecretPath;

pub use destination::destination_config;
pub use options::{OptionsPatch, sync_options};

/// The body of a create.
#[derive(Debug, Clone, PartialEq)]
pub struct Create {
    /// The name, a slug.
    pub name: String,
    /// The project, unparsed: what is no project's id is an unknown project, not a malformed request.
    pub project_id: String,
    /// The description, as it was given.
    pub description: Option<String>,
    /// The connection.
    pub connection_id: ConnectionId,
    /// The slug of the source's environment.
    pub environment: String,
    /// The path of the source's folder.
    pub secret_path: SecretPath,
    /// Whether changes of the source start runs.
    pub is_auto_sync_enabled: bool,
    /// How.
    pub options: SyncOptions,
    /// Where to.
    pub destination: DestinationConfig,
}

/// The body of a change. What is absent stays as it is.
#[derive(Debug, Clone, PartialEq)]
pub struct Update {
    /// The new name.
    pub name: Option<String>,
    /// The new description: `Some(None)` removes it.
    pub description: Option<Option<String>>,
    /// The new connection.
    pub connection_id: Option<ConnectionId>,
    /// The slug of the source's new environment.
    pub environment: Option<String>,
    /// The path of the source's new folder.
    pub secret_path: Option<SecretPath>,
    /// Whether changes of the source start runs.
    pub is_auto_sync_enabled: Option<bool>,
    /// The new options; those of ours that are absent stay.
    pub options: Option<OptionsPatch>,
    /// Where to from now on.
    pub destination: Option<DestinationConfig>,
}

/// The body of the question whether another sync writes to the same place.
#[derive(Debug, Clone, PartialEq)]
pub struct CheckDestination {
    /// The place.
    pub destination: DestinationConfig,
    /// Ours, additive: the key schema of the sync that is to be; without it, none.
    pub key_schema: Option<super::KeySchema>,
    /// Ours, additive: the connection of the sync that is to be; without it, syncs of any account count.
    pub connection_id: Option<ConnectionId>,
    /// Ours, additive: the environment's slug, for `{{environment}}`.
    pub environment: Option<String>,
    /// The sync that does not count.
    pub exclude_sync_id: Option<crate::id::SecretSyncId>,
    /// The project of the sync that is to be.
    pub project_id: crate::id::ProjectId,
}

impl ReadWith for Create {
    /// The destination that the path names.
    type Known<'k> = Destination;

    fn read_with(form: &mut Form<'_>, destination: Destination) -> Option<Self> {
        let name = form.required("name", rule::slug(1, 256));
        let project_id = form.required("projectId", rule::string(1, 256));
        let description = form.nullish("description", rule::string(0, 256));
        let connection_id = form.required("connectionId", rule::id());
        let environment = form.required("environment", rule::slug(1, 64));
        let secret_path = form.required("secretPath", secret_path());
        let is_auto_sync_enabled = form.or("isAutoSyncEnabled", rule::boolean(), true);
        let config = form.object("destinationConfig", |form| destination_config(form, destination));
        let many_to_one = config.as_ref().map(DestinationConfig::is_many_to_one);
        let options = form.object("syncOptions", |form| sync_options(form, destination, many_to_one));
        Some(Self {
            name: name?,
            project_id: project_id?,
            description: description?,
            connection_id: connection_id?,
            environment: environment?,
            secret_path: secret_path?,
            is_auto_sync_enabled: is_auto_sync_enabled?,
            options: options?.onto(None),
            destination: config?,
        })
    }

    #[cfg(debug_assertions)]
    fn each_known(with: impl FnMut(Destination)) {
        Destination::NAMES.iter().map(|(_, destination)| *destination).for_each(with);
    }
}

/// What a change of a sync must know of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Present {
    /// Its kind of destination, which cannot change.
    pub destination: Destination,
    /// Whether all its keys are one document.
    pub is_many_to_one: bool,
    /// Whether metadata become tags.
    pub metadata_as_tags: bool,
}

impl Present {
    /// What is so of `sync`.
    #[must_use]
    pub fn of(sync: &SecretSync) -> Self {
        Self {
            destination: sync.destination.destination(),
            is_many_to_one: sync.destination.is_many_to_one(),
            metadata_as_tags: sync.options.metadata_as_tags(),
        }
    }
}

impl ReadWith for Update {
    /// The sync as it is. Its `projectId` cannot change and is ignored, as Terraform sends it.
    type Known<'k> = Present;

    fn read_with(form: &mut Form<'_>, present: Present) -> Option<Self> {
        let destination = present.destination;
        let name = form.optional("name", rule::slug(1, 256));
        let description = form.optional("description", description());
        let connection_id = form.optional("connectionId", rule::id());
        let environment = form.optional("environment", rule::slug(1, 64));
        let secret_path = form.optional("secretPath", secret_path());
        let is_auto_sync_enabled = form.optional("isAutoSyncEnabled", rule::boolean());
        let config = optional_object(form, "destinationConfig", |form| destination_config(form, destination));
        let many_to_one = match &config {
            Some(Some(config)) => Some(config.is_many_to_one()),
            Some(None) => Some(present.is_many_to_one),
            None => None,
        };
        let options =
            optional_object(form, "syncOptions", |form| sync_options(form, destination, many_to_one));
        if let (Some(None), Some(Some(config))) = (&options, &config)
            && config.is_many_to_one()
            && present.metadata_as_tags
        {
            return form.refuse("destinationConfig", options::METADATA_OF_MANY);
        }
        Some(Self {
            name: name?,
            description: description?,
            connection_id: connection_id?,
            environment: environment?,
            secret_path: secret_path?,
            is_auto_sync_enabled: is_auto_sync_enabled?,
            options: options?,
            destination: config?,
        })
    }

    #[cfg(debug_assertions)]
    fn each_known(mut with: impl FnMut(Present)) {
        for (_, destination) in Destination::NAMES {
            with(Present { destination: *destination, is_many_to_one: false, metadata_as_tags: false });
        }
    }
}

impl Update {
    /// The definition with everything of this change that needs no look at anything else: all but the source.
    #[must_use]
    pub fn onto(&self, sync: &SecretSync) -> SecretSync {
        let mut next = sync.clone();
        if let Some(name) = &self.name {
            next.name.clone_from(name);
        }
        if let Some(description) = &self.description {
            next.description.clone_from(description);
        }
        if let Some(id) = self.connection_id {
            next.connection_id = id;
        }
        if let Some(auto) = self.is_auto_sync_enabled {
            next.is_auto_sync_enabled = auto;
        }
        if let Some(options) = &self.options {
            next.options = options.clone().onto(Some(&sync.options));
        }
        if let Some(destination) = &self.destination {
            next.destination = destination.clone();
        }
        next
    }
}

impl ReadWith for CheckDestination {
    /// The destination that the path names.
    type Known<'k> = Destination;

    fn read_with(form: &mut Form<'_>, destination: Destination) -> Option<Self> {
        let config = form.object("destinationConfig", |form| destination_config(form, destination));
        let key_schema = form.nullish("keySchema", options::key_schema(destination));
        let connection_id = form.nullish("connectionId", rule::id());
        let environment = form.nullish("environment", rule::slug(1, 64));
        let exclude_sync_id = form.nullish("excludeSyncId", rule::id());
        let project_id = form.required("projectId", rule::id());
        Some(Self {
            destination: config?,
            key_schema: key_schema?,
            connection_id: connection_id?,
            environment: environment?,
            exclude_sync_id: exclude_sync_id?,
            project_id: project_id?,
        })
    }

    #[cfg(debug_assertions)]
    fn each_known(with: impl FnMut(Destination)) {
        Create::each_known(with);
    }
}

/// A folder's path, which must not be empty.
fn secret_path() -> impl Rule<Output = SecretPath> {
    rule::text(|text| {
        let path = rule::trimmed(1, 1_024).read(&Value::from(text))?;
        rule::parsed().read(&Value::from(path))
    })
}

/// A description where `null` means: remove it.
fn description() -> impl Rule<Output = Option<String>> {
    rule::json("string", |value| match value {
        Value::Null => Ok(None),
        Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) | Value::Object(_) => {
            rule::string(0, 256).read(value).map(Some)
        }
    })
}

/// A nested object that may be absent, but not `null`.
fn optional_object<T>(
    form: &mut Form<'_>,
    name: &str,
    reader: impl FnOnce(&mut Form<'_>) -> Option<T>,
) -> Option<Option<T>> {
    if form.names(name) { form.object(name, reader).map(Some) } else { Some(None) }
}
