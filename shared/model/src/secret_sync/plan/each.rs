//! Where each key has a name of its own: Parameter Store, and Secrets Manager one to one.

use std::collections::{BTreeMap, BTreeSet};

use secrecy::ExposeSecret as _;

use super::kms::Compared;
use super::rule::Failure;
use super::step::entry;
use super::wanted::{Sorted, sorted};
use super::{
    Action, Changes, Content, Found, FoundItem, FoundKey, FoundValue, Guard, KmsKeys, Place, Plan, Presence,
    Rule, Run, Step, Wanted, Write, tags,
};
use crate::secret_sync::{DestinationConfig, Mapping, Owned, ownership::Owner};

pub(super) fn plan(
    place: &Place<'_>,
    run: Run<'_>,
    wanted: &[Wanted],
    found: &Found,
    ledger: &[Owned],
) -> Plan {
    let ledger = entries(place, ledger);
    let spoken_for: BTreeSet<&str> = wanted.iter().map(|wanted| wanted.name.as_str()).collect();
    let mut plan = Plan::default();
    for sorted in sorted(place, wanted) {
        match sorted {
            Sorted::Unwritable(failure) => plan.failures.push(failure),
            Sorted::Empty(wanted) => plan.empty.push(wanted.key.clone()),
            Sorted::Writable(wanted, _) if found.unasked.contains(&wanted.name) => {}
            Sorted::Writable(wanted, content) => {
                let name = wanted.name.as_str();
                let thing = Thing {
                    place,
                    run,
                    found,
                    item: found.items.get(name),
                    entry: ledger.get(name).copied(),
                };
                match thing.decide(wanted, content) {
                    Err(rule) => plan.failures.push(Failure::of(wanted, rule)),
                    Ok(Decision::Do(step)) => plan.steps.push(*step),
                    Ok(Decision::Leave(relearned)) => {
                        plan.unchanged.push(wanted.name.clone());
                        plan.relearned.extend(relearned);
                    }
                }
            }
        }
    }
    // The guard would judge a part: whoever sees everything deletes.
    if !found.unasked.is_empty() {
        plan.unasked = found.unasked.iter().cloned().collect();
        return plan;
    }
    let failed = plan.failures.iter().filter_map(|failure| failure.key.as_deref());
    let unwritten: BTreeSet<&str> = plan.empty.iter().map(String::as_str).chain(failed).collect();
    let mut owned = 0;
    for (name, item) in found.items.iter().filter(|(_, item)| item.is_ours() && item.is_live()) {
        if !belongs(place, name, ledger.get(name.as_str()).copied()) {
            continue;
        }
        // A tag alone deletes nothing when the ledger knows all that is ours.
        if run.is_settled && !ledger.contains_key(name.as_str()) && !spoken_for.contains(name.as_str()) {
            plan.kept.push(name.clone());
            continue;
        }
        owned += 1;
        if spoken_for.contains(name.as_str()) {
            continue;
        }
        let entry = ledger.get(name.as_str()).copied();
        // The name that a key had before the schema changed is all that is left of it until it has its new one.
        let is_last =
            entry.and_then(|entry| entry.secret_key.as_deref()).is_some_and(|key| unwritten.contains(key));
        if place.options.deletes() && !is_last {
            plan.steps.push(deletion(name, item, entry));
        } else {
            plan.kept.push(name.clone());
        }
    }
    let deletions = plan.steps.iter().filter(|step| matches!(step.action, Action::Delete)).count();
    plan.guard = Guard::of(deletions, owned, run.allows_deletions || !place.options.guards_deletion());
    plan.forgotten = forgotten(place, &ledger, found, &spoken_for);
    plan
}

fn deletion(name: &str, item: &FoundItem, entry: Option<&Owned>) -> Step {
    let mends_drift = entry.is_some_and(|entry| !item.has_version(&entry.left_version));
    let key = entry.and_then(|entry| entry.secret_key.clone());
    Step { name: name.to_owned(), key, action: Action::Delete, mends_drift }
}

/// The entries of this place. Those of another account or region are of a place that the sync has left.
pub(super) fn entries<'a>(place: &Place<'_>, ledger: &'a [Owned]) -> BTreeMap<&'a str, &'a Owned> {
    let here = |entry: &&Owned| {
        entry.secret_sync_id == place.sync && entry.is_in(place.account, place.config.region())
    };
    ledger.iter().filter(here).map(|entry| (entry.name.as_str(), entry)).collect()
}

/// Whether a thing of this sync's is of this place. What it left behind where it pushed to before, to another path or as one
/// secret of all keys, is not: applications may still read it there, and nobody asked for its deletion.
pub(super) fn belongs(place: &Place<'_>, name: &str, entry: Option<&Owned>) -> bool {
    match (place.config, entry) {
        (DestinationConfig::AwsSecretsManager { mapping: Mapping::ManyToOne { .. }, .. }, _) => {
            name == place.config.name_of(place.affixes, "")
        }
        (DestinationConfig::AwsSecretsManager { mapping: Mapping::OneToOne, .. }, Some(entry)) => {
            entry.secret_key.is_some()
        }
        // The key schema may have been another: the ledger remembers.
        (DestinationConfig::AwsParameterStore { path, .. }, Some(_)) => name.starts_with(path.as_str()),
        (_, None) => place.config.key_of(place.affixes, name).is_some(),
    }
}

/// Entries of what is gone, or no longer ours, and not wanted.
fn forgotten(
    place: &Place<'_>,
    ledger: &BTreeMap<&str, &Owned>,
    found: &Found,
    spoken_for: &BTreeSet<&str>,
) -> Vec<String> {
    let there = |name: &str| {
        found.items.get(name).is_some_and(|item| item.is_live() && (item.is_ours() || item.owner.is_none()))
    };
    let ours = ledger.iter().filter(|(name, entry)| belongs(place, name, Some(entry)));
    let gone = ours.filter(|(name, _)| !spoken_for.contains(**name) && !there(name));
    gone.map(|(name, _)| (*name).to_owned()).collect()
}

pub(super) enum Decision {
    Do(Box<Step>),
    /// As it should be, with the entry that the ledger lacks.
    Leave(Option<Owned>),
}

/// One name, with all that is known of it.
#[derive(Clone, Copy)]
pub(super) struct Thing<'a> {
    pub place: &'a Place<'a>,
    pub run: Run<'a>,
    pub found: &'a Found,
    pub item: Option<&'a FoundItem>,
    pub entry: Option<&'a Owned>,
}

/// How a name may be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Claim {
    Create,
    Restore,
    Update,
    Adopt,
}

impl Thing<'_> {
    fn decide(&self, wanted: &Wanted, content: &Content) -> Result<Decision, Rule> {
        let claim = self.claim(&wanted.key)?;
        let value = match self.item.map(|item| &item.value) {
            None => true,
            Some(FoundValue::Text(there)) => there.expose_secret() != content.value.expose_secret(),
            Some(FoundValue::Binary | FoundValue::NotRead) => true,
            Some(FoundValue::OtherType(_) | FoundValue::Unreadable(_)) => true,
        };
        self.trusts(claim, value)?;
        let version = content.version.to_string();
        Ok(self.decision(claim, Some(&wanted.key), &wanted.name, content, value, &version))
    }

    /// Whether our tag is enough to write over what is there: not if the ledger should know it and does not, and its value is
    /// another.
    pub(super) fn trusts(&self, claim: Claim, value: bool) -> Result<(), Rule> {
        let is_tag_alone = claim == Claim::Update && self.entry.is_none() && self.run.is_settled;
        if is_tag_alone && value { Err(Rule::TagAlone) } else { Ok(()) }
    }

    /// Whether the name may be written, and as what. A failure would be called `subject`.
    pub(super) fn claim(&self, subject: &str) -> Result<Claim, Rule> {
        let Some(item) = self.item else { return Ok(Claim::Create) };
        let adopts = self.run.adopts.covers(subject);
        let claim = match (&item.owner, item.presence) {
            (Some(Owner::This), Presence::Live) => Claim::Update,
            (Some(Owner::Nobody), Presence::Live) if adopts => Claim::Adopt,
            (Some(Owner::Nobody), Presence::Live) => return Err(Rule::OwnedByNobody),
            (Some(Owner::This), Presence::Deleted { .. }) => return Ok(Claim::Restore),
            (Some(Owner::Nobody), Presence::Deleted { .. }) if adopts => return Ok(Claim::Restore),
            (Some(Owner::Nobody), Presence::Deleted { at }) => return Err(Rule::ScheduledForDeletion { at }),
            (Some(Owner::Another(id)), _) => return Err(Rule::OwnedByAnother(*id)),
            (None, _) => return Err(Rule::OwnerUnknown(item.owner_unknown.clone().unwrap_or_default())),
        };
        match &item.value {
            FoundValue::Text(_) => Ok(claim),
            // Ours, and somebody put bytes there: a change like any other.
            FoundValue::Binary if claim == Claim::Update => Ok(claim),
            FoundValue::Binary => Err(Rule::Binary),
            FoundValue::OtherType(kind) => Err(Rule::OtherType(kind.clone())),
            FoundValue::Unreadable(why) => Err(Rule::Unreadable(why.clone())),
            FoundValue::NotRead => Err(Rule::Unreadable("it was not asked for".to_owned())),
        }
    }

    /// What follows for a name that may be written, when it is known whether its value differs.
    pub(super) fn decision(
        &self,
        claim: Claim,
        key: Option<&str>,
        name: &str,
        content: &Content,
        value: bool,
        version: &str,
    ) -> Decision {
        let Self { place, item, entry: told, .. } = *self;
        let retagged = tags::retag(place, Some(content), item, told);
        let wanted_key = place.options.key_id.as_deref().filter(|key| !key.is_empty());
        let changes = Changes {
            value: value || matches!(claim, Claim::Create | Claim::Restore),
            kms_key: item.is_some_and(|item| key_differs(&self.found.keys, wanted_key, item, told)),
            tags: !retagged.set.is_empty() || !retagged.remove.is_empty(),
        };
        let record = entry(place, name, key, wanted_key, (retagged.keys, retagged.digest));
        if claim == Claim::Update && !changes.any() {
            let version = item.and_then(|item| item.version.clone()).unwrap_or_default();
            let record = Owned { left_version: version, ..record };
            return Decision::Leave((told != Some(&record)).then_some(record));
        }
        let there = item.and_then(|item| item.version.as_deref()).unwrap_or_default();
        let left = told.map(|told| told.left_version.as_str()).unwrap_or_default();
        let write = Write {
            value: content.value.clone(),
            key_id: wanted_key.map(str::to_owned),
            set_tags: retagged.set,
            remove_tags: retagged.remove,
            changes,
            is_vouched: item.is_some_and(|item| item.tags.is_none()),
            there: item.and_then(|item| item.version.clone()),
            token: token(&[&place.sync.to_string(), name, version, there, left]),
            entry: record,
        };
        let action = match claim {
            Claim::Create => Action::Create(write),
            Claim::Restore => Action::Restore(write),
            Claim::Update => Action::Update(write),
            Claim::Adopt => Action::Adopt(write),
        };
        let mends_drift = told.is_some_and(|told| {
            !told.left_version.is_empty() && item.is_none_or(|item| !item.has_version(&told.left_version))
        });
        Decision::Do(Box::new(Step {
            name: name.to_owned(),
            key: key.map(str::to_owned),
            action,
            mends_drift,
        }))
    }
}

/// Whether the KMS key is to be changed. No key wanted leaves the key alone, unless this sync set it.
fn key_differs(keys: &KmsKeys, wanted: Option<&str>, item: &FoundItem, told: Option<&Owned>) -> bool {
    let set_by_us = told.and_then(|told| told.key_id.as_deref());
    let there = match &item.kms_key {
        FoundKey::Known(key) => key.as_deref(),
        FoundKey::Unknown if told.is_some() => set_by_us,
        // Nobody knows: then it is not touched for the key's sake.
        FoundKey::Unknown => return false,
    };
    if wanted.is_none() && set_by_us.is_none() {
        return false;
    }
    match keys.compare(wanted, there) {
        Compared::Same => false,
        Compared::Different => true,
        // An alias that the role may not resolve: what this sync set under the same spelling is the same key.
        Compared::Unclear => {
            told.is_none_or(|told| keys.compare(told.key_id.as_deref(), wanted) != Compared::Same)
        }
    }
}

/// A ClientRequestToken: a UUID's form, from what identifies the write and never from a value
/// (<https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_UpdateSecret.html>). The version that is there is part
/// of it: a token that made a version already makes no other, so that a value changed behind our back would stay. So is the
/// version that we left last, for somebody may put an earlier version back in its place.
pub(super) fn token(parts: &[&str]) -> String {
    use sha2::{Digest as _, Sha256};
    let mut hash = Sha256::new();
    for part in parts {
        hash.update(part.len().to_be_bytes());
        hash.update(part.as_bytes());
    }
    let digest: [u8; 32] = hash.finalize().into();
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&digest[..16]);
    uuid::Builder::from_custom_bytes(bytes).into_uuid().to_string()
}
