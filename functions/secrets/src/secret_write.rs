//! What all writes of secrets have in common: folder by folder, the tags that they name, the syncs that they wake.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use model::id::TagId;
use model::permission::Action;
use model::secret::{SecretKind, SecretName, SecretPath};
use vault::{Absent, Error, NewMetadata, NewSecret, OpenSecret, Place, SecretChange, Write, Written};
use web::{Caller, Problem};

use crate::Ctx;
use crate::place::author;
use crate::secret_form::{GivenMetadata, Said};
use crate::secret_place::Found;
use crate::secret_view::Tags;
use crate::vault_error::problem;

/// One write of a request, and where it belongs.
#[derive(Debug)]
pub(crate) struct Task {
    pub(crate) path: SecretPath,
    pub(crate) kind: SecretKind,
    pub(crate) write: Write,
}

/// Carries out the writes of a request and wakes the syncs that see them. The secrets afterwards (of a deletion: before),
/// in the request's order; those that were not there and were to be left out then are.
pub(crate) async fn carry_out(
    ctx: &Ctx,
    caller: &Caller,
    found: &Found,
    tasks: Vec<Task>,
) -> Result<Vec<OpenSecret>, Problem> {
    let folders = by_folder(tasks);
    if folders.len() > 1 {
        check(ctx, found, &folders).await?;
    }
    let (author, mut secrets, mut done) = (author(caller), BTreeMap::new(), Vec::new());
    for ((path, Reverse(kind)), tasks) in folders {
        let place = Place { path: &path, ..found.place() };
        let (positions, writes): (Vec<usize>, Vec<Write>) = tasks.into_iter().unzip();
        let names: Vec<SecretName> = writes.iter().map(|write| name_of(write).clone()).collect();
        let written = ctx.vault.write(&place, &kind, &author, writes).await;
        let Written { secrets: written, syncs } =
            written.map_err(|error| problem(after(&mut done, error)))?;
        ctx.queue.wake(syncs).await;
        done.extend(names);
        secrets.extend(positions.into_iter().zip(written));
    }
    let readable = found.allows(Action::ReadValue);
    let shown = |secret: OpenSecret| if readable { secret } else { hidden(secret) };
    Ok(secrets.into_values().flatten().map(shown).collect())
}

/// The same for one write.
pub(crate) async fn carry_out_one(
    ctx: &Ctx,
    caller: &Caller,
    found: &Found,
    kind: SecretKind,
    write: Write,
) -> Result<OpenSecret, Problem> {
    let task = Task { path: found.path.clone(), kind, write };
    let secret = carry_out(ctx, caller, found, vec![task]).await?.pop();
    secret.ok_or_else(|| Problem::bug("write a secret", "the vault answered none"))
}

/// The writes by folder, those of personal secrets before those of shared ones, which take personal ones along when they
/// go; each with its position in the request.
type Folders = BTreeMap<(SecretPath, Reverse<SecretKind>), Vec<(usize, Write)>>;

fn by_folder(tasks: Vec<Task>) -> Folders {
    let mut folders = Folders::new();
    for (position, Task { path, kind, write }) in tasks.into_iter().enumerate() {
        folders.entry((path, Reverse(kind))).or_default().push((position, write));
    }
    folders
}

/// Refuses a request over several folders, of which each is written by itself, while nothing is written yet: where a folder
/// or a secret is missing.
async fn check(ctx: &Ctx, found: &Found, folders: &Folders) -> Result<(), Problem> {
    let environment = found.environment.id;
    let tree = ctx.vault.tree(&found.project, environment).await.map_err(problem)?;
    for ((path, Reverse(kind)), writes) in folders {
        let slug = &found.environment.slug;
        let absent = || Error::NoFolder { environment: slug.clone(), path: path.to_string() };
        let folder = tree.at(path).ok_or_else(|| problem(absent()))?;
        let needed = writes.iter().map(|(_, write)| write).filter(|write| needs_it(write));
        let names: Vec<SecretName> = needed.map(|write| name_of(write).clone()).collect();
        let there = ctx.store.secrets_named(environment, folder, kind, &names).await?;
        if let Some(name) = names.into_iter().find(|name| !there.iter().any(|secret| secret.name == *name)) {
            return Err(problem(Error::NoSecret { name, path: path.clone() }));
        }
    }
    Ok(())
}

fn needs_it(write: &Write) -> bool {
    match write {
        Write::Create(_) => false,
        Write::Update { absent, .. } => *absent == Absent::Refuse,
        Write::Delete { .. } => true,
    }
}

fn name_of(write: &Write) -> &SecretName {
    match write {
        Write::Create(new) => &new.name,
        Write::Update { name, .. } | Write::Delete { name } => name,
    }
}

/// What went wrong, together with what stands already.
fn after(done: &mut Vec<SecretName>, error: Error) -> Error {
    let mut written = std::mem::take(done);
    if let Error::Interrupted { written: more, source } = error {
        written.extend(more);
        return Error::Interrupted { written, source };
    }
    if written.is_empty() { error } else { Error::Interrupted { written, source: Box::new(error) } }
}

fn hidden(secret: OpenSecret) -> OpenSecret {
    let OpenSecret { stored, path, value: _, comment, mut metadata } = secret;
    for entry in metadata.iter_mut().filter(|entry| entry.is_encrypted) {
        entry.value = None;
    }
    OpenSecret { stored, path, value: None, comment, metadata }
}

/// The tags that a request names, all of which must be the project's. One Query when it names any.
///
/// # Errors
/// 404 for the first one that is not.
pub(crate) async fn known_tags<'a>(
    ctx: &Ctx,
    found: &Found,
    mut said: impl Iterator<Item = &'a Said> + Clone,
) -> Result<(), Problem> {
    let named = |said: &'a Said| said.tag_ids.iter().flatten();
    if said.clone().flat_map(named).next().is_none() {
        return Ok(());
    }
    let tags = Tags::all(ctx, found.project.id).await?;
    let unknown = said.find_map(|said| {
        named(said).find_map(|id| match id {
            Ok(id) if tags.has(*id) => None,
            Ok(id) => Some(id.to_string()),
            Err(text) => Some(text.clone()),
        })
    });
    unknown.map_or(Ok(()), |id| Err(Problem::not_found(format!("Tag with ID '{id}' was not found"))))
}

/// A new secret.
pub(crate) fn new_secret(name: SecretName, said: Said) -> NewSecret {
    let value = said.value.clone().unwrap_or_default();
    let SecretChange {
        comment,
        metadata,
        tags,
        reminder_note,
        reminder_repeat_days,
        skip_multiline_encoding,
        ..
    } = change(None, said);
    NewSecret {
        comment: comment.unwrap_or_default(),
        metadata: metadata.unwrap_or_default(),
        tags: tags.unwrap_or_default(),
        reminder_note: reminder_note.flatten(),
        reminder_repeat_days: reminder_repeat_days.flatten(),
        skip_multiline_encoding: skip_multiline_encoding.unwrap_or_default(),
        ..NewSecret::new(name, value)
    }
}

/// What is to be different of a secret.
pub(crate) fn change(new_name: Option<SecretName>, said: Said) -> SecretChange {
    SecretChange {
        new_name,
        value: said.value,
        comment: said.comment,
        metadata: said.metadata.map(|entries| entries.into_iter().map(metadata).collect()),
        tags: said.tag_ids.map(tags),
        reminder_note: said.reminder_note,
        reminder_repeat_days: said.reminder_repeat_days,
        skip_multiline_encoding: said.skip_multiline_encoding,
        ..SecretChange::default()
    }
}

fn metadata(given: GivenMetadata) -> NewMetadata {
    NewMetadata { key: given.key, value: given.value, is_encrypted: given.is_encrypted }
}

/// Each once, in the request's order.
fn tags(given: Vec<Result<TagId, String>>) -> Vec<TagId> {
    let mut tags = Vec::with_capacity(given.len());
    for id in given.into_iter().flatten() {
        if !tags.contains(&id) {
            tags.push(id);
        }
    }
    tags
}
