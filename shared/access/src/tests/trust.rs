//! What the probe concludes from each kind of trust policy.

use std::sync::Arc;

use super::*;
use crate::{Error, Outcome};

/// What a trust policy lets in, by the External ID that was presented; `right` is the connection's.
type Trust = fn(presented: Option<&str>, right: &str) -> bool;

async fn probed(trust: Trust) -> (Outcome, Calls) {
    let connection = connection(Scope::Organization, false, ROLE, None);
    let right: Arc<str> = connection.external_id().as_str().into();
    let (access, calls) = access(move |request| {
        let presented = request.parameter("ExternalId");
        if trust(presented.as_deref(), &right) { assumed(request, "2026-01-02T03:20:00Z") } else { denied() }
    });
    (access.probe(&ConnectionRole::of(&connection).unwrap()).await, calls)
}

#[tokio::test]
async fn a_role_that_insists_on_its_external_id_is_protected() {
    let (outcome, calls) = probed(|presented, right| presented == Some(right)).await;
    assert!(matches!(outcome, Outcome::Protected(_)), "{outcome:?}");
    let calls = calls.all();
    assert_eq!(calls.len(), 3);
    for call in &calls {
        assert_eq!(call.parameter("RoleSessionName").as_deref(), Some("drawbridge-trust-probe"));
        assert_eq!(call.parameter("DurationSeconds").as_deref(), Some("900"));
        assert!(call.parameter("Policy").unwrap().contains("sts:GetCallerIdentity"));
    }
    assert_eq!(calls.iter().filter(|call| call.parameter("ExternalId").is_none()).count(), 1);
}

#[tokio::test]
async fn a_role_that_opens_otherwise_is_open_and_the_probe_says_how() {
    let cases: [(&str, Trust, bool, bool); 4] = [
        ("no condition", |_, _| true, true, true),
        ("StringLike *", |presented, _| presented.is_some(), false, true),
        ("StringEqualsIfExists", |presented, right| presented.is_none_or(|id| id == right), true, false),
        ("StringNotEquals something else", |presented, _| presented != Some("other"), true, true),
    ];
    for (policy, trust, expected_without, expected_random) in cases {
        let (outcome, _) = probed(trust).await;
        let Outcome::Open { without, random, .. } = outcome else { panic!("{policy}: {outcome:?}") };
        assert_eq!((without, random), (expected_without, expected_random), "{policy}");
    }
}

#[tokio::test]
async fn a_role_that_refuses_us_answers_in_awss_words() {
    let cases: [(&str, Trust, bool); 3] = [
        ("another account, or the wrong key", |_, _| false, false),
        ("only without one", |presented, _| presented.is_none(), true),
        ("another scope's id, and none", |presented, right| presented != Some(right), true),
    ];
    for (policy, trust, expected) in cases {
        let (outcome, _) = probed(trust).await;
        let Outcome::CannotBeAssumed { error, opens_otherwise } = outcome else {
            panic!("{policy}: {outcome:?}")
        };
        assert_eq!(opens_otherwise, expected, "{policy}");
        assert!(
            error.to_string().contains("is not authorized to perform: sts:AssumeRole on resource"),
            "{error}"
        );
    }
}

/// The answers by External ID, for a probe that AWS disturbs.
async fn answered(right: Answer, without: Answer, random: Answer) -> Outcome {
    let connection = connection(Scope::Organization, false, ROLE, None);
    let id = connection.external_id().to_string();
    let (access, _) = access(move |request| match request.parameter("ExternalId") {
        Some(presented) if presented == id => right.clone(),
        Some(_) => random.clone(),
        None => without.clone(),
    });
    access.probe(&ConnectionRole::of(&connection).unwrap()).await
}

#[tokio::test]
async fn a_refusal_that_is_not_about_trust_proves_nothing() {
    let open = || Answer {
        status: 200,
        body: assumed(
            &Request {
                uri: String::new(),
                target: String::new(),
                authorization: String::new(),
                body: String::new(),
            },
            "2026-01-02T03:20:00Z",
        )
        .body,
    };
    let throttled = || refused(400, "Throttling", "Rate exceeded");
    let failed = || refused(500, "InternalFailure", "sorry");
    let other = || refused(400, "ValidationError", "1 validation error detected");
    for (right, without, random) in [
        (open(), throttled(), denied()),
        (open(), denied(), failed()),
        (open(), other(), denied()),
        (open(), denied(), other()),
        (throttled(), denied(), denied()),
        (refused(403, "InvalidClientTokenId", "The security token is invalid"), denied(), denied()),
    ] {
        let outcome = answered(right, without, random).await;
        assert!(matches!(outcome, Outcome::Inconclusive(_)), "{outcome:?}");
    }
    // One open door is enough to know.
    let outcome = answered(open(), throttled(), open()).await;
    assert!(matches!(outcome, Outcome::Open { without: false, random: true, .. }), "{outcome:?}");
    // And so is a refusal of the right External ID.
    let outcome = answered(denied(), throttled(), failed()).await;
    assert!(
        matches!(outcome, Outcome::CannotBeAssumed { error: Error::Refused { .. }, opens_otherwise: false }),
        "{outcome:?}"
    );
}
