//! Secrets as the wire shows them. This is the one place where a value leaves as text.

use std::borrow::Cow;
use std::collections::HashMap;

use model::Timestamp;
use model::id::{KeyRotationId, ProjectId, SecretId, TagId};
use model::project::Project;
use model::secret::SecretPath;
use model::tag::Tag;
use secrecy::{ExposeSecret as _, SecretString};
use serde::{Serialize, Serializer};
use store::{ReadError, Stored};
use vault::{Metadata, OpenSecret};

use crate::Ctx;

/// What stands in place of a value that is not shown. Clients compare with this very text.
pub(crate) const HIDDEN: &str = "<hidden-by-infisical>";

/// A secret.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RawSecret<'a> {
    id: SecretId,
    /// The same again: the only id that some clients read.
    #[serde(rename = "_id")]
    id_again: SecretId,
    workspace: ProjectId,
    environment: &'a str,
    version: u64,
    #[serde(rename = "type")]
    kind: &'static str,
    secret_key: &'a str,
    secret_value: Text<'a>,
    secret_value_hidden: bool,
    secret_comment: Text<'a>,
    secret_path: &'a SecretPath,
    secret_reminder_note: Option<&'a str>,
    secret_reminder_repeat_days: Option<u32>,
    skip_multiline_encoding: bool,
    secret_metadata: Vec<MetadataView<'a>>,
    tags: Vec<TagView<'a>>,
    is_rotated_secret: bool,
    rotation_id: Option<KeyRotationId>,
    /// When it was made; imported secrets do not say.
    #[serde(skip_serializing_if = "Option::is_none")]
    created_at: Option<Timestamp>,
    /// When it was changed; imported secrets do not say.
    #[serde(skip_serializing_if = "Option::is_none")]
    updated_at: Option<Timestamp>,
}

/// A sealed text that was opened, or what stands in its place.
#[derive(Debug)]
enum Text<'a> {
    Opened(&'a SecretString),
    Plain(&'a str),
}

impl Serialize for Text<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(match self {
            Self::Opened(text) => text.expose_secret(),
            Self::Plain(text) => text,
        })
    }
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct MetadataView<'a> {
    key: &'a str,
    value: Text<'a>,
    is_encrypted: bool,
}

#[derive(Debug, Serialize)]
struct TagView<'a> {
    id: TagId,
    slug: &'a str,
    color: Option<&'a str>,
    name: &'a str,
}

/// The tags of a project, for finding those of a secret. A tag that was deleted is on no secret any more.
#[derive(Debug, Default)]
pub(crate) struct Tags(HashMap<TagId, Stored<Tag>>);

impl Tags {
    /// All tags of a project, when one of these secrets has any. One Query, or none.
    pub(crate) async fn on<'a>(
        ctx: &Ctx,
        project: ProjectId,
        mut secrets: impl Iterator<Item = &'a OpenSecret>,
    ) -> Result<Self, ReadError> {
        match secrets.any(|secret| !secret.stored.tags.is_empty()) {
            true => Self::all(ctx, project).await,
            false => Ok(Self::default()),
        }
    }

    /// All tags of a project. One Query.
    pub(crate) async fn all(ctx: &Ctx, project: ProjectId) -> Result<Self, ReadError> {
        let tags = ctx.store.tags_of(project).await?;
        Ok(Self(tags.into_iter().map(|tag| (tag.id, tag)).collect()))
    }

    /// Those of a secret.
    pub(crate) fn of<'a>(&'a self, secret: &'a OpenSecret) -> impl Iterator<Item = &'a Stored<Tag>> {
        secret.stored.tags.iter().filter_map(|id| self.0.get(id))
    }

    /// The tag with this slug.
    pub(crate) fn named(&self, slug: &str) -> Option<&Stored<Tag>> {
        self.0.values().find(|tag| tag.slug == slug)
    }

    pub(crate) fn has(&self, id: TagId) -> bool {
        self.0.contains_key(&id)
    }
}

/// What beside the secrets themselves their form is made of.
#[derive(Debug, Clone, Copy)]
pub(crate) struct View<'a> {
    pub(crate) project: &'a Project,
    pub(crate) tags: &'a Tags,
}

impl<'a> View<'a> {
    /// A secret with its times.
    pub(crate) fn secret(self, secret: &'a OpenSecret) -> RawSecret<'a> {
        let (created_at, updated_at) = (secret.stored.created_at, secret.stored.updated_at);
        RawSecret { created_at: Some(created_at), updated_at: Some(updated_at), ..self.imported(secret) }
    }

    /// An imported secret.
    pub(crate) fn imported(self, secret: &'a OpenSecret) -> RawSecret<'a> {
        let OpenSecret { stored, path, value, comment, metadata } = secret;
        RawSecret {
            id: stored.id,
            id_again: stored.id,
            workspace: stored.project_id,
            environment: self.environment(secret),
            version: stored.version,
            kind: stored.kind.name(),
            secret_key: stored.name.as_str(),
            secret_value: Text::of(value.as_ref()),
            secret_value_hidden: value.is_none(),
            secret_comment: Text::Opened(comment),
            secret_path: path,
            secret_reminder_note: stored.reminder_note.as_deref(),
            secret_reminder_repeat_days: stored.reminder_repeat_days,
            skip_multiline_encoding: stored.skip_multiline_encoding,
            secret_metadata: metadata.iter().map(MetadataView::of).collect(),
            tags: self.tags.of(secret).map(TagView::of).collect(),
            is_rotated_secret: stored.rotation_id.is_some(),
            rotation_id: stored.rotation_id,
            created_at: None,
            updated_at: None,
        }
    }

    /// The slug of the environment that a secret is in.
    fn environment(self, secret: &OpenSecret) -> &'a str {
        let found = self.project.environments.find(secret.stored.environment_id);
        // The vault found the secret by way of it.
        found.map_or("", |(_, environment)| environment.slug.as_str())
    }

    /// What of the form of a secret neither its id nor its version tells: for entity tags.
    pub(crate) fn surroundings(self, secret: &'a OpenSecret) -> impl Iterator<Item = Cow<'a, str>> {
        let place = [Cow::Borrowed(self.environment(secret)), Cow::Borrowed(secret.path.as_str())];
        let tags = self.tags.of(secret).map(|tag| Cow::Owned(format!("{} {}", tag.id, tag.version)));
        place.into_iter().chain(tags)
    }
}

impl<'a> Text<'a> {
    fn of(text: Option<&'a SecretString>) -> Self {
        text.map_or(Self::Plain(HIDDEN), Self::Opened)
    }
}

impl<'a> MetadataView<'a> {
    fn of(entry: &'a Metadata) -> Self {
        let Metadata { key, value, is_encrypted } = entry;
        Self { key, value: Text::of(value.as_ref()), is_encrypted: *is_encrypted }
    }
}

impl<'a> TagView<'a> {
    fn of(tag: &'a Stored<Tag>) -> Self {
        let Tag { id, slug, name, color, .. } = &tag.value;
        Self { id: *id, slug, color: color.as_deref(), name: name.as_ref().unwrap_or(slug) }
    }
}
