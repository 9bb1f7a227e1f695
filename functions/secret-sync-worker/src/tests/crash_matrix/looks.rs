//! Looks for what somebody else changed at the destination.

use model::secret_sync::SecretSync;
use testkit::account::{Parameter, Secret};

use super::super::clock;
use super::super::world::{PARAMETER_STORE, SECRETS_MANAGER, World};
use super::{Case, first_sync, moments, survives};

/// Somebody else overwrites the value of `A`.
fn changed_by_others(world: &World, case: &Case, kind: &str) {
    let account = &world.aws.account;
    if kind == SECRETS_MANAGER {
        let name = format!("{}A", case.prefix);
        let there = account.secrets()[&name].clone();
        let theirs = Secret { value: Some("theirs".into()), version: "other".into(), ..there };
        account.put_secret(&name, theirs);
    } else {
        let name = format!("/app/{}A", case.prefix);
        let there = account.parameters()[&name].clone();
        account.put_parameter(&name, Parameter { value: "theirs".into(), version: 2, ..there });
    }
}

#[tokio::test]
async fn a_look_for_drift_that_dies_anywhere_is_made_up_for_and_writes_nothing() {
    for kind in [SECRETS_MANAGER, PARAMETER_STORE] {
        let prepare = async |world: &World, case: &Case| {
            let sync = first_sync(world, case, kind).await;
            world.work(sync.id).await.unwrap();
            changed_by_others(world, case, kind);
            world.aws.account.forget_calls();
            clock::advance(86_400);
            sync
        };
        survives(
            "drift check",
            kind,
            moments,
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
}
