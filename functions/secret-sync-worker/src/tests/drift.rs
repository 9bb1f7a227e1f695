//! What somebody else changed at the destination is found on schedule, and left as it is.

use model::secret_sync::{Difference, DriftReport, SecretSync};
use testkit::account::{Parameter, Secret};

use super::clock;
use super::world::{PARAMETER_STORE, SECRETS_MANAGER, World};

const DAY: u64 = 86_400;

async fn report(world: &World, sync: &SecretSync) -> Option<DriftReport> {
    world.safe.secret_sync_drift(sync.id).await.unwrap().unwrap().value.report
}

async fn synced(kind: &str) -> (World, SecretSync) {
    let world = World::new().await;
    world.put(&[("A", Some("1")), ("B", Some("2")), ("C", Some("3"))]).await;
    let sync = world.sync(kind).await;
    world.settle().await;
    world.aws.account.forget_calls();
    (world, sync)
}

#[tokio::test]
async fn drift_is_looked_for_once_a_day_and_not_before() {
    for kind in [SECRETS_MANAGER, PARAMETER_STORE] {
        let (world, sync) = synced(kind).await;
        clock::advance(DAY - 10);
        assert_eq!((world.settle().await, report(&world, &sync).await), (0, None), "{kind}");
        clock::advance(10);
        assert_eq!(world.settle().await, 1, "{kind}");
        let first = report(&world, &sync).await.unwrap();
        assert_eq!((first.failure, first.compared, first.differing), (None, 3, 0), "{kind}");
        assert_eq!(world.aws.writes(), 0, "{kind}");
        assert_eq!(world.settle().await, 0, "{kind}");
        clock::advance(DAY);
        assert_eq!(world.settle().await, 1, "{kind}");
    }
}

#[tokio::test]
async fn what_was_changed_behind_our_back_is_named_and_nothing_is_written() {
    for kind in [SECRETS_MANAGER, PARAMETER_STORE] {
        let (world, sync) = synced(kind).await;
        if kind == SECRETS_MANAGER {
            let secrets = world.aws.account.secrets();
            let changed =
                Secret { value: Some("theirs".into()), version: "other".into(), ..secrets["A"].clone() };
            world.aws.account.put_secret("A", changed);
            world.aws.account.put_secret("B", Secret { deleted: true, ..secrets["B"].clone() });
        } else {
            let parameters = world.aws.account.parameters();
            let changed = Parameter { value: "theirs".into(), version: 2, ..parameters["/app/A"].clone() };
            world.aws.account.put_parameter("/app/A", changed);
            world.aws.account.remove_parameter("/app/B");
        }
        // A change of the source that was not pushed yet is no drift, and comes first.
        clock::advance(DAY);
        world.settle().await;
        let found = report(&world, &sync).await.unwrap();
        let drifted: Vec<_> =
            found.drifted.iter().map(|one| (one.secret_key.as_deref(), one.difference)).collect();
        assert_eq!(drifted, [(Some("A"), Difference::Value), (Some("B"), Difference::Missing)], "{kind}");
        assert_eq!((found.compared, found.differing, world.aws.writes()), (3, 2, 0), "{kind}");
        assert!(world.aws.everything().values().any(|value| value == "theirs"), "{kind}");

        // A run puts it right, and then there is none.
        world.want_sync(sync.id, false).await;
        world.settle().await;
        clock::advance(DAY);
        world.settle().await;
        assert_eq!(report(&world, &sync).await.unwrap().differing, 0, "{kind}");
        assert_eq!(world.there(&sync), world.secrets("/").await, "{kind}");
    }
}

#[tokio::test]
async fn the_session_that_looks_cannot_write() {
    let (world, _) = synced(PARAMETER_STORE).await;
    world.aws.state().policies.clear();
    clock::advance(DAY);
    world.settle().await;
    let policies = world.aws.state().policies.clone();
    assert_eq!(policies.len(), 1);
    assert!(!policies[0].contains("Put") && !policies[0].contains("Delete"), "{policies:?}");
}

#[tokio::test]
async fn a_look_that_is_refused_says_why_and_comes_again() {
    let (world, sync) = synced(SECRETS_MANAGER).await;
    world.aws.account.deny("secretsmanager:ListSecrets");
    clock::advance(DAY);
    world.settle().await;
    let why = report(&world, &sync).await.unwrap().failure.unwrap();
    assert!(why.contains("secretsmanager:ListSecrets"), "{why}");
    world.aws.account.allow("secretsmanager:ListSecrets");
    clock::advance(DAY);
    world.settle().await;
    assert_eq!(report(&world, &sync).await.unwrap().failure, None);
}
