//! An IAM user with at most two keys, people beside the rotation, and a worker that dies where it is told.

use std::collections::BTreeSet;
use std::time::Duration;

use super::*;

/// Where the worker dies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Death {
    None,
    /// Before the call to AWS; the intent, where there is one, is stored.
    Before,
    /// After the call to AWS, before its outcome is stored.
    After,
}

#[derive(Debug, Clone)]
pub(super) struct Held {
    pub(super) id: AccessKeyId,
    pub(super) is_active: bool,
    pub(super) created_at: Timestamp,
    pub(super) last_used: Option<Timestamp>,
    /// Somebody else made it.
    pub(super) human: bool,
    works_from: Timestamp,
}

pub(super) struct World {
    pub(super) rotation: KeyRotation,
    pub(super) stored: Progress,
    pub(super) now: Timestamp,
    pub(super) keys: Vec<Held>,
    pub(super) in_the_secrets: Option<AccessKeyId>,
    pub(super) publications: Vec<Timestamp>,
    /// Whether the role may ask for the last use.
    pub(super) tells_use: bool,
    /// How long AWS takes to know a new key.
    pub(super) slowness: Duration,
    /// The key that the connection itself runs on, if it has one; what is published becomes it.
    runs_on: Option<AccessKeyId>,
    given: Vec<AccessKeyId>,
    made: u32,
    proved: BTreeSet<AccessKeyId>,
    known_secrets: BTreeSet<AccessKeyId>,
    deleted_lately: Option<(Held, Timestamp)>,
}

impl World {
    pub(super) fn new(foreign: usize, given: usize) -> Self {
        let mut world = Self {
            rotation: rotation(),
            stored: Progress::default(),
            now: at(0),
            keys: Vec::new(),
            in_the_secrets: None,
            publications: Vec::new(),
            tells_use: true,
            slowness: Duration::from_secs(8),
            runs_on: None,
            given: Vec::new(),
            made: 0,
            proved: BTreeSet::new(),
            known_secrets: BTreeSet::new(),
            deleted_lately: None,
        };
        for _ in 0..foreign {
            world.human_creates();
        }
        world.given = world.keys.iter().take(given).map(|held| held.id.clone()).collect();
        world.stored = Progress::begin(&world.given, world.now);
        world.pass(3 * DAY);
        world
    }

    /// A rotation of the connection's own key, which is the first that it was given.
    pub(super) fn of_own_key(mut self) -> Self {
        self.rotation.parameters.own_key = true;
        self.runs_on = self.given.first().cloned();
        self
    }

    pub(super) fn pass(&mut self, seconds: i64) {
        self.now = self.now.plus(Duration::from_secs(seconds.unsigned_abs()));
    }

    /// What IAM shows: a key that was deleted less than half a minute ago, too, and not yet one of the last seconds.
    fn seen(&self) -> Seen {
        let lately = self.deleted_lately.iter().filter(|(_, at)| self.now < at.plus(Duration::from_secs(30)));
        let appeared = |held: &&Held| held.human || held.created_at.plus(Duration::from_secs(4)) <= self.now;
        let shown =
            self.keys.iter().filter(appeared).chain(lately.map(|(held, _)| held)).map(|held| SeenKey {
                id: held.id.clone(),
                is_active: held.is_active,
                created_at: held.created_at,
                last_used: match (self.tells_use, held.last_used) {
                    (false, _) => LastUsed::Unknown,
                    (true, None) => LastUsed::Never,
                    (true, Some(at)) => LastUsed::At(at),
                },
            });
        Seen {
            user_id: Some("AIDAEXAMPLE".into()),
            keys: shown.collect(),
            renamed_to: None,
            signed_by: self.runs_on.clone(),
        }
    }

    fn create(&mut self, human: bool) -> Option<AccessKeyId> {
        if self.keys.len() >= 2 {
            return None;
        }
        self.made += 1;
        let id: AccessKeyId = format!("AKIA{:0>16}", self.made).parse().unwrap();
        let (created_at, last_used) = (self.now, human.then_some(self.now));
        let works_from = self.now.plus(self.slowness);
        self.keys.push(Held { id: id.clone(), is_active: true, created_at, last_used, human, works_from });
        Some(id)
    }

    pub(super) fn human_creates(&mut self) {
        // One who makes a key uses it; where that cannot be known, nobody makes one just while a worker is dying.
        if self.tells_use || self.stored.intent.is_none() {
            self.create(true);
        }
    }

    pub(super) fn human_deletes(&mut self) {
        self.keys.retain(|held| !held.human);
    }

    /// Who has a key's secret half: its maker, or those who read it here.
    pub(super) fn somebody_uses(&mut self, which: usize) {
        let now = self.now;
        if let Some(held) = self.keys.get_mut(which).filter(|held| held.is_active)
            && (held.human || self.known_secrets.contains(&held.id))
        {
            held.last_used = Some(now);
        }
    }

    pub(super) fn human_revives(&mut self) {
        let (now, interrupted) = (self.now, self.stored.intent.is_some());
        for held in self.keys.iter_mut().filter(|held| !held.is_active) {
            if !held.human && !self.known_secrets.contains(&held.id) {
                // Whoever makes a key active that nobody knows says that it is theirs, and uses it; where that cannot be
                // known, nobody does so just while a worker is dying.
                if interrupted && !self.tells_use {
                    continue;
                }
                (held.human, held.last_used) = (true, Some(now));
            }
            held.is_active = true;
        }
    }

    /// A key that the rotation may change.
    fn own(&mut self, id: &AccessKeyId) -> Option<&mut Held> {
        let held = self.keys.iter_mut().find(|held| held.id == *id)?;
        assert!(!held.human || self.given.contains(id), "{id} is somebody else's");
        Some(held)
    }

    fn delete(&mut self, id: &AccessKeyId) {
        if let Some(held) = self.own(id).cloned() {
            self.keys.retain(|held| held.id != *id);
            self.deleted_lately = Some((held, self.now));
        }
    }

    /// One step of the worker.
    pub(super) fn work(&mut self, death: Death) -> Step {
        let (seen, now) = (self.seen(), self.now);
        let step = self.stored.next(&self.rotation, &seen, now);
        let outcome = self.take(&step, &seen, death);
        if let Some(outcome) = outcome.filter(|_| death == Death::None) {
            self.stored = outcome;
        }
        self.check();
        step
    }

    /// The effect of a step on AWS and on the secrets, and the record that follows.
    fn take(&mut self, step: &Step, seen: &Seen, death: Death) -> Option<Progress> {
        let (stored, now) = (self.stored.clone(), self.now);
        let acts = death != Death::Before;
        Some(match step {
            Step::Idle | Step::WaitUntil(_) => return None,
            Step::Create => {
                self.stored = stored.creating(seen, now);
                if !acts {
                    return None;
                }
                match self.create(false) {
                    Some(id) => {
                        if death == Death::None {
                            self.known_secrets.insert(id.clone());
                        }
                        self.stored.created(id, now)
                    }
                    None => self.stored.settled().failed(&self.rotation, Mend::Time, "LimitExceeded", now),
                }
            }
            Step::Suspend(id) => {
                assert!(!self.known_secrets.contains(id), "its secret is stored");
                if let Some(held) = self.own(id).filter(|_| acts) {
                    held.is_active = false;
                }
                stored.suspended(id, now)
            }
            Step::Spare(id) => {
                if let Some(held) = self.keys.iter_mut().find(|held| held.id == *id).filter(|_| acts) {
                    held.is_active = true;
                }
                stored.spared(id)
            }
            Step::RemoveOrphan(id) => {
                assert!(!self.known_secrets.contains(id), "its secret is stored");
                if acts {
                    self.delete(id);
                }
                stored.orphan_removed(id, now)
            }
            Step::Settle => stored.settled(),
            Step::Prove(id) => {
                let works =
                    self.keys.iter().any(|held| held.id == *id && held.is_active && held.works_from <= now);
                if works {
                    self.proved.insert(id.clone());
                }
                stored.tried(id, works, now)
            }
            Step::Publish(id) => {
                assert!(self.proved.contains(id) && self.known_secrets.contains(id), "{id} was never proved");
                // The secrets and the record are one transaction.
                if death != Death::None {
                    return None;
                }
                self.in_the_secrets = Some(id.clone());
                if self.rotation.parameters.own_key {
                    self.runs_on = Some(id.clone());
                }
                self.publications.push(now);
                stored.published_key(&self.rotation, id, now)
            }
            Step::Reactivate(id) => {
                if let Some(held) = self.own(id).filter(|_| acts) {
                    held.is_active = true;
                }
                stored.returning(id, now)
            }
            Step::LeaveOut(id) => {
                stored.not_returned(id, now).failed(&self.rotation, Mend::Owner, "it does not work", now)
            }
            Step::Deactivate(id) => {
                assert_ne!(self.runs_on.as_ref(), Some(id), "the connection is cut off");
                if let Some(held) = self.own(id).filter(|_| acts) {
                    held.is_active = false;
                }
                stored.deactivated(id, now)
            }
            Step::Revive(id) => stored.revived(id, now),
            Step::Delete(id) | Step::Discard(id) => {
                assert_ne!(self.runs_on.as_ref(), Some(id), "the connection is cut off");
                if acts {
                    self.delete(id);
                }
                let gone = stored.deleted(id, now);
                if matches!(step, Step::Discard(_)) {
                    gone.failed(&self.rotation, Mend::Time, "not accepted", now)
                } else {
                    gone
                }
            }
            Step::Forget(id) => stored.deleted(id, now),
            Step::Stop(blocked) => stored.blocked(&self.rotation, blocked, now),
        })
    }

    /// What must hold at every moment.
    fn check(&self) {
        assert!(self.keys.len() <= 2 && self.stored.keys.len() <= 2, "{:?}", self.stored);
        if let Some(current) = &self.in_the_secrets {
            let held = self.keys.iter().find(|held| held.id == *current);
            assert!(
                held.is_some_and(|held| held.is_active),
                "the published key does not work: {:?}",
                self.stored
            );
            assert_eq!(self.stored.published().map(|own| &own.id), Some(current));
        }
    }
}
