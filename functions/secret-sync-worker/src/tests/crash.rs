//! A process dies before or after any call of its to AWS or to the table. Somebody starts another one, and in the end the
//! destination is what the source says, with nothing else touched.

use std::collections::BTreeMap;

use model::connection::DependentKind;
use model::id::FolderId;
use model::secret_sync::run::Removal;
use model::secret_sync::{
    ImportBehavior, InitialSyncBehavior, KeySchema, SecretSync, SecretSyncRun, SyncOptions,
};
use testkit::account::{Parameter, Secret};
use testkit::fuse::Fault;

use super::clock;
use super::sync::map;
use super::world::{DOCUMENT, PARAMETER_STORE, SECRETS_MANAGER, World};

/// Dying after a call is dying before the next one, where calls follow one another.
const DEATHS: [fn(u32) -> Fault; 1] = [Fault::Die];
const DEATHS_IN_PARALLEL: [fn(u32) -> Fault; 1] = [Fault::DieAfter];
const HICCUPS: [fn(u32) -> Fault; 2] = [Fault::Fail, Fault::LoseAnswer];

/// One try: a folder of its own, pushed under a prefix of its own.
struct Case {
    path: String,
    prefix: String,
    folder: FolderId,
}

impl Case {
    async fn new(world: &World, number: usize) -> Self {
        let name = format!("f{number}");
        let folder = world.folder(&name).await;
        Self { path: format!("/{name}"), prefix: format!("f{number}-"), folder }
    }

    /// The definition and the state of a new sync of the folder; nothing is wanted of it yet.
    fn define(&self, world: &World, kind: &str) -> (SecretSync, SecretSyncRun) {
        let (mut sync, _) = world.define(kind);
        sync.folder_id = self.folder;
        sync.options = SyncOptions {
            key_schema: Some(KeySchema::parse(&format!("{}{{{{secretKey}}}}", self.prefix)).unwrap()),
            ..SyncOptions::new(InitialSyncBehavior::OverwriteDestination)
        };
        let run = SecretSyncRun::new(sync.id, sync.project_id, sync.is_auto_sync_enabled);
        (sync, run)
    }

    async fn put(&self, world: &World, secrets: &[(&str, Option<&str>)]) {
        world.put_in(&self.path, secrets).await;
    }

    /// Somebody else's things with names like ours.
    fn put_there(&self, world: &World, things: &[(&str, &str)]) {
        for (key, value) in things {
            world.aws.account.put_secret(&format!("{}{key}", self.prefix), Secret::of(value));
            world.aws.account.put_parameter(&format!("/app/{}{key}", self.prefix), Parameter::of(value));
        }
    }

    /// What the sync owns, by key.
    fn owned(&self, world: &World, sync: &SecretSync) -> BTreeMap<String, String> {
        let owned = world.there(sync).into_iter();
        owned.map(|(key, value)| (key.trim_start_matches(&self.prefix).to_owned(), value)).collect()
    }

    /// Everything there that has a name like ours, whoever's it is, as often as it is there.
    fn everything(&self, world: &World) -> Vec<(String, String)> {
        let all = world.aws.everything().into_iter();
        all.filter(|(name, _)| name.contains(&self.prefix)).collect()
    }
}

/// Does `prepare`, then one look at its sync that breaks at call n, for every n and every fault; then everything is mended,
/// and `check` looks at what became of it.
async fn survives(
    kind: &str,
    faults: &[fn(u32) -> Fault],
    prepare: impl AsyncFn(&World, &Case) -> SecretSync,
    check: impl AsyncFn(&World, &Case, &SecretSync, &str),
) {
    let world = World::new().await;
    let mut number = 0;
    let calls = {
        let case = Case::new(&world, number).await;
        let sync = prepare(&world, &case).await;
        let worker = world.another_worker();
        world.life.arm(Fault::None);
        world.work_for(&worker, sync.id, 300).await.unwrap();
        let calls = world.life.fuse.calls();
        world.recover(sync.id).await;
        check(&world, &case, &sync, "no fault").await;
        calls
    };
    assert!(calls > 8, "{kind}: {calls} calls are too few to be true");
    for fault in faults {
        for n in 1..=calls {
            number += 1;
            let what = format!("{kind} {:?} of {calls}", fault(n));
            let case = Case::new(&world, number).await;
            let sync = prepare(&world, &case).await;
            // A cold start, so that what a process keeps in memory is asked for, and dies with it.
            let worker = world.another_worker();
            world.life.arm(fault(n));
            // An error is one of its answers, and death another.
            drop(world.life.live(world.work_for(&worker, sync.id, 300)).await);
            world.recover(sync.id).await;
            check(&world, &case, &sync, &what).await;
        }
    }
}

async fn first_sync(world: &World, case: &Case, kind: &str) -> SecretSync {
    case.put(world, &[("A", Some("1")), ("B", Some("2")), ("C", Some("3"))]).await;
    let (sync, run) = case.define(world, kind);
    world.create(&sync, &run.queue_sync(clock::now())).await;
    sync
}

/// Changed, deleted and new keys, after a first sync.
async fn update(world: &World, case: &Case, kind: &str) -> SecretSync {
    let sync = first_sync(world, case, kind).await;
    world.work(sync.id).await.unwrap();
    case.put(world, &[("A", Some("changed")), ("B", None), ("D", Some("4"))]).await;
    clock::advance(3);
    sync
}

async fn follows(world: &World, case: &Case, sync: &SecretSync, what: &str) {
    assert_eq!(world.outcome(sync.id).await, ("succeeded".into(), String::new()), "{what}");
    let source = world.secrets(&case.path).await;
    assert_eq!(case.owned(world, sync), source, "{what}");
    // Nothing is left over, and the ledger knows all there is.
    let names = if sync.destination.is_many_to_one() { 1 } else { source.len() };
    assert_eq!(case.everything(world).len(), names, "{what}");
    let ledger = world.safe.secret_sync_ledger(sync.id).await.unwrap();
    assert_eq!(ledger.len(), names, "{what}");
}

#[tokio::test]
async fn a_first_sync_that_dies_anywhere_is_made_good() {
    for kind in [SECRETS_MANAGER, PARAMETER_STORE] {
        survives(kind, &DEATHS, async |world, case| first_sync(world, case, kind).await, follows).await;
    }
}

#[tokio::test]
async fn an_update_that_dies_anywhere_is_made_good() {
    for (kind, faults) in
        [(SECRETS_MANAGER, DEATHS), (PARAMETER_STORE, DEATHS), (PARAMETER_STORE, DEATHS_IN_PARALLEL)]
    {
        survives(kind, &faults, async |world, case| update(world, case, kind).await, follows).await;
    }
}

#[tokio::test]
async fn a_document_that_is_updated_survives_every_death() {
    survives(DOCUMENT, &DEATHS, async |world, case| update(world, case, DOCUMENT).await, follows).await;
}

#[tokio::test]
async fn a_call_that_fails_or_whose_answer_is_lost_changes_nothing_in_the_end() {
    for kind in [SECRETS_MANAGER, PARAMETER_STORE] {
        survives(kind, &HICCUPS, async |world, case| update(world, case, kind).await, follows).await;
    }
}

/// A first sync that imports: keys of both sides, of one, and of the other.
#[tokio::test]
async fn a_first_sync_that_imports_before_survives_every_death() {
    for kind in [SECRETS_MANAGER, PARAMETER_STORE] {
        let prepare = async |world: &World, case: &Case| {
            case.put(world, &[("A", Some("1")), ("B", Some("2"))]).await;
            case.put_there(world, &[("B", "theirs"), ("C", "3")]);
            let (mut sync, run) = case.define(world, kind);
            sync.options.initial_sync_behavior = InitialSyncBehavior::ImportPrioritizeDestination;
            world.create(&sync, &run.queue_sync(clock::now())).await;
            sync
        };
        survives(
            kind,
            &DEATHS,
            prepare,
            async |world: &World, case: &Case, sync: &SecretSync, what: &str| {
                let both = map(&[("A", "1"), ("B", "theirs"), ("C", "3")]);
                assert_eq!(world.outcome(sync.id).await, ("succeeded".into(), String::new()), "{what}");
                assert_eq!(world.secrets(&case.path).await, both, "{what}");
                assert_eq!(case.owned(world, sync), both, "{what}");
            },
        )
        .await;
    }
}

#[tokio::test]
async fn an_import_that_dies_anywhere_takes_everything_over_and_touches_nothing_there() {
    for kind in [SECRETS_MANAGER, PARAMETER_STORE] {
        let prepare = async |world: &World, case: &Case| {
            case.put(world, &[("A", Some("1"))]).await;
            case.put_there(world, &[("A", "theirs"), ("B", "2")]);
            let (mut sync, run) = case.define(world, kind);
            sync.is_auto_sync_enabled = false;
            let run = SecretSyncRun { auto: false, ..run };
            let run = run.want_import(clock::now(), ImportBehavior::PrioritizeDestination).unwrap();
            world.create(&sync, &run).await;
            sync
        };
        survives(
            kind,
            &DEATHS,
            prepare,
            async |world: &World, case: &Case, sync: &SecretSync, what: &str| {
                let state = world.run_of(sync.id).await.import.clone();
                assert_eq!(state.status.map(|status| status.name()), Some("succeeded"), "{what}: {state:?}");
                assert_eq!(world.secrets(&case.path).await, map(&[("A", "theirs"), ("B", "2")]), "{what}");
                assert_eq!(case.owned(world, sync), BTreeMap::new(), "{what}");
                assert_eq!(case.everything(world).len(), 4, "{what}");
            },
        )
        .await;
    }
}

#[tokio::test]
async fn a_removal_that_dies_anywhere_removes_what_the_sync_owns_and_nothing_else() {
    for kind in [SECRETS_MANAGER, PARAMETER_STORE] {
        let prepare = async |world: &World, case: &Case| {
            let sync = first_sync(world, case, kind).await;
            world.work(sync.id).await.unwrap();
            case.put_there(world, &[("foreign", "theirs")]);
            world.want_removal(sync.id, Removal::Keep).await;
            sync
        };
        survives(
            kind,
            &DEATHS,
            prepare,
            async |world: &World, case: &Case, sync: &SecretSync, what: &str| {
                let state = world.run_of(sync.id).await.removal.clone();
                assert_eq!(state.status.map(|status| status.name()), Some("succeeded"), "{what}: {state:?}");
                assert_eq!(case.owned(world, sync), BTreeMap::new(), "{what}");
                assert_eq!(case.everything(world).len(), 2, "{what}");
                assert_eq!(world.safe.secret_sync_ledger(sync.id).await.unwrap(), [], "{what}");
                assert_eq!(world.secrets(&case.path).await.len(), 3, "{what}: the source stays");
            },
        )
        .await;
    }
}

#[tokio::test]
async fn a_sync_that_goes_with_its_secrets_goes_whole_wherever_its_worker_dies() {
    for kind in [SECRETS_MANAGER, PARAMETER_STORE] {
        let prepare = async |world: &World, case: &Case| {
            let sync = first_sync(world, case, kind).await;
            world.work(sync.id).await.unwrap();
            case.put_there(world, &[("foreign", "theirs")]);
            world.want_removal(sync.id, Removal::ThenDelete).await;
            sync
        };
        survives(
            kind,
            &DEATHS,
            prepare,
            async |world: &World, case: &Case, sync: &SecretSync, what: &str| {
                assert_eq!(case.owned(world, sync), BTreeMap::new(), "{what}");
                assert_eq!(case.everything(world).len(), 2, "{what}");
                assert!(world.safe.secret_sync(sync.id).await.unwrap().is_none(), "{what}");
                assert!(world.safe.secret_sync_run(sync.id).await.unwrap().is_none(), "{what}");
                assert!(world.safe.secret_sync_watches(sync.id).await.unwrap().is_none(), "{what}");
                assert!(world.safe.secret_sync_drift(sync.id).await.unwrap().is_none(), "{what}");
                assert_eq!(world.safe.secret_sync_ledger(sync.id).await.unwrap(), [], "{what}");
                let state = world.safe.folder_state(world.environment("dev"), case.folder).await.unwrap();
                assert_eq!(state.watchers, [], "{what}");
                let project = world.safe.project(world.project.id).await.unwrap().unwrap();
                let connection = world.safe.connection(world.connection.id).await.unwrap().unwrap();
                assert_eq!(
                    (project.secret_syncs, connection.dependents.count(DependentKind::SecretSync)),
                    (0, 0),
                    "{what}"
                );
            },
        )
        .await;
    }
}

#[tokio::test]
async fn a_look_for_drift_that_dies_anywhere_is_made_up_for_and_writes_nothing() {
    let prepare = async |world: &World, case: &Case| {
        let sync = first_sync(world, case, PARAMETER_STORE).await;
        world.work(sync.id).await.unwrap();
        let name = format!("/app/{}A", case.prefix);
        let there = world.aws.account.parameters()[&name].clone();
        world.aws.account.put_parameter(&name, Parameter { value: "theirs".into(), version: 2, ..there });
        world.aws.account.forget_calls();
        clock::advance(86_400);
        sync
    };
    survives(
        PARAMETER_STORE,
        &DEATHS,
        prepare,
        async |world: &World, _: &Case, sync: &SecretSync, what: &str| {
            let report = world.safe.secret_sync_drift(sync.id).await.unwrap().unwrap().value.report;
            let report = report.unwrap_or_else(|| panic!("{what}: nobody looked"));
            assert_eq!((report.failure, report.compared, report.differing), (None, 3, 1), "{what}");
            assert_eq!(world.aws.writes(), 0, "{what}");
        },
    )
    .await;
}
