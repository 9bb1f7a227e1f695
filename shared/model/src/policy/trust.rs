//! The trust policy of a role that Drawbridge may assume.

use super::{Document, Statement};
use crate::arn::AccountId;
use crate::connection::ExternalId;
use crate::partition::Partition;

/// Who asks to be trusted: this deployment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trusted {
    /// The partition that Drawbridge runs in.
    pub partition: Partition,
    /// The account that Drawbridge runs in.
    pub account: AccountId,
    /// The IAM path of the functions that may use connections, with both slashes: `/drawbridge/<stack>/connection/`.
    pub role_path: String,
}

impl Trusted {
    /// The trust policy: this account, from the functions under the role path alone, and only with this External ID.
    ///
    /// The account's root stands for every principal that the account itself allows; the path narrows that to our
    /// functions without naming roles that a redeployment replaces. Why the External ID:
    /// <https://docs.aws.amazon.com/IAM/latest/UserGuide/confused-deputy.html>.
    #[must_use]
    pub fn policy(&self, external_id: &ExternalId) -> Document {
        let Self { partition, account, role_path } = self;
        let statement = Statement::allow("AllowDrawbridge", "sts", &["AssumeRole"], Vec::new())
            .by_principal(format!("arn:{partition}:iam::{account}:root"))
            .when("StringEquals", "sts:ExternalId", vec![external_id.to_string()])
            .when(
                "ArnLike",
                "aws:PrincipalArn",
                vec![format!("arn:{partition}:iam::{account}:role{role_path}*")],
            );
        Document::new(vec![statement])
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_trust_policy_names_account_external_id_and_role_path() {
        let trusted = Trusted {
            partition: Partition::AwsCn,
            account: "123456789012".parse().expect("an account"),
            role_path: "/drawbridge/prod/connection/".to_owned(),
        };
        let project = "7ffbb072-2575-495a-b5b0-127f88caef78".parse().expect("a UUID");
        let external_id = ExternalId::of_project(project);
        assert_eq!(
            serde_json::to_value(trusted.policy(&external_id)).expect("a policy is JSON"),
            json!({
                "Version": "2012-10-17",
                "Statement": [{
                    "Sid": "AllowDrawbridge",
                    "Effect": "Allow",
                    "Principal": { "AWS": "arn:aws-cn:iam::123456789012:root" },
                    "Action": "sts:AssumeRole",
                    "Condition": {
                        "StringEquals": { "sts:ExternalId": "7ffbb072-2575-495a-b5b0-127f88caef78" },
                        "ArnLike": { "aws:PrincipalArn": "arn:aws-cn:iam::123456789012:role/drawbridge/prod/connection/*" }
                    }
                }]
            })
        );
    }
}
