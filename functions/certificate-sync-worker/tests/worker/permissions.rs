//! The documented permissions suffice; without one of them it is told which.

use model::certificate_sync::slot::SlotStatus;
use testkit::fleet::documented::{CERTIFICATE_MANAGER, LOAD_BALANCER};

use crate::world::World;

async fn life(world: &World, sync: model::id::CertificateSyncId) -> Vec<String> {
    let mut said = Vec::new();
    let slot = world.attach(sync, world.issue("www.example.com").await).await;
    world.set_default(sync, Some(slot)).await;
    said.extend(words(world, sync).await);
    world.renew(sync, slot, world.issue("www.example.com").await).await;
    said.extend(words(world, sync).await);
    world.renew(sync, slot, world.issue_rsa("www.example.com").await).await;
    said.extend(words(world, sync).await);
    // Somebody imports something else over it.
    if let Some(placed) = world.slot(sync, slot).await.value.held.placed {
        let other = world.maker.make_of(
            &["www.example.com"],
            testkit::pki::CaKey::Rsa2048,
            crate::clock::now(),
            crate::world::in_days(70),
        );
        world.fleet.overwrite_certificate(&placed.arn, &other);
        world.want(sync).await;
        said.extend(words(world, sync).await);
    }
    world.detach(sync, slot).await;
    said.extend(words(world, sync).await);
    said
}

/// What the sync and its slots say.
async fn words(world: &World, sync: model::id::CertificateSyncId) -> Vec<String> {
    let run = world.settle(sync).await;
    let slots = world.slots(sync).await;
    let told = slots.values().filter_map(|slot| slot.held.told.as_ref()?.message.clone());
    run.sync.message.into_iter().chain(told).collect()
}

#[tokio::test]
async fn the_documented_policies_suffice_and_what_is_missing_of_them_is_named() {
    for missing in std::iter::once(None).chain(CERTIFICATE_MANAGER.map(Some)) {
        let world = World::new().await;
        let sync = world.acm().await;
        if let Some(missing) = missing {
            world.fleet.deny(missing);
        }
        let said = life(&world, sync).await;
        let is_used =
            !matches!(missing, None | Some("acm:ExportCertificate" | "acm:RemoveTagsFromCertificate"));
        let is_named = missing.is_some_and(|missing| said.iter().any(|words| words.contains(missing)));
        assert_eq!(is_named, is_used, "{missing:?}: {said:#?}");
        if !is_used {
            assert!(world.slots(sync).await.is_empty() && world.fleet.certificates().is_empty(), "{said:#?}");
        }
    }
}

#[tokio::test]
async fn the_documented_policy_of_load_balancers_suffices_and_what_is_missing_of_it_is_named() {
    for missing in std::iter::once(None).chain(LOAD_BALANCER.map(Some)) {
        let world = World::new().await;
        let (balancer, listeners) = world.listeners(1);
        let sync = world.elb(&balancer, &listeners).await;
        let before = world.fleet.listener(&listeners[0]);
        if let Some(missing) = missing {
            world.fleet.deny(missing);
        }
        let said = life(&world, sync).await;
        let host = "www.example.com";
        assert!(world.fleet.gaps(&listeners[0], "old.example.com").is_empty(), "{missing:?} {host}");
        match missing {
            // Looking at what is served needs it alone, and no record of ours needs tags.
            None | Some("elasticloadbalancing:DescribeLoadBalancers" | "acm:ListTagsForCertificate") => {
                assert!(world.slots(sync).await.is_empty(), "{missing:?}: {said:#?}");
                assert_eq!(world.fleet.listener(&listeners[0]), before, "{missing:?}");
                assert!(
                    missing.is_some() || said.iter().any(|words| words.contains("acm:AddTagsToCertificate")),
                    "{said:#?}"
                );
            }
            Some(missing) => {
                assert!(said.iter().any(|words| words.contains(missing)), "{missing}: {said:#?}");
            }
        }
    }
}

#[tokio::test]
async fn what_was_refused_is_done_when_it_is_allowed() {
    let world = World::new().await;
    let (balancer, listeners) = world.listeners(1);
    let sync = world.elb(&balancer, &listeners).await;
    world.fleet.deny("elasticloadbalancing:AddListenerCertificates");
    let slot = world.attach(sync, world.issue("www.example.com").await).await;
    world.settle(sync).await;
    let (status, words) = world.told(sync, slot).await;
    assert_eq!(status, SlotStatus::Failed);
    assert!(words.contains("AddListenerCertificates") && words.contains(&listeners[0]), "{words}");
    world.fleet.allow("elasticloadbalancing:AddListenerCertificates");
    world.want(sync).await;
    world.succeed(sync).await;
    assert_eq!(world.fleet.count("acm:ImportCertificate"), 2, "with tags, which is refused, and without");
}

#[tokio::test]
async fn a_load_balancer_s_role_that_may_tag_no_more_goes_on_without_and_it_is_said_once() {
    const TAG: &str = "acm:AddTagsToCertificate";
    let world = World::new().await;
    let (balancer, listeners) = world.listeners(1);
    let sync = world.elb(&balancer, &listeners).await;
    world.fleet.allow(TAG);
    let mut slots = Vec::new();
    for name in ["www.example.com", "mail.example.com"] {
        slots.push(world.attach(sync, world.issue(name).await).await);
    }
    world.succeed(sync).await;
    for slot in &slots {
        assert!(world.slot(sync, *slot).await.value.held.placed.unwrap().tagged.is_some());
    }

    world.fleet.deny(TAG);
    for slot in &slots {
        world.renew(sync, *slot, world.issue("www.example.com").await).await;
    }
    world.fleet.forget_calls();
    world.succeed(sync).await;
    let said = world.run(sync).await.sync.message.unwrap_or_default();
    assert_eq!(said.matches(TAG).count(), 1, "{said}");
    assert_eq!(world.fleet.count(TAG), 1, "one refusal is enough");
    for slot in &slots {
        let slot = world.slot(sync, *slot).await.value;
        let placed = slot.held.placed.unwrap();
        assert_eq!((placed.certificate_id, placed.tagged), (slot.wanted.certificate_id, None));
    }
    world.fleet.forget_calls();
    world.want(sync).await;
    world.succeed(sync).await;
    assert!(world.fleet.changes().is_empty(), "{:?}", world.fleet.changes());
}
