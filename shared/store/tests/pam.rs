//! The access patterns of console access against a real engine.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::time::Duration;

use model::Timestamp;
use model::audit::{Actor, AuditRecord, Origin};
use model::id::{OrganizationId, PamAccountId, PamResourceId, PamSessionId, ProjectId};
use model::membership::ActorKind;
use model::pam::{
    AccessList, AccessMethod, PamAccount, PamResource, PamSession, SessionActor, SessionDuration,
    SessionName, SessionState,
};
use store::{Change, CommitError, Conflict, Store};

fn audit() -> AuditRecord {
    AuditRecord {
        at: testkit::now(),
        actor: Actor { kind: "user".into(), id: "ada@example.com".into(), name: "Ada".into() },
        origin: Origin::default(),
        action: "pam.test".into(),
        resource_id: "r".into(),
        resource_name: "r".into(),
        project_id: None,
        details: Vec::new(),
    }
}

fn resource(organization: OrganizationId, project: ProjectId, name: &str) -> PamResource {
    PamResource {
        id: PamResourceId::random(),
        organization_id: organization,
        project_id: project,
        name: name.to_owned(),
        role_arn: "arn:aws:iam::123456789012:role/bridge".parse().unwrap(),
        region: None,
        metadata: Vec::new(),
        accounts: 0,
        created_by: "user:ada@example.com".into(),
    }
}

fn account(resource: &PamResource, name: &str) -> PamAccount {
    PamAccount {
        id: PamAccountId::random(),
        organization_id: resource.organization_id,
        project_id: resource.project_id,
        resource_id: resource.id,
        name: name.to_owned(),
        description: None,
        target_role_arn: "arn:aws:iam::123456789012:role/readonly".parse().unwrap(),
        default_duration: SessionDuration::LONGEST,
        requires_reason: false,
        access: AccessList::default(),
        metadata: Vec::new(),
        created_by: "user:ada@example.com".into(),
    }
}

fn session(project: ProjectId, requested_at: Timestamp) -> PamSession {
    PamSession {
        id: PamSessionId::random(),
        organization_id: OrganizationId::random(),
        project_id: project,
        resource_id: PamResourceId::random(),
        resource_name: "production-aws".into(),
        resource_role_arn: "arn:aws:iam::123456789012:role/bridge".parse().unwrap(),
        region: Some("eu-west-1".parse().unwrap()),
        account_id: PamAccountId::random(),
        account_name: "readonly".into(),
        target_role_arn: "arn:aws:iam::123456789012:role/readonly".parse().unwrap(),
        actor: SessionActor {
            kind: ActorKind::User,
            id: "ada@example.com".into(),
            name: "Ada".into(),
            email: Some("ada@example.com".into()),
            source_ip: "203.0.113.7".into(),
            user_agent: "test".into(),
        },
        session_name: SessionName::of_person("ada@example.com").unwrap(),
        duration: SessionDuration::SHORTEST,
        access_method: AccessMethod::Cli,
        reason: Some("INC-1".into()),
        requested_at,
        kept_until: requested_at.plus(Duration::from_secs(86_400)),
        state: SessionState::Opening,
        termination: None,
    }
}

async fn commit(store: &Store, change: Change) -> Result<(), CommitError> {
    store.commit(change, &audit()).await
}

fn change() -> Change {
    Change::new(testkit::now())
}

#[tokio::test]
async fn resources_and_accounts_are_found_by_id_name_and_list() {
    let store = testkit::tables().await.unwrap();
    let organization = OrganizationId::random();
    let (mine, other) = (ProjectId::random(), ProjectId::random());
    let (b, a, foreign) = (
        resource(organization, mine, "b"),
        resource(organization, mine, "a"),
        resource(organization, other, "a"),
    );
    for resource in [&b, &a, &foreign] {
        commit(&store, change().create(resource)).await.unwrap();
    }
    let (one, two) = (account(&a, "readonly"), account(&b, "readonly"));
    commit(&store, change().create(&one).gain_account(&a)).await.unwrap();
    commit(&store, change().create(&two).gain_account(&b)).await.unwrap();

    let read = store.pam_resource(a.id).await.unwrap().unwrap();
    assert_eq!((read.value.accounts, read.version), (1, 2));
    assert_eq!(store.pam_resource_named(mine, "a").await.unwrap().unwrap().id, a.id);
    assert_eq!(store.pam_resource_named(other, "a").await.unwrap().unwrap().id, foreign.id);
    assert!(store.pam_resource_named(mine, "c").await.unwrap().is_none());
    assert_eq!(store.pam_account_named(b.id, "readonly").await.unwrap().unwrap().value, two);
    assert!(store.pam_account_named(foreign.id, "readonly").await.unwrap().is_none());

    let names =
        |list: Vec<store::Stored<PamResource>>| list.into_iter().map(|r| r.value.id).collect::<Vec<_>>();
    assert_eq!(names(store.pam_resources(organization, Some(mine)).await.unwrap()), [a.id, b.id]);
    assert_eq!(store.pam_resources(organization, None).await.unwrap().len(), 3);
    assert_eq!(store.pam_accounts(organization, Some(mine)).await.unwrap().len(), 2);
    assert_eq!(store.pam_accounts(organization, Some(other)).await.unwrap().len(), 0);
}

#[tokio::test]
async fn a_name_is_taken_in_its_project_or_resource_alone() {
    let store = testkit::tables().await.unwrap();
    let (organization, project) = (OrganizationId::random(), ProjectId::random());
    let first = resource(organization, project, "production");
    commit(&store, change().create(&first)).await.unwrap();
    let refused =
        commit(&store, change().create(&resource(organization, project, "production"))).await.unwrap_err();
    assert_eq!(refused.conflict(), Some(&Conflict::NameTaken { kind: "PAM resource" }));
    commit(&store, change().create(&account(&first, "admin"))).await.unwrap();
    let refused = commit(&store, change().create(&account(&first, "admin"))).await.unwrap_err();
    assert_eq!(refused.conflict(), Some(&Conflict::NameTaken { kind: "PAM account" }));
}

#[tokio::test]
async fn a_resource_that_goes_and_an_account_that_comes_cannot_both_happen() {
    let store = testkit::tables().await.unwrap();
    let first = resource(OrganizationId::random(), ProjectId::random(), "production");
    commit(&store, change().create(&first)).await.unwrap();
    let read = store.pam_resource(first.id).await.unwrap().unwrap();
    let (goes, comes) = tokio::join!(
        commit(&store, change().delete(&read)),
        commit(&store, change().create(&account(&first, "admin")).gain_account(&first)),
    );
    assert!(goes.is_ok() != comes.is_ok(), "{goes:?} {comes:?}");
}

#[tokio::test]
async fn sessions_are_paged_newest_first_within_their_project() {
    let store = testkit::tables().await.unwrap();
    let project = ProjectId::random();
    let mut made = Vec::new();
    for seconds in [3, 1, 2, 5, 4] {
        let session = session(project, testkit::later(seconds));
        commit(&store, change().create(&session)).await.unwrap();
        made.push((seconds, session.id));
    }
    commit(&store, change().create(&session(ProjectId::random(), testkit::later(9)))).await.unwrap();
    made.sort_by_key(|(seconds, _)| std::cmp::Reverse(*seconds));

    let (mut listed, mut from) = (Vec::new(), None);
    loop {
        let page = store.pam_sessions(project, from, 2).await.unwrap();
        assert!(page.sessions.len() <= 2);
        listed.extend(page.sessions.into_iter().map(|session| session.id));
        match page.next {
            Some(next) => from = Some(next),
            None => break,
        }
    }
    assert_eq!(listed, made.into_iter().map(|(_, id)| id).collect::<Vec<_>>());
}

#[tokio::test]
async fn a_session_is_stored_in_every_state_and_due_only_while_its_deny_is_there() {
    let store = testkit::tables().await.unwrap();
    let first = session(ProjectId::random(), testkit::now());
    commit(&store, change().create(&first)).await.unwrap();
    let next = first.activated(testkit::later(1), testkit::later(901)).unwrap();
    let due_at = testkit::later(2 * 3_600);
    for (step, due) in [
        (next.clone(), false),
        (next.ended(testkit::later(5)).unwrap(), false),
        (next.terminating(testkit::later(6), "Root").unwrap(), true),
        (
            next.terminating(testkit::later(6), "Root")
                .unwrap()
                .terminated(testkit::later(7), "Root")
                .unwrap(),
            true,
        ),
        (next.terminating(testkit::later(6), "Root").unwrap().without_deny(), false),
        (next.failed(testkit::later(8), "AWS said no").unwrap(), false),
    ] {
        let read = store.pam_session(first.id).await.unwrap().unwrap();
        commit(&store, change().replace(&read, &step)).await.unwrap();
        assert_eq!(store.pam_session(first.id).await.unwrap().unwrap().value, step);
        let found = store.pam_denies_due(due_at, None, 10).await.unwrap();
        assert_eq!(found.sessions.len(), usize::from(due), "{step:?}");
        assert!(store.pam_denies_due(testkit::later(60), None, 10).await.unwrap().sessions.is_empty());
    }
}

#[tokio::test]
async fn due_denies_are_paged_longest_due_first_up_to_this_very_moment() {
    let store = testkit::tables().await.unwrap();
    let mut made = Vec::new();
    for seconds in [30, 10, 20, 0] {
        let opened = session(ProjectId::random(), testkit::later(seconds));
        let active = opened.activated(testkit::later(seconds + 1), testkit::later(seconds + 901)).unwrap();
        let denied = active.terminating(testkit::later(seconds + 2), "Root").unwrap();
        commit(&store, change().create(&denied)).await.unwrap();
        made.push((denied.termination.clone().unwrap().remove_after, denied.id));
    }
    made.sort();
    // The last one is due a millisecond later.
    let (last_due, _) = made.pop().unwrap();
    let now = last_due.minus(std::time::Duration::from_millis(1));

    let (mut found, mut from) = (Vec::new(), None);
    loop {
        let page = store.pam_denies_due(now, from, 2).await.unwrap();
        assert!(page.sessions.len() <= 2);
        found.extend(page.sessions.into_iter().map(|session| session.id));
        match page.next {
            Some(next) => from = Some(next),
            None => break,
        }
    }
    assert_eq!(found, made.into_iter().map(|(_, id)| id).collect::<Vec<_>>());
    assert_eq!(store.pam_denies_due(last_due, None, 10).await.unwrap().sessions.len(), 4);
}
