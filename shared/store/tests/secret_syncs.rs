//! The access patterns of secret syncs against a real engine.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::time::Duration;

use model::Timestamp;
use model::audit::{Actor, AuditRecord, Origin};
use model::connection::{Connection, DependentKind};
use model::id::{EnvironmentId, FolderId, OrganizationId, ProjectId, SecretSyncId};
use model::permission::Scope;
use model::project::Project;
use model::secret_sync::run::{Claim, Outcome, Removal, Work};
use model::secret_sync::{
    DestinationConfig, InitialSyncBehavior, KeySchema, Mapping, Owned, SecretSync, SecretSyncDrift,
    SecretSyncRun, SecretSyncWatches, SyncOptions, Tag, Watched,
};
use store::{Bookkeeping, Change, CommitError, Conflict, LedgerStep, Store, SyncAndRun};

const LEASE: Duration = Duration::from_secs(60);

fn audit() -> AuditRecord {
    AuditRecord {
        at: testkit::now(),
        actor: Actor { kind: "user".into(), id: "ada@example.com".into(), name: "Ada".into() },
        origin: Origin::default(),
        action: "secret-sync.test".into(),
        resource_id: "s".into(),
        resource_name: "s".into(),
        project_id: None,
        details: Vec::new(),
    }
}

/// An organisation with a project and a connection.
struct House {
    store: Store,
    project: Project,
    connection: Connection,
}

impl House {
    async fn new() -> Self {
        let store = testkit::tables().await.unwrap();
        let organization_id = OrganizationId::random();
        let id = ProjectId::random();
        let project = Project { id, slug: id.to_string(), ..testkit::project(organization_id, "Payments") };
        let connection = testkit::connection(organization_id, Scope::Project(id), "123456789012");
        let made = Change::new(testkit::now()).create(&project).create(&connection);
        store.commit(made, &audit()).await.unwrap();
        Self { store, project, connection }
    }

    fn sync(&self, name: &str) -> SecretSync {
        SecretSync {
            id: SecretSyncId::random(),
            organization_id: self.project.organization_id,
            project_id: self.project.id,
            name: name.to_owned(),
            description: Some(String::new()),
            connection_id: self.connection.id,
            environment_id: EnvironmentId::random(),
            folder_id: FolderId::random(),
            is_auto_sync_enabled: true,
            destination: DestinationConfig::AwsSecretsManager {
                region: "eu-west-1".parse().unwrap(),
                mapping: Mapping::ManyToOne { secret_name: "app".into() },
            },
            options: SyncOptions {
                key_schema: Some(KeySchema::parse("").unwrap()),
                tags: Some(vec![Tag { key: "team".into(), value: String::new() }]),
                recovery_window_days: Some(7),
                ..SyncOptions::new(InitialSyncBehavior::OverwriteDestination)
            },
            created_by: "user:ada@example.com".into(),
        }
    }

    async fn create(&self, sync: &SecretSync) -> Result<(), CommitError> {
        let run = SecretSyncRun::new(sync.id, sync.project_id, true).queue_sync(testkit::now());
        let drift = SecretSyncDrift::new(sync.id, sync.project_id, 24, testkit::now());
        let change = Change::new(testkit::now());
        let change = change.create_secret_sync(sync, &run, &drift, &self.connection, &self.project);
        self.store.commit(change, &audit()).await
    }

    async fn made(&self, name: &str) -> SecretSync {
        let sync = self.sync(name);
        self.create(&sync).await.unwrap();
        sync
    }

    async fn read(&self, id: SecretSyncId) -> Option<SyncAndRun> {
        self.store.secret_sync(id).await.unwrap()
    }

    /// How many syncs the connection and the project count.
    async fn counted(&self) -> (i64, i64) {
        let connection = self.store.connection(self.connection.id).await.unwrap().unwrap();
        let project = self.store.project(self.project.id).await.unwrap().unwrap();
        (connection.dependents.count(DependentKind::SecretSync), project.secret_syncs)
    }

    async fn claim(&self, id: SecretSyncId, now: Timestamp, token: &str) -> Option<Work> {
        let step = |run: &SecretSyncRun| match run.claim(now, token, LEASE) {
            Claim::Work { next, work } => (Some(*next), Some(work)),
            Claim::Busy(_) | Claim::NotBefore(_) | Claim::Nothing(_) | Claim::GivenUp(_) | Claim::Purge => {
                (None, None)
            }
        };
        self.store.amend_secret_sync_run(id, now, step).await.unwrap().flatten()
    }
}

fn owned(sync: SecretSyncId, name: &str) -> Owned {
    Owned {
        secret_sync_id: sync,
        account_id: "123456789012".parse().unwrap(),
        region: "eu-west-1".parse().unwrap(),
        name: name.to_owned(),
        secret_key: Some(name.to_owned()),
        left_version: "1".into(),
        key_id: None,
        tag_keys: vec!["team".into()],
        tags_digest: None,
    }
}

#[tokio::test]
async fn a_sync_is_found_by_id_name_and_lists_with_its_state() {
    let house = House::new().await;
    let (b, a) = (house.made("b").await, house.made("a").await);
    let other = House {
        store: house.store.clone(),
        project: Project { id: ProjectId::random(), ..house.project.clone() },
        connection: house.connection.clone(),
    };
    let read = house.read(a.id).await.unwrap();
    assert_eq!((&read.sync.value, read.run.id, read.sync.version), (&a, a.id, 1));
    assert!(read.run.wants_sync);
    assert_eq!(house.read(SecretSyncId::random()).await, None);
    assert_eq!(house.store.secret_sync_named(house.project.id, "b").await.unwrap(), Some(b.id));
    assert_eq!(house.store.secret_sync_named(other.project.id, "b").await.unwrap(), None);

    let listed = house.store.secret_syncs_of(house.project.organization_id, house.project.id).await.unwrap();
    let names: Vec<_> = listed.iter().map(|found| (found.sync.name.as_str(), found.run.id)).collect();
    assert_eq!(names, [("a", a.id), ("b", b.id)]);
    assert!(listed.iter().all(|found| found.run.wants_sync));
    let all = house.store.secret_syncs(house.project.organization_id, None).await.unwrap();
    assert_eq!(all.len(), 2);
    let none = house.store.secret_syncs_of(house.project.organization_id, other.project.id).await.unwrap();
    assert_eq!(none, []);
}

#[tokio::test]
async fn a_name_is_unique_in_its_project_and_what_is_refused_leaves_no_trace() {
    let house = House::new().await;
    let first = house.made("a").await;
    let second = house.sync("a");
    let refused = house.create(&second).await.unwrap_err();
    assert_eq!(refused.conflict(), Some(&Conflict::NameTaken { kind: "secret sync" }));
    assert_eq!(house.read(second.id).await, None);
    assert_eq!(house.store.secret_sync_run(second.id).await.unwrap(), None);
    assert_eq!(house.counted().await, (1, 1));
    // A rename frees the old name and takes the new one.
    let read = house.read(first.id).await.unwrap();
    let renamed = SecretSync { name: "b".into(), ..first.clone() };
    let change = Change::new(testkit::now()).replace(&read.sync, &renamed);
    house.store.commit(change, &audit()).await.unwrap();
    house.create(&second).await.unwrap();
    assert_eq!(house.store.secret_sync_named(house.project.id, "b").await.unwrap(), Some(first.id));
}

#[tokio::test]
async fn a_connection_or_project_that_went_at_the_same_moment_refuses_the_sync() {
    let house = House::new().await;
    let connection = house.store.connection(house.connection.id).await.unwrap().unwrap();
    house.store.commit(Change::new(testkit::now()).delete(&connection), &audit()).await.unwrap();
    let sync = house.sync("a");
    let refused = house.create(&sync).await.unwrap_err();
    assert_eq!(refused.conflict(), Some(&Conflict::Stale { kind: "connection" }));
    assert_eq!(house.read(sync.id).await, None);
}

#[tokio::test]
async fn a_wake_writes_what_the_pure_step_says_and_a_worker_cannot_wipe_it() {
    let house = House::new().await;
    let sync = house.made("a").await;
    let before = house.store.secret_sync_run(sync.id).await.unwrap().unwrap();
    let at = testkit::later(5);
    let wake = Change::new(at).wake_secret_sync(sync.id);
    house.store.keep_count(Bookkeeping(wake)).await.unwrap();
    let after = house.store.secret_sync_run(sync.id).await.unwrap().unwrap();
    assert_eq!(after.value, before.value.woken(at));
    assert_eq!(after.version, before.version + 1);
    let wipe = Change::new(at).replace(&before, &before.value);
    let refused = house.store.keep_count(Bookkeeping(wipe)).await.unwrap_err();
    assert_eq!(refused.conflict(), Some(&Conflict::Stale { kind: "secret sync run" }));
    // It is due when the change has settled.
    assert_eq!(house.store.secret_syncs_due(testkit::later(6), 10).await.unwrap(), []);
    assert_eq!(house.store.secret_syncs_due(testkit::later(7), 10).await.unwrap(), [sync.id]);
    let gone = Change::new(at).wake_secret_sync(SecretSyncId::random());
    let refused = house.store.keep_count(Bookkeeping(gone)).await.unwrap_err();
    assert_eq!(refused.conflict(), Some(&Conflict::Stale { kind: "secret sync run" }));
}

#[tokio::test]
async fn wakes_at_the_same_moment_as_a_claim_all_count() {
    let house = House::new().await;
    let sync = house.made("a").await;
    let wakes = (0..6).map(|n| {
        let change = Change::new(testkit::later(10 + n)).wake_secret_sync(sync.id);
        house.store.keep_count(Bookkeeping(change))
    });
    let (work, woken) =
        tokio::join!(house.claim(sync.id, testkit::later(9), "t"), futures::future::join_all(wakes));
    assert!(woken.iter().all(Result::is_ok), "{woken:?}");
    assert_eq!(work.unwrap().attempt, 1);
    let run = house.store.secret_sync_run(sync.id).await.unwrap().unwrap();
    assert_eq!(run.version, 1 + 7, "every one of them was written");
    assert_eq!(run.lease.as_ref().map(|lease| lease.token.as_str()), Some("t"));
}

#[tokio::test]
async fn of_two_workers_one_gets_the_work() {
    let house = House::new().await;
    let sync = house.made("a").await;
    let claims = (0..5).map(|n| {
        let (house, token) = (&house, n.to_string());
        async move { house.claim(sync.id, testkit::now(), &token).await }
    });
    let taken = futures::future::join_all(claims).await;
    assert_eq!(taken.iter().flatten().count(), 1);
    assert!(house.claim(SecretSyncId::random(), testkit::now(), "x").await.is_none());
}

#[tokio::test]
async fn a_sync_is_due_while_it_is_wanted_or_under_way_and_a_drift_check_after_its_interval() {
    let house = House::new().await;
    let sync = house.made("a").await;
    assert_eq!(house.store.secret_syncs_due(testkit::now(), 10).await.unwrap(), [sync.id]);
    house.claim(sync.id, testkit::now(), "t").await.unwrap();
    assert_eq!(house.store.secret_syncs_due(testkit::later(59), 10).await.unwrap(), []);
    assert_eq!(house.store.secret_syncs_due(testkit::later(60), 10).await.unwrap(), [sync.id]);
    let done = |run: &SecretSyncRun| {
        let finished = run.finish("t", testkit::later(9), &Outcome::succeeded());
        let Ok(model::secret_sync::run::Finished::Store(next)) = finished else {
            unreachable!("{finished:?}")
        };
        (Some(*next), ())
    };
    house.store.amend_secret_sync_run(sync.id, testkit::later(9), done).await.unwrap().unwrap();
    assert_eq!(house.store.secret_syncs_due(testkit::later(9_999), 10).await.unwrap(), []);

    let day = 24 * 3_600;
    assert_eq!(house.store.secret_sync_drifts_due(testkit::later(day - 1), 10).await.unwrap(), []);
    assert_eq!(house.store.secret_sync_drifts_due(testkit::later(day), 10).await.unwrap(), [sync.id]);
    let drift = house.store.secret_sync_drift(sync.id).await.unwrap().unwrap();
    assert_eq!((drift.every_hours, &drift.report), (24, &None));
}

#[tokio::test]
async fn the_ledger_is_written_in_groups_by_the_holder_of_the_lease_alone() {
    let house = House::new().await;
    let sync = house.made("a").await;
    let now = testkit::now();
    let enter: Vec<_> =
        (0..250).map(|n| LedgerStep::Enter(owned(sync.id, &format!("/app/{n:03}")))).collect();
    let refused = house.store.keep_secret_sync_ledger(sync.id, "t", now, &enter).await.unwrap_err();
    assert_eq!(refused.conflict(), Some(&Conflict::Stale { kind: "secret sync run" }), "no lease yet");
    house.claim(sync.id, now, "t").await.unwrap();
    house.store.keep_secret_sync_ledger(sync.id, "t", now, &enter).await.unwrap();
    let ledger = house.store.secret_sync_ledger(sync.id).await.unwrap();
    assert_eq!(ledger.len(), 250);
    assert_eq!(ledger[7].value, owned(sync.id, "/app/007"));

    let amended = Owned { left_version: "2".into(), ..ledger[0].value.clone() };
    let steps =
        [LedgerStep::Amend(ledger[0].clone(), amended.clone()), LedgerStep::Strike(ledger[1].clone())];
    for other in ["other", ""] {
        assert!(house.store.keep_secret_sync_ledger(sync.id, other, now, &steps).await.is_err());
    }
    house.store.keep_secret_sync_ledger(sync.id, "t", now, &steps).await.unwrap();
    let ledger = house.store.secret_sync_ledger(sync.id).await.unwrap();
    assert_eq!((ledger.len(), &ledger[0].value), (249, &amended));
    // A read of the sync does not pay for its ledger.
    assert!(house.read(sync.id).await.is_some());
    // Who has lost the lease writes nothing, even when nobody else has it.
    house.store.amend_secret_sync_run(sync.id, now, |run| (Some(run.deleted(now)), ())).await.unwrap();
    let again = [LedgerStep::Strike(ledger[0].clone())];
    assert!(house.store.keep_secret_sync_ledger(sync.id, "t", now, &again).await.is_err());
}

#[tokio::test]
async fn the_longest_names_of_both_services_fit_into_the_ledger() {
    let house = House::new().await;
    let sync = house.made("a").await;
    house.claim(sync.id, testkit::now(), "t").await.unwrap();
    // https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_PutParameter.html
    let longest = owned(sync.id, &format!("/{}", "a".repeat(1_010)));
    let steps = [LedgerStep::Enter(longest.clone())];
    house.store.keep_secret_sync_ledger(sync.id, "t", testkit::now(), &steps).await.unwrap();
    assert_eq!(house.store.secret_sync_ledger(sync.id).await.unwrap()[0].value, longest);
}

#[tokio::test]
async fn a_deleted_sync_frees_its_name_at_once_and_the_rest_goes_in_its_own_time() {
    let house = House::new().await;
    let sync = house.made("a").await;
    let now = testkit::now();
    house.claim(sync.id, now, "t").await.unwrap();
    let enter: Vec<_> = (0..120).map(|n| LedgerStep::Enter(owned(sync.id, &n.to_string()))).collect();
    house.store.keep_secret_sync_ledger(sync.id, "t", now, &enter).await.unwrap();
    let watched = Watched { environment_id: sync.environment_id, folder_id: sync.folder_id };
    let watches = SecretSyncWatches { id: sync.id, folders: vec![watched] };
    house.store.keep_count(Bookkeeping(Change::new(now).create(&watches))).await.unwrap();
    assert_eq!(house.store.secret_sync_watches(sync.id).await.unwrap().unwrap().value, watches);
    // Not deleted: nothing is purged.
    house.store.purge_secret_sync(sync.id, now).await.unwrap();
    assert_eq!(house.store.secret_sync_ledger(sync.id).await.unwrap().len(), 120);

    let read = house.read(sync.id).await.unwrap();
    let deletion =
        || Change::new(now).delete_secret_sync(&read, Some(&house.connection), Some(&house.project));
    house.store.commit(deletion(), &audit()).await.unwrap();
    assert_eq!((house.read(sync.id).await, house.counted().await), (None, (0, 0)));
    assert!(house.store.commit(deletion(), &audit()).await.is_err(), "it goes once");
    house.made("a").await;
    // Whoever still names it as a watcher wakes it without harm, and it is due until all is gone.
    house.store.keep_count(Bookkeeping(Change::new(now).wake_secret_sync(sync.id))).await.unwrap();
    assert!(house.store.secret_syncs_due(testkit::later(2), 10).await.unwrap().contains(&sync.id));
    assert_eq!(house.store.secret_sync_watches(sync.id).await.unwrap().unwrap().folders, [watched]);
    for _ in 0..2 {
        house.store.purge_secret_sync(sync.id, now).await.unwrap();
    }
    assert_eq!(house.store.secret_sync_ledger(sync.id).await.unwrap(), []);
    assert_eq!(house.store.secret_sync_run(sync.id).await.unwrap(), None);
    assert_eq!(house.store.secret_sync_drift(sync.id).await.unwrap(), None);
    assert_eq!(house.store.secret_sync_watches(sync.id).await.unwrap(), None);
    assert!(!house.store.secret_syncs_due(testkit::later(9_999), 10).await.unwrap().contains(&sync.id));
}

#[tokio::test]
async fn a_removal_and_a_failed_key_are_stored_and_read_back() {
    let house = House::new().await;
    let sync = house.made("a").await;
    let now = testkit::now();
    let wanted = |run: &SecretSyncRun| (run.want_removal(now, Removal::ThenDelete).ok(), ());
    house.store.amend_secret_sync_run(sync.id, now, wanted).await.unwrap().unwrap();
    let work = house.claim(sync.id, now, "t").await.unwrap();
    let failed =
        vec![model::secret_sync::run::KeyFailure { secret_key: "A".into(), error: "too long".into() }];
    let pause = |run: &SecretSyncRun| (run.pause("t", now, failed.clone()).ok(), ());
    house.store.amend_secret_sync_run(sync.id, now, pause).await.unwrap().unwrap();
    let again = house.claim(sync.id, now, "u").await.unwrap();
    assert_eq!((work.job, again.job, again.failures), (again.job, work.job, failed));
}
