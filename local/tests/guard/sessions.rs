//! Ending sessions: Denies on a role, and the room for them.

use std::time::{SystemTime, UNIX_EPOCH};

use aws_sdk_sts::config::Credentials;
use aws_sdk_sts::error::ProvideErrorMetadata as _;
use serde_json::{Value, json};

use crate::aws::Aws;

/// ISO 8601 by way of the SDK: so many seconds from now.
fn from_now(seconds: i64) -> String {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    aws_sdk_sts::primitives::DateTime::from_secs(i64::try_from(now).unwrap() + seconds).to_string()
}

fn deny(condition: Value) -> Value {
    let mut statement = json!({"Effect": "Deny", "Action": "*", "Resource": "*"});
    statement["Condition"] = condition;
    statement
}

/// Whether the session may read its own role's policy; a refusal must be the Deny's.
async fn works(aws: &Aws, person: &Credentials) -> bool {
    let iam = aws_sdk_iam::Client::new(&aws.config(person.clone()).await);
    match iam.get_role_policy().role_name("target").policy_name("work").send().await {
        Ok(_) => true,
        Err(refusal) => {
            let message = refusal.message().unwrap_or_default();
            assert!(message.ends_with("with an explicit deny in an identity-based policy"), "{refusal:?}");
            false
        }
    }
}

#[tokio::test]
async fn a_deny_ends_the_older_sessions_of_one_person_and_no_others() {
    let aws = Aws::start().await;
    let function = aws.console_role("target", &["iam:GetRolePolicy"]).await;
    let ada = function.assume_role().role_arn(aws.role_arn("target")).role_session_name("ada+x@example.com");
    let ada = ada.send().await.unwrap();
    let ada_is = ada.assumed_role_user().unwrap().assumed_role_id().to_owned();
    let ada = crate::aws::credentials(&ada);
    let bob = aws.person(&function, "target", "bob@example.com").await;
    let any_ada = format!("{}:ada*", ada_is.split(':').next().unwrap());
    for (condition, ada_works) in [
        // Given before the policy's moment: over.
        (
            json!({"StringEquals": {"aws:userid": ada_is}, "DateLessThan": {"aws:TokenIssueTime": from_now(60)}}),
            false,
        ),
        (
            json!({"StringEquals": {"aws:userid": ada_is}, "DateLessThanEquals": {"aws:TokenIssueTime": from_now(60)}}),
            false,
        ),
        (
            json!({"StringLike": {"aws:userid": any_ada}, "DateLessThan": {"aws:TokenIssueTime": from_now(60)}}),
            false,
        ),
        // Given after it: goes on.
        (
            json!({"StringEquals": {"aws:userid": ada_is}, "DateLessThan": {"aws:TokenIssueTime": from_now(-60)}}),
            true,
        ),
        (
            json!({"StringLike": {"aws:userid": any_ada}, "DateLessThanEquals": {"aws:TokenIssueTime": from_now(-60)}}),
            true,
        ),
        // A pattern is a pattern only where the operator says so.
        (
            json!({"StringEquals": {"aws:userid": any_ada}, "DateLessThan": {"aws:TokenIssueTime": from_now(60)}}),
            true,
        ),
    ] {
        aws.policy(&aws.theirs, "target", "end", &deny(condition.clone())).await.unwrap();
        assert_eq!(works(&aws, &ada).await, ada_works, "{condition}");
        assert!(works(&aws, &bob).await, "{condition}");
    }
}

#[tokio::test]
async fn all_inline_policies_of_a_role_together_have_a_limit() {
    let aws = Aws::start().await;
    aws.console_role("target", &["iam:GetRolePolicy"]).await;
    // Together with the policies that the role has already, three of these fit.
    let statement = deny(json!({"StringEquals": {"aws:userid": "x".repeat(3_000)}}));
    let put = |name: &'static str| aws.policy(&aws.theirs, "target", name, &statement);
    for name in ["one", "two", "three"] {
        put(name).await.unwrap();
    }
    let refusal = put("four").await.unwrap_err().to_string();
    assert!(refusal.contains("LimitExceeded") && refusal.contains("10240"), "{refusal}");
    // To replace one takes no more room.
    put("three").await.unwrap();
}
