//! Carrying a batch out: transaction by transaction, each on what is found anew, until everything is written.

use std::collections::BTreeSet;

use model::id::{SecretId, SecretSyncId};
use model::secret::reference::references;
use model::secret::{Secret, SecretKind, SecretName};
use secrecy::ExposeSecret as _;
use store::{Change, Stored, Touch};

use super::decide::{Context, Deed, check_names, contents_of};
use super::rotated::{ITEMS_BESIDE, Rotating};
use super::scene::{Scene, Wanted};
use super::weight::{MOST_ITEMS, Room};
use super::{Write, Written};
use crate::expand::{Overlay, Root};
use crate::folders::is_about_a_sync;
use crate::reading::{Missing, Reading};
use crate::sealing::Contents;
use crate::{Author, Error, Metadata, OpenSecret, Place, Vault};

/// How often a transaction is tried again on what others made of the folder meanwhile.
const ATTEMPTS: u32 = 16;

pub(super) struct Batch<'a> {
    vault: &'a Vault,
    place: &'a Place<'a>,
    kind: &'a SecretKind,
    author: &'a Author,
    writes: Vec<Write>,
    /// One for each write, for the secrets that it makes.
    ids: Vec<SecretId>,
    rotating: Option<Rotating<'a>>,
}

impl<'a> Batch<'a> {
    pub(super) fn new(
        vault: &'a Vault,
        place: &'a Place<'a>,
        kind: &'a SecretKind,
        author: &'a Author,
        writes: Vec<Write>,
    ) -> Result<Self, Error> {
        check_names(&writes)?;
        writes.iter().try_for_each(Write::check)?;
        let ids = writes.iter().map(|_| SecretId::random()).collect();
        Ok(Self { vault, place, kind, author, writes, ids, rotating: None })
    }

    /// The same, written by a rotation.
    pub(super) fn rotating(self, rotating: Rotating<'a>) -> Self {
        Self { rotating: Some(rotating), ..self }
    }

    pub(super) async fn run(self) -> Result<Written, Error> {
        let (mut secrets, mut syncs) = (Vec::with_capacity(self.writes.len()), BTreeSet::new());
        let (mut attempt, mut doubts_watchers) = (0, false);
        // Without a write there is still what a rotation writes beside them.
        let mut is_over = self.writes.is_empty() && self.rotating.is_none();
        while !is_over {
            let done = secrets.len();
            attempt += 1;
            // On the heap: the futures of whoever writes secrets among other things are deep enough.
            match Box::pin(self.step(done, doubts_watchers)).await {
                Ok((written, woken)) => {
                    secrets.extend(written);
                    syncs.extend(woken);
                    (attempt, doubts_watchers) = (0, false);
                    is_over = secrets.len() >= self.writes.len();
                }
                Err(Error::Commit(error)) if Rotating::is_refused(&error) => return Err(error.into()),
                Err(Error::Commit(error)) if Error::is_stale(&error) && attempt < ATTEMPTS => {
                    doubts_watchers |= is_about_a_sync(&error);
                }
                Err(error) => return Err(self.interrupted(done, error)),
            }
        }
        Ok(Written { secrets, syncs: syncs.into_iter().collect() })
    }

    /// What went wrong, together with what stands already.
    fn interrupted(&self, done: usize, error: Error) -> Error {
        let outpaced = matches!(&error, Error::Commit(error) if Error::is_stale(error));
        let error = if outpaced { Error::Contended } else { error };
        if done == 0 {
            return error;
        }
        let written =
            self.writes.iter().take(done).filter_map(|write| write.names().next().cloned()).collect();
        Error::Interrupted { written, source: Box::new(error) }
    }

    /// One transaction of what is left from `done` on. What it wrote, and whom it woke; nothing and nobody when only personal
    /// secrets were removed that do not fit into the transaction of the shared one.
    async fn step(
        &self,
        done: usize,
        doubts_watchers: bool,
    ) -> Result<(Vec<Option<OpenSecret>>, BTreeSet<SecretSyncId>), Error> {
        // All of it is judged before the first transaction; for the later ones no more is read than fits into one.
        let end = if done == 0 { self.writes.len() } else { self.writes.len().min(done + MOST_ITEMS) };
        let left = self.writes.get(done..end).unwrap_or_default();
        let names: Vec<SecretName> = left.iter().flat_map(Write::names).cloned().collect();
        let overrides = *self.kind == SecretKind::Shared && left.iter().any(Write::concerns_overrides);
        let wanted = Wanted { place: self.place, kind: self.kind, names, overrides, doubts_watchers };
        let scene = self.vault.scene(&wanted).await?;
        let context = Context {
            project: self.place.project,
            kind: self.kind,
            actor: &self.author.actor,
            rotation: self.rotating.map(|rotating| rotating.id),
            scene: &scene,
        };
        let mut deeds = Vec::with_capacity(left.len());
        for (write, id) in left.iter().zip(self.ids.iter().skip(done)) {
            deeds.push(self.vault.decide(&context, *id, write).await?);
        }
        if *self.kind == SecretKind::Shared {
            self.refuse_cycles(&scene, &deeds).await?;
        }
        let watchers: BTreeSet<SecretSyncId> = match self.kind {
            // Syncs read shared secrets alone.
            SecretKind::Personal(_) => BTreeSet::new(),
            SecretKind::Shared => {
                scene.state.watchers.iter().copied().filter(|sync| !scene.gone.contains(sync)).collect()
            }
        };
        let beside = self.rotating.map_or(0, |_| ITEMS_BESIDE);
        let items = MOST_ITEMS.saturating_sub(watchers.len() + beside);
        let room = Room { items, is_one: self.rotating.is_some() };
        room.check(&deeds)?;
        let before = room.personal_before(&deeds);
        if !before.is_empty() {
            self.vault.remove_personal(self.place.project, &scene, self.author, &before).await?;
            // Others may have been made meanwhile: all is read again.
            return Ok((Vec::new(), BTreeSet::new()));
        }
        let sheaf = room.sheaf(deeds);
        if let Some(rotating) = self.rotating.filter(|_| sheaf.items == 0) {
            let change = (rotating.beside)(Change::new(self.author.now));
            let (audit, days) =
                (self.audit(&scene, &sheaf.deeds), self.place.project.audit_logs_retention_days);
            self.vault.store.commit_kept(change, &audit, days).await?;
        }
        if sheaf.items == 0 {
            return Ok((sheaf.deeds.into_iter().map(nothing).collect(), BTreeSet::new()));
        }
        let touch = match self.kind {
            SecretKind::Shared if overrides => Touch::SecretsWithPersonal,
            SecretKind::Shared => Touch::Secrets,
            SecretKind::Personal(_) => Touch::Personal,
        };
        let mut change = Change::new(self.author.now);
        let mut written = Vec::with_capacity(sheaf.deeds.len());
        let audit = self.audit(&scene, &sheaf.deeds);
        for deed in sheaf.deeds {
            let (next, outcome) = self.carry_out(change, &scene, deed).await?;
            change = next;
            written.push(outcome);
        }
        let change = change.touch_folder(&scene.state, touch, &scene.gone).wake_secret_syncs(&watchers);
        let change = match self.rotating {
            Some(rotating) => (rotating.beside)(change),
            None => change,
        };
        let days = self.place.project.audit_logs_retention_days;
        self.vault.store.commit_kept(change, &audit, days).await?;
        Ok((written, watchers))
    }

    /// Adds what a deed writes. What is to be answered once it is written.
    async fn carry_out(
        &self,
        change: Change,
        scene: &Scene,
        deed: Deed,
    ) -> Result<(Change, Option<OpenSecret>), Error> {
        let now = self.author.now;
        match deed {
            Deed::Nothing(opened) => Ok((change, opened.map(|opened| *opened))),
            Deed::Create { secret, contents } => {
                let secret = self.vault.seal_secret(*secret, 1, &contents).await?;
                let change = change.create(&secret);
                let change = require_shared(change, scene, &secret.name);
                Ok((change, Some(opened(scene, Stored::created(secret, now), contents))))
            }
            Deed::Replace { read, next, before, contents, moved } => {
                let name = next.name.clone();
                let change = if name == read.name { change } else { require_shared(change, scene, &name) };
                let (mut change, next) = self.replace(change, &read, *next, &before, &contents).await?;
                for personal in moved {
                    let contents =
                        contents_of(&self.vault.open_secret(personal.clone(), &scene.path, true).await?);
                    let next = Secret { name: name.clone(), ..personal.value.clone() };
                    change = self.replace(change, &personal, next, &contents, &contents).await?.0;
                }
                let next = read.replaced(next, now);
                Ok((change, Some(opened(scene, next, contents))))
            }
            Deed::Delete { read, before, personal } => {
                let change = personal.iter().fold(change.delete_secret(&read), Change::delete_secret);
                Ok((change, Some(*before)))
            }
        }
    }

    async fn replace(
        &self,
        change: Change,
        read: &Stored<Secret>,
        next: Secret,
        before: &Contents,
        contents: &Contents,
    ) -> Result<(Change, Secret), Error> {
        let archived = self.vault.seal_version(read, before).await?;
        let next = self.vault.seal_secret(next, read.version.saturating_add(1), contents).await?;
        Ok((change.replace_secret(read, &next, &archived), next))
    }

    /// Refuses what would make references lead back to where they start, and says on which way.
    async fn refuse_cycles(&self, scene: &Scene, deeds: &[Deed]) -> Result<(), Error> {
        let (mut roots, mut overlay) = (Vec::new(), Overlay::new());
        let folder = scene.spot.folder;
        for deed in deeds {
            let (secret, contents) = match deed {
                Deed::Nothing(_) => continue,
                Deed::Delete { read, .. } => {
                    overlay.insert((folder, read.name.clone()), None);
                    continue;
                }
                Deed::Create { secret, contents } => (secret, contents),
                Deed::Replace { read, next, before, contents, .. } => {
                    if next.name != read.name {
                        overlay.insert((folder, read.name.clone()), None);
                    } else if before.value.expose_secret() == contents.value.expose_secret() {
                        continue;
                    }
                    (next, contents)
                }
            };
            overlay.insert((folder, secret.name.clone()), Some(contents.value.clone()));
            if references(contents.value.expose_secret()).next().is_some() {
                let (name, value) = (secret.name.clone(), contents.value.clone());
                roots.push(Root { spot: scene.spot, name, is_shared: true, value });
            }
        }
        if roots.is_empty() {
            return Ok(());
        }
        let mut reading = Reading::new(self.vault, self.place.project, Missing::Skipped);
        let loaded = reading.graph(roots, &overlay).await?;
        let cycle = loaded.roots.iter().find_map(|root| loaded.graph.cycle_of(*root));
        cycle.map_or(Ok(()), |names| Err(Error::Cycle { names }))
    }

    fn audit(&self, scene: &Scene, deeds: &[Deed]) -> model::audit::AuditRecord {
        let done: Vec<(&str, &Secret)> = deeds
            .iter()
            .filter_map(|deed| match deed {
                Deed::Nothing(_) => None,
                Deed::Create { secret, .. } => Some(("secret.create", &**secret)),
                Deed::Replace { next, .. } => Some(("secret.update", &**next)),
                Deed::Delete { read, .. } => Some(("secret.delete", &read.value)),
            })
            .collect();
        let project = self.place.project.id;
        let place = format!("{} in {}", scene.path, scene.spot.environment);
        let told = self.rotating.is_some() || done.len() > 1;
        let by_rotation = self.rotating.map(|rotating| rotating.line.clone());
        let mut audit = by_rotation.unwrap_or_else(|| match done.as_slice() {
            [(action, secret)] => {
                self.author.audit(action, secret.id.to_string(), secret.name.to_string(), project)
            }
            several => {
                let first = several.first().map_or("secret.update", |(action, _)| action);
                let same = several.iter().all(|(action, _)| *action == first);
                let action = if same { first } else { "secret.write" };
                let folder = scene.spot.folder.to_string();
                self.author.audit(action, folder, scene.path.to_string(), project)
            }
        });
        audit.details.push(place);
        if told {
            audit.details.extend(done.iter().map(|(action, secret)| format!("{action} {}", secret.name)));
        }
        audit
    }
}

/// Nobody may take away meanwhile the shared secret that a personal one is to stand in place of.
fn require_shared(change: Change, scene: &Scene, name: &SecretName) -> Change {
    match scene.shared.get(name) {
        Some(shared) => change.require(&shared.value),
        None => change,
    }
}

fn nothing(deed: Deed) -> Option<OpenSecret> {
    match deed {
        Deed::Nothing(opened) => opened.map(|opened| *opened),
        Deed::Create { .. } | Deed::Replace { .. } | Deed::Delete { .. } => None,
    }
}

fn opened(scene: &Scene, stored: Stored<Secret>, contents: Contents) -> OpenSecret {
    let metadata = contents.metadata.into_iter().map(|one| Metadata {
        key: one.key,
        value: Some(one.value),
        is_encrypted: one.is_encrypted,
    });
    OpenSecret {
        stored,
        path: scene.path.clone(),
        value: Some(contents.value),
        comment: contents.comment,
        metadata: metadata.collect(),
    }
}
