//! Deleting projects: what stops it, and what goes with it.

use model::connection::Connection;
use model::id::{EnvironmentId, TagId};
use model::membership::ActorKind;
use store::CommitError;

use super::*;

#[tokio::test]
async fn a_protected_project_is_not_deleted() {
    let world = World::new().await;
    let body = json!({ "projectName": "Payments", "slug": "payments", "hasDeleteProtection": true });
    world.ok(ada(post("/api/v2/workspace", body))).await;
    assert_eq!(world.refused(ada(delete("/api/v2/workspace/payments"))).await.0, 403);
    world.ok(ada(get("/api/v2/workspace/payments"))).await;
}

#[tokio::test]
async fn a_deleted_project_leaves_nothing_behind() {
    let world = World::new().await;
    let project = world.project("payments").await;
    let environment = text(&project["environments"][0], "id");
    let invite = json!({ "emails": ["bob@example.com"] });
    world.ok(ada(post(&format!("/api/v2/workspace/{}/memberships", text(&project, "id")), invite))).await;
    assert_eq!(world.ok(root(delete("/api/v2/workspace/payments"))).await, project);
    for path in [
        "/api/v2/workspace/payments".to_owned(),
        format!("/api/v1/workspace/{}", text(&project, "id")),
        format!("/api/v1/workspace/environments/{environment}"),
    ] {
        assert_eq!(world.refused(root(get(&path))).await.0, 404, "{path}");
    }
    for person in ["ada@example.com", "bob@example.com"] {
        let left = world.ctx.store.memberships_of(ActorKind::User, person).await.unwrap();
        assert!(left.is_empty(), "{person}");
    }
    world.project("payments").await;
}

#[tokio::test]
async fn a_project_with_more_members_than_one_transaction_takes_goes_with_all_of_them() {
    let world = World::new().await;
    let project = world.project("payments").await;
    let path = format!("/api/v2/workspace/{}/memberships", text(&project, "id"));
    for batch in 0..3 {
        let emails: Vec<String> =
            (0..40).map(|number| format!("person-{batch}-{number}@example.com")).collect();
        world.ok(ada(post(&path, json!({ "emails": emails })))).await;
    }
    world.ok(ada(delete(&format!("/api/v1/workspace/{}", text(&project, "id"))))).await;
    assert!(world.ctx.store.members_of(id(&project)).await.unwrap().is_empty());
}

fn connection(organization: OrganizationId, project: ProjectId, name: &str) -> Connection {
    let scope = Scope::Project(project);
    Connection { name: name.to_owned(), ..testkit::connection(organization, scope, "222222222222") }
}

impl World {
    /// Stores a connection as `connections` does.
    async fn connect(&self, project: ProjectId, name: &str) -> Result<(), CommitError> {
        let connection = connection(self.ctx.organization.id, project, name);
        let project = self.ctx.store.project(project).await?.unwrap();
        let change = Change::new(testkit::now()).create(&connection).gain_connection(&project);
        self.ctx.store.keep_count(store::Bookkeeping(change)).await
    }
}

#[tokio::test]
async fn a_project_with_connections_is_not_deleted_and_says_which() {
    let world = World::new().await;
    let project = id(&world.project("payments").await);
    world.connect(project, "staging-account").await.unwrap();
    world.connect(project, "prod-account").await.unwrap();
    let (status, _, message) = world.refused(ada(delete("/api/v2/workspace/payments"))).await;
    assert_eq!(
        (status, message.as_str()),
        (400, "Project 'payments' still has 2 connections: prod-account, staging-account. Delete them first")
    );
}

#[tokio::test]
async fn a_connection_that_comes_while_its_project_goes_stops_one_of_the_two() {
    let world = World::new().await;
    let project = id(&world.project("payments").await);
    let (deleted, connected) = tokio::join!(
        world.send(ada(delete("/api/v2/workspace/payments"))),
        world.connect(project, "prod-account")
    );
    let gone = world.ctx.store.project(project).await.unwrap().is_none();
    match (deleted.0, connected) {
        (200, Err(_)) => assert!(gone),
        (400, Ok(())) => assert!(!gone),
        other => panic!("{other:?}"),
    }
}

impl World {
    /// Whether the folders of an environment are over, and somebody is to remove what is in them.
    async fn is_to_be_purged(&self, environment: EnvironmentId) -> bool {
        let tree = self.ctx.store.folder_tree(environment).await.unwrap();
        let due = self.ctx.store.environments_to_purge(100).await.unwrap();
        tree.is_some_and(|tree| tree.gone_at().is_some()) && due.contains(&environment)
    }
}

#[tokio::test]
async fn an_environment_that_goes_leaves_the_order_to_remove_its_secrets() {
    let world = World::new().await;
    let project = world.project("payments").await;
    let environment: EnvironmentId = text(&project["environments"][0], "id").parse().unwrap();
    // One that has folders, and one that has none.
    let tree = model::folder::FolderTree::new(id(&project), environment);
    let change = Change::new(testkit::now()).create(&tree);
    world.ctx.store.keep_count(store::Bookkeeping(change)).await.unwrap();
    let staging: EnvironmentId = text(&project["environments"][1], "id").parse().unwrap();
    for gone in [environment, staging] {
        assert!(!world.is_to_be_purged(gone).await);
        let path = format!("/api/v1/workspace/{}/environments/{gone}", text(&project, "id"));
        world.ok(ada(delete(&path))).await;
        assert!(world.is_to_be_purged(gone).await);
    }
}

#[tokio::test]
async fn a_project_with_more_environments_than_one_transaction_takes_ends_all_of_them() {
    let world = World::new().await;
    let project = world.project("payments").await;
    let path = format!("/api/v1/workspace/{}/environments", text(&project, "id"));
    for number in 0..42 {
        let slug = format!("e{number}");
        world.ok(ada(post(&path, json!({ "name": slug, "slug": slug })))).await;
    }
    let stored = world.ctx.store.project(id(&project)).await.unwrap().unwrap();
    world.ok(ada(delete("/api/v2/workspace/payments"))).await;
    assert!(world.ctx.store.project(id(&project)).await.unwrap().is_none());
    for environment in stored.environments.iter() {
        assert!(world.is_to_be_purged(environment.id).await);
    }
}

#[tokio::test]
async fn a_projects_tags_go_with_it_however_many_there_are() {
    let world = World::new().await;
    let project = id(&world.project("payments").await);
    for number in 0..60 {
        let slug = format!("t{number}");
        let tag = model::tag::Tag { id: TagId::random(), project_id: project, slug, name: None, color: None };
        world
            .ctx
            .store
            .keep_count(store::Bookkeeping(Change::new(testkit::now()).create(&tag)))
            .await
            .unwrap();
    }
    world.ok(ada(delete("/api/v2/workspace/payments"))).await;
    assert!(world.ctx.store.tags_of(project).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_project_with_a_secret_sync_is_not_deleted() {
    let world = World::new().await;
    let project = world.project("payments").await;
    let read = world.ctx.store.project(id(&project)).await.unwrap().unwrap();
    let counted = model::project::Project { secret_syncs: 1, ..read.value.clone() };
    let change = Change::new(testkit::now()).replace(&read, &counted);
    world.ctx.store.keep_count(store::Bookkeeping(change)).await.unwrap();
    let (status, _, message) = world.refused(root(delete("/api/v2/workspace/payments"))).await;
    assert_eq!(
        (status, message.as_str()),
        (400, "Project 'payments' still has secret syncs. Delete them first")
    );
    world.ok(root(get("/api/v2/workspace/payments"))).await;
}

#[tokio::test]
async fn a_project_with_recordings_is_not_deleted_since_nobody_could_watch_them() {
    let world = World::new().await;
    let project = id(&world.project("payments").await);
    let recording = testkit::recording(world.ctx.organization.id, project);
    let change = Change::new(testkit::now()).create(&recording);
    world.ctx.store.keep_count(store::Bookkeeping(change)).await.unwrap();
    let (status, _, message) = world.refused(root(delete("/api/v2/workspace/payments"))).await;
    assert!(status == 400 && message.contains("nobody could watch them without it"), "{status} {message}");
    assert!(message.contains("to close it, remove its members"), "{message}");
    world.ok(root(get("/api/v2/workspace/payments"))).await;
}

#[tokio::test]
async fn a_project_with_things_of_certificates_is_not_deleted() {
    let world = World::new().await;
    let project = world.project("payments").await;
    let read = world.ctx.store.project(id(&project)).await.unwrap().unwrap();
    let counted = model::project::Project { certificate_objects: 1, ..read.value.clone() };
    let change = Change::new(testkit::now()).replace(&read, &counted);
    world.ctx.store.keep_count(store::Bookkeeping(change)).await.unwrap();
    let (status, _, message) = world.refused(root(delete("/api/v2/workspace/payments"))).await;
    assert!(status == 400 && message.contains("certificate authorities, policies"), "{status} {message}");
    world.ok(root(get("/api/v2/workspace/payments"))).await;
}
