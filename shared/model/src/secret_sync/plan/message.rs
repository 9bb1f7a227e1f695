//! `lastSyncMessage`: which keys failed and why, within the contract's length.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde_json::json;

use super::Failure;

/// The longest message, in bytes; the contract's unit is characters, of which there are never more.
pub const MESSAGE_BYTES: usize = 1_024;

/// The message of a run that failed for these keys: JSON `{"secretKey", "error"}`, the first key and what happened to all.
/// Every key is named as far as they fit, and the rest counted. `None` when nothing failed.
#[must_use]
pub fn message(failures: &[Failure]) -> Option<String> {
    let first = failures.first()?;
    let mut sorted: Vec<(&str, String)> =
        failures.iter().map(|failure| (failure.subject(), failure.rule.to_string())).collect();
    sorted.sort();
    // With every rule in full, if that fits; else the rules get shorter first, so that the keys keep their room.
    for longest in [usize::MAX, 300, 120, 60, 24] {
        let text = wire(first.subject(), &text(&sorted, longest, usize::MAX));
        if text.len() <= MESSAGE_BYTES {
            return Some(text);
        }
    }
    let named = (0..sorted.len()).rev().map(|count| wire(first.subject(), &text(&sorted, 60, count)));
    named.into_iter().find(|text| text.len() <= MESSAGE_BYTES).or_else(|| {
        let subject = cut(first.subject(), 64);
        Some(wire(&subject, &text(&sorted, 60, 0)))
    })
}

/// What is said of a run that succeeded and left out these keys for want of a value. `None` when it left out none.
#[must_use]
pub fn remark(empty: &[String]) -> Option<String> {
    if empty.is_empty() {
        return None;
    }
    Some(format!(
        "Empty values are not written, and what is there of these keys is left as it is: {}",
        empty.join(", ")
    ))
}

fn wire(subject: &str, error: &str) -> String {
    json!({ "secretKey": subject, "error": error }).to_string()
}

/// `A, B: rule. C: rule`, of at most `count` keys, each rule at most `longest` characters.
fn text(sorted: &[(&str, String)], longest: usize, count: usize) -> String {
    let mut by_rule: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    for (key, rule) in sorted.iter().take(count) {
        by_rule.entry(cut(rule, longest)).or_default().push(key);
    }
    if let ([(_, rule)], true) = (sorted, count > 0) {
        return cut(rule, longest);
    }
    let mut text = format!("{} keys could not be synced. ", sorted.len());
    let mut groups: Vec<(String, Vec<&str>)> = by_rule.into_iter().collect();
    groups.sort_by(|(_, one), (_, other)| one.cmp(other));
    for (index, (rule, keys)) in groups.iter().enumerate() {
        let separator = if index > 0 { "; " } else { "" };
        let _ = write!(text, "{separator}{}: {rule}", keys.join(", "));
    }
    let left = sorted.len().saturating_sub(count);
    if left > 0 && count > 0 {
        let _ = write!(text, "; and {left} more");
    }
    text
}

fn cut(text: &str, longest: usize) -> String {
    if text.chars().count() <= longest {
        return text.to_owned();
    }
    let kept: String = text.chars().take(longest.saturating_sub(1)).collect();
    format!("{}…", kept.trim_end())
}
