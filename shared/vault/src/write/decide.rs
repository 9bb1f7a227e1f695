//! What each write of a batch comes to, on what was found: decided before anything is sealed or written.

use std::collections::HashSet;

use model::audit::Actor;
use model::id::{KeyRotationId, SecretId};
use model::project::Project;
use model::secret::{
    LONGEST_COMMENT, LONGEST_METADATA_KEY, LONGEST_METADATA_VALUE, LONGEST_REMINDER_NOTE, LONGEST_VALUE,
    MOST_METADATA, MOST_TAGS, Secret, SecretKind, SecretName,
};
use secrecy::{ExposeSecret as _, SecretString};
use store::Stored;

use super::rotated::{Ownership, touches_rotated};
use super::scene::Scene;
use super::{Absent, NewMetadata, NewSecret, SecretChange, Write};
use crate::sealing::Contents;
use crate::{Error, OpenSecret, Vault};

/// What is to be done.
pub(crate) enum Deed {
    /// Nothing, and this is the answer.
    Nothing(Option<Box<OpenSecret>>),
    /// A secret whose values are not sealed yet.
    Create { secret: Box<Secret>, contents: Contents },
    /// Its next version, and the next versions of the personal ones that move with it.
    Replace {
        read: Box<Stored<Secret>>,
        next: Box<Secret>,
        before: Contents,
        contents: Contents,
        moved: Vec<Stored<Secret>>,
    },
    /// It goes, with the personal ones in its place.
    Delete { read: Box<Stored<Secret>>, before: Box<OpenSecret>, personal: Vec<Stored<Secret>> },
}

/// For whom, and of which kind.
pub(crate) struct Context<'a> {
    pub(crate) project: &'a Project,
    pub(crate) kind: &'a SecretKind,
    pub(crate) actor: &'a Actor,
    /// The rotation that writes, if it is one.
    pub(crate) rotation: Option<KeyRotationId>,
    pub(crate) scene: &'a Scene,
}

impl Write {
    /// The names that it is about: as the secret is called, and as it will be.
    pub(crate) fn names(&self) -> impl Iterator<Item = &SecretName> {
        let (name, new_name) = match self {
            Self::Create(new) => (&new.name, None),
            Self::Update { name, change, .. } => (name, change.new_name.as_ref()),
            Self::Delete { name } => (name, None),
        };
        [Some(name), new_name.filter(|new_name| *new_name != name)].into_iter().flatten()
    }

    /// Whether personal secrets of the name are concerned when it is a shared one.
    pub(crate) fn concerns_overrides(&self) -> bool {
        match self {
            Self::Create(_) => false,
            Self::Update { name, change, .. } => {
                change.new_name.as_ref().is_some_and(|new_name| new_name != name)
            }
            Self::Delete { .. } => true,
        }
    }

    /// What needs no look at the table.
    pub(crate) fn check(&self) -> Result<(), Error> {
        match self {
            Self::Create(new) => check_all(
                &new.name,
                Some(&new.value),
                Some(&new.comment),
                Some(&new.metadata),
                Some(new.tags.len()),
                new.reminder_note.as_deref(),
            ),
            Self::Update { name, change, .. } => check_all(
                name,
                change.value.as_ref(),
                change.comment.as_ref(),
                change.metadata.as_deref(),
                change.tags.as_ref().map(|tags| tags.len() + change.attach.len()),
                change.reminder_note.as_ref().and_then(Option::as_deref),
            ),
            Self::Delete { .. } => Ok(()),
        }
    }
}

/// Refuses a batch that names a secret twice: what it means would depend on the order.
pub(crate) fn check_names(writes: &[Write]) -> Result<(), Error> {
    let mut seen = HashSet::new();
    let twice = writes.iter().flat_map(Write::names).find(|name| !seen.insert(*name));
    twice.map_or(Ok(()), |name| Err(Error::Twice { name: name.clone() }))
}

fn check_all(
    name: &SecretName,
    value: Option<&SecretString>,
    comment: Option<&SecretString>,
    metadata: Option<&[NewMetadata]>,
    tags: Option<usize>,
    note: Option<&str>,
) -> Result<(), Error> {
    let limit = |what, length: usize, limit: usize, unit: &str| match length > limit {
        true => Err(Error::TooLong { what, name: name.clone(), limit: format!("{limit} {unit}") }),
        false => Ok(()),
    };
    let bytes = |text: &SecretString| text.expose_secret().len();
    limit("value", value.map_or(0, bytes), LONGEST_VALUE, "bytes")?;
    limit("comment", comment.map_or(0, bytes), LONGEST_COMMENT, "bytes")?;
    limit("reminder note", note.map_or(0, |note| note.chars().count()), LONGEST_REMINDER_NOTE, "characters")?;
    limit("list of tags", tags.unwrap_or(0), MOST_TAGS, "tags")?;
    let metadata = metadata.unwrap_or_default();
    limit("metadata", metadata.len(), MOST_METADATA, "entries")?;
    for one in metadata {
        limit("metadata key", one.key.chars().count(), LONGEST_METADATA_KEY, "characters")?;
        let characters = one.value.expose_secret().chars().count();
        limit("metadata value", characters, LONGEST_METADATA_VALUE, "characters")?;
    }
    Ok(())
}

impl Vault {
    /// What `write` comes to. `id` is the one that a new secret gets: when that is there already, an earlier attempt made it, whose
    /// answer was lost.
    pub(crate) async fn decide(
        &self,
        context: &Context<'_>,
        id: SecretId,
        write: &Write,
    ) -> Result<Deed, Error> {
        let scene = context.scene;
        match write {
            Write::Create(new) => match scene.secrets.get(&new.name) {
                None => create(context, id, new),
                Some(found) if found.id == id => self.unchanged(scene, found).await,
                Some(_) => Err(Error::Exists { name: new.name.clone() }),
            },
            Write::Update { name, change, absent } => match (scene.secrets.get(name), absent) {
                (Some(read), _) => self.update(context, read, change).await,
                (None, Absent::Refuse) => Err(absent_secret(scene, name)),
                (None, Absent::Ignore) => Ok(Deed::Nothing(None)),
                (None, Absent::Create) => create(context, id, &made_of(name, change)),
            },
            Write::Delete { name } => {
                let Some(read) = scene.secrets.get(name) else {
                    // A rotation's secret that somebody has removed already.
                    let nothing = context.rotation.map(|_| Deed::Nothing(None));
                    return nothing.ok_or_else(|| absent_secret(scene, name));
                };
                match Ownership::of(read.rotation_id, context.rotation) {
                    Ownership::Free => {}
                    Ownership::Rotated(rotation) => {
                        return Err(Error::Rotated { name: name.clone(), rotation });
                    }
                    Ownership::Foreign => return Ok(Deed::Nothing(None)),
                }
                let before = Box::new(self.open_or_not(scene, read).await?);
                let personal = scene.personal.get(name).cloned().unwrap_or_default();
                Ok(Deed::Delete { read: Box::new(read.clone()), before, personal })
            }
        }
    }

    async fn unchanged(&self, scene: &Scene, read: &Stored<Secret>) -> Result<Deed, Error> {
        let opened = self.open_secret(read.clone(), &scene.path, true).await?;
        Ok(Deed::Nothing(Some(Box::new(opened))))
    }

    async fn update(
        &self,
        context: &Context<'_>,
        read: &Stored<Secret>,
        change: &SecretChange,
    ) -> Result<Deed, Error> {
        let scene = context.scene;
        let name = change.new_name.as_ref().unwrap_or(&read.name);
        let renamed = *name != read.name;
        if renamed && scene.secrets.contains_key(name) {
            return Err(Error::Exists { name: name.clone() });
        }
        if renamed && matches!(context.kind, SecretKind::Personal(_)) && !scene.shared.contains_key(name) {
            return Err(Error::NoShared { name: name.clone() });
        }
        let ownership = Ownership::of(read.rotation_id, context.rotation);
        if matches!(ownership, Ownership::Foreign) {
            return Err(Error::Exists { name: read.name.clone() });
        }
        let opened = self.open_secret(read.clone(), &scene.path, true).await?;
        let before = contents_of(&opened);
        if let Ownership::Rotated(rotation) = ownership {
            let same = change.value.as_ref().is_none_or(|value| same_text(value, &before.value));
            if touches_rotated(&read.name, change, same) {
                return Err(Error::Rotated { name: read.name.clone(), rotation });
            }
        }
        let contents = Contents {
            value: change.value.clone().unwrap_or_else(|| before.value.clone()),
            comment: change.comment.clone().unwrap_or_else(|| before.comment.clone()),
            metadata: change.metadata.clone().unwrap_or_else(|| before.metadata.clone()),
        };
        let next = Secret {
            name: name.clone(),
            tags: change.tags_after(&read.tags),
            reminder_note: change.reminder_note.clone().unwrap_or_else(|| read.reminder_note.clone()),
            reminder_repeat_days: change.reminder_repeat_days.unwrap_or(read.reminder_repeat_days),
            skip_multiline_encoding: change.skip_multiline_encoding.unwrap_or(read.skip_multiline_encoding),
            rotation_id: change.rotation_id.unwrap_or(read.rotation_id),
            ..read.value.clone()
        };
        if next.tags.len() > MOST_TAGS {
            let limit = format!("{MOST_TAGS} tags");
            return Err(Error::TooLong { what: "list of tags", name: name.clone(), limit });
        }
        if next == read.value && same(&before, &contents) {
            return Ok(Deed::Nothing(Some(Box::new(opened))));
        }
        let next = Box::new(Secret { actor: context.actor.clone(), ..next });
        let moved = match renamed {
            true => scene.personal.get(&read.name).cloned().unwrap_or_default(),
            false => Vec::new(),
        };
        Ok(Deed::Replace { read: Box::new(read.clone()), next, before, contents, moved })
    }

    /// The secret opened; without values when they are beyond opening, so that it can be deleted all the same.
    async fn open_or_not(&self, scene: &Scene, read: &Stored<Secret>) -> Result<OpenSecret, Error> {
        match self.open_secret(read.clone(), &scene.path, true).await {
            Err(error @ Error::Unreadable { .. }) if !error.is_transient() => Ok(OpenSecret {
                stored: read.clone(),
                path: scene.path.clone(),
                value: None,
                comment: SecretString::default(),
                metadata: Vec::new(),
            }),
            opened => opened,
        }
    }
}

fn absent_secret(scene: &Scene, name: &SecretName) -> Error {
    Error::NoSecret { name: name.clone(), path: scene.path.clone() }
}

fn create(context: &Context<'_>, id: SecretId, new: &NewSecret) -> Result<Deed, Error> {
    let Context { project, kind, actor, rotation: _, scene } = context;
    if scene.secrets.contains_key(&new.name) {
        return Err(Error::Exists { name: new.name.clone() });
    }
    if matches!(kind, SecretKind::Personal(_)) && !scene.shared.contains_key(&new.name) {
        return Err(Error::NoShared { name: new.name.clone() });
    }
    let secret = Secret {
        id,
        project_id: project.id,
        environment_id: scene.spot.environment,
        folder_id: scene.spot.folder,
        name: new.name.clone(),
        kind: (*kind).clone(),
        // Sealed when it is written.
        value: String::new(),
        comment: None,
        metadata: Vec::new(),
        tags: new.tags.clone(),
        reminder_note: new.reminder_note.clone(),
        reminder_repeat_days: new.reminder_repeat_days,
        skip_multiline_encoding: new.skip_multiline_encoding,
        actor: (*actor).clone(),
        rotation_id: new.rotation_id,
    };
    let contents =
        Contents { value: new.value.clone(), comment: new.comment.clone(), metadata: new.metadata.clone() };
    Ok(Deed::Create { secret: Box::new(secret), contents })
}

/// The secret that a change makes where there was none.
fn made_of(name: &SecretName, change: &SecretChange) -> NewSecret {
    NewSecret {
        name: change.new_name.clone().unwrap_or_else(|| name.clone()),
        value: change.value.clone().unwrap_or_default(),
        comment: change.comment.clone().unwrap_or_default(),
        metadata: change.metadata.clone().unwrap_or_default(),
        tags: change.tags_after(&[]),
        reminder_note: change.reminder_note.clone().flatten(),
        reminder_repeat_days: change.reminder_repeat_days.flatten(),
        skip_multiline_encoding: change.skip_multiline_encoding.unwrap_or_default(),
        rotation_id: change.rotation_id.flatten(),
    }
}

/// The contents of a secret that was opened with its values.
pub(crate) fn contents_of(opened: &OpenSecret) -> Contents {
    let metadata = opened.metadata.iter().map(|one| NewMetadata {
        key: one.key.clone(),
        value: one.value.clone().unwrap_or_default(),
        is_encrypted: one.is_encrypted,
    });
    Contents {
        value: opened.value.clone().unwrap_or_default(),
        comment: opened.comment.clone(),
        metadata: metadata.collect(),
    }
}

fn same_text(one: &SecretString, other: &SecretString) -> bool {
    one.expose_secret() == other.expose_secret()
}

fn same(one: &Contents, other: &Contents) -> bool {
    let same_entry = |(one, other): (&NewMetadata, &NewMetadata)| {
        one.key == other.key && one.is_encrypted == other.is_encrypted && same_text(&one.value, &other.value)
    };
    same_text(&one.value, &other.value)
        && same_text(&one.comment, &other.comment)
        && one.metadata.len() == other.metadata.len()
        && one.metadata.iter().zip(&other.metadata).all(same_entry)
}
