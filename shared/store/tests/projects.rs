//! Projects and memberships against a real engine: how each is found.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use model::environment::{Environment, Environments};
use model::id::{IdentityId, MembershipId, OrganizationId, ProjectId};
use model::identity::Identity;
use model::membership::{ActorKind, Membership, MembershipRole};
use model::permission::Role;
use model::project::Project;
use store::{Bookkeeping, Change, CommitError, Conflict, Store};

fn project(organization_id: OrganizationId, name: &str, slug: &str) -> Project {
    let project = testkit::project(organization_id, name);
    Project { slug: slug.to_owned(), ..project }
}

fn membership(project: ProjectId, actor_kind: ActorKind, actor_id: impl ToString) -> Membership {
    Membership {
        id: MembershipId::random(),
        organization_id: OrganizationId::random(),
        project_id: project,
        actor_kind,
        actor_id: actor_id.to_string(),
        actor_name: format!("The {}", actor_kind.name()),
        roles: vec![MembershipRole::permanent(Role::Member)],
    }
}

async fn write(store: &Store, change: Change) -> Result<(), CommitError> {
    store.keep_count(Bookkeeping(change)).await
}

fn now() -> Change {
    Change::new(testkit::now())
}

#[tokio::test]
async fn a_project_is_found_by_id_slug_and_each_of_its_environments() {
    let store = testkit::tables().await.unwrap();
    let organization = OrganizationId::random();
    let made = project(organization, "Payments", "payments");
    write(&store, now().create(&made)).await.unwrap();
    assert_eq!(store.project(made.id).await.unwrap().unwrap().value, made);
    assert_eq!(store.project_by_slug(organization, "payments").await.unwrap().unwrap().value, made);
    for environment in made.environments.iter() {
        let found = store.project_of_environment(organization, environment.id).await.unwrap();
        assert_eq!(found.unwrap().value, made);
    }
    assert!(store.project_by_slug(OrganizationId::random(), "payments").await.unwrap().is_none());
    assert!(store.project_by_slug(organization, "billing").await.unwrap().is_none());
}

#[tokio::test]
async fn what_finds_a_project_follows_its_changes() {
    let store = testkit::tables().await.unwrap();
    let organization = OrganizationId::random();
    let made = project(organization, "Payments", "payments");
    write(&store, now().create(&made)).await.unwrap();
    let read = store.project(made.id).await.unwrap().unwrap();
    let mut next = Project { slug: "money".to_owned(), ..made.clone() };
    let (_, gone) = next.environments.remove(made.environments.iter().next().unwrap().id).unwrap();
    let new = Environment::new("QA", "qa", testkit::now());
    next.environments.add(new.clone(), None).unwrap();
    write(&store, now().replace(&read, &next)).await.unwrap();
    assert!(store.project_by_slug(organization, "payments").await.unwrap().is_none());
    assert!(store.project_of_environment(organization, gone.id).await.unwrap().is_none());
    assert_eq!(store.project_by_slug(organization, "money").await.unwrap().unwrap().value, next);
    assert_eq!(store.project_of_environment(organization, new.id).await.unwrap().unwrap().value, next);
}

#[tokio::test]
async fn projects_are_listed_by_name_whatever_its_capitals() {
    let store = testkit::tables().await.unwrap();
    let organization = OrganizationId::random();
    let mut ids = Vec::new();
    for (name, slug) in [("beta", "beta-1"), ("Alpha", "alpha"), ("Beta", "beta-2"), ("gamma", "gamma")] {
        let made = project(organization, name, slug);
        ids.push(made.id);
        write(&store, now().create(&made)).await.unwrap();
    }
    write(&store, now().create(&project(OrganizationId::random(), "theirs", "theirs"))).await.unwrap();
    ids.push(ProjectId::random());
    let by_index = store.projects_of(organization).await.unwrap();
    let by_ids = store.projects(&ids).await.unwrap();
    assert_eq!(by_index, by_ids);
    let names: Vec<String> = by_ids.iter().map(|project| project.name.to_lowercase()).collect();
    assert_eq!(names, ["alpha", "beta", "beta", "gamma"]);
}

#[tokio::test]
async fn more_projects_than_one_batch_are_read() {
    let store = testkit::tables().await.unwrap();
    let organization = OrganizationId::random();
    let mut ids = Vec::new();
    for number in 0..105 {
        let made = Project {
            environments: Environments::default(),
            ..project(organization, "p", &format!("p{number}"))
        };
        write(&store, now().create(&made)).await.unwrap();
        ids.push(made.id);
    }
    assert_eq!(store.projects(&ids).await.unwrap().len(), 105);
    assert!(store.projects(&[]).await.unwrap().is_empty());
}

#[tokio::test]
async fn connections_are_counted_and_each_count_is_a_new_version() {
    let store = testkit::tables().await.unwrap();
    let made = project(OrganizationId::random(), "Payments", "payments");
    write(&store, now().create(&made)).await.unwrap();
    let before = store.project(made.id).await.unwrap().unwrap();
    write(&store, now().gain_connection(&made)).await.unwrap();
    write(&store, now().gain_connection(&made)).await.unwrap();
    write(&store, now().lose_connection(&made)).await.unwrap();
    let after = store.project(made.id).await.unwrap().unwrap();
    assert_eq!((after.connections, after.version), (1, before.version + 3));
    let stale = write(&store, now().delete(&before)).await.unwrap_err();
    assert_eq!(stale.conflict(), Some(&Conflict::Stale { kind: "project" }));
    let absent = project(OrganizationId::random(), "Gone", "gone");
    let refused = write(&store, now().gain_connection(&absent)).await.unwrap_err();
    assert_eq!(refused.conflict(), Some(&Conflict::Stale { kind: "project" }));
}

#[tokio::test]
async fn a_membership_is_found_by_its_actor_its_id_and_its_project() {
    let store = testkit::tables().await.unwrap();
    let project = ProjectId::random();
    let person = membership(project, ActorKind::User, "ada#1@example.com");
    let machine = membership(project, ActorKind::Identity, IdentityId::random());
    let elsewhere = membership(ProjectId::random(), ActorKind::User, "ada#1@example.com");
    for member in [&person, &machine, &elsewhere] {
        write(&store, now().create(member)).await.unwrap();
        let found = store.membership(member.actor_kind, &member.actor_id, member.project_id).await.unwrap();
        assert_eq!(found.unwrap().value, *member);
        let found = store.membership_by_id(member.project_id, member.id).await.unwrap();
        assert_eq!(found.unwrap().value, *member);
    }
    assert!(store.membership_by_id(project, elsewhere.id).await.unwrap().is_none(), "another project's");
    let members: Vec<_> =
        store.members_of(project).await.unwrap().into_iter().map(|found| found.value).collect();
    assert_eq!(members, [machine, person.clone()]);
    let of_ada = store.memberships_of(ActorKind::User, "ada#1@example.com").await.unwrap();
    assert_eq!(of_ada.len(), 2);
    let read = store.membership_by_id(project, person.id).await.unwrap().unwrap();
    write(&store, now().delete(&read)).await.unwrap();
    assert!(store.membership_by_id(project, person.id).await.unwrap().is_none());
}

#[tokio::test]
async fn the_machines_among_members_are_read_as_they_are_now() {
    let store = testkit::tables().await.unwrap();
    let project = ProjectId::random();
    let identity = Identity { id: IdentityId::random(), ..Identity::administrator(OrganizationId::random()) };
    let members = [
        membership(project, ActorKind::Identity, identity.id),
        membership(project, ActorKind::Identity, IdentityId::random()),
        membership(project, ActorKind::User, "ada@example.com"),
    ];
    write(&store, members.iter().fold(now().create(&identity), |change, member| change.create(member)))
        .await
        .unwrap();
    let found = store.identities_among(&store.members_of(project).await.unwrap()).await.unwrap();
    assert_eq!(found.into_iter().collect::<Vec<_>>(), [(identity.id, identity)]);
}
