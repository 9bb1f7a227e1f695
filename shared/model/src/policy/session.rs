//! Session policies: each call of ours gets a session that can do that call and nothing else, whatever the
//! customer's role allows besides.

use super::{Document, Statement, anything};

/// The most characters that AssumeRole takes in `Policy`
/// (<https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html>).
pub const MAX_SESSION_POLICY_CHARACTERS: usize = 2_048;

/// An inline session policy of at most [`MAX_SESSION_POLICY_CHARACTERS`].
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct SessionPolicy(String);

/// The policy does not fit into an AssumeRole request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a session policy has at most {MAX_SESSION_POLICY_CHARACTERS} characters, this one has {0}")]
pub struct TooLong(usize);

impl SessionPolicy {
    /// The policy as AssumeRole's `Policy`.
    ///
    /// # Errors
    /// [`TooLong`]: the caller must name fewer or broader resources.
    pub fn new(document: &Document) -> Result<Self, TooLong> {
        let json = document.to_json();
        if json.len() > MAX_SESSION_POLICY_CHARACTERS { Err(TooLong(json.len())) } else { Ok(Self(json)) }
    }

    fn of(actions: &[(&str, &[&str])]) -> Self {
        let statements = actions
            .iter()
            .map(|(service, actions)| Statement::allow(service.to_uppercase(), service, actions, anything()))
            .collect();
        Self(Document::new(statements).to_json())
    }

    /// For validation and the trust probe: GetCallerIdentity, which needs no permission at all.
    #[must_use]
    pub fn validation() -> Self {
        Self::of(&[("sts", &["GetCallerIdentity"])])
    }

    /// For listing the keys that a sync may encrypt with.
    #[must_use]
    pub fn kms_keys() -> Self {
        Self::of(&[("kms", &["ListAliases", "DescribeKey"])])
    }

    /// For listing the IAM users whose keys may be rotated.
    #[must_use]
    pub fn users() -> Self {
        Self::of(&[("iam", &["ListUsers"])])
    }

    /// The JSON text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_policies_of_our_own_calls_fit_and_allow_only_them() {
        for (policy, actions) in [
            (
                SessionPolicy::validation(),
                r#"[{"Sid":"STS","Effect":"Allow","Action":"sts:GetCallerIdentity","Resource":"*"}]"#,
            ),
            (
                SessionPolicy::kms_keys(),
                r#"[{"Sid":"KMS","Effect":"Allow","Action":["kms:ListAliases","kms:DescribeKey"],"Resource":"*"}]"#,
            ),
            (
                SessionPolicy::users(),
                r#"[{"Sid":"IAM","Effect":"Allow","Action":"iam:ListUsers","Resource":"*"}]"#,
            ),
        ] {
            assert_eq!(policy.as_str(), format!(r#"{{"Version":"2012-10-17","Statement":{actions}}}"#));
            assert!(policy.as_str().len() <= MAX_SESSION_POLICY_CHARACTERS);
        }
    }

    #[test]
    fn a_policy_that_does_not_fit_is_refused_before_it_is_sent() {
        let names =
            |count: usize| (0..count).map(|n| format!("arn:aws:iam::123456789012:user/{n:04}")).collect();
        let document =
            |count| Document::new(vec![Statement::allow("A", "iam", &["ListAccessKeys"], names(count))]);
        assert!(SessionPolicy::new(&document(40)).is_ok());
        assert!(matches!(SessionPolicy::new(&document(60)), Err(TooLong(length)) if length > 2_048));
    }
}
