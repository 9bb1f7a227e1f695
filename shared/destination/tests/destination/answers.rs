//! Every documented error of the calls that write: a matter of one key, or of another run.

use testkit::account::{Fault, Parameter, Secret};

use crate::sync::{SYNC, Sync, TAG, simulated};

/// Codes that are final for the key, by action.
const FINAL: &[(&str, &[&str])] = &[
    (
        "secretsmanager:CreateSecret",
        &[
            "DecryptionFailure",
            "EncryptionFailure",
            "InvalidParameterException",
            "InvalidRequestException",
            "LimitExceededException",
            "MalformedPolicyDocumentException",
            "PreconditionNotMetException",
            "ResourceExistsException",
            "ValidationException",
        ],
    ),
    (
        "secretsmanager:UpdateSecret",
        &[
            "DecryptionFailure",
            "EncryptionFailure",
            "InvalidParameterException",
            "InvalidRequestException",
            "LimitExceededException",
            "ResourceExistsException",
        ],
    ),
    ("secretsmanager:TagResource", &["InvalidParameterException", "InvalidRequestException"]),
    ("secretsmanager:DeleteSecret", &["InvalidParameterException", "InvalidRequestException"]),
    (
        "ssm:PutParameter",
        &[
            "HierarchyLevelLimitExceededException",
            "HierarchyTypeMismatchException",
            "IncompatiblePolicyException",
            "InvalidAllowedPatternException",
            "InvalidKeyId",
            "InvalidPolicyAttributeException",
            "InvalidPolicyTypeException",
            "ParameterAlreadyExists",
            "ParameterLimitExceeded",
            "ParameterMaxVersionLimitExceeded",
            "ParameterPatternMismatchException",
            "PoliciesLimitExceededException",
            "UnsupportedParameterType",
            "ValidationException",
        ],
    ),
    ("ssm:AddTagsToResource", &["InvalidResourceType", "TooManyTagsError"]),
];

/// Codes that another run may not meet.
const PASSING: &[(&str, u16, &[&str])] = &[
    ("secretsmanager:UpdateSecret", 500, &["InternalServiceError"]),
    (
        "secretsmanager:UpdateSecret",
        400,
        &["ResourceNotFoundException", "ExpiredTokenException", "ThrottlingException"],
    ),
    ("secretsmanager:CreateSecret", 500, &["InternalServiceError"]),
    ("ssm:PutParameter", 500, &["InternalServerError"]),
    ("ssm:PutParameter", 400, &["TooManyUpdates", "UnrecognizedClientException"]),
    ("ssm:DeleteParameters", 500, &["InternalServerError"]),
];

/// A sync with something to create, change, adopt and delete, and one key that is well.
fn scene(place: &str, clock: &testkit::clock::SimulatedClock) -> Sync {
    let sync = Sync::of(clock, place);
    for (key, ours) in [("CHANGED", true), ("GONE", true), ("ADOPTED", false)] {
        let name = sync.name(key);
        let (mut secret, mut parameter) = (Secret::of("old"), Parameter::of("old"));
        if ours {
            (secret, parameter) = (secret.tagged(TAG, SYNC), parameter.tagged(TAG, SYNC));
        }
        if place.starts_with('/') {
            sync.account.put_parameter(&name, parameter);
        } else {
            sync.account.put_secret(&name, secret);
        }
    }
    sync
}

const KEYS: [(&str, &str); 3] = [("ADOPTED", "ours"), ("CHANGED", "new"), ("NEW", "n")];

async fn told(action: &'static str, status: u16, code: &'static str, clock: testkit::clock::SimulatedClock) {
    let place = if action.starts_with("ssm") { "/app/" } else { "one-to-one" };
    let mut sync = scene(place, &clock);
    sync.account.set_faults(move |call| {
        (call.action == action).then_some(Fault::Error(status, code, "AWS's own words"))
    });
    let report = sync.first(&KEYS).await.unwrap();
    let is_final = status == 400 && FINAL.iter().any(|(of, codes)| *of == action && codes.contains(&code));
    assert!(!report.failures.is_empty(), "{action} {code}");
    let texts = report.texts().join("\n");
    assert!(texts.contains(action) && texts.contains(code), "{action} {code}: {texts}");
    if is_final {
        assert!(texts.contains("AWS's own words"), "{action} {code}: {texts}");
        assert_eq!((report.later, report.not_started), (0, 0), "{action} {code}: {texts}");
    } else {
        assert!(report.later > 0, "{action} {code}: {texts}");
    }
    // Whatever it was, when it is over everything comes right.
    sync.account.mend();
    assert!(sync.first(&KEYS).await.unwrap().is_clean(), "{action} {code}");
    assert!(sync.later(&KEYS).await.unwrap().plan.is_settled());
}

#[test]
fn each_documented_error_is_told_with_its_action_and_words_and_the_others_go_on() {
    simulated(async |clock| {
        for (action, codes) in FINAL {
            for code in *codes {
                told(action, 400, code, clock.clone()).await;
            }
        }
    });
}

#[test]
fn what_may_pass_is_left_to_another_run() {
    simulated(async |clock| {
        for (action, status, codes) in PASSING {
            for code in *codes {
                told(action, *status, code, clock.clone()).await;
            }
        }
    });
}
