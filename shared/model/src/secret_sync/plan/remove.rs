//! What a removal would delete: everything that the sync owns at the destination, and nothing else.

use super::each::{belongs, entries};
use super::{Action, Found, Place, Plan, Step};
use crate::secret_sync::Owned;

/// The steps of a removal: all that the sync owns at this place. The deletion guard does not ask: somebody already did.
#[must_use]
pub fn plan(place: &Place<'_>, found: &Found, ledger: &[Owned]) -> Plan {
    let ledger = entries(place, ledger);
    // Somebody asked for all of it: what the key schema or the mapping left behind goes too, where the ledger knows of it.
    let here = |name: &str| ledger.contains_key(name) || belongs(place, name, None);
    let ours = found.items.iter().filter(|(name, item)| item.is_ours() && item.is_live() && here(name));
    let step = |name: &String| Step {
        name: name.clone(),
        key: ledger.get(name.as_str()).and_then(|entry| entry.secret_key.clone()),
        action: Action::Delete,
        mends_drift: false,
    };
    let steps: Vec<Step> = ours.map(|(name, _)| step(name)).collect();
    let stays = |name: &str| found.items.get(name).is_some_and(|item| item.is_live() && item.owner.is_none());
    let deleted = |name: &str| steps.iter().any(|step| step.name == name);
    let forgotten = ledger
        .keys()
        .filter(|name| here(name) && !stays(name) && !deleted(name))
        .map(ToString::to_string)
        .collect();
    Plan { steps, forgotten, ..Plan::default() }
}
