//! KMS keys in their many spellings: key id, key ARN, alias, alias ARN, or nothing for the service's default.

use std::collections::BTreeMap;

use crate::secret_sync::Destination;

/// What is known about which spellings name the same key.
#[derive(Debug, Clone, Default)]
pub struct KmsKeys {
    default_alias: &'static str,
    /// The key id behind a spelling, as DescribeKey told it.
    ids: BTreeMap<String, String>,
}

/// Whether two spellings name one key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Compared {
    Same,
    Different,
    /// An alias that nobody resolved.
    Unclear,
}

#[derive(Debug, PartialEq, Eq)]
enum Key<'a> {
    Default,
    Id(&'a str),
    Alias(&'a str),
}

impl KmsKeys {
    /// Nothing is known yet but the name of the service's default key.
    #[must_use]
    pub fn of(destination: Destination) -> Self {
        let default_alias = match destination {
            Destination::AwsSecretsManager => "alias/aws/secretsmanager",
            Destination::AwsParameterStore => "alias/aws/ssm",
        };
        Self { default_alias, ids: BTreeMap::new() }
    }

    /// DescribeKey said that `spelling` is the key with this ARN or id.
    pub fn learn(&mut self, spelling: &str, arn: &str) {
        self.ids.insert(short(spelling).to_owned(), short(arn).to_owned());
    }

    /// Whether a call to DescribeKey would tell more about `spelling`: aliases alone need one.
    #[must_use]
    pub fn is_open(&self, spelling: &str) -> bool {
        match self.key(Some(spelling)) {
            Key::Alias(_) => true,
            Key::Default | Key::Id(_) => false,
        }
    }

    fn key<'a>(&'a self, spelling: Option<&'a str>) -> Key<'a> {
        let Some(name) = spelling.map(short).filter(|name| !name.is_empty() && *name != self.default_alias)
        else {
            return Key::Default;
        };
        let id = match self.ids.get(name) {
            Some(id) => id.as_str(),
            None if name.starts_with("alias/") => return Key::Alias(name),
            None => name,
        };
        if self.ids.get(self.default_alias).is_some_and(|default| default == id) {
            Key::Default
        } else {
            Key::Id(id)
        }
    }

    /// Compares two spellings; `None` is the default key.
    pub(super) fn compare(&self, one: Option<&str>, other: Option<&str>) -> Compared {
        match (self.key(one), self.key(other)) {
            (one, other) if one == other => Compared::Same,
            // The default key's id is not known until somebody asks: an id may be it.
            (Key::Alias(_), _) | (_, Key::Alias(_)) => Compared::Unclear,
            (Key::Default, Key::Id(_)) | (Key::Id(_), Key::Default)
                if !self.ids.contains_key(self.default_alias) =>
            {
                Compared::Unclear
            }
            (Key::Default | Key::Id(_), Key::Default | Key::Id(_)) => Compared::Different,
        }
    }

    /// The spellings that DescribeKey has to resolve before `wanted` and `there` can be compared.
    #[must_use]
    pub fn questions(&self, wanted: Option<&str>, there: Option<&str>) -> Vec<String> {
        if self.compare(wanted, there) != Compared::Unclear {
            return Vec::new();
        }
        let spelled = |key: Option<&str>| key.map_or(self.default_alias, short).to_owned();
        let asked = [spelled(wanted), spelled(there)];
        let known = |name: &String| !name.starts_with("alias/") || self.ids.contains_key(name);
        asked.into_iter().filter(|name| !known(name)).collect()
    }
}

/// A key without its ARN's front: `alias/x`, or the key's id.
fn short(spelling: &str) -> &str {
    let resource = if spelling.starts_with("arn:") {
        spelling.splitn(6, ':').nth(5).unwrap_or(spelling)
    } else {
        spelling
    };
    resource.strip_prefix("key/").unwrap_or(resource)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "1234abcd-12ab-34cd-56ef-1234567890ab";
    const ARN: &str = "arn:aws:kms:us-east-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab";
    const ALIAS_ARN: &str = "arn:aws:kms:us-east-1:123456789012:alias/app";

    #[test]
    fn every_spelling_of_one_key_is_the_same_key() {
        let mut keys = KmsKeys::of(Destination::AwsParameterStore);
        assert_eq!(keys.compare(Some(ID), Some(ARN)), Compared::Same);
        assert_eq!(keys.compare(Some("alias/app"), Some(ALIAS_ARN)), Compared::Same);
        assert_eq!(keys.compare(None, Some("alias/aws/ssm")), Compared::Same);
        assert_eq!(
            keys.compare(Some(""), Some("arn:aws:kms:us-east-1:123456789012:alias/aws/ssm")),
            Compared::Same
        );
        assert_eq!(keys.compare(Some("alias/app"), Some(ARN)), Compared::Unclear);
        assert_eq!(keys.questions(Some("alias/app"), Some(ARN)), ["alias/app"]);
        keys.learn("alias/app", ARN);
        assert_eq!(keys.compare(Some("alias/app"), Some(ARN)), Compared::Same);
        assert_eq!(keys.compare(Some(ALIAS_ARN), Some(ID)), Compared::Same);
        assert_eq!(
            keys.compare(Some("alias/app"), Some("11111111-12ab-34cd-56ef-1234567890ab")),
            Compared::Different
        );
    }

    #[test]
    fn the_default_key_may_show_itself_by_its_id() {
        let mut keys = KmsKeys::of(Destination::AwsSecretsManager);
        assert_eq!(keys.questions(None, Some(ARN)), ["alias/aws/secretsmanager"]);
        keys.learn("alias/aws/secretsmanager", ARN);
        assert_eq!(keys.compare(None, Some(ID)), Compared::Same);
        assert_eq!(keys.compare(Some("alias/aws/secretsmanager"), Some(ARN)), Compared::Same);
        assert!(keys.questions(None, Some(ID)).is_empty());
        // The other service's default key is a key like any other.
        assert_eq!(keys.compare(None, Some("alias/aws/ssm")), Compared::Unclear);
    }
}
