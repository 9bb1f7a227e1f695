//! A process dies before or after any call of its to AWS or to the table. Somebody starts another one, and in the end the
//! destination is what the source says, with nothing else touched.

mod clocks;
mod crowd;
mod imports;
mod looks;
mod messages;
mod removals;
mod runs;
mod tick;

use std::collections::BTreeMap;

use model::id::FolderId;
use model::secret_sync::{InitialSyncBehavior, KeySchema, SecretSync, SecretSyncRun, SyncOptions};
use testkit::account::{Parameter, Secret};
use testkit::fuse::Fault;
use testkit::matrix::{self, Faults, hiccups, moments};

use super::clock;
use super::world::{DOCUMENT, PARAMETER_STORE, World};

/// After each call: where calls go side by side, others were begun by then.
fn deaths_in_parallel(calls: u32) -> Vec<Fault> {
    (1..=calls).map(Fault::DieAfter).collect()
}

/// What a destination is called in the matrix.
fn named(kind: &str) -> &'static str {
    match kind {
        DOCUMENT => "one secret in Secrets Manager",
        PARAMETER_STORE => "Parameter Store",
        _ => "Secrets Manager",
    }
}

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

/// Does `prepare`, then one look at its sync that breaks in each of these ways; then everything is mended, and `check` looks at
/// what became of it.
async fn survives(
    operation: &str,
    kind: &str,
    faults: Faults,
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
    let faults = matrix::sample(faults(calls));
    for fault in &faults {
        number += 1;
        let what = format!("{kind} {fault:?} of {calls}");
        let case = Case::new(&world, number).await;
        let sync = prepare(&world, &case).await;
        // A cold start, so that what a process keeps in memory is asked for, and dies with it.
        let worker = world.another_worker();
        world.life.arm(*fault);
        // An error is one of its answers, and death another.
        drop(world.life.live(world.work_for(&worker, sync.id, 300)).await);
        world.recover(sync.id).await;
        check(&world, &case, &sync, &what).await;
    }
    matrix::tell(&format!("{operation}, {}", named(kind)), calls, faults.len(), "converges");
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
