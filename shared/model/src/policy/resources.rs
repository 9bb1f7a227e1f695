//! The resources that a printed policy is narrowed to.

use serde_json::Value;

use crate::arn::{AccountId, Arn};
use crate::form::{Fault, Form, Rule, rule};
use crate::partition::Partition;
use crate::region::Region;

/// What a policy shall be confined to. An empty list means that the caller did not narrow it, and then the policy
/// names every resource of that kind (in the region and account, where they are given).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Resources {
    /// Region of regional resources.
    pub region: Option<Region>,
    /// The account that owns them.
    pub account: Option<AccountId>,
    /// Secrets Manager: exact names.
    pub secret_names: Vec<String>,
    /// Secrets Manager: beginnings of names.
    pub secret_name_prefixes: Vec<String>,
    /// Parameter Store: paths such as `/prod/app`.
    pub parameter_paths: Vec<String>,
    /// KMS keys that encrypt the secrets; none when the service's default key does.
    pub kms_keys: Vec<Arn>,
    /// IAM users, each `name` or `path/name`.
    pub user_names: Vec<String>,
    /// Load balancers whose listeners get certificates.
    pub load_balancers: Vec<Arn>,
    /// Private certificate authorities.
    pub certificate_authorities: Vec<Arn>,
    /// Route 53 zones, without `/hostedzone/`.
    pub hosted_zones: Vec<String>,
    /// The bucket of session recordings.
    pub bucket: Option<String>,
    /// The beginning of the recordings' object keys, without slashes at its ends.
    pub key_prefix: Option<String>,
}

impl Resources {
    /// Reads the resources from the fields of a query: lists are repeated fields, or texts joined by commas.
    pub fn read(form: &mut Form<'_>) -> Option<Self> {
        let region = form.optional("region", rule::parsed());
        let account = form.optional("accountId", rule::parsed());
        let secret_names = form.or("secretName", many(secret_name), Vec::new());
        let secret_name_prefixes = form.or("secretNamePrefix", many(secret_name), Vec::new());
        let parameter_paths = form.or("parameterPath", many(parameter_path), Vec::new());
        let kms_keys = form.or("kmsKeyArn", many(|text| arn(text, "kms", "key/")), Vec::new());
        let user_names = form.or("userName", many(user_name), Vec::new());
        let load_balancers = form.or(
            "loadBalancerArn",
            many(|text| arn(text, "elasticloadbalancing", "loadbalancer/")),
            Vec::new(),
        );
        let certificate_authorities = form.or(
            "certificateAuthorityArn",
            many(|text| arn(text, "acm-pca", "certificate-authority/")),
            Vec::new(),
        );
        let hosted_zones = form.or("hostedZoneId", many(hosted_zone), Vec::new());
        let bucket =
            form.optional("bucket", rule::text(|text| bucket(text).map_err(|why| vec![Fault::custom(why)])));
        let key_prefix = form.optional(
            "keyPrefix",
            rule::text(|text| key_prefix(text).map_err(|why| vec![Fault::custom(why)])),
        );
        Some(Self {
            region: region?,
            account: account?,
            secret_names: secret_names?,
            secret_name_prefixes: secret_name_prefixes?,
            parameter_paths: parameter_paths?,
            kms_keys: kms_keys?,
            user_names: user_names?,
            load_balancers: load_balancers?,
            certificate_authorities: certificate_authorities?,
            hosted_zones: hosted_zones?,
            bucket: bucket?,
            key_prefix: key_prefix?.filter(|prefix| !prefix.is_empty()),
        })
    }

    /// The partition that the region names, else `own`: the one that Drawbridge runs in.
    #[must_use]
    pub fn partition(&self, own: Partition) -> Partition {
        self.region.as_ref().map_or(own, Region::partition)
    }
}

type Reader<T> = fn(&str) -> Result<T, &'static str>;

fn many<T>(read: Reader<T>) -> impl Rule<Output = Vec<T>> {
    rule::json("string", move |value| {
        let texts: Vec<&str> = match value {
            Value::String(text) => text.split(',').map(str::trim).filter(|text| !text.is_empty()).collect(),
            Value::Array(items) => items.iter().filter_map(Value::as_str).map(str::trim).collect(),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_) => {
                return Err(vec![Fault::wrong_type("string", value)]);
            }
        };
        texts.into_iter().map(read).collect::<Result<_, _>>().map_err(|why| vec![Fault::custom(why)])
    })
}

fn only(text: &str, longest: usize, besides: &[u8]) -> bool {
    !text.is_empty()
        && text.len() <= longest
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || besides.contains(&byte))
}

fn secret_name(text: &str) -> Result<String, &'static str> {
    only(text, 512, b"/_+=.@-")
        .then(|| text.to_owned())
        .ok_or("A secret's name has 1 to 512 letters, digits and /_+=.@-")
}

fn parameter_path(text: &str) -> Result<String, &'static str> {
    let path = text.trim_end_matches('/');
    let sound = text == "/" || (path.starts_with('/') && !path.contains("//") && only(path, 1_011, b"/_.-"));
    sound.then(|| path.to_owned()).ok_or("A parameter path begins with / and has letters, digits and /_.-")
}

fn user_name(text: &str) -> Result<String, &'static str> {
    let text = text.trim_start_matches('/');
    only(text, 575, b"+=,.@_-/")
        .then(|| text.to_owned())
        .ok_or("An IAM user's name has 1 to 64 letters, digits and +=,.@_-")
}

fn hosted_zone(text: &str) -> Result<String, &'static str> {
    let id = text.trim_start_matches("/hostedzone/");
    only(id, 32, b"").then(|| id.to_owned()).ok_or("A hosted zone id has 1 to 32 letters and digits")
}

fn bucket(text: &str) -> Result<String, &'static str> {
    let sound = (3..=63).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'.' || b == b'-');
    sound
        .then(|| text.to_owned())
        .ok_or("A bucket's name has 3 to 63 lower-case letters, digits, dots and hyphens")
}

fn key_prefix(text: &str) -> Result<String, &'static str> {
    let prefix = text.trim_matches('/');
    let sound = prefix.is_empty() || only(prefix, 512, b"/!_.'()-");
    sound.then(|| prefix.to_owned()).ok_or("A key prefix has at most 512 letters, digits and /!_.'()-")
}

fn arn(text: &str, service: &str, resource: &str) -> Result<Arn, &'static str> {
    let arn: Arn = text.parse().map_err(|_| "Invalid ARN")?;
    let plain = !arn.resource.contains(['*', '?', '$']);
    if arn.service == service
        && arn.resource.starts_with(resource)
        && plain
        && arn.region.is_some()
        && arn.account.is_some()
    {
        Ok(arn)
    } else {
        Err("The ARN names another kind of resource")
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

    use serde_json::json;

    use super::*;
    use crate::form;

    #[test]
    fn repeated_and_comma_joined_fields_are_the_same_list() {
        for value in [json!("a,b"), json!(["a", "b"]), json!(" a , b,")] {
            let read = form::read(&json!({ "secretName": value }), Resources::read).unwrap();
            assert_eq!(read.secret_names, ["a", "b"]);
        }
    }

    #[test]
    fn what_would_widen_a_policy_is_refused() {
        for (field, values) in [
            ("secretName", vec!["*", "a*", "a b", "a\"", "${aws:username}"]),
            ("secretNamePrefix", vec!["*", "a?"]),
            ("parameterPath", vec!["*", "prod", "/prod/*", "//"]),
            (
                "kmsKeyArn",
                vec![
                    "*",
                    "arn:aws:kms:us-east-1:123456789012:alias/a",
                    "arn:aws:kms:us-east-1:123456789012:key/*",
                ],
            ),
            ("userName", vec!["*", "a b"]),
            ("certificateAuthorityArn", vec!["arn:aws:acm:us-east-1:123456789012:certificate/1"]),
            ("hostedZoneId", vec!["*", "Z1/x"]),
            ("bucket", vec!["*", "UPPER", "ab", "a/b"]),
            ("keyPrefix", vec!["*", "a?b"]),
            ("region", vec!["*", "mars"]),
            ("accountId", vec!["*", "1234"]),
        ] {
            for value in values {
                let read = form::read(&json!({ (field): value }), Resources::read);
                assert_eq!(read.unwrap_err().iter().count(), 1, "{field} {value}");
            }
        }
    }
}
