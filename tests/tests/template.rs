//! `template.yaml` and the code are one system: what is deployed is what the code answers, reads and calls.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

use std::collections::{BTreeMap, BTreeSet};

use tests::source;
use tests::template::{Function, Template, chosen, property, written};
use web::{Access, Route};

/// What an SDK call of ours looks like in the sources, by the action that it is authorised as.
/// `TransactWriteItems` is authorised as the writes that it holds.
/// <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/transaction-apis-iam.html>
const CALLS: [(&str, &str); 12] = [
    ("dynamodb:BatchGetItem", ".batch_get_item()"),
    ("dynamodb:ConditionCheckItem", "ConditionCheck::builder()"),
    ("dynamodb:DeleteItem", "Delete::builder()"),
    ("dynamodb:GetItem", ".get_item()"),
    ("dynamodb:PutItem", "Put::builder()"),
    ("dynamodb:Query", ".query()"),
    ("dynamodb:UpdateItem", "Update::builder()"),
    ("kms:Decrypt", ".decrypt()"),
    ("kms:GenerateDataKey", ".generate_data_key()"),
    ("kms:GetPublicKey", ".get_public_key()"),
    ("kms:Sign", ".sign()"),
    ("sts:AssumeRole", ".assume_role()"),
];

/// What the Lambda service itself does in a function's name.
const RUNTIME: [&str; 4] =
    ["logs:CreateLogStream", "logs:PutLogEvents", "xray:PutTelemetryRecords", "xray:PutTraceSegments"];

/// Services that a function reaches with the credentials of a customer's connection and never with its own role.
const THROUGH_A_CONNECTION: [(&str, &str); 1] = [("connections", "iam")];

/// Read by the SDK, which asks for it by itself.
const READ_BY_THE_SDK: &str = "AWS_ENDPOINT_URL";

/// Given by Lambda itself.
/// <https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html#configuration-envvars-runtime>
const GIVEN_BY_LAMBDA: &str = "AWS_REGION";

fn template() -> Template {
    Template::read().unwrap()
}

fn function(crate_name: &str) -> Function {
    let functions = template().functions().unwrap();
    functions.into_iter().find(|function| function.crate_name == crate_name).unwrap()
}

/// What each function answers, by its crate.
fn code_routes() -> BTreeMap<&'static str, Vec<Route>> {
    BTreeMap::from([
        ("connections", connections::routes().list().to_vec()),
        ("identities", identities::routes().list().to_vec()),
        ("projects", projects::routes().list().to_vec()),
    ])
}

/// The path with each parameter replaced by a text that no route spells out.
fn example(path: &str) -> String {
    let segments =
        path.split('/').map(|segment| if segment.starts_with('{') { "0-example" } else { segment });
    segments.collect::<Vec<_>>().join("/")
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
    assert_eq!(template().resources("AWS::IAM::Role").count(), functions.len());
}

#[test]
fn every_function_but_the_authorizer_answers_routes() {
    let mut answering: BTreeSet<_> = code_routes().into_keys().map(str::to_owned).collect();
    answering.insert("authorizer".to_owned());
    assert_eq!(answering, source::crates_in("functions").unwrap());
    assert_eq!(function("authorizer").routes, []);
}

#[test]
fn every_route_of_the_code_reaches_its_own_function() {
    let routes = template().routes().unwrap();
    for (crate_name, code) in code_routes() {
        assert!(!code.is_empty(), "{crate_name} answers nothing");
        for route in code {
            let reached = chosen(&routes, route.method.as_str(), &example(route.path));
            let reached =
                reached.unwrap_or_else(|| panic!("{} {} reaches nothing", route.method, route.path));
            assert_eq!(reached.crate_name, crate_name, "{} {}", route.method, route.path);
        }
    }
}

#[test]
fn a_trailing_slash_reaches_the_same_function_below_each_prefix() {
    let routes = template().routes().unwrap();
    for (crate_name, code) in code_routes() {
        for route in code {
            // An HTTP API has no route for a prefix with nothing but a slash after it, and no client asks for one.
            if routes.iter().any(|prefix| prefix.method == "ANY" && prefix.path == route.path)
                || route.path == "/api/status"
            {
                continue;
            }
            let reached = chosen(&routes, route.method.as_str(), &format!("{}/", example(route.path)));
            assert_eq!(
                reached.map(|reached| reached.crate_name.as_str()),
                Some(crate_name),
                "{}/",
                route.path
            );
        }
    }
}

#[test]
fn routes_without_an_authorizer_are_exactly_the_open_ones() {
    let open = template().routes().unwrap().into_iter().filter(|route| route.open);
    let open: BTreeSet<_> = open.map(|route| format!("{} {}", route.method, route.path)).collect();
    let code = code_routes().into_values().flatten().filter(|route| route.access == Access::Open);
    assert_eq!(open, code.map(|route| format!("{} {}", route.method, route.path)).collect());
}

#[test]
fn every_route_of_the_template_serves_a_route_of_the_code() {
    let routes = template().routes().unwrap();
    let code: Vec<_> = code_routes().into_values().flatten().collect();
    for route in &routes {
        let serves = |code: &Route| chosen(&routes, code.method.as_str(), &example(code.path)) == Some(route);
        assert!(code.iter().any(serves), "nothing answers {} {}", route.method, route.path);
    }
}

#[test]
fn a_functions_settings_are_exactly_those_that_it_reads() {
    for function in template().functions().unwrap() {
        let mut given = function.environment.clone();
        assert!(given.remove(READ_BY_THE_SDK), "{} lacks {READ_BY_THE_SDK}", function.logical_id);
        let mut read = source::settings(&function.crate_name).unwrap();
        read.remove(GIVEN_BY_LAMBDA);
        assert_eq!(given, read, "{}", function.logical_id);
    }
}

#[test]
fn a_function_links_the_sdks_of_exactly_the_services_in_its_policy() {
    for function in template().functions().unwrap() {
        let actions =
            template().policy(&function.role).unwrap().into_iter().flat_map(|statement| statement.actions);
        let own = actions.filter(|action| !RUNTIME.contains(&action.as_str()));
        let mut services: BTreeSet<_> =
            own.map(|action| action.split(':').next().unwrap_or_default().to_owned()).collect();
        let through = THROUGH_A_CONNECTION.iter().filter(|(name, _)| *name == function.crate_name);
        services.extend(through.map(|(_, service)| (*service).to_owned()));
        assert_eq!(services, source::services(&function.crate_name).unwrap(), "{}", function.crate_name);
    }
}

#[test]
fn every_action_of_a_policy_is_called_somewhere_in_its_function() {
    let calls = BTreeMap::from(CALLS);
    for function in template().functions().unwrap() {
        let code = source::running_code(&function.crate_name).unwrap();
        for action in
            template().policy(&function.role).unwrap().iter().flat_map(|statement| &statement.actions)
        {
            if !RUNTIME.contains(&action.as_str()) {
                let call =
                    calls.get(action.as_str()).unwrap_or_else(|| panic!("{action} is not on the list"));
                assert!(code.contains(call), "{} never calls {call} for {action}", function.crate_name);
            }
        }
    }
}

#[test]
fn no_statement_is_wider_than_a_named_action_on_a_named_resource() {
    for function in template().functions().unwrap() {
        for statement in template().policy(&function.role).unwrap() {
            let place = format!("{} {}", function.role, statement.sid);
            assert!(statement.actions.iter().all(|action| !action.contains('*')), "{place}");
            // X-Ray has no resources; every other statement names its own.
            let everything = statement.resources.iter().any(|resource| resource == "*");
            assert_eq!(
                everything,
                statement.actions.iter().all(|action| action.starts_with("xray:")),
                "{place}"
            );
        }
    }
}

#[test]
fn the_audit_table_can_only_be_added_to() {
    for function in template().functions().unwrap() {
        for statement in template().policy(&function.role).unwrap() {
            if statement.resources.iter().any(|resource| resource.contains("AuditTable")) {
                assert_eq!(statement.actions, ["dynamodb:PutItem"], "{}", function.role);
                assert_eq!(statement.resources, ["!GetAtt AuditTable.Arn"], "{}", function.role);
            }
        }
    }
}

/// The roles that hold an action.
fn holders(action: &str) -> Vec<String> {
    let functions = template().functions().unwrap().into_iter();
    let holds = |function: &Function| {
        let policy = template().policy(&function.role).unwrap();
        policy.iter().any(|statement| statement.actions.iter().any(|held| held == action))
    };
    functions.filter(holds).map(|function| function.crate_name).collect()
}

#[test]
fn only_identities_may_sign_tokens_and_the_key_says_so_too() {
    assert_eq!(holders("kms:Sign"), ["identities"]);
    let policy = template().key_policy("TokenSigningKey").unwrap();
    let signing = policy.iter().find(|statement| statement.actions == ["kms:Sign"]).unwrap();
    assert!(
        signing.condition.contains("role/drawbridge/${AWS::StackName}/identities/*"),
        "{}",
        signing.condition
    );
    let others =
        policy.iter().filter(|statement| statement.sid != signing.sid).flat_map(|other| &other.actions);
    assert!(others.clone().all(|action| !action.ends_with("Sign") && !action.ends_with(":*")));
}

#[test]
fn only_the_connection_path_may_open_sealed_values_and_the_key_says_so_too() {
    assert_eq!(holders("kms:Decrypt"), ["connections"]);
    let policy = template().key_policy("SealingKey").unwrap();
    let sealing =
        policy.iter().find(|statement| statement.actions.iter().any(|held| held == "kms:Decrypt")).unwrap();
    assert!(
        sealing.condition.contains("role/drawbridge/${AWS::StackName}/connection/*"),
        "{}",
        sealing.condition
    );
    let others =
        policy.iter().filter(|statement| statement.sid != sealing.sid).flat_map(|other| &other.actions);
    assert!(others.clone().all(|action| !action.ends_with("crypt") && !action.ends_with(":*")));
}

#[test]
fn only_connections_may_assume_roles_and_only_with_an_external_id_or_as_the_probe() {
    assert_eq!(holders("sts:AssumeRole"), ["connections"]);
    let policy = template().policy(&function("connections").role).unwrap();
    let assuming = policy.iter().filter(|statement| statement.actions == ["sts:AssumeRole"]);
    let conditions: Vec<_> = assuming.map(|statement| statement.condition.as_str()).collect();
    assert_eq!(
        conditions,
        ["{Null: {sts:ExternalId: false}}", "{StringEquals: {sts:RoleSessionName: drawbridge-trust-probe}}",]
    );
}

#[test]
fn the_connection_role_lies_under_the_path_that_trust_policies_name() {
    let template = template();
    let connections = function("connections");
    let path = written(property(template.resource(&connections.role).unwrap(), "Path").unwrap());
    assert_eq!(path, "!Sub /drawbridge/${AWS::StackName}/connection/");
    let resource = template.resource(&connections.logical_id).unwrap();
    let variables = property(resource, "Environment").unwrap().get("Variables").unwrap();
    assert_eq!(written(variables.get("ROLE_PATH").unwrap()), path);
}

#[test]
fn the_authorizer_is_asked_each_time_and_never_answers_in_our_place() {
    let template = template();
    let auth = property(template.resource("Api").unwrap(), "Auth").unwrap();
    let name = auth.get("DefaultAuthorizer").unwrap().as_str().unwrap();
    let authorizer = auth.get("Authorizers").unwrap().get(name).unwrap();
    assert_eq!(written(authorizer.get("FunctionArn").unwrap()), "!GetAtt AuthorizerFunction.Arn");
    assert_eq!(written(authorizer.get("Identity").unwrap()), "{ReauthorizeEvery: 0}");
    assert_eq!(written(authorizer.get("EnableSimpleResponses").unwrap()), "true");
    assert_eq!(written(authorizer.get("AuthorizerPayloadFormatVersion").unwrap()), "2.0");
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

#[test]
fn every_event_is_one_that_the_gateway_would_send() {
    let routes = template().routes().unwrap();
    let functions = source::crates_in("functions").unwrap();
    let mut seen = BTreeSet::new();
    for entry in std::fs::read_dir(source::workspace().join("events")).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
        let text = std::fs::read_to_string(&path).unwrap();
        let event: serde_json::Value = serde_json::from_str(&text).unwrap();
        let function = functions.iter().find(|function| name.starts_with(&format!("{function}-"))).unwrap();
        seen.insert(function.clone());

        let http = &event["requestContext"]["http"];
        let (method, target) = (http["method"].as_str().unwrap(), http["path"].as_str().unwrap());
        let route = chosen(&routes, method, target).unwrap_or_else(|| panic!("{name}: no route"));
        let key = format!("{} {}", route.method, route.path);
        assert_eq!(event["routeKey"], key.as_str(), "{name}");
        assert_eq!(event["requestContext"]["routeKey"], key.as_str(), "{name}");
        if function == "authorizer" {
            assert_eq!(event["type"], "REQUEST", "{name}");
            assert!(!route.open, "{name}: nobody asks the authorizer");
        } else {
            assert_eq!(&route.crate_name, function, "{name}");
            assert_eq!(event["requestContext"].get("authorizer").is_none(), route.open, "{name}");
            lambda_http::request::from_str(&text).unwrap_or_else(|error| panic!("{name}: {error}"));
        }
    }
    assert_eq!(seen, functions);
}
