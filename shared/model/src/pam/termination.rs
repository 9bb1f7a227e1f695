//! Ending a session that AWS has already given: a Deny on the role, for one person and up to one moment.
//!
//! Changing a trust policy ends nothing, because AWS reads it only when a role is assumed. What does end a session is a
//! Deny in the role's own permissions, keyed on who the session is (`aws:userid`) and when its credentials were given
//! (`aws:TokenIssueTime`): <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_revoke-sessions.html>.

use std::fmt;
use std::str::FromStr;

use crate::Timestamp;
use crate::arn::RoleArn;
use crate::connection::ExternalId;
use crate::policy::{Document, SessionPolicy, Statement};

/// What AWS calls a session of a role in `aws:userid`: the role's own id, a colon, the session's name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserId(String);

/// The text is not the user id of a role's session.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not the user id of a role's session, AROA…:name")]
pub struct NotAUserId;

impl FromStr for UserId {
    type Err = NotAUserId;

    fn from_str(text: &str) -> Result<Self, NotAUserId> {
        let sound = text.split_once(':').is_some_and(|(role, name)| {
            let name_is_sound = (2..=64).contains(&name.len())
                && name.chars().all(|c| c.is_ascii_alphanumeric() || "_+=,.@-".contains(c));
            role.len() >= 16 && role.chars().all(|c| c.is_ascii_alphanumeric()) && name_is_sound
        });
        if sound { Ok(Self(text.to_owned())) } else { Err(NotAUserId) }
    }
}

impl UserId {
    /// The part that the session was given.
    #[must_use]
    pub fn session_name(&self) -> &str {
        self.0.split_once(':').map_or("", |(_, name)| name)
    }
}

impl fmt::Display for UserId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The inline policy that ends every session of `user` whose credentials AWS gave at `issued_until` or before.
///
/// One policy for each termination: terminations do not read and rewrite a document of each other's, so that none can
/// undo another, and each is removed by itself. At under 400 characters, 25 of them fit beside each other into what AWS
/// allows a role (10,240, <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html>).
#[must_use]
pub fn deny_policy(user: &UserId, issued_until: Timestamp) -> Document {
    let statement = Statement::deny_all("EndDrawbridgeSession")
        .when("StringEquals", "aws:userid", vec![user.to_string()])
        .when("DateLessThanEquals", "aws:TokenIssueTime", vec![whole_seconds(issued_until)]);
    Document::new(vec![statement])
}

/// AWS counts issue times in whole seconds.
fn whole_seconds(at: Timestamp) -> String {
    let text = Timestamp::from_unix_seconds(at.unix_seconds()).to_string();
    text.replace(".000Z", "Z")
}

/// What our own session may do that puts the policy: this, on this role, and nothing else.
#[must_use]
pub fn ending_policy(role: &RoleArn) -> SessionPolicy {
    one_role("EndSessions", &["PutRolePolicy"], role)
}

/// What our own session may do that removes the policy again: this, on this role, and nothing else.
#[must_use]
pub fn removal_policy(role: &RoleArn) -> SessionPolicy {
    one_role("RemoveEnds", &["DeleteRolePolicy"], role)
}

/// What the session may do that proves the termination: try to read that policy, and be refused.
#[must_use]
pub fn proof_policy(role: &RoleArn) -> SessionPolicy {
    one_role("ProveEnd", &["GetRolePolicy"], role)
}

fn one_role(sid: &str, actions: &[&str], role: &RoleArn) -> SessionPolicy {
    let statement = Statement::allow(sid, "iam", actions, vec![role.to_string()]);
    // A role's ARN has at most 620 characters, so that it fits; and what did not fit would allow nothing.
    SessionPolicy::new(&Document::new(vec![statement])).unwrap_or_else(|_| SessionPolicy::validation())
}

/// The permission policy that a resource's role needs to go on to `targets`; nothing else is needed to let people in.
#[must_use]
pub fn chaining_permission(targets: &[&RoleArn]) -> Document {
    let targets = targets.iter().map(ToString::to_string).collect();
    Document::new(vec![Statement::allow("EnterTargetRoles", "sts", &["AssumeRole"], targets)])
}

/// The trust policy of a role that people use: its resource's role, with the project's id as External ID.
#[must_use]
pub fn target_trust_policy(resource_role: &RoleArn, external_id: &ExternalId) -> Document {
    let statement = Statement::allow("AllowResourceRole", "sts", &["AssumeRole"], Vec::new())
        .by_principal(resource_role.to_string())
        .when("StringEquals", "sts:ExternalId", vec![external_id.to_string()]);
    Document::new(vec![statement])
}

/// The permission policy that a resource's role needs so that sessions of `targets` can be ended.
#[must_use]
pub fn required_permission(targets: &[&RoleArn]) -> Document {
    let targets = targets.iter().map(ToString::to_string).collect();
    Document::new(vec![Statement::allow(
        "EndDrawbridgeSessions",
        "iam",
        &["PutRolePolicy", "DeleteRolePolicy"],
        targets,
    )])
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use serde_json::json;

    use super::*;

    fn role() -> RoleArn {
        "arn:aws:iam::123456789012:role/pam/readonly".parse().unwrap()
    }

    #[test]
    fn the_deny_names_one_person_and_one_moment() {
        let user: UserId = "AROAEXAMPLEID1234567:ada@example.com".parse().unwrap();
        assert_eq!(user.session_name(), "ada@example.com");
        let policy = deny_policy(&user, "2026-01-02T03:04:05.678Z".parse().unwrap());
        assert_eq!(
            serde_json::to_value(&policy).unwrap(),
            json!({
                "Version": "2012-10-17",
                "Statement": [{
                    "Sid": "EndDrawbridgeSession",
                    "Effect": "Deny",
                    "Action": "*",
                    "Resource": "*",
                    "Condition": {
                        "StringEquals": { "aws:userid": "AROAEXAMPLEID1234567:ada@example.com" },
                        "DateLessThanEquals": { "aws:TokenIssueTime": "2026-01-02T03:04:05Z" }
                    }
                }]
            })
        );
    }

    #[test]
    fn twenty_five_policies_with_the_longest_names_fit_beside_each_other() {
        let user: UserId = format!("AROA{}:{}", "A".repeat(28), "a".repeat(64)).parse().unwrap();
        let length = deny_policy(&user, "2026-01-02T03:04:05Z".parse().unwrap()).to_json().len();
        assert!(length * 25 <= 10_240, "{length}");
    }

    #[test]
    fn only_a_sessions_user_id_is_one() {
        for text in [
            "",
            "AROAEXAMPLEID1234567",
            "AROAEXAMPLEID1234567:",
            ":ada",
            "AIDA:ada",
            "AROAEXAMPLEID1234567:a*",
            "AROAEXAMPLEID123*:ada",
        ] {
            assert_eq!(text.parse::<UserId>(), Err(NotAUserId), "{text:?}");
        }
    }

    #[test]
    fn the_two_roles_policies_are_those_of_the_documentation() {
        let project = "7ffbb072-2575-495a-b5b0-127f88caef78".parse().unwrap();
        let bridge: RoleArn = "arn:aws:iam::123456789012:role/bridge".parse().unwrap();
        assert_eq!(
            serde_json::to_value(target_trust_policy(&bridge, &ExternalId::of_project(project))).unwrap(),
            json!({
                "Version": "2012-10-17",
                "Statement": [{
                    "Sid": "AllowResourceRole",
                    "Effect": "Allow",
                    "Principal": { "AWS": "arn:aws:iam::123456789012:role/bridge" },
                    "Action": "sts:AssumeRole",
                    "Condition": { "StringEquals": { "sts:ExternalId": "7ffbb072-2575-495a-b5b0-127f88caef78" } }
                }]
            })
        );
        assert_eq!(
            chaining_permission(&[&role()]).to_json(),
            r#"{"Version":"2012-10-17","Statement":[{"Sid":"EnterTargetRoles","Effect":"Allow","Action":"sts:AssumeRole","Resource":"arn:aws:iam::123456789012:role/pam/readonly"}]}"#
        );
    }

    #[test]
    fn our_own_sessions_are_confined_to_the_role() {
        let arn = "arn:aws:iam::123456789012:role/pam/readonly";
        assert_eq!(
            ending_policy(&role()).as_str(),
            format!(
                r#"{{"Version":"2012-10-17","Statement":[{{"Sid":"EndSessions","Effect":"Allow","Action":"iam:PutRolePolicy","Resource":"{arn}"}}]}}"#
            )
        );
        assert_eq!(
            removal_policy(&role()).as_str(),
            format!(
                r#"{{"Version":"2012-10-17","Statement":[{{"Sid":"RemoveEnds","Effect":"Allow","Action":"iam:DeleteRolePolicy","Resource":"{arn}"}}]}}"#
            )
        );
        assert_eq!(
            proof_policy(&role()).as_str(),
            format!(
                r#"{{"Version":"2012-10-17","Statement":[{{"Sid":"ProveEnd","Effect":"Allow","Action":"iam:GetRolePolicy","Resource":"{arn}"}}]}}"#
            )
        );
        assert_eq!(
            required_permission(&[&role()]).to_json(),
            format!(
                r#"{{"Version":"2012-10-17","Statement":[{{"Sid":"EndDrawbridgeSessions","Effect":"Allow","Action":["iam:PutRolePolicy","iam:DeleteRolePolicy"],"Resource":"{arn}"}}]}}"#
            )
        );
    }
}
