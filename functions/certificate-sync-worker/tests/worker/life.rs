//! A certificate's life at AWS, from attaching to detaching.

use model::certificate_sync::run::Removal;
use model::certificate_sync::{CertificateSync, DestinationConfig, Protocol};
use testkit::fleet::documented::{CERTIFICATE_MANAGER, LOAD_BALANCER};

use crate::world::{REGION, World};

#[tokio::test]
async fn on_a_listener_a_certificate_is_added_renewed_made_the_default_rolled_back_and_taken_away() {
    let world = World::new().await;
    let (balancer, listeners) = world.listeners(1);
    let sync = world.elb(&balancer, &listeners).await;
    let listener = &listeners[0];
    let (before, certificates) = (world.fleet.listener(listener), world.fleet.certificates());

    let first = world.issue("www.example.com").await;
    let slot = world.attach(sync, first).await;
    world.succeed(sync).await;
    let arn = world.placed(sync, slot).await;
    let there = world.fleet.listener(listener).unwrap();
    assert_eq!(there.sni, std::slice::from_ref(&arn));
    assert_eq!(there.default, before.as_ref().unwrap().default);

    let second = world.issue("www.example.com").await;
    world.renew(sync, slot, second).await;
    world.succeed(sync).await;
    let world = &world;
    assert_eq!(world.placed(sync, slot).await, arn, "the same ARN");
    let fingerprint = |id| async move { world.certificate(id).await.facts.fingerprint_sha256.clone() };
    let shown = || world.fleet.serves(listener, Some("www.example.com")).unwrap().fingerprint;
    assert_eq!(shown(), fingerprint(second).await);
    assert_ne!(fingerprint(first).await, fingerprint(second).await);

    world.set_default(sync, Some(slot)).await;
    world.succeed(sync).await;
    let there = world.fleet.listener(listener).unwrap();
    assert_eq!(there.default.as_deref(), Some(arn.as_str()));
    let old = before.as_ref().unwrap().default.clone().unwrap();
    assert!(there.sni.contains(&old), "the names of the default before stay served");

    world.roll_back(sync, slot).await;
    world.succeed(sync).await;
    assert_eq!(world.placed(sync, slot).await, arn);
    assert_eq!(shown(), fingerprint(first).await);

    world.detach(sync, slot).await;
    world.settle(sync).await;
    assert!(world.slots(sync).await.is_empty(), "{:#?}", world.slots(sync).await);
    assert_eq!(world.fleet.listener(listener), before, "as before");
    assert_eq!(world.fleet.certificates(), certificates, "as before");
    assert!(world.fleet.gaps(listener, "old.example.com").is_empty());
}

#[tokio::test]
async fn the_default_is_given_back_when_nobody_wants_it_any_more() {
    let world = World::new().await;
    let (balancer, listeners) = world.listeners(2);
    let sync = world.elb(&balancer, &listeners).await;
    let slot = world.attach(sync, world.issue("www.example.com").await).await;
    world.succeed(sync).await;
    let before: Vec<_> = listeners.iter().map(|one| world.fleet.listener(one)).collect();
    world.set_default(sync, Some(slot)).await;
    world.succeed(sync).await;
    world.set_default(sync, None).await;
    world.succeed(sync).await;
    let after: Vec<_> = listeners.iter().map(|one| world.fleet.listener(one)).collect();
    assert_eq!(after, before);
}

#[tokio::test]
async fn the_default_passes_from_one_certificate_to_the_other_and_back_to_what_was_there() {
    let world = World::new().await;
    let (balancer, listeners) = world.listeners(1);
    let sync = world.elb(&balancer, &listeners).await;
    let before = world.fleet.listener(&listeners[0]);
    let one = world.attach(sync, world.issue("one.example.com").await).await;
    world.set_default(sync, Some(one)).await;
    world.succeed(sync).await;
    let two = world.attach(sync, world.issue("two.example.com").await).await;
    world.set_default(sync, Some(two)).await;
    world.succeed(sync).await;
    let default = world.fleet.listener(&listeners[0]).unwrap().default;
    assert_eq!(default, Some(world.placed(sync, two).await));
    world.detach(sync, one).await;
    world.succeed(sync).await;
    world.detach(sync, two).await;
    world.settle(sync).await;
    assert_eq!(world.fleet.listener(&listeners[0]), before);
}

#[tokio::test]
async fn in_acm_a_certificate_carries_our_tags_keeps_its_arn_and_goes() {
    let world = World::new().await;
    let sync = world.acm().await;
    let first = world.issue("www.example.com").await;
    let slot = world.attach(sync, first).await;
    world.succeed(sync).await;
    let arn = world.placed(sync, slot).await;
    let tags = world.fleet.certificate(&arn).unwrap().tags;
    assert_eq!(tags["drawbridge:managed-by"], "drawbridge");
    assert_eq!(tags["drawbridge:certificate-sync"], sync.to_string());
    assert_eq!(tags["drawbridge:certificate"], slot.to_string());
    assert_eq!(tags["InfisicalCertificate"], format!("Drawbridge-{}", first.uuid().simple()));

    let second = world.issue("www.example.com").await;
    world.renew(sync, slot, second).await;
    world.succeed(sync).await;
    let there = world.fleet.certificate(&arn).unwrap();
    assert_eq!((there.imports, world.placed(sync, slot).await), (2, arn.clone()));
    assert_eq!(there.tags["InfisicalCertificate"], format!("Drawbridge-{}", second.uuid().simple()));

    world.detach(sync, slot).await;
    world.settle(sync).await;
    assert!(world.fleet.certificates().is_empty() && world.slots(sync).await.is_empty());
}

#[tokio::test]
async fn another_kind_of_key_takes_a_new_arn_and_its_listeners_along() {
    let world = World::new().await;
    let (balancer, listeners) = world.listeners(2);
    let sync = world.elb(&balancer, &listeners).await;
    let slot = world.attach(sync, world.issue("www.example.com").await).await;
    world.set_default(sync, Some(slot)).await;
    world.succeed(sync).await;
    let old = world.placed(sync, slot).await;
    world.renew(sync, slot, world.issue_rsa("www.example.com").await).await;
    world.succeed(sync).await;
    let new = world.placed(sync, slot).await;
    assert_ne!(new, old);
    assert_eq!(world.fleet.certificate(&old), None, "nothing uses it any more");
    for listener in &listeners {
        let there = world.fleet.listener(listener).unwrap();
        assert_eq!(there.default, Some(new.clone()));
        assert!(!there.sni.contains(&old), "it does not stay behind for SNI");
        assert!(world.fleet.gaps(listener, "www.example.com").is_empty());
    }
}

#[tokio::test]
async fn what_used_an_arn_of_acm_is_moved_to_the_new_one_where_the_role_may() {
    let world = World::new().await;
    let sync = world.acm().await;
    let (_, listeners) = world.listeners(1);
    let slot = world.attach(sync, world.issue("www.example.com").await).await;
    world.succeed(sync).await;
    let old = world.placed(sync, slot).await;
    world.fleet.change_listener(&listeners[0], |listener| listener.sni.push(old.clone()));
    world.renew(sync, slot, world.issue_rsa("www.example.com").await).await;
    world.settle(sync).await;
    let (_, words) = world.told(sync, slot).await;
    assert!(words.contains("still used by") && words.contains("elasticloadbalancing:"), "{words}");
    assert_eq!(
        world.fleet.listener(&listeners[0]).unwrap().sni,
        std::slice::from_ref(&old),
        "not ours to take"
    );

    world.fleet.allow_only(&[&CERTIFICATE_MANAGER[..], &LOAD_BALANCER[..]].concat());
    world.want(sync).await;
    world.succeed(sync).await;
    let new = world.placed(sync, slot).await;
    assert_eq!(world.fleet.listener(&listeners[0]).unwrap().sni, [new]);
    assert_eq!(world.fleet.certificate(&old), None);
    assert!(world.fleet.gaps(&listeners[0], "www.example.com").is_empty());
}

#[tokio::test]
async fn everything_of_a_sync_is_removed_when_people_say_so_and_the_sync_with_it() {
    let world = World::new().await;
    let sync = world.acm().await;
    for name in ["a.example.com", "b.example.com"] {
        world.attach(sync, world.issue(name).await).await;
    }
    world.succeed(sync).await;
    world.want_removal(sync, Removal::Keep).await;
    world.settle(sync).await;
    assert!(world.fleet.certificates().is_empty());
    let slots = world.slots(sync).await;
    assert!(slots.len() == 2 && slots.values().all(|slot| slot.held.placed.is_none()), "{slots:#?}");
    world.want(sync).await;
    world.succeed(sync).await;
    assert_eq!(world.fleet.certificates().len(), 2, "they are attached still");
    world.want_removal(sync, Removal::ThenDelete).await;
    world.work(sync).await.unwrap();
    assert!(world.safe.certificate_sync(sync).await.unwrap().is_none());
    assert!(world.fleet.certificates().is_empty() && world.slots(sync).await.is_empty());
}

#[tokio::test]
async fn a_network_load_balancer_with_tls_is_served_the_same() {
    let world = World::new().await;
    let balancer = world.fleet.put_balancer(REGION, "network", "edge");
    let foreign = world.fleet.put_certificate(REGION, &world.maker.make(&["old.example.com"]), &[]);
    let listener = world.fleet.put_listener(&balancer, "TLS", 8_443, Some(&foreign));
    let before = world.fleet.listener(&listener);
    let sync = world.elb(&balancer, std::slice::from_ref(&listener)).await;
    let speak_tls = |sync: &mut CertificateSync| {
        if let DestinationConfig::AwsElasticLoadBalancer { listeners, .. } = &mut sync.destination {
            listeners[0].protocol = Protocol::Tls;
        }
    };
    world.redefine(sync, speak_tls).await;
    let slot = world.attach(sync, world.issue("www.example.com").await).await;
    world.set_default(sync, Some(slot)).await;
    world.succeed(sync).await;
    world.renew(sync, slot, world.issue_rsa("www.example.com").await).await;
    world.succeed(sync).await;
    let there = world.fleet.listener(&listener).unwrap();
    assert_eq!(there.default, Some(world.placed(sync, slot).await));
    for host in ["www.example.com", "old.example.com"] {
        assert!(world.fleet.gaps(&listener, host).is_empty(), "{host}");
    }
    world.detach(sync, slot).await;
    world.settle(sync).await;
    assert_eq!(world.fleet.listener(&listener), before);
    let left: Vec<_> = world.fleet.certificates().into_iter().map(|one| one.arn).collect();
    assert_eq!(left, [foreign]);
}
