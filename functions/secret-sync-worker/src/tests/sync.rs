//! What a sync does when nothing goes wrong.

use std::collections::BTreeMap;

use testkit::account::{Parameter, Secret};

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
