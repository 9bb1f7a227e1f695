//! `syncOptions`, by the rules of all destinations and of each.

use std::collections::HashSet;

use serde_json::Value;

use crate::form::{Fault, Form, Rule, rule};
use crate::secret_sync::key_schema::KeySchemaFault;
use crate::secret_sync::options::InitialSyncBehavior;
use crate::secret_sync::{Destination, KeySchema, SyncOptions, Tag, ownership};

/// Why metadata cannot be tags of a secret of all keys.
pub(super) const METADATA_OF_MANY: &str =
    "Syncing secret metadata as tags is not supported with the many-to-one mapping behavior";
const ONLY_OVERWRITE: &str =
    "Sub-folders can only be synced with the initial sync behavior overwrite-destination";

/// AWS takes 50 tags (<https://docs.aws.amazon.com/tag-editor/latest/userguide/best-practices-and-strats.html>), and two
/// of them are ours.
const MOST_TAGS: usize = 48;

/// Options as they were given: of those that only we have, absent means unchanged and `null` means none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OptionsPatch {
    given: SyncOptions,
    disable_deletion_guard: Option<Option<bool>>,
    recovery_window_days: Option<Option<u8>>,
    drift_check_interval_hours: Option<Option<u16>>,
}

impl OptionsPatch {
    /// The options that these are, after `before`.
    #[must_use]
    pub fn onto(self, before: Option<&SyncOptions>) -> SyncOptions {
        SyncOptions {
            disable_deletion_guard: self
                .disable_deletion_guard
                .unwrap_or_else(|| before.and_then(|before| before.disable_deletion_guard)),
            recovery_window_days: self
                .recovery_window_days
                .unwrap_or_else(|| before.and_then(|before| before.recovery_window_days)),
            drift_check_interval_hours: self
                .drift_check_interval_hours
                .unwrap_or_else(|| before.and_then(|before| before.drift_check_interval_hours)),
            ..self.given
        }
    }
}

/// Reads `syncOptions`. `many_to_one` is unknown when the destination could not be read.
pub fn sync_options(
    form: &mut Form<'_>,
    destination: Destination,
    many_to_one: Option<bool>,
) -> Option<OptionsPatch> {
    let behavior = form.required("initialSyncBehavior", rule::one_of(InitialSyncBehavior::NAMES));
    let key_schema = form.optional("keySchema", key_schema(destination));
    let disable_secret_deletion = form.optional("disableSecretDeletion", rule::boolean());
    let recursive = form.optional("recursive", rule::boolean());
    let recursive = match (recursive, behavior) {
        (Some(Some(true)), Some(behavior)) if behavior != InitialSyncBehavior::OverwriteDestination => {
            form.refuse("recursive", ONLY_OVERWRITE)
        }
        (recursive, _) => recursive,
    };
    let key_id = form.optional("keyId", key_id());
    let tags = form.optional("tags", tag_list());
    let tags = read_tags(form, tags.is_some_and(|given| given.is_some()), tags.is_some());
    let metadata = form.optional("syncSecretMetadataAsTags", rule::boolean());
    let metadata = match (metadata, many_to_one) {
        (Some(Some(true)), Some(true)) => form.refuse("syncSecretMetadataAsTags", METADATA_OF_MANY),
        (metadata, _) => metadata,
    };
    let disable_deletion_guard = ours(form, "disableDeletionGuard", rule::boolean());
    let recovery_window_days = ours(form, "recoveryWindowDays", small::<u8>(7, 30));
    let drift_check_interval_hours = ours(form, "driftCheckIntervalHours", small::<u16>(0, 720));
    let mut given = SyncOptions::new(behavior?);
    given.key_schema = key_schema?;
    given.disable_secret_deletion = disable_secret_deletion?;
    given.recursive = recursive?;
    given.key_id = key_id?;
    given.tags = tags?;
    given.sync_secret_metadata_as_tags = metadata?;
    Some(OptionsPatch {
        given,
        disable_deletion_guard: disable_deletion_guard?,
        recovery_window_days: recovery_window_days?,
        drift_check_interval_hours: drift_check_interval_hours?,
    })
}

/// A key schema of a destination.
pub(super) fn key_schema(destination: Destination) -> impl Rule<Output = KeySchema> {
    rule::text(move |text| {
        let faults = |faults: Vec<KeySchemaFault>| {
            faults.into_iter().map(|fault| Fault::custom(fault.to_string())).collect::<Vec<_>>()
        };
        let text = text.trim();
        match KeySchema::parse(text) {
            Ok(schema) => schema.fits(destination).map(|()| schema).map_err(faults),
            Err(broken) => Err(faults(broken)),
        }
    })
}

/// A KMS key in any spelling.
fn key_id() -> impl Rule<Output = String> {
    rule::text(|text| {
        let text = text.trim();
        let mut faults = rule::string(1, 256).read(&Value::from(text)).err().unwrap_or_default();
        if !text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, ':' | '/' | '_' | '-')) {
            faults.push(Fault::invalid(
                "regex",
                "KMS key may only contain letters, digits, colons, slashes, underscores and hyphens",
            ));
        }
        if faults.is_empty() { Ok(text.to_owned()) } else { Err(faults) }
    })
}

/// A list of a length that AWS takes; what is in it is read by [`read_tags`], so that each fault has its path.
fn tag_list() -> impl Rule<Output = ()> {
    rule::json("array", |value| match value.as_array() {
        Some(tags) if tags.len() > MOST_TAGS => {
            let message = format!(
                "Array must contain at most {MOST_TAGS} element(s): AWS takes 50 tags, and two of them say which sync owns the secret"
            );
            Err(vec![Fault::too_big("array", MOST_TAGS, message)])
        }
        Some(_) => Ok(()),
        None => Err(vec![Fault::wrong_type("array", value)]),
    })
}

fn read_tags(form: &mut Form<'_>, given: bool, sound: bool) -> Option<Option<Vec<Tag>>> {
    if !given {
        return sound.then_some(None);
    }
    let tags = form.optional_objects("tags", 0, |form| {
        let key = form.required("key", tag_text(1, 128));
        let value = form.required("value", tag_text(0, 256));
        let key = match key {
            Some(key) if key.to_ascii_lowercase().starts_with("aws:") => {
                form.refuse("key", "Tag keys that begin with aws: are reserved by AWS")
            }
            Some(key) if key.to_ascii_lowercase().starts_with(ownership::RESERVED) => form.refuse(
                "key",
                format!("Tag keys that begin with {} say which sync owns a secret", ownership::RESERVED),
            ),
            key => key,
        };
        Some(Tag { key: key?, value: value? })
    })?;
    let mut seen = HashSet::new();
    if tags.iter().flatten().all(|tag| seen.insert(tag.key.as_str())) {
        return Some(tags);
    }
    form.refuse("tags", "Tag keys must be unique")
}

fn tag_text(minimum: usize, maximum: usize) -> impl Rule<Output = String> {
    rule::text(move |text| {
        let mut faults = rule::string(minimum, maximum).read(&Value::from(text)).err().unwrap_or_default();
        if !text.chars().all(|c| c.is_alphanumeric() || " ._:/=+-@".contains(c)) {
            faults.push(Fault::invalid(
                "regex",
                "Tags may only contain letters, digits, spaces and the characters ._:/=+-@",
            ));
        }
        if faults.is_empty() { Ok(text.to_owned()) } else { Err(faults) }
    })
}

/// A field of ours: absent is `None`, `null` is `Some(None)`.
fn ours<R: Rule>(form: &mut Form<'_>, name: &str, rule: R) -> Option<Option<Option<R::Output>>> {
    if !form.names(name) {
        return Some(None);
    }
    form.nullish(name, rule).map(Some)
}

/// A small whole number.
fn small<T: TryFrom<u64>>(minimum: u64, maximum: u64) -> impl Rule<Output = T> {
    rule::json("number", move |value| {
        let number = rule::integer(minimum, maximum).read(value)?;
        T::try_from(number).map_err(|_| vec![Fault::wrong_type("number", value)])
    })
}
