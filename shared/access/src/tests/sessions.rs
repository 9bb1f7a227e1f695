//! What is sent for a session, and how long it is remembered.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use super::*;
use crate::cache::{Key, Sessions};
use crate::{Error, LONGEST_SESSION, OpenError, Session};

#[tokio::test]
async fn a_session_is_asked_for_at_the_sts_of_its_place() {
    for (endpoint, region, host, signed) in [
        (None, None, "https://sts.eu-west-1.amazonaws.com/", "eu-west-1"),
        (None, Some("us-east-2"), "https://sts.us-east-2.amazonaws.com/", "us-east-2"),
        (Some("https://sts.amazonaws.com"), None, "https://sts.eu-west-1.amazonaws.com/", "eu-west-1"),
        (
            Some("https://sts.us-gov-west-1.amazonaws.com"),
            None,
            "https://sts.us-gov-west-1.amazonaws.com/",
            "us-gov-west-1",
        ),
        (
            Some("https://sts.cn-north-1.amazonaws.com.cn"),
            None,
            "https://sts.cn-north-1.amazonaws.com.cn/",
            "cn-north-1",
        ),
        (
            Some("https://sts-fips.us-east-1.amazonaws.com"),
            Some("us-east-2"),
            "https://sts-fips.us-east-1.amazonaws.com/",
            "us-east-1",
        ),
        (
            Some("https://vpce-1-a.sts.eu-west-3.vpce.amazonaws.com"),
            None,
            "https://vpce-1-a.sts.eu-west-3.vpce.amazonaws.com/",
            "eu-west-3",
        ),
    ] {
        let connection = connection(Scope::Organization, false, ROLE, endpoint);
        let (access, calls) = access(|request| assumed(request, "2026-01-02T04:04:05Z"));
        let (policy, region) = (policy(), region.map(|name: &str| name.parse().unwrap()));
        let purpose = Purpose { region: region.as_ref(), policy: &policy, duration: LONGEST_SESSION * 2 };
        access.session(&ConnectionRole::of(&connection).unwrap(), &purpose, testkit::now()).await.unwrap();
        let call = &calls.all()[0];
        assert_eq!(call.uri, host);
        assert!(
            call.authorization.contains(&format!("/{signed}/sts/aws4_request")),
            "{}",
            call.authorization
        );
        assert_eq!(call.parameter("RoleSessionName"), Some(format!("drawbridge-{}", connection.id)));
        assert_eq!(call.parameter("DurationSeconds").as_deref(), Some("3600"));
        assert_eq!(call.parameter("Policy").as_deref(), Some(policy.as_str()));
        assert_eq!(call.parameter("RoleArn").as_deref(), Some(ROLE));
    }
}

#[tokio::test]
async fn a_session_is_remembered_until_five_minutes_before_its_end() {
    // `testkit::now` is 03:04:05.678.
    let (access, calls) = access(|request| assumed(request, "2026-01-02T03:19:05Z"));
    let (role, policy) = (role(), policy());
    for (seconds, expected) in [(0, 1), (300, 1), (599, 1), (600, 2)] {
        access.session(&role, &purpose(&policy), testkit::later(seconds)).await.unwrap();
        assert_eq!(calls.count(), expected, "after {seconds} s");
    }
}

#[tokio::test]
async fn another_region_policy_or_credentials_version_is_another_session() {
    let (access, calls) = access(|request| assumed(request, "2026-01-02T04:04:05Z"));
    let mut connection = connection(Scope::Organization, false, ROLE, None);
    let (users, keys) = (policy(), model::policy::SessionPolicy::kms_keys());
    let region = "us-east-2".parse().unwrap();
    for _ in 0..2 {
        let role = ConnectionRole::of(&connection).unwrap();
        access.session(&role, &purpose(&users), testkit::now()).await.unwrap();
        access.session(&role, &purpose(&keys), testkit::now()).await.unwrap();
        access
            .session(&role, &Purpose { region: Some(&region), ..purpose(&users) }, testkit::now())
            .await
            .unwrap();
    }
    assert_eq!(calls.count(), 3);
    connection.credentials_version = 2;
    access
        .session(&ConnectionRole::of(&connection).unwrap(), &purpose(&users), testkit::now())
        .await
        .unwrap();
    assert_eq!(calls.count(), 4);
}

#[tokio::test]
async fn a_failure_is_not_remembered() {
    let works = Arc::new(AtomicBool::new(false));
    let switch = works.clone();
    let (access, calls) = access(move |request| {
        if switch.load(Ordering::Relaxed) { assumed(request, "2026-01-02T04:04:05Z") } else { denied() }
    });
    let (role, policy) = (role(), policy());
    assert!(access.session(&role, &purpose(&policy), testkit::now()).await.is_err());
    works.store(true, Ordering::Relaxed);
    access.session(&role, &purpose(&policy), testkit::now()).await.unwrap();
    assert_eq!(calls.count(), 2);
}

#[tokio::test]
async fn however_many_wait_one_asks() {
    let (sessions, opened) = (Sessions::default(), AtomicUsize::new(0));
    let (answer, wait) = tokio::sync::oneshot::channel::<Result<Session, Error>>();
    let wait = Mutex::new(Some(wait));
    let (role, policy) = (role(), policy());
    let callers = (0..50).map(|_| {
        sessions.get(Key::of(&role, &purpose(&policy)), testkit::now(), || {
            opened.fetch_add(1, Ordering::Relaxed);
            let wait = wait.lock().unwrap().take();
            async move { wait.unwrap().await.unwrap() }
        })
    });
    let callers = futures::future::join_all(callers);
    let (access, _) = access(|_| denied());
    let key = crate::AccessKey { access_key_id: "AKIA".into(), secret_access_key: "x".into() };
    let session = access.access_key_session(&key, None);
    let (results, ()) = tokio::join!(callers, async move {
        answer.send(Ok(session)).ok();
    });
    assert_eq!(opened.load(Ordering::Relaxed), 1);
    assert!(results.iter().all(Result::is_ok));
}

#[tokio::test]
async fn debug_shows_no_secret() {
    let (access, _) = access(|request| assumed(request, "2026-01-02T04:04:05Z"));
    let (role, policy) = (role(), policy());
    let session = access.session(&role, &purpose(&policy), testkit::now()).await.unwrap();
    let shown = format!("{session:?} {access:?} {role:?}");
    assert!(!shown.contains("canary"), "{shown}");
    assert!(!shown.contains(role.external_id().as_str()), "{shown}");
    assert_eq!(session.expires_at().unwrap().to_string(), "2026-01-02T04:04:05.000Z");
    assert!(session.outlives(testkit::now(), Duration::from_secs(3_599)));
    assert!(!session.outlives(testkit::now(), Duration::from_secs(3_600)));
}

#[tokio::test]
async fn a_stored_connection_opens_by_its_role_or_by_its_key_and_only_a_key_is_unsealed() {
    let (access, calls) = access(|request| assumed(request, "2026-01-02T04:04:05Z"));
    let (policy, now) = (policy(), testkit::now());
    let purpose = purpose(&policy);
    let by_role = connection(Scope::Organization, false, ROLE, None);
    let unsealed = async { panic!("there is no key to open") };
    let opened = access.open::<Error>(&by_role, &purpose, now, unsealed).await.unwrap();
    assert!(opened.expires_at().is_some());
    let way = Way::AccessKey { access_key_id: "AKIAUSER".into(), secret_access_key: "sealed".into() };
    let by_key = Connection { way, ..by_role };
    let open = |secret| access.open::<&str>(&by_key, &purpose, now, std::future::ready(secret));
    let opened = open(Ok(Some("secret".into()))).await.unwrap();
    assert_eq!(opened.issue().map(|issued| issued.access_key_id), None, "a key is nobody's to hand out");
    assert!(matches!(open(Err("tampered")).await, Err(OpenError::Key("tampered"))));
    assert!(matches!(open(Ok(None)).await, Err(OpenError::NoKey)));
    assert_eq!(calls.count(), 1, "AWS is not asked for a key's session");
}
