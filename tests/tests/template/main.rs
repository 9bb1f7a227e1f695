//! `template.yaml` and the code are one system: what is deployed is what the code answers, reads and calls.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod background;
mod dashboard;
mod document;
mod events;
mod operations;
mod policies;
mod routes;

use std::collections::BTreeSet;

use tests::source;
use tests::template::{Function, Template};

/// Read by the SDK, which asks for it by itself; and by who speaks to AWS without an SDK, too.
const READ_BY_THE_SDK: &str = "AWS_ENDPOINT_URL";

/// Given by Lambda itself.
/// <https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html#configuration-envvars-runtime>
const GIVEN_BY_LAMBDA: [&str; 2] = ["AWS_LAMBDA_FUNCTION_NAME", "AWS_REGION"];

fn template() -> Template {
    Template::read().unwrap()
}

fn function(crate_name: &str) -> Function {
    let functions = template().functions().unwrap();
    functions.into_iter().find(|function| function.crate_name == crate_name).unwrap()
}

#[test]
fn every_function_crate_is_deployed_and_nothing_else_is() {
    let deployed = template().functions().unwrap().into_iter().map(|function| function.crate_name);
    assert_eq!(deployed.collect::<BTreeSet<_>>(), source::crates_in("functions").unwrap());
}

#[test]
fn every_function_has_a_role_of_its_own() {
    let functions = template().functions().unwrap();
    let roles: BTreeSet<_> = functions.iter().map(|function| &function.role).collect();
    assert_eq!(roles.len(), functions.len());
    // And the schedules have one.
    let others = template()
        .resources("AWS::IAM::Role")
        .filter(|(name, _)| !roles.iter().any(|role| role == name))
        .count();
    assert_eq!(others, 1);
}

#[test]
fn a_functions_settings_are_exactly_those_that_it_reads() {
    for function in template().functions().unwrap() {
        let mut given = function.environment.clone();
        assert!(given.remove(READ_BY_THE_SDK), "{} lacks {READ_BY_THE_SDK}", function.logical_id);
        let mut read = source::settings(&function.crate_name).unwrap();
        read.retain(|name| name != READ_BY_THE_SDK && !GIVEN_BY_LAMBDA.contains(&name.as_str()));
        assert_eq!(given, read, "{}", function.logical_id);
    }
}

/// What is not on the list of `web::start` is silent below `info`, whatever the operator chose.
#[test]
fn the_log_knows_every_crate_that_writes_to_it() {
    let start = std::fs::read_to_string(source::workspace().join("shared/web/src/start.rs")).unwrap();
    let list = start.split("const OURS").nth(1).and_then(|rest| rest.split("];").next()).unwrap();
    let known: BTreeSet<_> = list.split('"').skip(1).step_by(2).map(str::to_owned).collect();
    let mut writing = BTreeSet::new();
    for function in template().functions().unwrap() {
        for folder in source::linked(&function.crate_name).unwrap() {
            let name = folder.file_name().unwrap().to_str().unwrap();
            // The metrics have a layer of their own.
            if name != "metrics" && source::code_of(&folder).unwrap().contains("tracing::") {
                writing.insert(name.replace('-', "_"));
            }
        }
    }
    let unknown: Vec<_> = writing.difference(&known).collect();
    assert!(unknown.is_empty(), "{unknown:?}");
}

#[test]
fn each_service_but_kms_and_iam_is_spoken_to_by_its_own_crates() {
    for (sdk, owners) in [
        ("aws-sdk-dynamodb", ["store"].as_slice()),
        ("aws-sdk-sts", &["access"]),
        ("aws-sdk-sqs", &["queue"]),
        ("aws-sdk-secretsmanager", &["destination"]),
        ("aws-sdk-ssm", &["destination"]),
        // ACM issues certificates, and is a place where they are put.
        ("aws-sdk-acm", &["authority", "placement"]),
        ("aws-sdk-acmpca", &["authority"]),
        ("aws-sdk-elasticloadbalancingv2", &["placement"]),
        ("aws-sdk-route53", &["authority"]),
        ("aws-sdk-eventbridge", &["bus"]),
        ("aws-sdk-s3", &["recordings"]),
    ] {
        let mut users = BTreeSet::new();
        for folder in ["functions", "shared"] {
            for name in source::crates_in(folder).unwrap() {
                let dependencies =
                    source::dependencies(&source::workspace().join(folder).join(&name)).unwrap();
                // What serves tests plays AWS as well as it asks it.
                if name != "testkit" && dependencies.contains(sdk) {
                    users.insert(name);
                }
            }
        }
        assert!(users.iter().eq(owners), "{sdk}: {users:?}");
    }
}

#[test]
fn state_outlives_the_stack() {
    let template = template();
    let state = ["AWS::DynamoDB::Table", "AWS::KMS::Key"];
    let kept: Vec<_> = state.iter().flat_map(|kind| template.resources(kind)).collect();
    assert_eq!(kept.len(), 4);
    for (name, resource) in kept {
        for policy in ["DeletionPolicy", "UpdateReplacePolicy"] {
            assert_eq!(
                resource.get(policy).and_then(|value| value.as_str()),
                Some("Retain"),
                "{name} {policy}"
            );
        }
    }
}
