//! What roles and keys allow, and what the code calls.

use std::collections::{BTreeMap, BTreeSet};

use tests::source;
use tests::template::{Function, property, written};

use crate::{function, template};

/// What an SDK call of ours looks like in the sources, by the action that it is authorised as.
/// `TransactWriteItems` is authorised as the writes that it holds, a batch of messages as its messages.
/// <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/transaction-apis-iam.html>
const CALLS: [(&str, &str); 15] = [
    ("dynamodb:BatchGetItem", ".batch_get_item()"),
    ("dynamodb:ConditionCheckItem", "ConditionCheck::builder()"),
    ("dynamodb:DeleteItem", "Delete::builder()"),
    ("dynamodb:GetItem", ".get_item()"),
    ("dynamodb:PutItem", "Put::builder()"),
    ("dynamodb:Query", ".query()"),
    ("dynamodb:UpdateItem", "Update::builder()"),
    ("events:PutEvents", ".put_events()"),
    ("kms:Decrypt", ".decrypt()"),
    ("kms:Encrypt", ".encrypt()"),
    ("kms:GenerateDataKey", ".generate_data_key()"),
    ("kms:GetPublicKey", ".get_public_key()"),
    ("kms:Sign", ".sign()"),
    ("sqs:SendMessage", ".send_message_batch()"),
    ("sts:AssumeRole", ".assume_role()"),
];

/// What the Lambda service itself does in a function's name.
const RUNTIME: [&str; 7] = [
    "logs:CreateLogStream",
    "logs:PutLogEvents",
    "sqs:DeleteMessage",
    "sqs:GetQueueAttributes",
    "sqs:ReceiveMessage",
    "xray:PutTelemetryRecords",
    "xray:PutTraceSegments",
];

/// Services that a function reaches with the credentials of a customer's role and never with its own.
const THROUGH_A_CUSTOMERS_ROLE: [(&str, &str); 21] = [
    ("certificate-sync-worker", "acm"),
    ("certificate-sync-worker", "elasticloadbalancing"),
    ("certificate-syncs", "acm"),
    ("certificate-syncs", "elasticloadbalancing"),
    ("certificate-worker", "acm"),
    ("certificate-worker", "acm-pca"),
    ("certificate-worker", "route53"),
    ("certificates", "acm"),
    ("certificates", "acm-pca"),
    ("certificates", "route53"),
    ("connections", "iam"),
    ("key-rotation-worker", "iam"),
    ("key-rotations", "iam"),
    ("pam", "cloudtrail"),
    ("pam", "iam"),
    ("pam-worker", "iam"),
    ("recordings", "s3"),
    ("secret-sync-worker", "secretsmanager"),
    ("secret-sync-worker", "ssm"),
    ("secret-syncs", "secretsmanager"),
    ("secret-syncs", "ssm"),
];

#[test]
fn a_function_links_the_sdks_of_exactly_the_services_in_its_policy() {
    for function in template().functions().unwrap() {
        let actions =
            template().policy(&function.role).unwrap().into_iter().flat_map(|statement| statement.actions);
        let own = actions.filter(|action| !RUNTIME.contains(&action.as_str()));
        let mut services: BTreeSet<_> =
            own.map(|action| action.split(':').next().unwrap_or_default().to_owned()).collect();
        let through = THROUGH_A_CUSTOMERS_ROLE.iter().filter(|(name, _)| *name == function.crate_name);
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
    let mut names: Vec<_> = functions.filter(holds).map(|function| function.crate_name).collect();
    names.sort();
    names
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

/// Who opens sealed values.
const SEALING: [&str; 11] = [
    "certificate-sync-worker",
    "certificate-syncs",
    "certificate-worker",
    "certificates",
    "connections",
    "key-rotation-worker",
    "key-rotations",
    "recordings",
    "secret-sync-worker",
    "secret-syncs",
    "secrets",
];

#[test]
fn only_two_paths_may_open_sealed_values_and_the_key_says_so_too() {
    assert_eq!(holders("kms:Decrypt"), SEALING);
    let policy = template().key_policy("SealingKey").unwrap();
    let sealing =
        policy.iter().find(|statement| statement.actions.iter().any(|held| held == "kms:Decrypt")).unwrap();
    let role = "!Sub arn:${AWS::Partition}:iam::${AWS::AccountId}:role/drawbridge/${AWS::StackName}";
    assert_eq!(
        sealing.condition,
        format!("{{ArnLike: {{aws:PrincipalArn: [{role}/connection/*, {role}/secrets/*]}}}}")
    );
    for name in holders("kms:Decrypt") {
        let template = template();
        let path = written(property(template.resource(&function(&name).role).unwrap(), "Path").unwrap());
        assert!(path.ends_with("/connection/") || path.ends_with("/secrets/"), "{name}: {path}");
    }
    // Only session keys are wrapped as they are; everything else is sealed with a data key.
    assert_eq!(holders("kms:Encrypt"), ["recordings"]);
    let wrapping = policy.iter().find(|statement| statement.actions == ["kms:Encrypt"]).unwrap();
    assert_eq!(wrapping.condition, format!("{{ArnLike: {{aws:PrincipalArn: {role}/connection/*}}}}"));
    let others = policy
        .iter()
        .filter(|statement| statement.sid != sealing.sid && statement.sid != wrapping.sid)
        .flat_map(|other| &other.actions);
    assert!(others.clone().all(|action| !action.ends_with("crypt") && !action.ends_with(":*")));
}

#[test]
fn session_keys_are_wrapped_and_unwrapped_for_a_project_and_a_session_alone() {
    let policy = template().policy(&function("recordings").role).unwrap();
    let condition = "{Null: {kms:EncryptionContext:project: false, kms:EncryptionContext:session: false}}";
    for statement in policy.iter().filter(|one| one.actions.iter().any(|action| action.starts_with("kms:"))) {
        let of_a_connection = statement.condition.contains("kms:EncryptionContext:org");
        assert!(of_a_connection || statement.condition == condition, "{}", statement.condition);
        assert!(!of_a_connection || statement.actions == ["kms:Decrypt"], "{:?}", statement.actions);
    }
}

#[test]
fn roles_are_assumed_only_with_an_external_id_or_as_the_probe() {
    let external_id = "{Null: {sts:ExternalId: false}}";
    let probe = "{StringEquals: {sts:RoleSessionName: drawbridge-trust-probe}}";
    let assuming = [
        "certificate-sync-worker",
        "certificate-syncs",
        "certificate-worker",
        "certificates",
        "connections",
        "key-rotation-worker",
        "key-rotations",
        "pam",
        "pam-worker",
        "recordings",
        "secret-sync-worker",
        "secret-syncs",
    ];
    assert_eq!(holders("sts:AssumeRole"), assuming);
    for name in assuming {
        let policy = template().policy(&function(name).role).unwrap();
        let statements = policy.iter().filter(|statement| statement.actions == ["sts:AssumeRole"]);
        let conditions: Vec<_> = statements.map(|statement| statement.condition.as_str()).collect();
        // Whoever proves a role tries it without its External ID, too.
        let expected =
            if ["connections", "pam"].contains(&name) { vec![external_id, probe] } else { vec![external_id] };
        assert_eq!(conditions, expected, "{name}");
    }
}

#[test]
fn roles_that_customers_trust_lie_under_the_paths_that_trust_policies_name() {
    let template = template();
    for (name, class) in [
        ("certificates", "connection"),
        ("certificate-worker", "connection"),
        ("certificate-syncs", "connection"),
        ("certificate-sync-worker", "connection"),
        ("connections", "connection"),
        ("secret-syncs", "connection"),
        ("secret-sync-worker", "connection"),
        ("key-rotations", "connection"),
        ("key-rotation-worker", "connection"),
        ("recordings", "connection"),
        ("pam", "pam"),
        ("pam-worker", "pam"),
    ] {
        let function = function(name);
        let path = written(property(template.resource(&function.role).unwrap(), "Path").unwrap());
        assert_eq!(path, format!("!Sub /drawbridge/${{AWS::StackName}}/{class}/"), "{name}");
        if !function.environment.contains("ROLE_PATH") {
            continue;
        }
        let resource = template.resource(&function.logical_id).unwrap();
        let variables = property(resource, "Environment").unwrap().get("Variables").unwrap();
        assert_eq!(written(variables.get("ROLE_PATH").unwrap()), path, "{name}");
    }
}
