//! Changes against a real engine: what each believes, and what becomes of it when that does not hold.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use model::audit::{Actor, AuditRecord, Origin};
use model::id::{MembershipId, OrganizationId, ProjectId};
use model::membership::{ActorKind, Membership, MembershipRole};
use model::permission::Role;
use store::{Change, CommitError, Conflict, Entity, Keys, NameGuard, Store};

fn audit() -> AuditRecord {
    AuditRecord {
        at: testkit::now(),
        actor: Actor { kind: "identity".into(), id: "i".into(), name: "n".into() },
        origin: Origin::default(),
        action: "thing.change".into(),
        resource_id: "r".into(),
        resource_name: "r".into(),
        project_id: None,
        details: Vec::new(),
    }
}

fn membership(project: ProjectId, actor: &str) -> Membership {
    Membership {
        id: MembershipId::random(),
        organization_id: OrganizationId::random(),
        project_id: project,
        actor_kind: ActorKind::User,
        actor_id: actor.to_owned(),
        actor_name: actor.to_owned(),
        roles: vec![MembershipRole { role: Role::Member, temporary: None }],
    }
}

/// A noun with a name, of which the table keeps one.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
struct Named {
    id: String,
    name: String,
    uses: u64,
}

impl Entity for Named {
    const KIND: &'static str = "named thing";

    fn keys(&self) -> Keys {
        Keys::own(format!("NAMED#{}", self.id))
    }

    fn names(&self) -> Vec<NameGuard> {
        vec![NameGuard::new("NAMED", "ORG", &self.name, &self.id)]
    }
}

fn named(id: &str, name: &str) -> Named {
    Named { id: id.to_owned(), name: name.to_owned(), uses: 0 }
}

async fn create<T: Entity>(store: &Store, thing: &T) -> Result<(), CommitError> {
    store.commit(Change::new(testkit::now()).create(thing), &audit()).await
}

#[tokio::test]
async fn what_is_created_is_read_back_at_version_one_and_listed() {
    let store = testkit::tables().await.unwrap();
    let project = ProjectId::random();
    for actor in ["b@x.y", "a@x.y"] {
        create(&store, &membership(project, actor)).await.unwrap();
    }
    let read = store.membership(ActorKind::User, "a@x.y", project).await.unwrap().unwrap();
    assert_eq!((read.version, read.created_at), (1, testkit::now()));
    let listed = store.members_of(project).await.unwrap();
    assert_eq!(listed.iter().map(|member| member.actor_id.as_str()).collect::<Vec<_>>(), ["a@x.y", "b@x.y"]);
    assert_eq!(store.memberships_of(ActorKind::User, "a@x.y").await.unwrap().len(), 1);
    assert_eq!(store.memberships_of(ActorKind::Identity, "a@x.y").await.unwrap().len(), 0);
}

#[tokio::test]
async fn a_second_creation_of_the_same_thing_is_refused() {
    let store = testkit::tables().await.unwrap();
    let member = membership(ProjectId::random(), "a@x.y");
    create(&store, &member).await.unwrap();
    let refused = create(&store, &member).await.unwrap_err();
    assert_eq!(refused.conflict(), Some(&Conflict::Exists { kind: "membership" }));
}

#[tokio::test]
async fn a_replacement_of_a_version_that_is_no_longer_there_is_refused() {
    let store = testkit::tables().await.unwrap();
    let project = ProjectId::random();
    create(&store, &membership(project, "a@x.y")).await.unwrap();
    let read = store.membership(ActorKind::User, "a@x.y", project).await.unwrap().unwrap();
    let mut next = read.value.clone();
    next.roles = Vec::new();
    store.commit(Change::new(testkit::later(5)).replace(&read, &next), &audit()).await.unwrap();
    let again =
        store.commit(Change::new(testkit::later(6)).replace(&read, &next), &audit()).await.unwrap_err();
    assert_eq!(again.conflict(), Some(&Conflict::Stale { kind: "membership" }));
    let gone = store.commit(Change::new(testkit::later(6)).delete(&read), &audit()).await.unwrap_err();
    assert_eq!(gone.conflict(), Some(&Conflict::Stale { kind: "membership" }));
    let now = store.membership(ActorKind::User, "a@x.y", project).await.unwrap().unwrap();
    assert_eq!((now.version, now.created_at, now.updated_at), (2, testkit::now(), testkit::later(5)));
}

#[tokio::test]
async fn a_name_belongs_to_one_thing_whatever_its_case_until_it_is_given_up() {
    let store = testkit::tables().await.unwrap();
    create(&store, &named("1", "alpha")).await.unwrap();
    let taken = create(&store, &named("2", "ALPHA")).await.unwrap_err();
    assert_eq!(taken.conflict(), Some(&Conflict::NameTaken { kind: "named thing" }));
    let read = store::Stored {
        value: named("1", "alpha"),
        version: 1,
        created_at: testkit::now(),
        updated_at: testkit::now(),
    };
    let renamed = Change::new(testkit::later(1)).replace(&read, &named("1", "beta"));
    store.commit(renamed, &audit()).await.unwrap();
    create(&store, &named("2", "alpha")).await.unwrap();
    let taken = create(&store, &named("3", "beta")).await.unwrap_err();
    assert_eq!(taken.conflict(), Some(&Conflict::NameTaken { kind: "named thing" }));
    let read = store::Stored {
        value: named("1", "beta"),
        version: 2,
        created_at: testkit::now(),
        updated_at: testkit::now(),
    };
    store.commit(Change::new(testkit::later(2)).delete(&read), &audit()).await.unwrap();
    create(&store, &named("3", "beta")).await.unwrap();
}

#[tokio::test]
async fn of_many_creations_of_one_name_at_once_exactly_one_succeeds() {
    let store = testkit::tables().await.unwrap();
    let attempts = (0..10).map(|id| {
        let store = store.clone();
        tokio::spawn(async move { create(&store, &named(&id.to_string(), "same")).await })
    });
    let mut won = 0;
    for attempt in attempts.collect::<Vec<_>>() {
        match attempt.await.unwrap() {
            Ok(()) => won += 1,
            Err(error) => assert!(
                matches!(error.conflict(), Some(Conflict::NameTaken { .. } | Conflict::Contended)),
                "{error:?}"
            ),
        }
    }
    assert_eq!(won, 1);
}

#[tokio::test]
async fn a_count_stops_at_its_limit_however_many_count_at_once() {
    let store = testkit::tables().await.unwrap();
    let thing = named("1", "alpha");
    create(&store, &thing).await.unwrap();
    let attempts = (0..6).map(|_| {
        let (store, thing) = (store.clone(), thing.clone());
        tokio::spawn(async move {
            loop {
                let limit = Some(store::Limit::Below(3));
                let change =
                    Change::new(testkit::now()).count(&thing, "uses", 1, limit, Conflict::Unmet("used up"));
                match store.keep_count(store::Bookkeeping(change)).await {
                    Err(CommitError::Conflict(Conflict::Contended)) => {}
                    other => return other.is_ok(),
                }
            }
        })
    });
    let mut counted = 0;
    for attempt in attempts.collect::<Vec<_>>() {
        counted += u32::from(attempt.await.unwrap());
    }
    assert_eq!(counted, 3);
}

#[tokio::test]
async fn a_refused_change_leaves_nothing_of_itself() {
    let store = testkit::tables().await.unwrap();
    create(&store, &named("1", "alpha")).await.unwrap();
    let project = ProjectId::random();
    let change =
        Change::new(testkit::now()).create(&membership(project, "a@x.y")).create(&named("2", "alpha"));
    store.commit(change, &audit()).await.unwrap_err();
    assert_eq!(store.members_of(project).await.unwrap().len(), 0);
}

#[tokio::test]
async fn a_change_that_requires_what_is_gone_is_refused() {
    let store = testkit::tables().await.unwrap();
    let change = Change::new(testkit::now()).require(&named("1", "alpha")).create(&named("2", "beta"));
    let refused = store.commit(change, &audit()).await.unwrap_err();
    assert_eq!(refused.conflict(), Some(&Conflict::Stale { kind: "named thing" }));
}
