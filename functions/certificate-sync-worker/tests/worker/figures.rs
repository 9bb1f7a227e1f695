//! The figures that were promised.

use std::collections::BTreeSet;
use std::time::Duration;

use placement::{Quotas, Served};

use crate::clock;
use crate::world::World;

const MANY: usize = 100;

/// A hundred certificates in ACM, that were there at the run before.
async fn hundred(quotas: Quotas) -> (World, model::id::CertificateSyncId) {
    let world = World::with(quotas, Served::default()).await;
    let sync = world.acm().await;
    for number in 0..MANY {
        world.attach(sync, world.issue(&format!("{number}.example.com")).await).await;
    }
    world.succeed(sync).await;
    assert_eq!(world.fleet.certificates().len(), MANY);
    // The first run after an import sees how ACM lists it.
    world.want(sync).await;
    world.succeed(sync).await;
    world.fleet.forget_calls();
    (world, sync)
}

#[tokio::test]
async fn a_hundred_unchanged_certificates_cost_one_page_of_the_list_and_a_hundred_renewals_a_hundred_imports()
{
    let (world, sync) = hundred(Quotas::default()).await;
    world.want(sync).await;
    world.succeed(sync).await;
    assert!(world.fleet.changes().is_empty(), "{:?}", world.fleet.changes());
    assert_eq!(world.fleet.count("acm:ListCertificates"), 1);
    assert_eq!(world.fleet.count("acm:DescribeCertificate"), 0);
    assert_eq!(world.fleet.count("acm:ListTagsForCertificate"), 0);
    let all: BTreeSet<String> = world.fleet.calls().into_iter().map(|call| call.action).collect();
    assert!(
        all.iter().all(|action| action.starts_with("sts:") || action == "acm:ListCertificates"),
        "{all:?}"
    );

    world.fleet.forget_calls();
    for (number, slot) in world.slots(sync).await.into_keys().enumerate() {
        world.renew(sync, slot, world.issue(&format!("{number}.example.com")).await).await;
    }
    let started = clock::now();
    world.succeed(sync).await;
    let changes = world.fleet.changes();
    let count = |action: &str| changes.iter().filter(|(one, _)| one == action).count();
    assert_eq!(count("acm:ImportCertificate"), MANY);
    assert_eq!(count("acm:AddTagsToCertificate"), MANY);
    assert_eq!(changes.len(), 2 * MANY, "and nothing else");
    assert_eq!(world.fleet.count("acm:DescribeCertificate"), 0);
    assert_eq!(world.fleet.most_in_a_second("acm:ImportCertificate"), 1);
    assert!(clock::now().since(started) >= Duration::from_secs(99), "one a second");
}

#[tokio::test]
async fn one_renewal_on_five_listeners_leaves_no_moment_without_a_valid_certificate() {
    for rekeys in [false, true] {
        let world = World::new().await;
        let (balancer, listeners) = world.listeners(5);
        let sync = world.elb(&balancer, &listeners).await;
        world.fleet.set_issuing_time(Duration::from_secs(3));
        world.fleet.set_settling_time(Duration::from_secs(5));
        world.fleet.set_release_time(Duration::from_secs(90));
        let slot = world.attach(sync, world.issue("www.example.com").await).await;
        world.set_default(sync, Some(slot)).await;
        world.succeed(sync).await;
        world.fleet.forget_calls();
        let next = if rekeys {
            world.issue_rsa("www.example.com").await
        } else {
            world.issue("www.example.com").await
        };
        world.renew(sync, slot, next).await;
        world.succeed(sync).await;
        let meant = world.certificate(next).await.facts.fingerprint_sha256.clone();
        for listener in &listeners {
            for host in ["www.example.com", "old.example.com"] {
                assert!(world.fleet.gaps(listener, host).is_empty(), "{host} {rekeys}");
            }
            let shown = world.fleet.serves(listener, Some("www.example.com")).unwrap();
            assert_eq!(shown.fingerprint, meant);
            let moments = world.fleet.history(listener);
            assert!(moments.iter().all(|moment| moment.default.is_some()), "{moments:#?}");
        }
        // The documented policy refuses tags at an import: what has a new ARN is imported without them then.
        assert_eq!(world.fleet.count("acm:ImportCertificate"), if rekeys { 2 } else { 1 });
        let ours = world.fleet.certificate(&world.placed(sync, slot).await).unwrap();
        assert_eq!(ours.imports, if rekeys { 1 } else { 2 }, "the renewal is imported once");
        assert_eq!(world.fleet.certificates().len(), 2, "the foreign one and ours");
    }
}
