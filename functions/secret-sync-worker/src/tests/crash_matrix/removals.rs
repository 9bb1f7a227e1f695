//! What the sync owns goes, and perhaps the sync with it.

use std::collections::BTreeMap;

use model::connection::DependentKind;
use model::secret_sync::SecretSync;
use model::secret_sync::run::Removal;

use super::super::world::{PARAMETER_STORE, SECRETS_MANAGER, World};
use super::{Case, first_sync, moments, survives};

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
            "removal",
            kind,
            moments,
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
            "removal with the sync",
            kind,
            moments,
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
