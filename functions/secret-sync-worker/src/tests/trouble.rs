//! Bad days: permissions that are missing, things that are gone, values that cannot be read, an AWS that fails.

use model::connection::Connection;
use model::id::ConnectionId;
use store::Change;
use testkit::account::{Fault, Parameter, Secret, THROTTLED};

use super::clock;
use super::sync::map;
use super::world::{ALL, DOCUMENT, PARAMETER_STORE, SECRETS_MANAGER, World};

async fn synced(kind: &str) -> (World, model::secret_sync::SecretSync) {
    let world = World::new().await;
    world.put(&[("A", Some("1")), ("B", Some("2")), ("C", Some("3"))]).await;
    let sync = world.sync(kind).await;
    world.settle().await;
    assert_eq!(world.outcome(sync.id).await.0, "succeeded");
    (world, sync)
}

#[tokio::test]
async fn each_permission_that_is_missing_is_named_and_given_back_everything_follows() {
    let secrets_manager = [
        ("secretsmanager:ListSecrets", "change"),
        ("secretsmanager:BatchGetSecretValue", "change"),
        ("secretsmanager:CreateSecret", "create"),
        ("secretsmanager:TagResource", "create"),
        ("secretsmanager:UpdateSecret", "change"),
        ("secretsmanager:DeleteSecret", "delete"),
    ];
    let parameter_store = [
        ("ssm:GetParametersByPath", "change"),
        ("ssm:PutParameter", "change"),
        ("ssm:AddTagsToResource", "create"),
        ("ssm:DeleteParameters", "delete"),
        ("ssm:ListTagsForResource", "delete"),
    ];
    let document = [("secretsmanager:DescribeSecret", "change"), ("secretsmanager:UpdateSecret", "change")];
    let all = secrets_manager.map(|case| (SECRETS_MANAGER, case)).into_iter();
    let all = all
        .chain(parameter_store.map(|case| (PARAMETER_STORE, case)))
        .chain(document.map(|case| (DOCUMENT, case)));
    for (kind, (action, what)) in all {
        let (world, sync) = synced(kind).await;
        world.aws.account.deny(action);
        match what {
            "change" => world.put(&[("A", Some("changed"))]).await,
            "create" => world.put(&[("D", Some("4"))]).await,
            _ => world.put(&[("C", None)]).await,
        }
        clock::advance(3);
        world.settle().await;
        let (status, message) = world.outcome(sync.id).await;
        assert_eq!(status, "failed", "{kind} {action}: {message}");
        assert!(message.contains(action), "{kind} {action}: {message}");
        assert!(message.chars().count() <= 1_024);

        world.aws.account.allow(action);
        world.want_sync(sync.id, false).await;
        world.settle().await;
        assert_eq!(world.outcome(sync.id).await, ("succeeded".into(), String::new()), "{kind} {action}");
        assert_eq!(world.there(&sync), world.secrets("/").await, "{kind} {action}");
    }
}

#[tokio::test]
async fn a_permission_that_is_refused_stops_at_once_and_the_other_keys_go_on() {
    let (world, sync) = synced(PARAMETER_STORE).await;
    world.aws.account.deny("ssm:DeleteParameters");
    world.put(&[("A", Some("changed")), ("C", None), ("D", Some("4"))]).await;
    clock::advance(3);
    world.settle().await;
    let run = world.run_of(sync.id).await;
    assert_eq!(run.failures.len(), 1);
    assert_eq!(run.failures[0].secret_key, "C");
    assert!(run.due_at.is_none(), "nobody tries again what only people can mend");
    assert_eq!(world.there(&sync), map(&[("A", "changed"), ("B", "2"), ("C", "3"), ("D", "4")]));
}

#[tokio::test]
async fn a_trust_policy_that_refuses_is_told_and_throttling_of_sts_is_tried_again() {
    for (fault, attempts) in
        [((403, "AccessDenied", 99), 0), ((400, "Throttling", 1), 1), ((500, "ServiceUnavailable", 1), 1)]
    {
        let world = World::new().await;
        world.put(&[("A", Some("1"))]).await;
        let sync = world.sync(SECRETS_MANAGER).await;
        world.aws.state().sts_fault = Some(fault);
        world.settle().await;
        let run = world.run_of(sync.id).await;
        let message = run.sync.message.clone().unwrap_or_default();
        assert!(message.contains("AssumeRole"), "{message}");
        assert_eq!(run.not_before.is_some(), attempts > 0, "{fault:?}");
        world.aws.state().sts_fault = None;
        if attempts == 0 {
            world.want_sync(sync.id, false).await;
        }
        world.recover(sync.id).await;
        assert_eq!(world.there(&sync), map(&[("A", "1")]), "{fault:?}");
    }
}

#[tokio::test]
async fn after_five_attempts_a_sync_is_given_up_and_says_why() {
    let counted = testkit::metrics();
    let (world, sync) = synced(SECRETS_MANAGER).await;
    let count = || ["Done", "Failures"].map(|metric| counted.sum_of(metric, "secret-sync"));
    assert_eq!(count(), [1, 0]);
    world.aws.state().sts_fault = Some((503, "ServiceUnavailable", 1_000));
    world.put(&[("A", Some("changed"))]).await;
    let mut attempts = 0;
    for _ in 0..40 {
        clock::advance(1_000);
        world.another_worker();
        let worker = world.another_worker();
        if world.work_for(&worker, sync.id, 300).await.unwrap() == "nothing to do" {
            break;
        }
        attempts += 1;
    }
    assert_eq!(attempts, 5);
    assert_eq!(count(), [1, 1], "an attempt after which there is another one is no failure yet");
    let (status, message) = world.outcome(sync.id).await;
    assert_eq!(status, "failed");
    assert!(message.contains("AssumeRole"), "{message}");
    assert!(world.run_of(sync.id).await.due_at.is_none());
}

#[tokio::test]
async fn a_connection_that_vanished_is_told_and_nothing_is_deleted() {
    for kind in ALL {
        let (world, sync) = synced(kind).await;
        let before = world.aws.everything();
        let read = world.safe.connection(world.connection.id).await.unwrap().unwrap();
        world.keep(Change::new(clock::now()).delete::<Connection>(&read)).await;
        world.put(&[("C", None)]).await;
        clock::advance(3);
        world.settle().await;
        let (status, message) = world.outcome(sync.id).await;
        assert!(status == "failed" && message.contains("connection"), "{kind}: {message}");
        assert_eq!(world.aws.everything(), before, "{kind}");
    }
    // And one that never was.
    let world = World::new().await;
    let sync = world.sync_with(SECRETS_MANAGER, |sync| sync.connection_id = ConnectionId::random()).await;
    world.settle().await;
    assert_eq!(world.outcome(sync.id).await.0, "failed");
}

#[tokio::test]
async fn a_folder_or_environment_that_vanished_is_told_and_nothing_is_deleted() {
    for kind in ALL {
        let world = World::new().await;
        let folder = world.folder("app").await;
        world.put_in("/app", &[("A", Some("1")), ("B", Some("2"))]).await;
        let sync = world.sync_with(kind, |sync| sync.folder_id = folder).await;
        world.settle().await;
        let before = world.aws.everything();
        assert!(!before.is_empty());
        world.remove_folder(folder).await;
        world.want_sync(sync.id, true).await;
        clock::advance(3);
        world.settle().await;
        let (status, message) = world.outcome(sync.id).await;
        assert!(status == "failed" && message.contains("does not exist any more"), "{kind}: {message}");
        assert_eq!(world.aws.everything(), before, "{kind}");
    }
    let (world, sync) = synced(SECRETS_MANAGER).await;
    let before = world.aws.everything();
    let project = world.safe.project(world.project.id).await.unwrap().unwrap();
    let mut without = project.value.clone();
    without.environments.remove(world.environment("dev")).unwrap();
    world.keep(Change::new(clock::now()).replace(&project, &without)).await;
    world.want_sync(sync.id, true).await;
    world.settle().await;
    assert!(world.outcome(sync.id).await.1.contains("does not exist any more"));
    assert_eq!(world.aws.everything(), before);
    // What it pushed can still be removed.
    world.want_removal(sync.id, model::secret_sync::run::Removal::Keep).await;
    world.settle().await;
    assert!(world.there(&sync).is_empty());
}

#[tokio::test]
async fn a_value_that_cannot_be_opened_stops_the_run_before_its_first_write() {
    for kind in ALL {
        let (world, sync) = synced(kind).await;
        let before = world.aws.everything();
        world.put(&[("D", Some("4")), ("A", None)]).await;
        world.spoil("B").await;
        clock::advance(3);
        world.settle().await;
        let (status, message) = world.outcome(sync.id).await;
        assert!(status == "failed" && message.contains("'B'"), "{kind}: {message}");
        assert_eq!(world.aws.everything(), before, "{kind}");
    }
}

#[tokio::test]
async fn while_our_own_kms_is_away_nothing_is_written_and_nothing_deleted() {
    let (world, sync) = synced(SECRETS_MANAGER).await;
    let before = world.aws.everything();
    world.put(&[("A", None), ("B", Some("changed"))]).await;
    for code in ["ThrottlingException", "KMSInternalException"] {
        world.aws.state().kms_fault = Some((500, code));
        clock::advance(1_000);
        let cold = world.another_worker();
        assert_eq!(world.work_for(&cold, sync.id, 300).await.unwrap(), "put off", "{code}");
        assert_eq!(world.aws.everything(), before, "{code}");
    }
    world.aws.state().kms_fault = None;
    world.recover(sync.id).await;
    assert_eq!(world.there(&sync), world.secrets("/").await);
}

#[tokio::test]
async fn a_reference_that_leads_nowhere_fails_its_own_key_and_protects_what_is_there_of_it() {
    for kind in ALL {
        let (world, sync) = synced(kind).await;
        world.put(&[("A", Some("x ${NOWHERE}")), ("B", Some("changed"))]).await;
        clock::advance(3);
        world.settle().await;
        let (status, message) = world.outcome(sync.id).await;
        // What is written there may be a part of a password.
        assert!(
            status == "failed" && message.contains("A") && message.contains("a reference of it"),
            "{kind}: {message}"
        );
        assert!(!message.contains("NOWHERE"), "{kind}: {message}");
        assert_eq!(world.there(&sync), map(&[("A", "1"), ("B", "changed"), ("C", "3")]), "{kind}");
    }
}

#[tokio::test]
async fn what_somebody_else_made_is_left_to_them_after_the_first_sync() {
    for kind in [SECRETS_MANAGER, PARAMETER_STORE] {
        let (world, sync) = synced(kind).await;
        world.aws.account.put_secret("D", Secret::of("theirs"));
        world.aws.account.put_parameter("/app/D", Parameter::of("theirs"));
        world.put(&[("D", Some("ours")), ("E", Some("5"))]).await;
        clock::advance(3);
        world.settle().await;
        let (status, message) = world.outcome(sync.id).await;
        assert!(status == "failed" && message.contains("\"D\""), "{kind}: {message}");
        let everything = world.aws.everything();
        let name = if kind == SECRETS_MANAGER { "D" } else { "/app/D" };
        assert_eq!(everything[name], "theirs", "{kind}");
        assert_eq!(world.there(&sync), map(&[("A", "1"), ("B", "2"), ("C", "3"), ("E", "5")]), "{kind}");
        // Nor is it deleted when the key goes again.
        world.put(&[("D", None)]).await;
        clock::advance(3);
        world.settle().await;
        assert_eq!(
            (world.outcome(sync.id).await.0, &*world.aws.everything()[name]),
            ("succeeded".into(), "theirs"),
            "{kind}"
        );
    }
}

#[tokio::test]
async fn an_adoption_that_was_refused_is_made_good_when_it_is_allowed() {
    let world = World::new().await;
    world.put(&[("A", Some("ours"))]).await;
    world.aws.account.put_parameter("/app/A", Parameter::of("theirs"));
    world.aws.account.deny("ssm:AddTagsToResource");
    let sync = world.sync(PARAMETER_STORE).await;
    world.settle().await;
    let (status, message) = world.outcome(sync.id).await;
    assert!(status == "failed" && message.contains("ssm:AddTagsToResource"), "{message}");
    assert_eq!(world.aws.everything()["/app/A"], "theirs");
    world.aws.account.allow("ssm:AddTagsToResource");
    world.want_sync(sync.id, false).await;
    world.settle().await;
    assert_eq!(world.there(&sync), map(&[("A", "ours")]));
}

#[tokio::test]
async fn an_aws_that_fails_now_and_then_is_asked_again() {
    for kind in ALL {
        let world = World::new().await;
        world.put(&[("A", Some("1")), ("B", Some("2"))]).await;
        let sync = world.sync(kind).await;
        // Every action fails at its first call, in turn by a throttle, an error and a reset.
        world.aws.account.set_faults(|call| match (call.before, call.action.len() % 3) {
            (0, 0) => Some(THROTTLED),
            (0, 1) => Some(Fault::Error(500, "InternalServiceError", "try again")),
            (0, _) => Some(Fault::Reset),
            _ => None,
        });
        world.settle().await;
        assert_eq!(world.outcome(sync.id).await, ("succeeded".into(), String::new()), "{kind}");
        assert_eq!(world.there(&sync), map(&[("A", "1"), ("B", "2")]), "{kind}");
    }
}
