//! What a sync may take and touch after its first run.

use model::secret_sync::ownership;
use testkit::account::{Fault, Secret};

use super::clock;
use super::sync::map;
use super::world::{SECRETS_MANAGER, World};

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
