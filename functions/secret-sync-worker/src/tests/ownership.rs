//! What a sync may take and touch after its first run.

use model::secret_sync::{DestinationConfig, Mapping, ownership};
use testkit::account::{Fault, Parameter, Secret};

use super::clock;
use super::sync::map;
use super::world::{PARAMETER_STORE, SECRETS_MANAGER, World};

#[tokio::test]
async fn a_key_that_aws_refuses_for_long_keeps_no_door_open_for_others() {
    let world = World::new().await;
    world.put(&[("A", Some("1")), ("REFUSED", Some("1"))]).await;
    world.aws.account.put_secret("REFUSED", Secret::of("theirs"));
    world.aws.account.put_secret("FOREIGN", Secret::of("theirs"));
    world.aws.account.set_faults(|call| {
        let is_write = !call.action.contains("Get") && !call.action.contains("List");
        (is_write && call.body.to_string().contains("REFUSED")).then_some(Fault::Error(
            400,
            "AccessDeniedException",
            "not this one",
        ))
    });
    let sync = world.sync(SECRETS_MANAGER).await;
    world.settle().await;
    assert_eq!(world.outcome(sync.id).await.0, "failed");
    assert_eq!(world.run_of(sync.id).await.unadopted, ["REFUSED"]);

    // A key of a name that somebody else has: the first sync is over for it, however often it fails.
    world.put(&[("FOREIGN", Some("ours"))]).await;
    for _ in 0..2 {
        clock::advance(3);
        world.want_sync(sync.id, false).await;
        world.settle().await;
        assert_eq!(world.aws.everything()["FOREIGN"], "theirs");
    }
    // AWS lets us: what the first sync was to adopt is adopted, and that alone.
    world.aws.account.mend();
    world.want_sync(sync.id, false).await;
    world.settle().await;
    assert_eq!(world.there(&sync), map(&[("A", "1"), ("REFUSED", "1")]));
    assert_eq!(world.aws.everything()["FOREIGN"], "theirs");
    assert!(world.outcome(sync.id).await.1.contains("FOREIGN"));
    assert!(world.run_of(sync.id).await.unadopted.is_empty());
}

#[tokio::test]
async fn a_key_that_fails_in_every_run_does_not_let_a_copied_tag_speak() {
    for kind in [SECRETS_MANAGER, PARAMETER_STORE] {
        let name = |key: &str| if kind == PARAMETER_STORE { format!("/app/{key}") } else { key.to_owned() };
        for failing in ["REFUSED", "no name", "TAKEN"] {
            let world = World::new().await;
            world.put(&[("A", Some("1")), (failing, Some("1"))]).await;
            world.aws.account.set_faults(|call| {
                let is_write = ["Create", "Put", "Update"].iter().any(|verb| call.action.contains(verb));
                (is_write && call.body.to_string().contains("REFUSED")).then_some(Fault::Error(
                    400,
                    "AccessDeniedException",
                    "not this one",
                ))
            });
            let another = model::id::SecretSyncId::random().to_string();
            world
                .aws
                .account
                .put_secret("TAKEN", Secret::of("theirs").tagged(ownership::SECRET_SYNC, &another));
            let theirs = Parameter::of("theirs").tagged(ownership::SECRET_SYNC, &another);
            world.aws.account.put_parameter("/app/TAKEN", theirs);
            let sync = world.sync(kind).await;
            world.settle().await;
            assert_eq!(world.outcome(sync.id).await.0, "failed", "{kind} {failing}");
            let [managed, owner] = ownership::tags(sync.id);
            let secret = Secret::of("copy").tagged(&managed.key, &managed.value);
            let parameter = Parameter::of("copy").tagged(&managed.key, &managed.value);
            match kind {
                PARAMETER_STORE => {
                    let copy = parameter.tagged(&owner.key, &owner.value);
                    world.aws.account.put_parameter(&name("COPY"), copy);
                }
                _ => world.aws.account.put_secret("COPY", secret.tagged(&owner.key, &owner.value)),
            }
            world.put(&[("A", Some("2"))]).await;
            for _ in 0..2 {
                clock::advance(3);
                world.want_sync(sync.id, false).await;
                world.settle().await;
                assert_eq!(
                    world.there(&sync),
                    map(&[("A", "2"), ("COPY", "copy")]),
                    "{kind} {failing}: {:?}",
                    world.outcome(sync.id).await
                );
            }
        }
    }
}

#[tokio::test]
async fn what_a_run_that_died_made_is_found_again_although_another_key_fails_in_every_run() {
    let world = World::new().await;
    world.put(&[("A", Some("1")), ("no name", Some("1"))]).await;
    let (sync, run) = world.define(SECRETS_MANAGER);
    // A run that died made it, and had no time to write that down.
    let tags = ownership::tags(sync.id);
    let made = tags.iter().fold(Secret::of("1"), |secret, tag| secret.tagged(&tag.key, &tag.value));
    world.aws.account.put_secret("GONE", made);
    world.create(&sync, &run.queue_sync(clock::now())).await;
    world.settle().await;
    assert_eq!(world.outcome(sync.id).await.0, "failed");
    assert_eq!(world.there(&sync), map(&[("A", "1")]), "nobody wants GONE");
}

#[tokio::test]
async fn a_key_that_lost_its_value_is_told_and_left_as_it_is() {
    let world = World::new().await;
    world.put(&[("A", Some("1")), ("B", Some("1"))]).await;
    let sync = world.sync(SECRETS_MANAGER).await;
    world.settle().await;
    assert_eq!(world.outcome(sync.id).await, ("succeeded".into(), String::new()));
    world.put(&[("A", Some("")), ("B", Some("2"))]).await;
    clock::advance(3);
    world.settle().await;
    let (status, told) = world.outcome(sync.id).await;
    assert!(status == "succeeded" && told.ends_with("left as it is: A"), "{status}: {told}");
    assert_eq!(world.there(&sync), map(&[("A", "1"), ("B", "2")]));
    world.put(&[("A", Some("3"))]).await;
    clock::advance(3);
    world.settle().await;
    assert_eq!(world.outcome(sync.id).await, ("succeeded".into(), String::new()));
    assert_eq!(world.there(&sync)["A"], "3");
}

#[tokio::test]
async fn a_secret_with_a_copied_tag_is_neither_deleted_nor_overwritten() {
    let world = World::new().await;
    world.put(&[("A", Some("1"))]).await;
    let sync = world.sync(SECRETS_MANAGER).await;
    world.settle().await;
    assert_eq!(world.outcome(sync.id).await.0, "succeeded");
    for name in ["COPY", "WANTED"] {
        let tags = ownership::tags(sync.id);
        let copy = tags.iter().fold(Secret::of("theirs"), |secret, tag| secret.tagged(&tag.key, &tag.value));
        world.aws.account.put_secret(name, copy);
    }
    world.put(&[("A", Some("2")), ("WANTED", Some("ours"))]).await;
    // The conflict makes the run fail, and the next one trusts the tag no more than this.
    for _ in 0..3 {
        clock::advance(3);
        world.want_sync(sync.id, false).await;
        world.settle().await;
        let (status, told) = world.outcome(sync.id).await;
        assert!(status == "failed" && told.contains("WANTED"), "{status}: {told}");
        assert_eq!(
            world.there(&sync),
            map(&[("A", "2"), ("COPY", "theirs"), ("WANTED", "theirs")]),
            "{told}"
        );
    }
}

#[tokio::test]
async fn an_adoption_that_was_half_done_in_a_new_region_is_carried_on_when_it_is_allowed() {
    let world = World::new().await;
    world.put(&[("A", Some("1"))]).await;
    let mut sync = world.sync(SECRETS_MANAGER).await;
    world.settle().await;
    assert_eq!(world.outcome(sync.id).await.0, "succeeded");
    // Of the other region, where `A` is nobody's.
    world.aws.account.put_secret("A", Secret::of("theirs"));
    world.aws.account.deny("secretsmanager:UpdateSecret");
    let region = "eu-west-1".parse().unwrap();
    sync.destination = DestinationConfig::AwsSecretsManager { region, mapping: Mapping::OneToOne };
    world.amend(sync.id, |run| run.amended(true, true)).await;
    world.redefine(&sync).await;
    world.settle().await;
    assert!(world.outcome(sync.id).await.1.contains("secretsmanager:UpdateSecret"));
    assert_eq!(world.there(&sync), map(&[("A", "theirs")]), "tagged, and not written");
    world.aws.account.allow("secretsmanager:UpdateSecret");
    world.want_sync(sync.id, false).await;
    world.settle().await;
    assert_eq!(world.outcome(sync.id).await, ("succeeded".into(), String::new()));
    assert_eq!(world.there(&sync), map(&[("A", "1")]));
}
