//! Amazon Resource Names, as <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html> defines them.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::partition::Partition;
use crate::region::Region;

/// The longest ARN that IAM stores.
pub const MAX_ARN_CHARACTERS: usize = 2_048;

/// The number of an AWS account: twelve digits, leading zeros kept.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct AccountId(String);

impl AccountId {
    /// The twelve digits.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for AccountId {
    type Err = NotAnArn;

    fn from_str(text: &str) -> Result<Self, NotAnArn> {
        if text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit()) {
            Ok(Self(text.to_owned()))
        } else {
            Err(NotAnArn("an AWS account id has exactly 12 digits"))
        }
    }
}

impl fmt::Display for AccountId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for AccountId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

/// The text is not the ARN it should be; says what is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("Invalid ARN: {0}")]
pub struct NotAnArn(&'static str);

/// `arn:partition:service:region:account:resource`.
///
/// Region and account are absent for services that have none (`arn:aws:s3:::bucket`); the resource may hold
/// anything, colons included.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Arn {
    /// The partition.
    pub partition: Partition,
    /// The service's name in IAM: `iam`, `acm-pca`.
    pub service: String,
    /// The region, for regional resources.
    pub region: Option<Region>,
    /// The account, unless the name is unique by itself.
    pub account: Option<AccountId>,
    /// Everything after the fifth colon.
    pub resource: String,
}

impl FromStr for Arn {
    type Err = NotAnArn;

    fn from_str(text: &str) -> Result<Self, NotAnArn> {
        if text.len() > MAX_ARN_CHARACTERS {
            return Err(NotAnArn("longer than 2048 characters"));
        }
        let mut parts = text.splitn(6, ':');
        let mut part =
            || parts.next().ok_or(NotAnArn("expected arn:partition:service:region:account:resource"));
        let (prefix, partition, service) = (part()?, part()?, part()?);
        let (region, account, resource) = (part()?, part()?, part()?);
        if prefix != "arn" {
            return Err(NotAnArn("it must begin with arn:"));
        }
        let partition = partition.parse().map_err(|_| NotAnArn("unknown AWS partition"))?;
        let named = !service.is_empty()
            && service.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
        if !named {
            return Err(NotAnArn("the service must be lower-case letters, digits and hyphens"));
        }
        let region: Option<Region> = match region {
            "" => None,
            name => Some(name.parse().map_err(|_| NotAnArn("unknown AWS region"))?),
        };
        if region.as_ref().is_some_and(|region| region.partition() != partition) {
            return Err(NotAnArn("the region belongs to another partition"));
        }
        let account = if account.is_empty() { None } else { Some(account.parse()?) };
        if resource.is_empty() || resource.chars().any(|c| c.is_control() || c.is_whitespace()) {
            return Err(NotAnArn("the resource is missing or holds white space"));
        }
        Ok(Self { partition, service: service.to_owned(), region, account, resource: resource.to_owned() })
    }
}

impl fmt::Display for Arn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { partition, service, region, account, resource } = self;
        let (region, account) =
            (region.as_ref().map_or("", Region::as_str), account.as_ref().map_or("", AccountId::as_str));
        write!(f, "arn:{partition}:{service}:{region}:{account}:{resource}")
    }
}

/// The ARN of an IAM role: `arn:aws:iam::123456789012:role/path/name`.
///
/// Name: 1–64 of `[A-Za-z0-9+=,.@_-]`; path: at most 512 printable characters
/// (<https://docs.aws.amazon.com/IAM/latest/APIReference/API_Role.html>).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RoleArn {
    partition: Partition,
    account: AccountId,
    /// With both slashes: `/` or `/path/`.
    path: String,
    name: String,
}

impl RoleArn {
    /// The role's partition.
    #[must_use]
    pub const fn partition(&self) -> Partition {
        self.partition
    }

    /// The account that the role lives in.
    #[must_use]
    pub const fn account(&self) -> &AccountId {
        &self.account
    }

    /// The role's path: `/`, or `/path/` with both slashes.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The role's name, without its path.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }
}

impl FromStr for RoleArn {
    type Err = NotAnArn;

    fn from_str(text: &str) -> Result<Self, NotAnArn> {
        let arn: Arn = text.parse()?;
        if arn.service == "sts" && arn.resource.starts_with("assumed-role/") {
            return Err(NotAnArn(
                "this is a session of a role; give the role's own ARN, arn:…:iam::…:role/…",
            ));
        }
        let not_a_role = NotAnArn("expected an IAM role, arn:aws:iam::123456789012:role/name");
        if arn.service != "iam" || arn.region.is_some() {
            return Err(not_a_role);
        }
        let account = arn.account.ok_or(NotAnArn("a role's ARN names its account"))?;
        let (path, name) =
            arn.resource.strip_prefix("role").and_then(|rest| rest.rsplit_once('/')).ok_or(not_a_role)?;
        if !(path.is_empty() || path.starts_with('/')) {
            return Err(not_a_role);
        }
        let path = format!("{path}/");
        if path.len() > 512 || path.contains("//") || !path.bytes().all(|byte| (0x21..0x7f).contains(&byte)) {
            return Err(NotAnArn(
                "the role's path must be at most 512 printable characters between single slashes",
            ));
        }
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"+=,.@_-".contains(&byte);
        if name.is_empty() || name.len() > 64 || !name.bytes().all(plain) {
            return Err(NotAnArn("a role's name has 1 to 64 letters, digits and +=,.@_-"));
        }
        Ok(Self { partition: arn.partition, account, path, name: name.to_owned() })
    }
}

impl fmt::Display for RoleArn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { partition, account, path, name } = self;
        write!(f, "arn:{partition}:iam::{account}:role{path}{name}")
    }
}

macro_rules! as_text {
    ($($name:ident),*) => {$(
        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
            }
        }
    )*};
}

as_text!(Arn, RoleArn);

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn arns_of_every_partition_and_shape_read_back_as_they_were() {
        for text in [
            "arn:aws:iam::123456789012:role/plain",
            "arn:aws-cn:iam::123456789012:role/service-role/deep/er",
            "arn:aws-us-gov:acm-pca:us-gov-west-1:123456789012:certificate-authority/0b2c",
            "arn:aws-eusc:kms:eusc-de-east-1:123456789012:key/1",
            "arn:aws-iso:iam::123456789012:root",
            "arn:aws-iso-b:s3:::bucket/key:with:colons",
            "arn:aws-iso-e:iam::123456789012:user/a",
            "arn:aws-iso-f:iam::123456789012:user/a",
        ] {
            assert_eq!(text.parse::<Arn>().map(|arn| arn.to_string()), Ok(text.to_owned()));
        }
    }

    #[test]
    fn a_role_arn_gives_its_account_path_and_name() {
        let arn: RoleArn = "arn:aws:iam::000000000123:role/drawbridge/sync/writer@x".parse().unwrap();
        assert_eq!(
            (arn.account().as_str(), arn.path(), arn.name(), arn.partition()),
            ("000000000123", "/drawbridge/sync/", "writer@x", Partition::Aws)
        );
        assert_eq!("arn:aws:iam::123456789012:role/a".parse::<RoleArn>().unwrap().path(), "/");
    }

    #[test]
    fn what_is_not_a_role_arn_is_refused_and_says_why() {
        for (text, why) in [
            ("", "expected arn:"),
            ("role/x", "expected arn:"),
            ("ARN:aws:iam::123456789012:role/x", "begin with arn:"),
            ("arn:mars:iam::123456789012:role/x", "partition"),
            ("arn:aws:iam:us-east-1:123456789012:role/x", "expected an IAM role"),
            ("arn:aws-cn:iam:us-east-1:123456789012:role/x", "another partition"),
            ("arn:aws:iam::12345678901:role/x", "12 digits"),
            ("arn:aws:iam::12345678901a:role/x", "12 digits"),
            ("arn:aws:iam::１２３４56789012:role/x", "12 digits"),
            ("arn:aws:iam:::role/x", "names its account"),
            ("arn:aws:iam::123456789012:user/x", "expected an IAM role"),
            ("arn:aws:iam::123456789012:rolex/x", "expected an IAM role"),
            ("arn:aws:iam::123456789012:role", "expected an IAM role"),
            ("arn:aws:iam::123456789012:role/", "1 to 64"),
            ("arn:aws:iam::123456789012:role//x", "single slashes"),
            ("arn:aws:iam::123456789012:role/x y", "white space"),
            ("arn:aws:iam::123456789012:role/x*", "1 to 64"),
            ("arn:aws:sts::123456789012:assumed-role/x/session", "session of a role"),
            ("arn:aws:s3:::bucket", "expected an IAM role"),
        ] {
            let error = text.parse::<RoleArn>().unwrap_err().to_string();
            assert!(error.contains(why), "{text}: {error}");
        }
        let long = format!("arn:aws:iam::123456789012:role/{}", "a".repeat(65));
        assert!(long.parse::<RoleArn>().is_err());
        let longer = format!("arn:aws:iam::123456789012:role/{}", "a".repeat(2_048));
        assert!(longer.parse::<RoleArn>().unwrap_err().to_string().contains("2048"));
    }

    proptest! {
        #[test]
        fn a_role_arn_that_parses_prints_what_was_given(text in "arn:aws(-cn)?:iam::[0-9]{12}:role(/[a-z]{1,3}){1,3}") {
            prop_assert_eq!(text.parse::<RoleArn>().unwrap().to_string(), text);
        }

        #[test]
        fn no_text_panics_the_parser(text in "\\PC{0,80}") {
            let _ = text.parse::<RoleArn>();
            let _ = format!("arn:aws:iam::123456789012:role/{text}").parse::<RoleArn>();
        }
    }
}
