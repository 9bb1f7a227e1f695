//! Many to one: all keys are one secret, whose value is a JSON object.

use secrecy::{ExposeSecret as _, SecretString};
use serde_json::{Map, Value};

use super::each::{Decision, Thing, entries};
use super::rule::Failure;
use super::wanted::{Sorted, sorted};
use super::{
    Content, DOCUMENT_BYTES, Found, FoundItem, FoundValue, Guard, Place, Plan, Rule, Run, Wanted, name_rule,
};
use crate::secret_sync::Owned;

pub(super) fn plan(
    place: &Place<'_>,
    run: Run<'_>,
    wanted: &[Wanted],
    found: &Found,
    ledger: &[Owned],
) -> Plan {
    let ledger = entries(place, ledger);
    let name = place.config.name_of(place.affixes, "");
    let mut plan = Plan::default();
    let whole = |rule| Failure { key: None, name: name.clone(), rule };
    if let Err(rule) = name_rule(place, "", &name) {
        plan.failures.push(whole(rule));
        return plan;
    }
    let item = found.items.get(&name);
    let thing = Thing { place, run, found, item, entry: ledger.get(name.as_str()).copied() };
    let claim = match thing.claim(&name) {
        Ok(claim) => claim,
        Err(rule) => {
            plan.failures.push(whole(rule));
            return plan;
        }
    };
    let readable = item.filter(|item| item.is_live()).and_then(object);
    let is_lost = item.is_some() && readable.is_none();
    let there = readable.unwrap_or_default();
    let mut versions = Vec::new();
    let mut next = Map::new();
    let mut stay = |key: &str| there.get_key_value(key).map(|(key, value)| (key.clone(), value.clone()));
    for sorted in sorted(place, wanted) {
        match sorted {
            Sorted::Writable(wanted, content) => {
                versions.push(format!("{}\u{0}{}", wanted.key, content.version));
                let value = content.value.expose_secret().to_owned();
                next.insert(wanted.key.clone(), Value::String(value));
            }
            // What is there of them stays as it is.
            Sorted::Empty(wanted) => {
                next.extend(stay(&wanted.key));
                plan.empty.push(wanted.key.clone());
            }
            Sorted::Unwritable(failure) => {
                next.extend(failure.key.as_deref().and_then(&mut stay));
                plan.failures.push(failure);
            }
        }
    }
    // What has to stay cannot stay in a document that nobody can read: it would go with the rest of it.
    if is_lost && (!place.options.deletes() || !plan.empty.is_empty() || !plan.failures.is_empty()) {
        let is_deleted = item.is_some_and(|item| !item.is_live());
        plan.failures.push(whole(Rule::DocumentLost { is_deleted }));
        return plan;
    }
    let mut gone: Vec<String> = there.keys().filter(|key| !next.contains_key(*key)).cloned().collect();
    if !place.options.deletes() {
        for key in std::mem::take(&mut gone) {
            next.extend(stay(&key));
            plan.kept.push(key);
        }
    }
    let is_off = run.allows_deletions || !place.options.guards_deletion();
    plan.guard = Guard::of(gone.len(), there.len(), is_off);
    if next.is_empty() && item.is_none() {
        return plan;
    }
    let differs = item.is_none_or(|item| object(item).is_none() || there != next);
    if let Err(rule) = thing.trusts(claim, differs) {
        plan.failures.push(whole(rule));
        return plan;
    }
    let text = Value::Object(next).to_string();
    if text.len() > DOCUMENT_BYTES {
        plan.failures.push(whole(Rule::DocumentTooLong { bytes: text.len() }));
        return plan;
    }
    versions.sort_unstable();
    let content = Content { value: SecretString::from(text), metadata: Vec::new(), version: 0 };
    match thing.decision(claim, None, &name, &content, differs, &versions.join("\u{1}")) {
        Decision::Do(step) => plan.steps.push(*step),
        Decision::Leave(relearned) => {
            plan.unchanged.push(name);
            plan.relearned.extend(relearned);
        }
    }
    plan
}

/// The JSON object that is there.
pub(super) fn object(item: &FoundItem) -> Option<Map<String, Value>> {
    match &item.value {
        FoundValue::Text(text) => serde_json::from_str(text.expose_secret()).ok(),
        FoundValue::Binary | FoundValue::OtherType(_) | FoundValue::Unreadable(_) | FoundValue::NotRead => {
            None
        }
    }
}
