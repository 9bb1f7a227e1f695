//! What is at the destination already is taken over.

use std::collections::BTreeMap;

use model::secret_sync::{ImportBehavior, InitialSyncBehavior, SecretSync, SecretSyncRun};

use super::super::clock;
use super::super::sync::map;
use super::super::world::{PARAMETER_STORE, SECRETS_MANAGER, World};
use super::{Case, moments, survives};

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
            "first sync that imports",
            kind,
            moments,
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
            "import",
            kind,
            moments,
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
