//! What was done, and what came of it.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::Mutex;

use serde_json::Value;

use super::client::{Asked, Outcome};

/// How often each kind of operation ended in which way, and what does not hold.
#[derive(Debug, Default)]
pub(super) struct Tally(Mutex<Counted>);

#[derive(Debug, Default)]
struct Counted {
    kinds: BTreeMap<&'static str, Kind>,
    findings: Vec<String>,
    verified: Vec<String>,
    deaths: BTreeMap<String, u32>,
}

#[derive(Debug, Default)]
struct Kind {
    done: u32,
    refused: u32,
    unheard: u32,
    repeated: u32,
    first_refusal: Option<String>,
}

impl Tally {
    pub(super) fn count(&self, kind: &'static str, asked: &Asked) {
        let Ok(mut counted) = self.0.lock() else { return };
        let kind = counted.kinds.entry(kind).or_default();
        kind.repeated += u32::from(asked.is_repeated);
        match &asked.outcome {
            Outcome::Done(_) => kind.done += 1,
            Outcome::Unheard(last) => {
                kind.unheard += 1;
                kind.first_refusal.get_or_insert_with(|| format!("unheard, {last}"));
            }
            Outcome::Refused(status, message) => {
                kind.refused += 1;
                kind.first_refusal.get_or_insert_with(|| format!("{status} {message}"));
            }
        }
    }

    /// Time that was let pass, or that somebody at work did not let pass.
    pub(super) fn passed(&self, kind: &'static str, is_passed: bool) {
        let Ok(mut counted) = self.0.lock() else { return };
        let kind = counted.kinds.entry(kind).or_default();
        kind.done += u32::from(is_passed);
        kind.refused += u32::from(!is_passed);
    }

    /// Something that does not hold.
    pub(super) fn finding(&self, finding: String) {
        eprintln!("does not hold: {finding}");
        if let Ok(mut counted) = self.0.lock() {
            counted.findings.push(finding);
        }
    }

    /// Something that was looked at and holds, or is among the findings.
    pub(super) fn verified(&self, what: String) {
        eprintln!("verified: {what}");
        if let Ok(mut counted) = self.0.lock() {
            counted.verified.push(what);
        }
    }

    /// A process of this function was killed.
    pub(super) fn death(&self, function: &str) {
        if let Ok(mut counted) = self.0.lock() {
            *counted.deaths.entry(function.to_owned()).or_default() += 1;
        }
    }

    /// How many operations were done.
    pub(super) fn done(&self) -> u32 {
        self.0.lock().map(|counted| counted.kinds.values().map(|kind| kind.done).sum()).unwrap_or_default()
    }

    pub(super) fn findings(&self) -> Vec<String> {
        self.0.lock().map(|counted| counted.findings.clone()).unwrap_or_default()
    }

    /// The report, with what the guard says that it has injected.
    pub(super) fn text(&self, injected: &Value) -> String {
        let Ok(counted) = self.0.lock() else { return String::new() };
        let mut text =
            format!("{:<34}{:>6}{:>9}{:>10}{:>9}\n", "operation", "done", "refused", "repeated", "unheard");
        let mut line = |name: &str, kind: &Kind| {
            let Kind { done, refused, unheard, repeated, first_refusal } = kind;
            let why = first_refusal.as_deref().map(|why| format!("  first: {}", short(why)));
            let _written = writeln!(
                text,
                "{name:<34}{done:>6}{refused:>9}{repeated:>10}{unheard:>9}{}",
                why.unwrap_or_default()
            );
        };
        let mut all = Kind::default();
        for (name, kind) in &counted.kinds {
            line(name, kind);
            all.done += kind.done;
            all.refused += kind.refused;
            all.unheard += kind.unheard;
            all.repeated += kind.repeated;
        }
        line("all", &all);
        text += &told_faults(injected);
        if !counted.deaths.is_empty() {
            let told: Vec<_> = counted.deaths.iter().map(|(name, times)| format!("{name} {times}")).collect();
            text += &format!("processes killed: {}\n", told.join(", "));
        }
        for verified in &counted.verified {
            text += &format!("verified: {verified}\n");
        }
        for finding in &counted.findings {
            text += &format!("DOES NOT HOLD: {finding}\n");
        }
        text
    }
}

fn told_faults(injected: &Value) -> String {
    let mut text = String::new();
    let mut sum = 0;
    for (service, kinds) in injected["injected"].as_object().into_iter().flatten() {
        let kinds = kinds.as_object().into_iter().flatten();
        let told: Vec<_> = kinds
            .map(|(kind, times)| {
                sum += times.as_u64().unwrap_or_default();
                format!("{times} {kind}")
            })
            .collect();
        text += &format!("  {service:<22}{}\n", told.join(", "));
    }
    let calls = injected["calls"].as_u64().unwrap_or_default();
    format!("{sum} faults in {calls} calls of the functions:\n{text}")
}

fn short(text: &str) -> String {
    text.chars().take(110).collect()
}
