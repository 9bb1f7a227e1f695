//! What follows when a role does not insist on its External ID, or does not open: the deployment's rule, and the words
//! for the role's owner. No words contain an External ID: they go to the log too.

use std::str::FromStr;

use model::arn::RoleArn;
use model::policy::Trusted;

/// What happens to a role that opens without its External ID: the setting `EXTERNAL_ID_POLICY`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExternalIdPolicy {
    /// It is refused, with the corrected trust policy.
    Enforce,
    /// It is taken, with a warning.
    Warn,
}

/// The setting is neither `enforce` nor `warn`.
#[derive(Debug, thiserror::Error)]
#[error("expected enforce or warn")]
pub struct NotAnExternalIdPolicy;

impl FromStr for ExternalIdPolicy {
    type Err = NotAnExternalIdPolicy;

    fn from_str(text: &str) -> Result<Self, NotAnExternalIdPolicy> {
        match text {
            "enforce" => Ok(Self::Enforce),
            "warn" => Ok(Self::Warn),
            _ => Err(NotAnExternalIdPolicy),
        }
    }
}

/// What comes after AWS's words about a role that does not open as it should, and yet opens.
pub const OPENS_OTHERWISE: &str =
    "; it opens without an External ID or with another one, so its condition compares with something else";

/// What the owner of a role should know that opened `without` an External ID or with a `random` one; `external_id` says
/// which one its trust policy must require.
#[must_use]
pub fn open_in_words(without: bool, random: bool, external_id: &str) -> String {
    let how = match (without, random) {
        (true, true) => "without any External ID, and with any",
        (true, false) => "without any External ID",
        (false, true) => "with any External ID",
        (false, false) => "otherwise",
    };
    format!(
        "the role can be assumed {how}, so whoever knows its ARN could have Drawbridge use it (confused deputy). Its \
         trust policy must require {external_id} with StringEquals on sts:ExternalId"
    )
}

/// To be added where a role does not open: that it never can, if it is in another partition of AWS; otherwise nothing.
#[must_use]
pub fn apart_in_words(role: &RoleArn, trusted: &Trusted) -> String {
    if role.partition() == trusted.partition {
        return String::new();
    }
    format!(
        "; and the role is in the partition {}, while Drawbridge runs in {}: AWS lets no role be assumed across",
        role.partition(),
        trusted.partition
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_setting_is_one_of_two_words() {
        assert_eq!("enforce".parse::<ExternalIdPolicy>().expect("a policy"), ExternalIdPolicy::Enforce);
        assert_eq!("warn".parse::<ExternalIdPolicy>().expect("a policy"), ExternalIdPolicy::Warn);
        for text in ["", "Enforce", "off"] {
            assert!(text.parse::<ExternalIdPolicy>().is_err(), "{text}");
        }
    }
}
