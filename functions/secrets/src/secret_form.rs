//! The fields of requests about secrets: which there are, what they default to, and the rules that only they have.

use model::form::{Fault, Form, Rule, rule};
use model::id::TagId;
use model::secret::{
    InvalidSecretName, LONGEST_COMMENT, LONGEST_METADATA_KEY, LONGEST_METADATA_VALUE, LONGEST_REMINDER_NOTE,
    LONGEST_VALUE, MOST_METADATA, MOST_TAGS, SecretName, trimmed_value,
};
use secrecy::SecretString;

/// The longest repetition of a reminder, in days.
const LONGEST_REPETITION: u64 = 3_650;

/// `true` or `false` and no other spelling, as the peer reads them.
pub(crate) fn flag() -> impl Rule<Output = bool> {
    rule::one_of(&[("true", true), ("false", false)])
}

/// Whether `type` says `personal`; `shared` where it says nothing.
pub(crate) fn personal(form: &mut Form<'_>) -> Option<bool> {
    form.or("type", rule::one_of(&[("shared", false), ("personal", true)]), false)
}

/// The name of a new secret, from a path.
pub(crate) fn new_name(form: &mut Form<'_>, segment: &str) -> Option<SecretName> {
    match segment.parse() {
        Ok(name) => Some(name),
        Err(error) => form.refuse("secretName", InvalidSecretName::to_string(&error)),
    }
}

/// The value of a secret.
pub(crate) fn value() -> impl Rule<Output = SecretString> {
    rule::text(|text| {
        let value = trimmed_value(text);
        if value.len() > LONGEST_VALUE {
            let message = format!("Secret value must have at most {LONGEST_VALUE} bytes");
            return Err(vec![Fault::too_big("string", LONGEST_VALUE, message)]);
        }
        Ok(SecretString::from(value))
    })
}

/// One entry of metadata, as it was sent.
#[derive(Debug, Clone)]
pub(crate) struct GivenMetadata {
    pub(crate) key: String,
    /// Whoever asks for encryption means a secret.
    pub(crate) value: SecretString,
    pub(crate) is_encrypted: bool,
}

/// What a request says about a secret beside its name; `None` says nothing.
#[derive(Debug, Clone, Default)]
pub(crate) struct Said {
    pub(crate) value: Option<SecretString>,
    pub(crate) comment: Option<SecretString>,
    pub(crate) metadata: Option<Vec<GivenMetadata>>,
    /// All tags that it has from now on. A text that can be no tag's id is kept for the refusal.
    pub(crate) tag_ids: Option<Vec<Result<TagId, String>>>,
    pub(crate) skip_multiline_encoding: Option<bool>,
    pub(crate) reminder_note: Option<Option<String>>,
    pub(crate) reminder_repeat_days: Option<Option<u32>>,
}

impl Said {
    /// About a secret that is to be changed.
    pub(crate) fn form(form: &mut Form<'_>) -> Option<Self> {
        let value = form.optional("secretValue", value());
        Self::with(form, value)
    }

    /// About a new secret: the value must be there, be it empty.
    pub(crate) fn new_form(form: &mut Form<'_>) -> Option<Self> {
        let value = form.required("secretValue", value());
        Self::with(form, value.map(Some))
    }

    fn with(form: &mut Form<'_>, value: Option<Option<SecretString>>) -> Option<Self> {
        let comment = form.nullish("secretComment", rule::trimmed(0, LONGEST_COMMENT));
        let metadata = metadata(form);
        let tag_ids = form.nullish("tagIds", rule::list(0, MOST_TAGS, tag_id()));
        let skip_multiline_encoding = form.nullish("skipMultilineEncoding", rule::boolean());
        let reminder_note = nullable(form, "secretReminderNote", rule::string(0, LONGEST_REMINDER_NOTE));
        let days = rule::integer(0, LONGEST_REPETITION);
        let reminder_repeat_days = nullable(form, "secretReminderRepeatDays", days);
        Some(Self {
            value: value?,
            comment: comment?.map(SecretString::from),
            metadata: metadata?,
            tag_ids: tag_ids?,
            skip_multiline_encoding: skip_multiline_encoding?,
            reminder_note: reminder_note?,
            reminder_repeat_days: reminder_repeat_days?
                .map(|days| days.and_then(|days| u32::try_from(days).ok())),
        })
    }
}

/// A field where absent and `null` are different things to say.
#[expect(clippy::option_option, reason = "one question for each level: readable, said, what")]
fn nullable<R: Rule>(form: &mut Form<'_>, name: &str, rule: R) -> Option<Option<Option<R::Output>>> {
    let read = form.nullish(name, rule);
    if form.names(name) { read.map(Some) } else { read.map(|_| None) }
}

fn tag_id() -> impl Rule<Output = Result<TagId, String>> {
    rule::text(|text| Ok(text.trim().parse().map_err(|_| text.chars().take(64).collect())))
}

fn metadata(form: &mut Form<'_>) -> Option<Option<Vec<GivenMetadata>>> {
    if !form.has("secretMetadata") {
        return Some(None);
    }
    let entries = form.optional_objects("secretMetadata", 0, |form| {
        let key = form.required("key", rule::trimmed(1, LONGEST_METADATA_KEY));
        let value = form.required("value", rule::trimmed(0, LONGEST_METADATA_VALUE));
        let is_encrypted = form.or("isEncrypted", rule::boolean(), false);
        Some(GivenMetadata { key: key?, value: value?.into(), is_encrypted: is_encrypted? })
    })?;
    if entries.as_ref().is_some_and(|entries| entries.len() > MOST_METADATA) {
        return form
            .refuse("secretMetadata", format!("A secret has at most {MOST_METADATA} entries of metadata"));
    }
    Some(entries)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

    use model::form::{self, Issues};
    use secrecy::ExposeSecret as _;
    use serde_json::{Value, json};

    use super::*;

    fn said(body: Value) -> Result<Said, Issues> {
        form::read(&body, Said::form)
    }

    fn fields(refused: Result<Said, Issues>) -> Vec<String> {
        refused.unwrap_err().iter().map(|issue| format!("{:?}", issue.path[0])).collect()
    }

    #[test]
    fn a_value_loses_white_space_but_for_one_line_break_at_its_end_and_may_be_empty() {
        for (text, expected) in [(" a \n\n", "a\n"), ("a", "a"), ("", ""), (" ", "")] {
            let read = said(json!({ "secretValue": text })).unwrap();
            assert_eq!(read.value.unwrap().expose_secret(), expected, "{text:?}");
        }
        assert!(said(json!({ "secretValue": "x".repeat(LONGEST_VALUE) })).is_ok());
        let refused = said(json!({ "secretValue": "x".repeat(LONGEST_VALUE + 1) })).unwrap_err();
        assert!(refused.to_string().contains("131072 bytes"), "{refused}");
        assert!(said(json!({ "secretValue": null })).is_err());
    }

    #[test]
    fn only_a_new_secret_must_have_a_value() {
        assert!(said(json!({})).unwrap().value.is_none());
        assert!(form::read(&json!({}), Said::new_form).is_err());
        assert!(form::read(&json!({ "secretValue": "" }), Said::new_form).is_ok());
    }

    #[test]
    fn what_terraform_sends_with_every_request_is_read() {
        let read = said(json!({
            "secretValue": "v", "secretComment": "", "skipMultilineEncoding": null, "tagIds": [],
            "secretReminderRepeatDays": 0, "secretReminderNote": "", "metadata": { "legacy": "x" },
            "secretReminderRecipients": [],
        }))
        .unwrap();
        assert_eq!(read.comment.unwrap().expose_secret(), "");
        assert_eq!(read.tag_ids, Some(Vec::new()));
        assert_eq!(read.skip_multiline_encoding, None);
        assert_eq!(read.reminder_repeat_days, Some(Some(0)));
        assert_eq!(read.reminder_note, Some(Some(String::new())));
        assert!(read.metadata.is_none());
    }

    #[test]
    fn a_reminder_is_left_alone_by_silence_and_taken_away_by_null() {
        let silent = said(json!({})).unwrap();
        assert_eq!((silent.reminder_note, silent.reminder_repeat_days), (None, None));
        let null = said(json!({ "secretReminderNote": null, "secretReminderRepeatDays": null })).unwrap();
        assert_eq!((null.reminder_note, null.reminder_repeat_days), (Some(None), Some(None)));
    }

    #[test]
    fn null_says_nothing_but_about_reminders() {
        let read = said(json!({
            "secretComment": null, "secretMetadata": null, "tagIds": null, "skipMultilineEncoding": null,
        }));
        let read = read.unwrap();
        assert!(read.comment.is_none() && read.metadata.is_none() && read.tag_ids.is_none());
        assert!(read.skip_multiline_encoding.is_none());
    }

    #[test]
    fn metadata_is_a_list_of_keys_and_values() {
        let read = said(json!({ "secretMetadata": [
            { "key": " team ", "value": "a" }, { "key": "token", "value": "b", "isEncrypted": true },
        ] }));
        let metadata = read.unwrap().metadata.unwrap();
        let seen: Vec<_> = metadata
            .iter()
            .map(|entry| (entry.key.as_str(), entry.value.expose_secret(), entry.is_encrypted))
            .collect();
        assert_eq!(seen, [("team", "a", false), ("token", "b", true)]);
        for bad in [
            json!({}),
            json!([{}]),
            json!([{ "key": "", "value": "x" }]),
            json!([{ "key": "a", "value": 1 }]),
        ] {
            assert!(said(json!({ "secretMetadata": bad.clone() })).is_err(), "{bad}");
        }
        let many: Vec<_> =
            (0..=MOST_METADATA).map(|n| json!({ "key": n.to_string(), "value": "" })).collect();
        assert!(said(json!({ "secretMetadata": many })).is_err());
    }

    #[test]
    fn every_rule_that_is_broken_is_named_and_no_value_is_repeated() {
        let refused = said(json!({
            "secretValue": ["canary"], "secretComment": 5, "tagIds": "canary", "skipMultilineEncoding": "canary",
            "secretReminderNote": "x".repeat(1_025), "secretReminderRepeatDays": -1,
        }));
        let text = format!("{:?}", refused.as_ref().unwrap_err());
        assert!(!text.contains("canary"), "{text}");
        assert_eq!(fields(refused).len(), 6);
    }

    #[test]
    fn a_text_that_is_no_tags_id_is_kept_for_the_refusal() {
        let id = TagId::random();
        let read = said(json!({ "tagIds": [id, "nonsense"] })).unwrap();
        assert_eq!(read.tag_ids, Some(vec![Ok(id), Err("nonsense".to_owned())]));
    }

    #[test]
    fn the_name_of_a_new_secret_keeps_the_rules_and_other_rules_are_named_with_it() {
        let read = |name: &str| form::read(&json!({}), |form| new_name(form, name));
        assert_eq!(read(" DB URL ").unwrap().as_str(), "DB URL");
        for name in ["", " ", "a:b", "a/b", &"x".repeat(256)] {
            let issues = read(name).unwrap_err();
            assert_eq!(issues.iter().count(), 1, "{name}");
        }
        let both = form::read(&json!({}), |form| {
            let (name, said) = (new_name(form, "a:b"), Said::new_form(form));
            name.zip(said)
        });
        assert_eq!(both.unwrap_err().iter().count(), 2);
    }
}
