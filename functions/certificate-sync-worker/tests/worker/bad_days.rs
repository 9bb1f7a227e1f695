//! What people and AWS do wrong.

use std::time::Duration;

use model::certificate::RevocationReason;
use model::certificate_sync::run::{Current, Job, SYNC_ATTEMPTS};
use model::certificate_sync::slot::SlotStatus;

use crate::clock;
use crate::world::{World, in_days};

async fn refused(
    world: &World,
    sync: model::id::CertificateSyncId,
    slot: model::id::CertificateSlotId,
) -> String {
    world.settle(sync).await;
    let (status, words) = world.told(sync, slot).await;
    assert_eq!(status, SlotStatus::Failed, "{words}");
    words
}

#[tokio::test]
async fn a_full_load_balancer_is_noticed_before_anything_is_imported() {
    let world = World::new().await;
    let (balancer, listeners) = world.listeners(1);
    let sync = world.elb(&balancer, &listeners).await;
    for number in 0..25 {
        let made = world.maker.make(&[&format!("{number}.example.org")]);
        let arn = world.fleet.put_certificate(crate::world::REGION, &made, &[]);
        world.fleet.change_listener(&listeners[0], |listener| listener.sni.push(arn.clone()));
    }
    let slot = world.attach(sync, world.issue("www.example.com").await).await;
    let words = refused(&world, sync, slot).await;
    assert!(words.contains("25 certificates besides its defaults"), "{words}");
    assert!(world.fleet.changes().is_empty(), "{:?}", world.fleet.changes());
    world.fleet.change_listener(&listeners[0], |listener| drop(listener.sni.pop()));
    world.want(sync).await;
    world.succeed(sync).await;
    assert_eq!(world.fleet.listener(&listeners[0]).unwrap().sni.len(), 25);
}

#[tokio::test]
async fn a_listener_without_tls_or_that_is_gone_stops_everything_before_it_begins() {
    let world = World::new().await;
    let (balancer, mut listeners) = world.listeners(1);
    listeners.push(world.fleet.put_listener(&balancer, "HTTP", 80, None));
    let sync = world.elb(&balancer, &listeners).await;
    let slot = world.attach(sync, world.issue("www.example.com").await).await;
    let words = refused(&world, sync, slot).await;
    assert!(words.contains("is HTTP and has no certificates"), "{words}");
    world.fleet.delete_listener(&listeners[1]);
    world.want(sync).await;
    let words = refused(&world, sync, slot).await;
    assert!(words.contains("does not exist any more"), "{words}");
    assert!(world.fleet.changes().is_empty());
}

#[tokio::test]
async fn what_is_in_use_elsewhere_stays_and_says_by_whom() {
    let world = World::new().await;
    let sync = world.acm().await;
    let slot = world.attach(sync, world.issue("www.example.com").await).await;
    world.succeed(sync).await;
    let arn = world.placed(sync, slot).await;
    let user = "arn:aws:cloudfront::111111111111:distribution/EDFDVBD6EXAMPLE";
    world.fleet.use_elsewhere(&arn, user);
    world.detach(sync, slot).await;
    let words = refused(&world, sync, slot).await;
    assert!(words.contains(user) && words.contains(&arn), "{words}");
    assert!(world.fleet.certificate(&arn).is_some());
    world.fleet.stop_using(&arn, user);
    clock::advance(Duration::from_secs(7 * 3_600));
    world.settle(sync).await;
    assert!(world.fleet.certificates().is_empty(), "it is looked at again");
}

#[tokio::test]
async fn nothing_is_deleted_that_has_another_s_tag_or_none() {
    for (tag, value) in [
        ("drawbridge:certificate-sync", Some("00000000-0000-4000-8000-000000000000")),
        ("drawbridge:certificate-sync", None),
    ] {
        let world = World::new().await;
        let sync = world.acm().await;
        let slot = world.attach(sync, world.issue("www.example.com").await).await;
        world.succeed(sync).await;
        let arn = world.placed(sync, slot).await;
        world.fleet.tag(&arn, tag, value);
        world.detach(sync, slot).await;
        let words = refused(&world, sync, slot).await;
        assert!(words.contains("tag"), "{words}");
        assert!(world.fleet.certificate(&arn).is_some());
        assert_eq!(world.fleet.count("acm:DeleteCertificate"), 0);
    }
}

#[tokio::test]
async fn a_certificate_that_others_imported_is_never_taken_for_ours() {
    let world = World::new().await;
    let sync = world.acm().await;
    let made = world.maker.make(&["www.example.com"]);
    let foreign = world.fleet.put_certificate(crate::world::REGION, &made, &[("team", "edge")]);
    let slot = world.attach(sync, world.keep(&made).await).await;
    world.succeed(sync).await;
    assert_ne!(world.placed(sync, slot).await, foreign);
    world.detach(sync, slot).await;
    world.settle(sync).await;
    let left: Vec<_> = world.fleet.certificates().into_iter().map(|one| one.arn).collect();
    assert_eq!(left, [foreign]);
}

#[tokio::test]
async fn what_is_expired_or_revoked_is_not_imported_and_what_is_there_stays() {
    let world = World::new().await;
    let (balancer, listeners) = world.listeners(1);
    let sync = world.elb(&balancer, &listeners).await;
    let first = world.issue("www.example.com").await;
    let slot = world.attach(sync, first).await;
    world.succeed(sync).await;
    let second = world.issue("www.example.com").await;
    world.renew(sync, slot, second).await;
    let now = clock::now();
    let revoke = |certificate: &model::certificate::Certificate| {
        let revoking = certificate.revoking(RevocationReason::KeyCompromise, now);
        (Some(revoking), ())
    };
    world.safe.amend_certificate(second, now, None, revoke).await.unwrap();
    let words = refused(&world, sync, slot).await;
    assert!(words.contains("revoked"), "{words}");
    assert_eq!(world.fleet.listener(&listeners[0]).unwrap().sni, [world.placed(sync, slot).await]);
    assert_eq!(world.fleet.certificate(&world.placed(sync, slot).await).unwrap().imports, 1);

    let soon = world.maker.make_of(
        &["soon.example.com"],
        testkit::pki::CaKey::EcP256,
        now.minus(Duration::from_secs(60)),
        now.plus(Duration::from_secs(60)),
    );
    let other = world.attach(sync, world.keep(&soon).await).await;
    clock::advance(Duration::from_secs(120));
    let words = refused(&world, sync, other).await;
    assert!(words.contains("expired"), "{words}");
}

#[tokio::test]
async fn a_chain_in_any_order_is_imported_and_one_that_lacks_the_issuer_is_refused_by_name() {
    let world = World::new().await;
    let sync = world.acm().await;
    let made = world.maker.make(&["www.example.com"]);
    let chain = [made.root.clone(), made.chain.clone()];
    let slot = world.attach(sync, world.keep_as(&made, &chain, true).await).await;
    world.succeed(sync).await;
    let there = world.fleet.certificate(&world.placed(sync, slot).await).unwrap();
    assert_eq!(there.chain.as_deref().map(str::trim), Some(made.chain.trim()), "in order, without the root");
    world.redefine(sync, |sync| sync.options.include_root_ca = true).await;
    world.succeed(sync).await;
    let there = world.fleet.certificate(&world.placed(sync, slot).await).unwrap();
    assert_eq!(there.imports, 2, "once more");
    assert!(there.chain.unwrap().contains(made.root.trim()));

    let made = world.maker.make(&["mail.example.com"]);
    let short = world.attach(sync, world.keep_as(&made, std::slice::from_ref(&made.root), true).await).await;
    let words = refused(&world, sync, short).await;
    assert!(words.contains("Fleet Issuing"), "{words}");
    let bare = world.maker.make(&["bare.example.com"]);
    let bare = world.attach(sync, world.keep_as(&bare, std::slice::from_ref(&bare.chain), false).await).await;
    let words = refused(&world, sync, bare).await;
    assert!(words.contains("private key"), "{words}");
}

#[tokio::test]
async fn throttling_and_outages_are_waited_out() {
    let world = World::new().await;
    let (balancer, listeners) = world.listeners(1);
    let sync = world.elb(&balancer, &listeners).await;
    world.fleet.throttle("acm:ListCertificates", 3);
    world.fleet.throttle("acm:ImportCertificate", 3);
    world.fleet.throttle("elasticloadbalancing:AddListenerCertificates", 3);
    world.fleet.lose_answers("acm:ImportCertificate", 1);
    world.attach(sync, world.issue("www.example.com").await).await;
    world.succeed(sync).await;
    assert_eq!(world.fleet.certificates().len(), 2, "the foreign one and ours, once");
}

#[tokio::test]
async fn what_the_last_attempt_may_have_imported_is_found_and_not_imported_again() {
    let world = World::new().await;
    let sync = world.acm().await;
    let slot = world.attach(sync, world.issue("www.example.com").await).await;
    let tired = |run: &model::certificate_sync::CertificateSyncRun| {
        let current = Current {
            job: Job::Sync,
            id: "tired".to_owned(),
            begun_at: clock::now(),
            attempt: SYNC_ATTEMPTS - 1,
            paused: false,
            allow_deletions: false,
        };
        let run = model::certificate_sync::CertificateSyncRun { current: Some(current), ..run.clone() };
        (Some(run), ())
    };
    world.safe.amend_certificate_sync_run(sync, clock::now(), tired).await.unwrap().unwrap();
    world.fleet.lose_answers("acm:ImportCertificate", 1);
    assert_eq!(world.work(sync).await.unwrap(), "failed");
    let run = world.run(sync).await;
    assert!(run.look_at.is_some() && run.due_at == run.look_at, "{run:#?}");
    assert_eq!(world.told(sync, slot).await.0, SlotStatus::Syncing, "nobody knows");
    world.succeed(sync).await;
    let there = world.fleet.certificates();
    assert_eq!((there.len(), there[0].imports), (1, 1), "once");
    assert_eq!(world.placed(sync, slot).await, there[0].arn);
    assert_eq!(world.run(sync).await.due_at, None);
}

#[tokio::test]
async fn what_another_sync_keeps_of_a_certificate_that_was_detached_is_never_taken_for_what_was_lost() {
    let world = World::new().await;
    let (balancer, listeners) = world.listeners(2);
    let one = world.elb(&balancer, &listeners[..1]).await;
    let other = world.elb(&balancer, &listeners[1..]).await;
    world.redefine(other, |sync| sync.options.can_remove_certificates = false).await;
    let certificate = world.issue("www.example.com").await;
    let kept = world.attach(other, certificate).await;
    world.succeed(other).await;
    world.detach(other, kept).await;
    world.settle(other).await;
    let theirs = world.placed(other, kept).await;

    let slot = world.attach(one, certificate).await;
    let before = world.fleet.certificates();
    world.fleet.lose_answers("acm:ImportCertificate", 1);
    world.work(one).await.unwrap();
    for there in world.fleet.certificates() {
        if before.iter().all(|one| one.arn != there.arn) {
            world.fleet.delete_certificate(&there.arn);
        }
    }
    assert_eq!(world.fleet.certificates().len(), before.len());
    world.succeed(one).await;
    assert_ne!(world.placed(one, slot).await, theirs);
    assert_eq!(world.fleet.certificates().len(), before.len() + 1);
}

#[tokio::test]
async fn what_time_did_not_mend_is_told_of_the_certificate_too_and_tried_until_it_is_done() {
    let counted = testkit::metrics();
    let world = World::new().await;
    let sync = world.acm().await;
    let slot = world.attach(sync, world.issue("www.example.com").await).await;
    world.fleet.throttle("acm:ImportCertificate", usize::MAX);
    let words = refused(&world, sync, slot).await;
    assert!(words.contains("acm:ImportCertificate"), "{words}");
    let run = world.run(sync).await;
    assert!(run.sync.message.is_some_and(|message| message.contains(&words)));
    let count = || ["Done", "Failures"].map(|metric| counted.sum_of(metric, "certificate-sync"));
    // Two days have passed, and every six hours it was tried again.
    assert_eq!(count(), [0, 8]);
    world.fleet.throttle("acm:ImportCertificate", 0);
    clock::advance_to(world.run(sync).await.due_at.unwrap());
    world.work(sync).await.unwrap();
    world.succeed(sync).await;
    assert_eq!(count(), [1, 8]);
}

#[tokio::test]
async fn the_deletion_guard_stops_a_run_that_would_take_nearly_everything_away() {
    let world = World::new().await;
    let sync = world.acm().await;
    let mut slots = Vec::new();
    for number in 0..12 {
        slots.push(world.attach(sync, world.issue(&format!("{number}.example.com")).await).await);
    }
    world.succeed(sync).await;
    for slot in &slots[1..] {
        world.detach(sync, *slot).await;
    }
    world.fleet.forget_calls();
    let run = world.settle(sync).await;
    let words = run.sync.message.unwrap();
    assert!(words.contains("would delete 11 of the 12 certificates"), "{words}");
    assert!(world.fleet.changes().is_empty());
    let now = clock::now();
    let allow =
        |run: &model::certificate_sync::CertificateSyncRun| (Some(run.want_sync(now, true).unwrap()), ());
    world.safe.amend_certificate_sync_run(sync, now, allow).await.unwrap().unwrap();
    world.succeed(sync).await;
    assert_eq!(world.fleet.certificates().len(), 1);
}

#[tokio::test]
async fn what_others_imported_over_it_is_put_right() {
    let world = World::new().await;
    let sync = world.acm().await;
    let slot = world.attach(sync, world.issue("www.example.com").await).await;
    world.succeed(sync).await;
    let arn = world.placed(sync, slot).await;
    clock::advance(Duration::from_secs(3_600));
    world.fleet.overwrite_certificate(&arn, &world.maker.make(&["www.example.com"]));
    world.want(sync).await;
    world.succeed(sync).await;
    let wanted = world.slot(sync, slot).await.wanted.certificate_id;
    let meant = world.certificate(wanted).await.facts.fingerprint_sha256.clone();
    assert_eq!(world.fleet.certificate(&arn).unwrap().fingerprint, meant);
    assert!(clock::now() < in_days(1));
}
