//! Whether two syncs of the same account could write the same name.

use super::destination::Mapping;
use super::{Affixes, DestinationConfig};
use crate::region::Region;

/// The names that a sync may write, in one region of one account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Territory {
    region: Region,
    names: Names,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Names {
    /// Secrets that begin and end like this. A prefix holds whatever follows it, slashes too, as an import would take it.
    Secrets(Affixes),
    /// One secret.
    Secret(String),
    /// Parameters that begin and end like this, without a slash between: a level further down is another path.
    Parameters(Affixes),
}

impl Territory {
    /// The names that a sync of this configuration and schema may write.
    #[must_use]
    pub fn of(config: &DestinationConfig, schema: &Affixes) -> Self {
        let names = match config {
            DestinationConfig::AwsSecretsManager { mapping: Mapping::OneToOne, .. } => {
                Names::Secrets(schema.clone())
            }
            DestinationConfig::AwsSecretsManager { mapping: Mapping::ManyToOne { secret_name }, .. } => {
                Names::Secret(schema.render(secret_name))
            }
            DestinationConfig::AwsParameterStore { path, .. } => Names::Parameters(Affixes {
                prefix: format!("{path}{}", schema.prefix),
                suffix: schema.suffix.clone(),
            }),
        };
        Self { region: config.region().clone(), names }
    }

    /// Whether there is a name that both may write. Both are of the same account.
    #[must_use]
    pub fn overlaps(&self, other: &Self) -> bool {
        self.region == other.region
            && match (&self.names, &other.names) {
                (Names::Secrets(one), Names::Secrets(other)) => meet(one, other, true),
                (Names::Secrets(many), Names::Secret(name)) | (Names::Secret(name), Names::Secrets(many)) => {
                    many.matches(name)
                }
                (Names::Secret(one), Names::Secret(other)) => one == other,
                (Names::Parameters(one), Names::Parameters(other)) => meet(one, other, false),
                (Names::Parameters(_), Names::Secrets(_) | Names::Secret(_))
                | (Names::Secrets(_) | Names::Secret(_), Names::Parameters(_)) => false,
            }
    }
}

/// Whether a name can begin and end like both. Where a key holds no slash, what one prefix or suffix has more than the other
/// must be part of a key, so it holds none.
fn meet(one: &Affixes, other: &Affixes, slashes: bool) -> bool {
    let more = |longer: Option<&str>| longer.is_some_and(|rest| slashes || !rest.contains('/'));
    let prefixes = more(one.prefix.strip_prefix(other.prefix.as_str()))
        || more(other.prefix.strip_prefix(one.prefix.as_str()));
    let suffixes = more(one.suffix.strip_suffix(other.suffix.as_str()))
        || more(other.suffix.strip_suffix(one.suffix.as_str()));
    prefixes && suffixes
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

    use proptest::prelude::*;

    use super::*;
    use crate::secret_sync::KeySchema;

    fn affixes(schema: &str) -> Affixes {
        KeySchema::parse(schema).unwrap().affixes("prod")
    }

    fn one_to_one(region: &str, schema: &str) -> Territory {
        let config = DestinationConfig::AwsSecretsManager {
            region: region.parse().unwrap(),
            mapping: Mapping::OneToOne,
        };
        Territory::of(&config, &affixes(schema))
    }

    fn many_to_one(name: &str, schema: &str) -> Territory {
        let mapping = Mapping::ManyToOne { secret_name: name.into() };
        let config = DestinationConfig::AwsSecretsManager { region: "us-east-1".parse().unwrap(), mapping };
        Territory::of(&config, &affixes(schema))
    }

    fn parameters(path: &str, schema: &str) -> Territory {
        let config =
            DestinationConfig::AwsParameterStore { region: "us-east-1".parse().unwrap(), path: path.into() };
        Territory::of(&config, &affixes(schema))
    }

    fn secrets(schema: &str) -> Territory {
        one_to_one("us-east-1", schema)
    }

    #[test]
    fn territories_overlap_where_both_may_write_a_name() {
        for (one, other, expected) in [
            (secrets(""), secrets(""), true),
            (secrets(""), secrets("app/{{secretKey}}"), true),
            (secrets("app/{{secretKey}}"), secrets("app/db/{{secretKey}}"), true),
            (secrets("app/{{secretKey}}"), secrets("web/{{secretKey}}"), false),
            (secrets("app-{{environment}}-{{secretKey}}"), secrets("app-prod-{{secretKey}}"), true),
            (secrets("app-{{environment}}-{{secretKey}}"), secrets("app-dev-{{secretKey}}"), false),
            (secrets("{{secretKey}}-a"), secrets("{{secretKey}}-b"), false),
            (secrets("{{secretKey}}-a"), secrets("x{{secretKey}}"), true),
            (secrets("a{{secretKey}}x"), secrets("ab{{secretKey}}yx"), true),
            (secrets(""), one_to_one("us-west-2", ""), false),
            (secrets(""), many_to_one("app/prod", ""), true),
            (secrets("app/{{secretKey}}"), many_to_one("app/prod", ""), true),
            (secrets("app/prod{{secretKey}}"), many_to_one("app/prod", ""), false),
            (many_to_one("app/prod", ""), many_to_one("app/prod", ""), true),
            (many_to_one("app/prod", ""), many_to_one("app/Prod", ""), false),
            (many_to_one("prod", "app/{{secretKey}}"), many_to_one("app/prod", ""), true),
            (many_to_one("a", "{{environment}}/{{secretKey}}"), many_to_one("prod/a", ""), true),
            (parameters("/app/", ""), parameters("/app/", ""), true),
            (parameters("/app/", ""), parameters("/app/db/", ""), false),
            (parameters("/app/", "db/{{secretKey}}"), parameters("/app/db/", ""), true),
            (parameters("/app/", "db-{{secretKey}}"), parameters("/app/", ""), true),
            (parameters("/app/", "a-{{secretKey}}"), parameters("/app/", "b-{{secretKey}}"), false),
            (parameters("/app/", "{{environment}}/{{secretKey}}"), parameters("/app/prod/", ""), true),
            (parameters("/app/", ""), parameters("/application/", ""), false),
            (parameters("/", ""), secrets(""), false),
            (parameters("/a/", ""), many_to_one("/a/b", ""), false),
        ] {
            assert_eq!(one.overlaps(&other), expected, "{one:?} {other:?}");
            assert_eq!(other.overlaps(&one), expected, "{other:?} {one:?}");
        }
    }

    proptest! {
        /// Short affixes of a small alphabet, so that names are often shared.
        #[test]
        fn a_name_that_both_write_is_an_overlap(
            one in ("[ab/]{0,3}", "[ab]{0,2}"), other in ("[ab/]{0,3}", "[ab]{0,2}"),
            keys in ("[ab]{1,4}", "[ab]{1,4}"),
        ) {
            let affixes = |(prefix, suffix): &(String, String)| Affixes { prefix: prefix.clone(), suffix: suffix.clone() };
            let (one, other) = (affixes(&one), affixes(&other));
            let region: Region = "us-east-1".parse().unwrap();
            for names in [Names::Secrets as fn(Affixes) -> Names, Names::Parameters] {
                let territory = |affixes: &Affixes| Territory { region: region.clone(), names: names(affixes.clone()) };
                if one.render(&keys.0) == other.render(&keys.1) {
                    prop_assert!(territory(&one).overlaps(&territory(&other)));
                }
                if !territory(&one).overlaps(&territory(&other)) {
                    prop_assert_ne!(one.render(&keys.0), other.render(&keys.1));
                }
                prop_assert!(territory(&one).overlaps(&territory(&one)));
            }
        }
    }
}
