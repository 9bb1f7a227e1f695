//! The two hops into the console: what is sent on each, what is remembered, and what is not.

use model::id::{PamResourceId, ProjectId};
use model::pam::{PamResource, SessionDuration, SessionName};
use proptest::prelude::*;

use super::*;
use crate::{ConsoleChain, Door, Error, Outcome, Stay};

const BRIDGE: &str = "arn:aws:iam::123456789012:role/bridge";
const TARGET: &str = "arn:aws:iam::123456789012:role/pam/readonly";
const LATER: &str = "2026-01-02T04:04:05Z";

fn resource(project: ProjectId) -> PamResource {
    PamResource {
        id: PamResourceId::random(),
        organization_id: OrganizationId::random(),
        project_id: project,
        name: "production".into(),
        role_arn: BRIDGE.parse().unwrap(),
        region: None,
        metadata: Vec::new(),
        accounts: 0,
        created_by: "user:x".into(),
    }
}

fn console_chain(project: ProjectId) -> ConsoleChain {
    ConsoleChain::of(&resource(project), TARGET.parse().unwrap())
}

fn ada() -> SessionName {
    SessionName::of_person("ada@example.com").unwrap()
}

fn signer(request: &Request) -> &str {
    request
        .authorization
        .split("Credential=")
        .nth(1)
        .and_then(|rest| rest.split('/').next())
        .unwrap_or_default()
}

#[tokio::test]
async fn both_hops_present_the_projects_id_and_only_the_first_is_remembered() {
    let project = ProjectId::random();
    let chain = console_chain(project);
    let (access, calls) = access(|request| assumed(request, LATER));
    let name = ada();
    for _ in 0..3 {
        let stay = Stay::of_person(&name, SessionDuration::SHORTEST);
        access.enter(&chain, stay, testkit::now()).await.unwrap();
    }
    let calls = calls.all();
    let roles: Vec<String> = calls.iter().filter_map(|call| call.parameter("RoleArn")).collect();
    assert_eq!(roles, [BRIDGE, TARGET, TARGET, TARGET]);
    for call in &calls {
        assert_eq!(call.parameter("ExternalId"), Some(project.to_string()));
    }
    let first = &calls[0];
    assert_eq!(
        (signer(first), first.parameter("DurationSeconds").as_deref()),
        ("AKIASCRIPTED", Some("3600"))
    );
    assert!(first.parameter("RoleSessionName").unwrap().starts_with("drawbridge-pam-"));
    assert!(first.parameter("Policy").unwrap().contains(r#""Action":"sts:AssumeRole""#));
    for call in &calls[1..] {
        assert_eq!((signer(call), call.parameter("DurationSeconds").as_deref()), ("ASIABRIDGE", Some("900")));
        assert_eq!(call.parameter("RoleSessionName").as_deref(), Some("ada@example.com"));
        assert_eq!(call.parameter("Policy"), None, "a person may do what the role may");
    }
}

#[tokio::test]
async fn a_first_hop_is_one_resources_and_goes_with_its_role() {
    let (access, calls) = access(|request| assumed(request, LATER));
    let (project, name) = (ProjectId::random(), ada());
    let first = resource(project);
    let moved =
        PamResource { role_arn: "arn:aws:iam::123456789012:role/other".parse().unwrap(), ..first.clone() };
    for resource in [&first, &resource(project), &moved, &first] {
        let chain = ConsoleChain::of(resource, TARGET.parse().unwrap());
        access
            .enter(&chain, Stay::of_person(&name, SessionDuration::SHORTEST), testkit::now())
            .await
            .unwrap();
    }
    assert_eq!(calls.all().iter().filter(|call| call.parameter("RoleArn").unwrap() != TARGET).count(), 3);
}

#[tokio::test]
async fn a_first_hop_in_its_last_minutes_is_made_anew() {
    let (access, calls) = access(|request| assumed(request, LATER));
    let (chain, name) = (console_chain(ProjectId::random()), ada());
    let now: model::Timestamp = LATER.parse().unwrap();
    for minutes in [60, 10, 4] {
        let now = now.minus(std::time::Duration::from_secs(60 * minutes));
        access.enter(&chain, Stay::of_person(&name, SessionDuration::SHORTEST), now).await.unwrap();
    }
    assert_eq!(calls.all().iter().filter(|call| call.parameter("RoleArn").unwrap() == BRIDGE).count(), 2);
}

#[tokio::test]
async fn a_first_hop_that_aws_forgot_is_made_once_more_and_other_refusals_are_final() {
    for (code, calls_expected) in [("InvalidClientTokenId", 4), ("AccessDenied", 2)] {
        let (access, calls) = access(move |request| {
            if request.parameter("RoleArn").as_deref() == Some(TARGET) {
                refused(403, code, "no")
            } else {
                assumed(request, LATER)
            }
        });
        let (chain, name) = (console_chain(ProjectId::random()), ada());
        let stay = Stay::of_person(&name, SessionDuration::SHORTEST);
        let error = access.enter(&chain, stay, testkit::now()).await.unwrap_err();
        assert_eq!((error.door, calls.count()), (Door::TargetRole, calls_expected), "{code}");
    }
}

#[tokio::test]
async fn the_door_that_did_not_open_is_named() {
    let (access, calls) = access(|_| denied());
    let (chain, name) = (console_chain(ProjectId::random()), ada());
    let stay = Stay::of_person(&name, SessionDuration::SHORTEST);
    let error = access.enter(&chain, stay, testkit::now()).await.unwrap_err();
    assert!(matches!(error.error, Error::Refused { .. }));
    assert_eq!((error.door, calls.count()), (Door::ResourceRole, 1));
    let ours = policy();
    for manager in [Door::ResourceRole, Door::TargetRole] {
        let stay = Stay::of_ours("ours", &ours);
        let error = access.enter_as(&chain, manager, stay, testkit::now()).await.unwrap_err();
        assert_eq!(error.door, Door::ResourceRole);
    }
}

#[tokio::test]
async fn our_own_session_in_either_role_is_confined_and_within_one_account() {
    let (access, calls) = access(|request| assumed(request, LATER));
    let (chain, ours) = (console_chain(ProjectId::random()), policy());
    assert_eq!(chain.managers(), [Door::ResourceRole, Door::TargetRole]);
    for manager in chain.managers() {
        access.enter_as(&chain, *manager, Stay::of_ours("ours", &ours), testkit::now()).await.unwrap();
    }
    let roles: Vec<_> = calls.all().iter().map(|call| call.parameter("RoleArn").unwrap()).collect();
    assert_eq!(roles, [BRIDGE, BRIDGE, TARGET], "the second of them is the first hop");
    for call in [&calls.all()[0], &calls.all()[2]] {
        assert_eq!(call.parameter("Policy").as_deref(), Some(ours.as_str()));
        assert_eq!(call.parameter("DurationSeconds").as_deref(), Some("900"));
    }
    let elsewhere = "arn:aws:iam::210987654321:role/pam/readonly".parse().unwrap();
    let abroad = ConsoleChain::of(&resource(ProjectId::random()), elsewhere);
    assert_eq!(abroad.managers(), [Door::TargetRole]);
}

#[tokio::test]
async fn issued_credentials_are_shown_by_no_debug() {
    let (access, _) = access(|request| assumed(request, LATER));
    let (chain, name) = (console_chain(ProjectId::random()), ada());
    let stay = Stay::of_person(&name, SessionDuration::SHORTEST);
    let session = access.enter(&chain, stay, testkit::now()).await.unwrap();
    assert!(!format!("{session:?}").contains("canary"));
    let issued = session.issue().unwrap();
    assert_eq!(issued.expires_at, LATER.parse().unwrap());
    assert!(!format!("{issued:?}").contains("canary"), "{issued:?}");
}

#[tokio::test]
async fn a_resources_role_is_probed_like_a_connections() {
    let project = ProjectId::random();
    let (access, calls) = access(move |request| match request.parameter("ExternalId") {
        Some(given) if given == project.to_string() => assumed(request, LATER),
        _ => denied(),
    });
    assert!(matches!(access.probe_resource(&resource(project)).await, Outcome::Protected(_)));
    assert_eq!(calls.count(), 3);
    assert!(matches!(
        access.probe_resource(&resource(ProjectId::random())).await,
        Outcome::CannotBeAssumed { .. }
    ));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]
    #[test]
    fn no_hop_leaves_without_its_projects_id(email in "[a-z]{1,8}@[a-z]{1,8}", seconds in 900_u64..=3_600) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let project = ProjectId::random();
            let (access, calls) = access(|request| assumed(request, LATER));
            let name = SessionName::of_person(&email).unwrap();
            let stay = Stay::of_person(&name, SessionDuration::of_seconds(seconds).unwrap());
            access.enter(&console_chain(project), stay, testkit::now()).await.unwrap();
            for call in calls.all() {
                prop_assert_eq!(call.parameter("ExternalId"), Some(project.to_string()));
            }
            Ok(())
        })?;
    }
}
