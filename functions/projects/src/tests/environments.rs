//! Environments: positions, slugs, concurrent changes.

use futures::future::join_all;
use model::id::{ConnectionId, EnvironmentId, FolderId, SecretSyncId};
use model::secret_sync::{DestinationConfig, InitialSyncBehavior, SecretSync, SecretSyncRun, SyncOptions};

use super::*;

impl World {
    async fn slugs(&self, project: &str) -> Vec<String> {
        names(
            &self.ok(ada(get(&format!("/api/v1/workspace/{project}")))).await["workspace"]["environments"],
            "slug",
        )
    }
}

#[tokio::test]
async fn a_new_environment_is_shown_with_its_position_and_shifts_the_others() {
    let world = World::new().await;
    let project = text(&world.project("payments").await, "id");
    let path = format!("/api/v1/workspace/{project}/environments");
    let body =
        json!({ "name": "QA", "slug": "qa", "position": 2, "workspaceId": project, "projectId": project });
    let created = world.ok(ada(post(&path, body))).await;
    let at = "2026-01-02T03:04:05.678Z";
    assert_eq!(
        tidy(created.clone()),
        json!({
            "message": "Successfully created new environment", "workspace": "<2>", "projectId": "<2>",
            "environment": {
                "id": "<1>", "name": "QA", "slug": "qa", "position": 2, "projectId": "<2>",
                "createdAt": at, "updatedAt": at,
            },
        })
    );
    assert_eq!(world.slugs(&project).await, ["dev", "qa", "staging", "prod"]);
    let environment = &created["environment"];
    for path in [
        format!("/api/v1/workspace/environments/{}", text(environment, "id")),
        format!("/api/v1/projects/environments/{}", text(environment, "id")),
        format!("{path}/{}", text(environment, "id")),
        format!("/api/v1/projects/{project}/environments/{}", text(environment, "id")),
    ] {
        assert_eq!(world.ok(ada(get(&path))).await, json!({ "environment": environment }), "{path}");
    }
    let by_slug = format!("/api/v1/projects/{project}/environments/slug/qa");
    assert_eq!(world.ok(ada(get(&by_slug))).await, *environment);
}

#[tokio::test]
async fn an_environment_changes_its_name_slug_and_position() {
    let world = World::new().await;
    let project = world.project("payments").await;
    let path = format!("/api/v1/projects/{}/environments", text(&project, "id"));
    let dev = format!("{path}/{}", text(&project["environments"][0], "id"));
    let moved = world.ok(ada(patch(&dev, json!({ "name": "Play", "slug": "play", "position": 3 })))).await;
    assert_eq!(moved["environment"]["position"], 3);
    assert_eq!(world.slugs(&text(&project, "id")).await, ["staging", "prod", "play"]);
    let same = world.ok(ada(patch(&dev, json!({ "name": "Play", "slug": "play", "position": 0 })))).await;
    assert_eq!(same["environment"], moved["environment"], "Terraform sends position 0 for none");
}

#[tokio::test]
async fn a_slug_is_taken_once_in_a_project_and_the_error_says_so_by_name() {
    let world = World::new().await;
    let project = world.project("payments").await;
    let path = format!("/api/v1/workspace/{}/environments", text(&project, "id"));
    let (status, error, message) =
        world.refused(ada(post(&path, json!({ "name": "D", "slug": "dev" })))).await;
    assert_eq!((status, error.as_str()), (400, "CreateEnvironment"));
    assert_eq!(message, "Environment with slug 'dev' already exists");
    let dev = format!("{path}/{}", text(&project["environments"][0], "id"));
    let (status, error, _) = world.refused(ada(patch(&dev, json!({ "slug": "prod" })))).await;
    assert_eq!((status, error.as_str()), (400, "UpdateEnvironment"));
    let other = text(&world.project("billing").await, "id");
    let path = format!("/api/v1/workspace/{other}/environments");
    world.ok(ada(post(&path, json!({ "name": "QA", "slug": "qa" })))).await;
}

#[tokio::test]
async fn a_deleted_environment_is_gone_and_the_others_move_up() {
    let world = World::new().await;
    let project = world.project("payments").await;
    let own = text(&project["environments"][0], "id");
    let path = format!("/api/v1/workspace/{}/environments/{own}", text(&project, "id"));
    let body = json!({ "projectId": text(&project, "id") });
    let deleted = world.ok(ada(event("DELETE", &path).body(&body))).await;
    assert_eq!(
        (&deleted["environment"]["id"], &deleted["environment"]["position"]),
        (&json!(own), &json!(1))
    );
    assert_eq!(world.slugs(&text(&project, "id")).await, ["staging", "prod"]);
    for (method, path) in
        [("GET", &path), ("DELETE", &path), ("GET", &format!("/api/v1/workspace/environments/{own}"))]
    {
        assert_eq!(world.refused(ada(event(method, path))).await.0, 404, "{method} {path}");
    }
}

#[tokio::test]
async fn environments_made_at_once_are_all_there_each_in_a_place_of_its_own() {
    let world = World::new().await;
    let project = text(&world.project("payments").await, "id");
    let path = format!("/api/v1/workspace/{project}/environments");
    let create = |number: usize| {
        world.send(ada(post(&path, json!({ "name": "E", "slug": format!("e{number}"), "position": 1 }))))
    };
    let answers = join_all((0..6).map(create)).await;
    assert!(answers.iter().all(|(status, _)| *status == 200), "{answers:?}");
    let mut slugs = world.slugs(&project).await;
    assert_eq!(slugs[6..], ["dev", "staging", "prod"]);
    slugs.sort();
    assert_eq!(slugs[1..7], ["e0", "e1", "e2", "e3", "e4", "e5"]);
}

#[tokio::test]
async fn of_one_slug_made_twice_at_once_one_is_there() {
    let world = World::new().await;
    let project = text(&world.project("payments").await, "id");
    let path = format!("/api/v1/workspace/{project}/environments");
    let create = || world.send(ada(post(&path, json!({ "name": "QA", "slug": "qa" }))));
    let answers = join_all([create(), create()]).await;
    let mut statuses: Vec<u16> = answers.iter().map(|(status, _)| *status).collect();
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 400]);
    assert_eq!(world.slugs(&project).await, ["dev", "staging", "prod", "qa"]);
}

#[tokio::test]
async fn everything_that_is_wrong_with_an_environment_is_said_at_once() {
    let world = World::new().await;
    let project = text(&world.project("payments").await, "id");
    let body = json!({ "slug": "Not A Slug", "position": 1.5 });
    let (status, body) =
        world.send(ada(post(&format!("/api/v1/workspace/{project}/environments"), body))).await;
    assert_eq!((status, body["message"].as_array().unwrap().len()), (422, 3), "{body}");
}

#[tokio::test]
async fn an_environment_of_another_project_is_not_reached_through_ones_own() {
    let world = World::new().await;
    let (ours, theirs) = (world.project("payments").await, world.project("billing").await);
    let theirs = text(&theirs["environments"][0], "id");
    let path = format!("/api/v1/workspace/{}/environments/{theirs}", text(&ours, "id"));
    for request in [get(&path), patch(&path, json!({ "name": "Mine" })), delete(&path)] {
        assert_eq!(world.refused(root(request)).await.0, 404);
    }
}

impl World {
    /// A sync of the root of an environment, which nobody has wanted anything of yet.
    async fn secret_sync(
        &self,
        project: ProjectId,
        environment: EnvironmentId,
        follows: bool,
    ) -> SecretSyncId {
        let id = SecretSyncId::random();
        let sync = SecretSync {
            id,
            organization_id: self.ctx.organization.id,
            project_id: project,
            name: id.to_string(),
            description: None,
            connection_id: ConnectionId::random(),
            environment_id: environment,
            folder_id: FolderId::root_of(environment),
            is_auto_sync_enabled: follows,
            destination: DestinationConfig::AwsParameterStore {
                region: "us-east-1".parse().unwrap(),
                path: "/app/".into(),
            },
            options: SyncOptions::new(InitialSyncBehavior::OverwriteDestination),
            created_by: "user:ada@example.com".into(),
        };
        let run = SecretSyncRun::new(sync.id, project, follows);
        let change = Change::new(testkit::now()).create(&sync).create(&run);
        self.ctx.store.keep_count(store::Bookkeeping(change)).await.unwrap();
        id
    }

    /// Whether a sync looks again since it was asked last.
    async fn is_woken(&self, sync: SecretSyncId) -> bool {
        let run = self.ctx.store.secret_sync_run(sync).await.unwrap().unwrap();
        let was = run.source_changed_at.is_some() && run.due_at.is_some();
        let asleep = SecretSyncRun { source_changed_at: None, due_at: None, ..run.value.clone() };
        let change = Change::new(testkit::now()).replace(&run, &asleep);
        self.ctx.store.keep_count(store::Bookkeeping(change)).await.unwrap();
        was
    }
}

#[tokio::test]
async fn another_slug_wakes_the_projects_syncs_that_follow_their_sources() {
    let world = World::new().await;
    let (payments, other) = (world.project("payments").await, world.project("other").await);
    let environment = |project: &Value, index: usize| text(&project["environments"][index], "id");
    let (dev, staging) = (environment(&payments, 0), environment(&payments, 1));
    let follows = world.secret_sync(id(&payments), dev.parse().unwrap(), true).await;
    // One whose references may name the other environment.
    let beside = world.secret_sync(id(&payments), staging.parse().unwrap(), true).await;
    let by_hand = world.secret_sync(id(&payments), dev.parse().unwrap(), false).await;
    let elsewhere = world.secret_sync(id(&other), environment(&other, 0).parse().unwrap(), true).await;
    let path = format!("/api/v1/workspace/{}/environments", text(&payments, "id"));
    for (body, wakes) in [
        (json!({ "slug": "development" }), true),
        (json!({ "slug": "development", "name": "Development", "position": 3 }), false),
        (json!({ "name": "Dev" }), false),
    ] {
        world.ok(ada(patch(&format!("{path}/{dev}"), body.clone()))).await;
        let woken = [
            world.is_woken(follows).await,
            world.is_woken(beside).await,
            world.is_woken(by_hand).await,
            world.is_woken(elsewhere).await,
        ];
        assert_eq!(woken, [wakes, wakes, false, false], "{body}");
    }
    // A reference to an environment that comes to be leads somewhere at last.
    world.ok(ada(post(&path, json!({ "name": "QA", "slug": "qa" })))).await;
    assert!(world.is_woken(follows).await && world.is_woken(beside).await);
    world.ok(ada(delete(&format!("{path}/{staging}")))).await;
    assert!(!world.is_woken(follows).await, "who reads what goes is woken when it goes");
}

#[tokio::test]
async fn a_project_with_more_syncs_than_one_transaction_takes_wakes_all_of_them() {
    let world = World::new().await;
    let project = world.project("payments").await;
    let dev: EnvironmentId = text(&project["environments"][0], "id").parse().unwrap();
    let mut syncs = Vec::new();
    for _ in 0..90 {
        syncs.push(world.secret_sync(id(&project), dev, true).await);
    }
    let path = format!("/api/v1/workspace/{}/environments/{dev}", text(&project, "id"));
    world.ok(ada(patch(&path, json!({ "slug": "development" })))).await;
    for sync in syncs {
        assert!(world.is_woken(sync).await);
    }
}
