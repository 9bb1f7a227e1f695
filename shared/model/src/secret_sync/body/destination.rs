//! `destinationConfig`, by its destination's rules.

use crate::form::{Fault, Form, Rule, rule};
use crate::secret_sync::destination::{Destination, DestinationConfig, Mapping};

#[derive(Debug, Clone, Copy)]
enum MappingBehavior {
    OneToOne,
    ManyToOne,
}

const MAPPINGS: &[(&str, MappingBehavior)] =
    &[("one-to-one", MappingBehavior::OneToOne), ("many-to-one", MappingBehavior::ManyToOne)];

/// Reads a `destinationConfig`.
pub fn destination_config(form: &mut Form<'_>, destination: Destination) -> Option<DestinationConfig> {
    let region = form.required("region", rule::parsed());
    match destination {
        Destination::AwsSecretsManager => {
            let mapping = match form.required("mappingBehavior", rule::one_of(MAPPINGS)) {
                // Terraform sends an empty secretName along, which means nothing here.
                Some(MappingBehavior::OneToOne) => Some(Mapping::OneToOne),
                Some(MappingBehavior::ManyToOne) => {
                    let secret_name = form.required("secretName", secret_name());
                    secret_name.map(|secret_name| Mapping::ManyToOne { secret_name })
                }
                None => None,
            };
            Some(DestinationConfig::AwsSecretsManager { region: region?, mapping: mapping? })
        }
        Destination::AwsParameterStore => {
            let path = form.required("path", path());
            Some(DestinationConfig::AwsParameterStore { region: region?, path: path? })
        }
    }
}

/// The name of a secret of all keys.
fn secret_name() -> impl Rule<Output = String> {
    rule::text(|text| {
        let text = text.trim();
        let mut faults = length(text, 256);
        if !text.chars().all(|c| c.is_ascii_alphanumeric() || "/_+=.@-".contains(c)) {
            faults.push(Fault::invalid(
                "regex",
                "Secret name may only contain letters, digits and the characters /_+=.@-",
            ));
        }
        if faults.is_empty() { Ok(text.to_owned()) } else { Err(faults) }
    })
}

/// A path of Parameter Store, `/app/prod/`.
fn path() -> impl Rule<Output = String> {
    rule::text(|text| {
        let text = text.trim();
        let mut faults = length(text, 2_048);
        let plain = |segment: &str| {
            !segment.is_empty()
                && segment.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-'))
        };
        let inner = text.strip_prefix('/').map(|rest| rest.strip_suffix('/'));
        let sound = match inner {
            _root if text == "/" => true,
            Some(Some(segments)) => segments.split('/').all(plain),
            Some(None) | None => false,
        };
        if !text.is_empty() && !sound {
            faults.push(Fault::invalid(
                "regex",
                "Path must begin and end with a slash and have segments of letters, digits, underscores and hyphens, such as /app/prod/",
            ));
        }
        if faults.is_empty() { Ok(text.to_owned()) } else { Err(faults) }
    })
}

fn length(text: &str, maximum: usize) -> Vec<Fault> {
    if text.is_empty() {
        vec![Fault::too_small("string", 1, "String must contain at least 1 character(s)")]
    } else if text.chars().count() > maximum {
        vec![Fault::too_big("string", maximum, format!("String must contain at most {maximum} character(s)"))]
    } else {
        Vec::new()
    }
}
