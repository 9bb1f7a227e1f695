#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeMap;

use serde_json::json;
use uuid::Uuid;

use super::super::super::call::{Call, Permission};
use super::super::super::principals::Principal;
use super::super::super::record::{Caller, Recorded};
use super::Event;

fn recorded(number: u64, person: &str, service: &str, action: &str, resource: &str) -> Recorded {
    let principal = Principal {
        user_id: Some(format!("AROAEXAMPLE:{person}")),
        role_arn: Some("arn:aws:iam::222222222222:role/deep/target".to_owned()),
        ..Principal::new(&format!("arn:aws:sts::222222222222:assumed-role/target/{person}"))
    };
    Recorded {
        number,
        event_id: Uuid::from_u128(u128::from(number)),
        at: number * 1000 + 1,
        call: Call {
            service: service.to_owned(),
            action: action.to_owned(),
            region: "us-east-1".to_owned(),
            permissions: vec![Permission {
                action: format!("{service}:{action}"),
                resource: resource.to_owned(),
            }],
            details: BTreeMap::from([("number", json!(number))]),
        },
        caller: Caller {
            access_key_id: "ASIAEXAMPLE".to_owned(),
            principal: Some(principal),
            user_agent: "Boto3".to_owned(),
        },
        status: Some(200),
        error: None,
        error_message: None,
        fault: None,
        duration_ms: 1,
    }
}

/// A person's call at so many seconds.
pub(in super::super) fn event(number: u64, person: &str) -> Event {
    Event::of(recorded(number, person, "iam", "GetRole", "target"), "222222222222").unwrap()
}

#[test]
fn an_event_names_the_session_and_its_role() {
    let event = event(1_795_000_000, "ada@example.com");
    assert!(event.has("Username", "ada@example.com") && event.has("ResourceType", "AWS::IAM::Role"));
    assert!(event.has("ReadOnly", "true") && event.has("EventName", "GetRole"));
    let told = event.json();
    assert_eq!((&told["EventTime"], &told["ReadOnly"]), (&json!(1_795_000_000), &json!("true")));
    let record = &event.record;
    assert_eq!(record["eventTime"], json!("2026-11-18T11:06:40Z"));
    assert_eq!(record["userIdentity"]["type"], json!("AssumedRole"));
    assert_eq!(
        record["userIdentity"]["arn"],
        json!("arn:aws:sts::222222222222:assumed-role/target/ada@example.com")
    );
    assert_eq!(
        record["userIdentity"]["sessionContext"]["sessionIssuer"]["arn"],
        json!("arn:aws:iam::222222222222:role/deep/target")
    );
    assert_eq!(record.get("errorCode"), None);
}

#[test]
fn a_refusal_is_an_event_with_its_reason() {
    let mut refused = recorded(1, "ada", "s3", "ListBucket", "");
    refused.status = Some(403);
    refused.error = Some("AccessDenied".to_owned());
    refused.error_message = Some("with an explicit deny".to_owned());
    let event = Event::of(refused, "222222222222").unwrap();
    assert_eq!(event.name, "ListBuckets");
    assert_eq!(event.record["errorCode"], json!("AccessDenied"));
    assert_eq!(event.record["errorMessage"], json!("with an explicit deny"));
}

#[test]
fn data_events_and_other_accounts_are_left_out() {
    for (service, action, resource) in [
        ("dynamodb", "GetItem", "table"),
        ("dynamodb", "TransactWriteItems", "table"),
        ("s3", "GetObject", "bucket/key"),
        ("s3", "ListBucket", "bucket"),
        ("lambda", "GET /2015-03-31/functions/", "*"),
    ] {
        assert!(
            Event::of(recorded(1, "ada", service, action, resource), "222222222222").is_none(),
            "{action}"
        );
    }
    assert!(Event::of(recorded(1, "ada", "iam", "GetRole", "r"), "333333333333").is_none());
    let mut unheard = recorded(1, "ada", "iam", "GetRole", "r");
    unheard.fault = Some("reset");
    assert!(Event::of(unheard, "222222222222").is_none());
}

#[test]
fn an_account_sees_who_asked_for_its_roles_and_not_as_whom() {
    let role = "arn:aws:iam::333333333333:role/theirs";
    let event = Event::of(recorded(1, "ada", "sts", "AssumeRole", role), "333333333333").unwrap();
    assert_eq!(event.username, None);
    assert_eq!(event.record["userIdentity"]["type"], json!("AWSAccount"));
    assert_eq!(event.record["userIdentity"]["accountId"], json!("222222222222"));
}
