//! Imports, first syncs over what is there, and removals.

use std::collections::BTreeMap;

use model::secret_sync::run::Removal;
use model::secret_sync::{ImportBehavior, InitialSyncBehavior, KeySchema};
use testkit::account::{Parameter, Secret};

use super::clock;
use super::sync::map;
use super::world::{ALL, DOCUMENT, PARAMETER_STORE, SECRETS_MANAGER, World};

/// What is there before Drawbridge: of each kind, `A`, `B` and `C`.
fn put_there(world: &World, things: &[(&str, &str)]) {
    for (key, value) in things {
        world.aws.account.put_secret(key, Secret::of(value));
        world.aws.account.put_parameter(&format!("/app/{key}"), Parameter::of(value));
    }
    let document = serde_json::to_string(&map(things)).unwrap();
    world.aws.account.put_secret("app/all", Secret::of(&document));
}

#[tokio::test]
async fn the_first_sync_does_with_what_is_there_as_it_was_told() {
    use InitialSyncBehavior::{ImportPrioritizeDestination, ImportPrioritizeSource, OverwriteDestination};
    for kind in [SECRETS_MANAGER, PARAMETER_STORE] {
        for (behavior, expected) in [
            (OverwriteDestination, map(&[("A", "1"), ("B", "2")])),
            (ImportPrioritizeSource, map(&[("A", "1"), ("B", "2"), ("C", "3")])),
            (ImportPrioritizeDestination, map(&[("A", "1"), ("B", "theirs"), ("C", "3")])),
        ] {
            let world = World::new().await;
            world.put(&[("A", Some("1")), ("B", Some("2"))]).await;
            put_there(&world, &[("B", "theirs"), ("C", "3")]);
            world
                .aws
                .account
                .put_secret("D", Secret::of("another's").tagged("drawbridge:secret-sync", "another"));
            let sync = world.sync_with(kind, |sync| sync.options.initial_sync_behavior = behavior).await;
            world.settle().await;
            let told = world.outcome(sync.id).await;
            // Without a prefix, the document is a secret like others, whose name is none of ours.
            let named =
                told.1.contains("app/all") && kind == SECRETS_MANAGER && behavior != OverwriteDestination;
            assert!(told.0 == "succeeded" || named, "{kind} {behavior:?}: {told:?}");
            assert_eq!(world.there(&sync), expected, "{kind} {behavior:?}");
            assert_eq!(world.secrets("/").await, expected, "{kind} {behavior:?}");
            let everything = world.aws.everything();
            assert_eq!((&*everything["D"], everything.contains_key("app/all")), ("another's", true));
        }
    }
}

#[tokio::test]
async fn a_document_that_is_there_is_imported_key_by_key_and_adopted() {
    let world = World::new().await;
    world.put(&[("A", Some("1"))]).await;
    put_there(&world, &[("A", "theirs"), ("B", "2")]);
    let sync = world
        .sync_with(DOCUMENT, |sync| {
            sync.options.initial_sync_behavior = InitialSyncBehavior::ImportPrioritizeSource;
        })
        .await;
    world.settle().await;
    assert_eq!(world.outcome(sync.id).await, ("succeeded".into(), String::new()));
    assert_eq!(world.there(&sync), map(&[("A", "1"), ("B", "2")]));
    assert_eq!(world.secrets("/").await, map(&[("A", "1"), ("B", "2")]));
}

#[tokio::test]
async fn a_document_that_cannot_be_taken_over_whole_is_not_written_over() {
    for there in ["a password alone", r#"{"A":"theirs","db/url":"2"}"#] {
        let world = World::new().await;
        world.put(&[("A", Some("1"))]).await;
        world.aws.account.put_secret("app/all", Secret::of(there));
        let sync = world
            .sync_with(DOCUMENT, |sync| {
                sync.options.initial_sync_behavior = InitialSyncBehavior::ImportPrioritizeDestination;
            })
            .await;
        world.settle().await;
        assert_eq!(world.outcome(sync.id).await.0, "failed", "{there}");
        assert_eq!(&*world.aws.everything()["app/all"], there);
        // Nor is it by the runs that follow.
        world.put(&[("A", Some("newer"))]).await;
        clock::advance(3);
        world.settle().await;
        assert_eq!(&*world.aws.everything()["app/all"], there);
    }
}

#[tokio::test]
async fn a_first_sync_that_goes_on_does_not_take_its_own_pushes_for_the_destinations_values() {
    let world = World::new().await;
    world.put(&[("A", Some("1"))]).await;
    put_there(&world, &[("A", "theirs"), ("B", "2")]);
    world.aws.account.deny("ssm:DeleteParameters");
    let sync = world
        .sync_with(PARAMETER_STORE, |sync| {
            sync.options.initial_sync_behavior = InitialSyncBehavior::ImportPrioritizeDestination;
        })
        .await;
    // B is refused after it was imported, so it is adopted later.
    world.aws.account.set_faults(|call| {
        let is_b = call.action == "ssm:AddTagsToResource" && call.body["ResourceId"] == "/app/B";
        is_b.then_some(testkit::account::Fault::Error(400, "AccessDeniedException", "not B"))
    });
    world.settle().await;
    assert_eq!(world.outcome(sync.id).await.0, "failed");
    assert_eq!(world.there(&sync), map(&[("A", "theirs")]));
    // Somebody changes at the source what was imported and pushed.
    world.put(&[("A", Some("newer"))]).await;
    world.aws.account.mend();
    clock::advance(3);
    world.settle().await;
    assert_eq!(world.outcome(sync.id).await, ("succeeded".into(), String::new()));
    assert_eq!(world.there(&sync), map(&[("A", "newer"), ("B", "2")]));
    assert_eq!(world.secrets("/").await["A"], "newer");
}

#[tokio::test]
async fn an_import_takes_over_what_people_asked_for_and_changes_nothing_there() {
    for kind in ALL {
        for (behavior, expected) in [
            (ImportBehavior::PrioritizeSource, map(&[("A", "1"), ("B", "2"), ("C", "3")])),
            (ImportBehavior::PrioritizeDestination, map(&[("A", "theirs"), ("B", "2"), ("C", "3")])),
        ] {
            let world = World::new().await;
            world.put(&[("A", Some("1")), ("B", Some("2"))]).await;
            let sync = world
                .sync_with(kind, |sync| {
                    sync.options.key_schema =
                        (kind == SECRETS_MANAGER).then(|| KeySchema::parse("p/{{secretKey}}").unwrap());
                    sync.is_auto_sync_enabled = false;
                })
                .await;
            world.settle().await;
            put_there(&world, &[("C", "3")]);
            for (name, text) in [("p/A", "theirs"), ("p/C", "3")] {
                let there = world.aws.account.secrets().remove(name).unwrap_or_default();
                let value = Some(text.to_owned());
                world.aws.account.put_secret(name, Secret { value, version: "other".into(), ..there });
            }
            let document = serde_json::to_string(&map(&[("A", "theirs"), ("C", "3")])).unwrap();
            world.aws.account.put_secret("app/all", Secret::of(&document));
            let a = world.aws.account.parameters().remove("/app/A").unwrap_or(Parameter::of(""));
            world.aws.account.put_parameter("/app/A", Parameter { value: "theirs".into(), version: 9, ..a });
            let before = world.aws.everything();

            world.amend(sync.id, |run| run.want_import(clock::now(), behavior).unwrap()).await;
            world.settle().await;
            let state = world.run_of(sync.id).await.import.clone();
            assert_eq!(state.status.map(|status| status.name()), Some("succeeded"), "{kind}: {state:?}");
            assert_eq!(world.secrets("/").await, expected, "{kind} {behavior:?}");
            assert_eq!(world.aws.everything(), before, "{kind} {behavior:?}");
        }
    }
}

#[tokio::test]
async fn what_cannot_be_a_secret_here_fails_alone() {
    let world = World::new().await;
    let sync = world
        .sync_with(SECRETS_MANAGER, |sync| {
            sync.options.key_schema = Some(KeySchema::parse("p/{{secretKey}}").unwrap());
            sync.is_auto_sync_enabled = false;
        })
        .await;
    world.settle().await;
    world.aws.account.put_secret("p/GOOD", Secret::of("1"));
    world.aws.account.put_secret("p/bad/name", Secret::of("2"));
    world.aws.account.put_secret("p/BYTES", Secret { value: None, ..Secret::of("") });
    world
        .amend(sync.id, |run| run.want_import(clock::now(), ImportBehavior::PrioritizeSource).unwrap())
        .await;
    world.settle().await;
    let state = world.run_of(sync.id).await.import.clone();
    let message = state.message.unwrap_or_default();
    assert_eq!(state.status.map(|status| status.name()), Some("failed"));
    assert!(message.contains("bad/name") && message.contains("BYTES"), "{message}");
    assert_eq!(world.secrets("/").await, map(&[("GOOD", "1")]));
}

#[tokio::test]
async fn what_would_be_a_reference_here_is_neither_imported_nor_ever_written_over() {
    for (kind, behavior) in [
        (SECRETS_MANAGER, InitialSyncBehavior::ImportPrioritizeSource),
        (PARAMETER_STORE, InitialSyncBehavior::ImportPrioritizeDestination),
        (DOCUMENT, InitialSyncBehavior::ImportPrioritizeDestination),
    ] {
        let world = World::new().await;
        let things = [("URL", "jdbc://${USER}@db"), ("USER", "app")];
        match kind {
            SECRETS_MANAGER => {
                for (key, value) in things {
                    world.aws.account.put_secret(key, Secret::of(value));
                }
            }
            _ => put_there(&world, &things),
        }
        let before = world.aws.everything();
        let sync = world.sync_with(kind, |sync| sync.options.initial_sync_behavior = behavior).await;
        world.settle().await;
        let (status, told) = world.outcome(sync.id).await;
        assert!(status == "failed" && told.contains("URL") && !told.contains("jdbc"), "{kind}: {told}");
        assert_eq!(world.secrets("/").await, map(&[("USER", "app")]), "{kind}");
        // Nor is it by the runs that follow, although what it seems to refer to is here.
        world.put(&[("OTHER", Some("1"))]).await;
        clock::advance(3);
        world.settle().await;
        let after = world.aws.everything();
        for (name, value) in &before {
            assert_eq!(after.get(name), Some(value), "{kind}");
        }
    }
}

#[tokio::test]
async fn what_a_rotation_writes_here_is_not_imported_and_fails_alone() {
    for kind in ALL {
        let world = World::new().await;
        world.put(&[("B", Some("2"))]).await;
        world.put_rotated("A", "1").await;
        let sync = world.sync_with(kind, |sync| sync.is_auto_sync_enabled = false).await;
        world.settle().await;
        put_there(&world, &[("A", "theirs"), ("B", "theirs")]);
        let prioritize = ImportBehavior::PrioritizeDestination;
        world.amend(sync.id, |run| run.want_import(clock::now(), prioritize).unwrap()).await;
        world.settle().await;
        let state = world.run_of(sync.id).await.import.clone();
        let message = state.message.unwrap_or_default();
        assert_eq!(state.status.map(|status| status.name()), Some("failed"), "{kind}: {message}");
        assert!(message.contains("key rotation") && !message.contains("theirs"), "{kind}: {message}");
        assert_eq!(world.secrets("/").await, map(&[("A", "1"), ("B", "theirs")]), "{kind}");
    }
}

#[tokio::test]
async fn another_key_schema_leaves_nothing_of_the_former_behind() {
    for kind in [SECRETS_MANAGER, PARAMETER_STORE] {
        let world = World::new().await;
        world.put(&[("A", Some("1")), ("B", Some("2"))]).await;
        let mut sync = world
            .sync_with(kind, |sync| {
                sync.options.key_schema = Some(KeySchema::parse("old_{{secretKey}}").unwrap());
            })
            .await;
        world.settle().await;
        sync.options.key_schema = Some(KeySchema::parse("new_{{secretKey}}").unwrap());
        world.redefine(&sync).await;
        world.settle().await;
        assert_eq!(world.outcome(sync.id).await, ("succeeded".into(), String::new()), "{kind}");
        assert_eq!(world.there(&sync), map(&[("new_A", "1"), ("new_B", "2")]), "{kind}");
    }
}

#[tokio::test]
async fn another_key_schema_that_aws_refuses_leaves_the_former_names_until_it_is_allowed() {
    for (kind, action) in
        [(SECRETS_MANAGER, "secretsmanager:CreateSecret"), (PARAMETER_STORE, "ssm:PutParameter")]
    {
        let world = World::new().await;
        world.put(&[("A", Some("1")), ("B", Some("2"))]).await;
        let mut sync = world.sync(kind).await;
        world.settle().await;
        sync.options.key_schema = Some(KeySchema::parse("new_{{secretKey}}").unwrap());
        world.aws.account.deny(action);
        world.redefine(&sync).await;
        for _ in 0..2 {
            world.settle().await;
            let run = world.run_of(sync.id).await;
            let told = run.sync.message.clone().unwrap_or_default();
            assert!(told.contains(action) && run.failures.len() == 2, "{kind}: {told}");
            assert!(run.due_at.is_none(), "{kind}: nobody tries again what only people can mend");
            assert_eq!(world.there(&sync), map(&[("A", "1"), ("B", "2")]), "{kind}");
            world.want_sync(sync.id, false).await;
        }
        world.aws.account.allow(action);
        world.settle().await;
        assert_eq!(world.outcome(sync.id).await, ("succeeded".into(), String::new()), "{kind}");
        assert_eq!(world.there(&sync), map(&[("new_A", "1"), ("new_B", "2")]), "{kind}");
    }
}

#[tokio::test]
async fn a_removal_takes_what_the_sync_owns_and_a_sync_with_it_where_that_was_asked_for() {
    for kind in ALL {
        for removal in [Removal::Keep, Removal::ThenDelete] {
            let world = World::new().await;
            world.put(&[("A", Some("1")), ("B", Some("2"))]).await;
            put_there(&world, &[("foreign", "theirs")]);
            world.aws.account.put_secret("app/all", Secret::of("{}"));
            let sync = world.sync(kind).await;
            world.settle().await;
            world.want_removal(sync.id, removal).await;
            world.settle().await;
            assert_eq!(world.there(&sync), BTreeMap::new(), "{kind} {removal:?}");
            let everything = world.aws.everything();
            assert_eq!((&*everything["foreign"], &*everything["/app/foreign"]), ("theirs", "theirs"));
            let stored = world.safe.secret_sync(sync.id).await.unwrap();
            match removal {
                Removal::Keep => {
                    let state = stored.unwrap().run.removal.clone();
                    assert_eq!(state.status.map(|status| status.name()), Some("succeeded"));
                }
                Removal::ThenDelete => assert!(stored.is_none(), "{kind}"),
            }
            let lines = world.trail.actions().await.unwrap();
            assert!(lines.contains(&format!("secret-sync.remove {}", sync.name)), "{lines:?}");
        }
    }
}

#[tokio::test]
async fn a_removal_that_may_not_delete_keeps_the_sync_and_says_what_it_may_not() {
    let world = World::new().await;
    world.put(&[("A", Some("1"))]).await;
    let sync = world.sync(SECRETS_MANAGER).await;
    world.settle().await;
    world.aws.account.deny("secretsmanager:DeleteSecret");
    world.want_removal(sync.id, Removal::ThenDelete).await;
    world.settle().await;
    let state = world.run_of(sync.id).await.removal.clone();
    assert_eq!(state.status.map(|status| status.name()), Some("failed"));
    assert!(state.message.unwrap_or_default().contains("secretsmanager:DeleteSecret"));
    assert_eq!(world.there(&sync), map(&[("A", "1")]));
}
