//! CloudTrail's event history, which the guard answers.

use aws_sdk_cloudtrail::types::{LookupAttribute, LookupAttributeKey};
use aws_sdk_sts::error::ProvideErrorMetadata as _;
use serde_json::Value;

use crate::aws::Aws;

fn by_name(name: &str) -> LookupAttribute {
    LookupAttribute::builder()
        .attribute_key(LookupAttributeKey::Username)
        .attribute_value(name)
        .build()
        .unwrap()
}

#[tokio::test]
async fn a_persons_events_are_found_by_the_sessions_name() {
    let aws = Aws::start().await;
    let function =
        aws.console_role("target", &["iam:GetRolePolicy", "iam:ListRoles", "cloudtrail:LookupEvents"]).await;
    let ada = aws.config(aws.person(&function, "target", "ada@example.com").await).await;
    let eve = aws.config(aws.person(&function, "target", "eve@example.com").await).await;
    let iam = aws_sdk_iam::Client::new(&ada);
    iam.list_roles().send().await.unwrap();
    iam.list_users().send().await.unwrap_err();
    aws_sdk_iam::Client::new(&eve).list_roles().send().await.unwrap();

    let trail = aws_sdk_cloudtrail::Client::new(&eve);
    let look_up = || trail.lookup_events().lookup_attributes(by_name("ada@example.com")).max_results(1);
    let newest = look_up().send().await.unwrap();
    let older = look_up().set_next_token(newest.next_token.clone()).send().await.unwrap();
    assert_eq!(older.next_token, None);
    let events = [&newest.events()[0], &older.events()[0]];
    assert_eq!(events.map(|event| event.event_name().unwrap()), ["ListUsers", "ListRoles"]);
    for event in events {
        assert_eq!(event.username(), Some("ada@example.com"));
        assert_eq!(event.event_source(), Some("iam.amazonaws.com"));
        assert!(event.event_time().is_some());
    }
    let record: Value = serde_json::from_str(newest.events()[0].cloud_trail_event().unwrap()).unwrap();
    let arn = format!("arn:aws:sts::{}:assumed-role/target/ada@example.com", aws.their_account);
    assert_eq!(record["userIdentity"]["arn"].as_str(), Some(arn.as_str()));
    assert_eq!(record["errorCode"].as_str(), Some("AccessDenied"));
    assert!(record["errorMessage"].as_str().unwrap().contains("iam:ListUsers"), "{record}");
}

#[tokio::test]
async fn the_history_is_for_those_who_may_look_it_up() {
    let aws = Aws::start().await;
    let function = aws.console_role("target", &["iam:ListRoles"]).await;
    let config = aws.config(aws.person(&function, "target", "ada@example.com").await).await;
    let refusal = aws_sdk_cloudtrail::Client::new(&config).lookup_events().send().await.unwrap_err();
    assert!(refusal.code().unwrap().starts_with("AccessDenied"), "{refusal:?}");
    assert!(refusal.message().unwrap().contains("cloudtrail:LookupEvents"), "{refusal:?}");
}
