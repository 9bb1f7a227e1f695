//! What a sync does when nothing goes wrong.

use std::collections::BTreeMap;
use std::pin::pin;

use model::secret_sync::DestinationConfig;
use model::secret_sync::run::Removal;
use serde_json::json;
use testkit::account::{Fault, Parameter, Secret};

use super::world::{ALL, DOCUMENT, PARAMETER_STORE, SECRETS_MANAGER, World};

pub(super) fn map(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
}

#[tokio::test]
async fn the_destination_follows_the_source_and_a_foreign_thing_beside_is_left_alone() {
    for kind in ALL {
        let world = World::new().await;
        world.aws.account.put_secret("foreign", Secret::of("theirs"));
        world.aws.account.put_parameter("/app/foreign", Parameter::of("theirs"));
        world.put(&[("A", Some("1")), ("B", Some("2 ${A}")), ("C", Some("3"))]).await;
        let sync = world.sync(kind).await;
        world.settle().await;
        assert_eq!(world.outcome(sync.id).await, ("succeeded".into(), String::new()), "{kind}");
        assert_eq!(world.there(&sync), map(&[("A", "1"), ("B", "2 1"), ("C", "3")]), "{kind}");

        world.put(&[("A", Some("changed")), ("C", None), ("D", Some("new"))]).await;
        super::clock::advance(3);
        world.settle().await;
        assert_eq!(world.outcome(sync.id).await.0, "succeeded", "{kind}");
        let expected = map(&[("A", "changed"), ("B", "2 changed"), ("D", "new")]);
        assert_eq!(world.there(&sync), expected, "{kind}");
        let everything = world.aws.everything();
        assert_eq!((&*everything["foreign"], &*everything["/app/foreign"]), ("theirs", "theirs"), "{kind}");
    }
}

#[tokio::test]
async fn sub_folders_are_pushed_too_where_that_was_asked_for_and_one_name_twice_fails_alone() {
    for kind in ALL {
        for recursive in [false, true] {
            let world = World::new().await;
            world.folder("below").await;
            world.put(&[("A", Some("1")), ("BOTH", Some("above"))]).await;
            world.put_in("/below", &[("B", Some("2"))]).await;
            let sync = world.sync_with(kind, |sync| sync.options.recursive = Some(recursive)).await;
            world.settle().await;
            assert_eq!(world.outcome(sync.id).await, ("succeeded".into(), String::new()), "{kind}");
            let below = |value: &str| if recursive { vec![("B", value.to_owned())] } else { Vec::new() };
            let expected = |value: &str| {
                let mut all = map(&[("A", "1"), ("BOTH", "above")]);
                all.extend(below(value).into_iter().map(|(key, value)| (key.to_owned(), value)));
                all
            };
            assert_eq!(world.there(&sync), expected("2"), "{kind} {recursive}");

            world.put_in("/below", &[("B", Some("3")), ("BOTH", Some("below"))]).await;
            super::clock::advance(3);
            world.settle().await;
            assert_eq!(world.there(&sync), expected("3"), "{kind} {recursive}");
            let (status, told) = world.outcome(sync.id).await;
            if recursive {
                assert!(status == "failed" && told.contains("several folders"), "{kind}: {told}");
            } else {
                assert_eq!((status.as_str(), told.as_str()), ("succeeded", ""), "{kind}");
            }
        }
    }
}

#[tokio::test]
async fn nothing_changed_is_no_write_and_no_line_in_the_trail() {
    for kind in ALL {
        let world = World::new().await;
        world.put(&[("A", Some("1")), ("B", Some("2"))]).await;
        let sync = world.sync(kind).await;
        world.settle().await;
        let lines = world.trail.actions().await.unwrap().len();
        world.aws.account.forget_calls();
        for _ in 0..3 {
            world.want_sync(sync.id, false).await;
            super::clock::advance(60);
            world.settle().await;
        }
        assert_eq!((world.aws.writes(), world.outcome(sync.id).await.0), (0, "succeeded".into()), "{kind}");
        assert_eq!(world.trail.actions().await.unwrap().len(), lines, "{kind}");
    }
}

#[tokio::test]
async fn a_run_is_in_the_trail_with_what_it_did() {
    let world = World::new().await;
    world.put(&[("A", Some("1"))]).await;
    world.sync_with(SECRETS_MANAGER, |sync| sync.name = "prod".into()).await;
    world.settle().await;
    let lines = world.trail.actions().await.unwrap();
    assert!(lines.contains(&"secret-sync.run prod".to_owned()), "{lines:?}");
}

#[tokio::test]
async fn a_session_may_do_nothing_outside_the_syncs_own_names() {
    for (kind, reach) in [(DOCUMENT, "secret:app/all"), (PARAMETER_STORE, "parameter/app/*")] {
        let world = World::new().await;
        world.put(&[("A", Some("1"))]).await;
        world.sync(kind).await;
        world.settle().await;
        let policies = world.aws.state().policies.clone();
        assert!(!policies.is_empty() && policies.iter().all(|policy| policy.contains(reach)), "{policies:?}");
    }
}

#[tokio::test]
async fn a_list_that_lags_behind_hides_nothing_from_a_run() {
    let world = World::new().await;
    world.put(&[("A", Some("1")), ("B", Some("2"))]).await;
    let sync = world.sync(SECRETS_MANAGER).await;
    world.settle().await;
    // What was made in the last minutes is not in the list yet.
    world.aws.account.set_faults(|call| {
        (call.action == "secretsmanager:ListSecrets").then(|| Fault::Answer(json!({ "SecretList": [] })))
    });
    world.put(&[("A", Some("changed")), ("B", None), ("C", Some("3"))]).await;
    super::clock::advance(3);
    world.settle().await;
    assert_eq!(world.outcome(sync.id).await, ("succeeded".into(), String::new()));
    assert_eq!(world.there(&sync), map(&[("A", "changed"), ("C", "3")]));
    // Nor from a removal.
    world.want_removal(sync.id, Removal::Keep).await;
    world.settle().await;
    assert_eq!(world.there(&sync), BTreeMap::new());
}

#[tokio::test]
async fn of_two_syncs_with_the_same_names_the_second_touches_nothing_of_the_firsts() {
    for kind in ALL {
        let world = World::new().await;
        world.put(&[("A", Some("1")), ("B", Some("2"))]).await;
        let first = world.sync(kind).await;
        world.settle().await;
        let before = world.aws.everything();
        let folder = world.folder("other").await;
        world.put_in("/other", &[("A", Some("others")), ("ONLY", Some("3"))]).await;
        let second = world.sync_with(kind, |sync| sync.folder_id = folder).await;
        world.settle().await;
        let (status, message) = world.outcome(second.id).await;
        assert!(status == "failed" && message.contains(&first.id.to_string()), "{kind}: {message}");
        let everything = world.aws.everything();
        for (name, value) in before {
            assert_eq!(everything[&name], value, "{kind}");
        }
        if kind != DOCUMENT {
            assert_eq!(world.there(&second), map(&[("ONLY", "3")]), "{kind}");
        }
        // Nor when it goes.
        world.want_removal(second.id, Removal::ThenDelete).await;
        world.settle().await;
        assert_eq!(world.there(&first), map(&[("A", "1"), ("B", "2")]), "{kind}");
    }
}

#[tokio::test]
async fn a_connection_by_access_key_opens_its_sealed_secret() {
    let world = World::new().await;
    let connection = world.access_key_connection().await;
    world.put(&[("A", Some("1"))]).await;
    let sync = world.sync_with(PARAMETER_STORE, |sync| sync.connection_id = connection).await;
    world.settle().await;
    assert_eq!(world.outcome(sync.id).await, ("succeeded".into(), String::new()));
    assert_eq!(world.there(&sync), map(&[("A", "1")]));
    assert!(world.aws.state().policies.is_empty(), "no role is assumed");
}

#[tokio::test]
async fn a_first_sync_that_people_moved_meanwhile_counts_as_none() {
    let world = World::new().await;
    world.put(&[("A", Some("1"))]).await;
    world.aws.account.put_parameter("/moved/A", Parameter::of("theirs"));
    let mut sync = world.sync(PARAMETER_STORE).await;
    let mut run = pin!(world.work(sync.id));
    while world.aws.count("ssm:PutParameter") == 0 {
        tokio::select! {
            biased;
            done = &mut run => panic!("it is over already: {done:?}"),
            () = tokio::task::yield_now() => {}
        }
    }
    let region = sync.destination.region().clone();
    sync.destination = DestinationConfig::AwsParameterStore { region, path: "/moved/".into() };
    world.redefine(&sync).await;
    run.await.unwrap();
    assert!(!world.run_of(sync.id).await.first_sync_done);
    world.settle().await;
    assert_eq!(world.outcome(sync.id).await, ("succeeded".into(), String::new()));
    assert_eq!(world.there(&sync)["A"], "1");
}
