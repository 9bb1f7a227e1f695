//! AWS principals as `sts:GetCallerIdentity` names them, and the lists of those that may log in.
//!
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-arns>

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::arn::{AccountId, Arn};
use crate::glob;

/// The text is not the ARN of a principal that GetCallerIdentity answers with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not the ARN of an IAM user, an assumed role, a federated user or an account's root")]
pub struct NotAPrincipal;

/// Who signed a GetCallerIdentity request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Principal {
    arn: Arn,
    account: AccountId,
    resource_type: &'static str,
    /// Empty for an account's root.
    friendly_name: String,
}

impl Principal {
    /// The ARN as AWS wrote it.
    #[must_use]
    pub const fn arn(&self) -> &Arn {
        &self.arn
    }

    /// The account that it belongs to.
    #[must_use]
    pub const fn account(&self) -> &AccountId {
        &self.account
    }

    /// The forms that a pattern may match: without IAM path and without session name, and for an assumed role
    /// also the role itself (`arn:aws:iam::123456789012:role/App`).
    #[must_use]
    pub fn normalized(&self) -> Vec<String> {
        let Self { arn: Arn { partition, service, .. }, account, resource_type, friendly_name } = self;
        let name = if friendly_name.is_empty() { String::new() } else { format!("/{friendly_name}") };
        let mut forms = vec![format!("arn:{partition}:{service}::{account}:{resource_type}{name}")];
        if *resource_type == "assumed-role" {
            forms.push(format!("arn:{partition}:iam::{account}:role{name}"));
        }
        forms
    }

    /// What the token says about it.
    #[must_use]
    pub fn claims(&self, user_id: &str) -> PrincipalClaims {
        PrincipalClaims {
            account_id: self.account.clone(),
            arn: self.arn.to_string(),
            user_id: user_id.to_owned(),
            partition: self.arn.partition.name().to_owned(),
            service: self.arn.service.clone(),
            resource_type: self.resource_type.to_owned(),
            resource_name: self.friendly_name.clone(),
        }
    }
}

impl FromStr for Principal {
    type Err = NotAPrincipal;

    fn from_str(text: &str) -> Result<Self, NotAPrincipal> {
        let arn: Arn = text.parse().map_err(|_| NotAPrincipal)?;
        let segments: Vec<&str> = arn.resource.split('/').collect();
        // The last segment is the name, except behind an assumed role, where it is the session's.
        let (resource_type, friendly_name) = match (arn.service.as_str(), segments.as_slice()) {
            ("iam", ["root"]) => ("root", ""),
            ("iam", ["user", .., name]) => ("user", *name),
            ("iam", ["role", .., name]) => ("role", *name),
            ("sts", ["assumed-role", role, _session]) => ("assumed-role", *role),
            ("sts", ["federated-user", name]) => ("federated-user", *name),
            _ => return Err(NotAPrincipal),
        };
        let friendly_name = friendly_name.to_owned();
        match &arn {
            Arn { region: None, account: Some(account), .. } if !segments.contains(&"") => {
                Ok(Self { account: account.clone(), resource_type, friendly_name, arn })
            }
            _ => Err(NotAPrincipal),
        }
    }
}

/// What a token says about the AWS principal that it was made for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PrincipalClaims {
    /// Its account.
    pub account_id: AccountId,
    /// As AWS wrote it, session name included.
    pub arn: String,
    /// AWS's `UserId`: unique over deletion and re-creation of the principal.
    pub user_id: String,
    /// `aws`, `aws-cn`, …
    pub partition: String,
    /// `iam` or `sts`.
    pub service: String,
    /// `user`, `assumed-role`, …
    pub resource_type: String,
    /// The name without path and session.
    pub resource_name: String,
}

/// One entry of an allow-list of principals is not a pattern for ARNs.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "{0:?} is not an ARN of a user, role or assumed role, such as arn:aws:iam::123456789012:role/App or arn:aws:iam::123456789012:*"
)]
pub struct NotAPrincipalPattern(String);

/// Patterns for the ARNs of principals, in the order in which they were written. A pattern always names its
/// account, so that no list admits all of AWS.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PrincipalPatterns(Vec<String>);

impl PrincipalPatterns {
    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether one of the patterns matches one of the principal's normalised forms.
    #[must_use]
    pub fn admit(&self, principal: &Principal) -> bool {
        let forms = principal.normalized();
        self.0.iter().any(|pattern| forms.iter().any(|form| glob::matches_arn(pattern, form)))
    }
}

impl FromStr for PrincipalPatterns {
    type Err = NotAPrincipalPattern;

    /// From a comma-separated list; empty entries do not count.
    fn from_str(list: &str) -> Result<Self, NotAPrincipalPattern> {
        entries(list)
            .map(|entry| {
                is_pattern(entry)
                    .then(|| entry.to_owned())
                    .ok_or_else(|| NotAPrincipalPattern(entry.to_owned()))
            })
            .collect::<Result<_, _>>()
            .map(Self)
    }
}

impl fmt::Display for PrincipalPatterns {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.join(", "))
    }
}

fn is_pattern(text: &str) -> bool {
    let Ok(Arn { service, region: None, account: Some(_), resource, .. }) = text.parse() else {
        return false;
    };
    let named = ["user/", "role/", "assumed-role/", "federated-user/"]
        .iter()
        .any(|kind| resource.strip_prefix(kind).is_some_and(|name| !name.is_empty()));
    matches!(service.as_str(), "iam" | "sts") && (named || matches!(resource.as_str(), "*" | "root"))
}

/// One entry of an allow-list of accounts is not an account id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not an AWS account id of exactly 12 digits")]
pub struct NotAnAccountId(String);

/// AWS accounts, in the order in which they were written.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct AccountIds(Vec<AccountId>);

impl AccountIds {
    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether the account is among them.
    #[must_use]
    pub fn admit(&self, principal: &Principal) -> bool {
        self.0.contains(principal.account())
    }
}

impl FromStr for AccountIds {
    type Err = NotAnAccountId;

    /// From a comma-separated list; empty entries do not count.
    fn from_str(list: &str) -> Result<Self, NotAnAccountId> {
        entries(list)
            .map(|entry| entry.parse().map_err(|_| NotAnAccountId(entry.to_owned())))
            .collect::<Result<_, _>>()
            .map(Self)
    }
}

impl fmt::Display for AccountIds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let texts: Vec<&str> = self.0.iter().map(AccountId::as_str).collect();
        f.write_str(&texts.join(", "))
    }
}

fn entries(list: &str) -> impl Iterator<Item = &str> {
    list.split(',').map(str::trim).filter(|entry| !entry.is_empty())
}

#[cfg(test)]
mod tests;
