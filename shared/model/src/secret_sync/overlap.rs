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
