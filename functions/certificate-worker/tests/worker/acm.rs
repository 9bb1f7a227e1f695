//! Orders from ACM.

use std::time::Duration;

use model::certificate::order::OrderStatus;

use crate::clock;
use crate::world::{DAY, HOUR, World};

const NAMES: [&str; 2] = ["example.com", "*.example.com"];

#[tokio::test]
async fn a_certificate_is_proved_in_its_zone_issued_exported_and_its_key_sealed() {
    let world = World::new().await;
    let zone = world.pki.put_zone("example.com", false);
    let authority = world.public_ca(&[&zone], None).await;
    world.pki.set_records_time(Duration::from_secs(5));
    world.pki.set_validation_time(Duration::from_secs(120));
    let id = world.ask(&world.public_order(authority, &NAMES)).await;
    assert_eq!(world.work(id).await.unwrap(), "waits");
    let records = world.pki.records(&zone);
    assert_eq!(records.len(), 1, "wildcard and apex share one: {records:?}");
    assert_eq!(world.pki.count("route53:ChangeResourceRecordSets"), 1);
    world.settle(id, HOUR).await;
    let (certificate, bundle) = world.certificate(id).await;
    assert!(certificate.has_private_key && bundle.chain.len() == 2, "{:?}", bundle.chain.len());
    let there = world.pki.certificates();
    assert_eq!((there.len(), there[0].exports), (1, 1));
    assert_eq!(there[0].token.as_deref(), Some(id.to_string().replace('-', "").as_str()));
    assert_eq!((world.spent(authority).await, world.heard("CertificateIssued")), (1, 1));
    assert_eq!(world.pki.records(&zone).len(), 1, "records stay");
    // No session could export anything but this certificate, or change anything but proofs.
    for policy in world.pki.policies() {
        if policy.contains("acm:ExportCertificate") {
            assert!(policy.contains(&there[0].arn) && !policy.contains('*'), "{policy}");
        }
        if policy.contains("ChangeResourceRecordSets") {
            assert!(
                policy.contains("UPSERT") && policy.contains("CNAME") && policy.contains(&zone),
                "{policy}"
            );
        }
    }
}

#[tokio::test]
async fn each_name_is_proved_in_the_longest_zone_that_holds_it() {
    let world = World::new().await;
    let zones = [
        world.pki.put_zone("example.com", false),
        world.pki.put_zone("dev.example.com", false),
        world.pki.put_zone("example.org", false),
    ];
    let ids: Vec<&str> = zones.iter().map(String::as_str).collect();
    let authority = world.public_ca(&ids, None).await;
    let names = ["example.com", "a.dev.example.com", "*.dev.example.com", "www.example.org"];
    let id = world.ask(&world.public_order(authority, &names)).await;
    world.settle(id, HOUR).await;
    world.certificate(id).await;
    let counts: Vec<usize> = zones.iter().map(|zone| world.pki.records(zone).len()).collect();
    assert_eq!(counts, [1, 2, 1]);
    assert_eq!(world.pki.count("route53:ChangeResourceRecordSets"), 3, "one change for each zone");
}

#[tokio::test]
async fn a_name_outside_the_zones_and_a_private_zone_are_refused_before_anything_is_paid_for() {
    let world = World::new().await;
    let public = world.pki.put_zone("example.com", false);
    let private = world.pki.put_zone("internal.example.com", true);
    for (zones, names, words) in [
        (vec![public.as_str()], ["www.example.com", "www.example.org"], "www.example.org"),
        (vec![public.as_str(), private.as_str()], ["www.example.com", "a.internal.example.com"], "private"),
        (vec!["Z0000000000000000000"], ["www.example.com", "example.com"], "NoSuchHostedZone"),
    ] {
        let authority = world.public_ca(&zones, None).await;
        let id = world.ask(&world.public_order(authority, &names)).await;
        assert_eq!(world.work(id).await.unwrap(), "failed");
        let (_, message) = world.told(id).await;
        assert!(message.contains(words), "{message}");
        assert_eq!(world.spent(authority).await, 0);
    }
    assert_eq!(world.pki.count("acm:RequestCertificate"), 0);
    assert!(world.pki.records(&public).is_empty());
}

#[tokio::test]
async fn acms_reasons_for_a_failure_come_through_and_give_the_place_in_the_budget_back() {
    for reason in
        ["CAA_ERROR", "ADDITIONAL_VERIFICATION_REQUIRED", "DOMAIN_NOT_ALLOWED", "INVALID_PUBLIC_DOMAIN"]
    {
        let world = World::new().await;
        let zone = world.pki.put_zone("example.com", false);
        let authority = world.public_ca(&[&zone], Some(1)).await;
        world.pki.fail_requests(reason);
        let id = world.ask(&world.public_order(authority, &NAMES)).await;
        world.settle(id, HOUR).await;
        let (status, message) = world.told(id).await;
        assert!(status == OrderStatus::Failed && message.contains(reason), "{message}");
        assert_eq!((world.spent(authority).await, world.heard("CertificateFailed")), (0, 1));
        // There is room for another one.
        let id = world.ask(&world.public_order(authority, &NAMES)).await;
        world.settle(id, HOUR).await;
        world.certificate(id).await;
    }
}

#[tokio::test]
async fn a_delegation_that_never_validates_ends_after_three_days_with_the_name_servers_to_check() {
    let world = World::new().await;
    let zone = world.pki.put_zone("example.com", false);
    world.pki.set_delegated(&zone, false);
    let authority = world.public_ca(&[&zone], None).await;
    let id = world.ask(&world.public_order(authority, &NAMES)).await;
    world.settle(id, 6 * HOUR).await;
    // A minute between looks at first, and five in the end.
    let looks = world.pki.count("acm:DescribeCertificate");
    assert!(looks < 120, "{looks}");
    clock::advance(Duration::from_secs(64 * HOUR));
    world.settle(id, HOUR).await;
    assert_eq!(world.told(id).await.0, OrderStatus::Pending);
    world.settle(id, 4 * HOUR).await;
    let (status, message) = world.told(id).await;
    assert_eq!(status, OrderStatus::Failed);
    for words in ["72 hours", "example.com", zone.as_str(), "ns-"] {
        assert!(message.contains(words), "{words}: {message}");
    }
}

#[tokio::test]
async fn a_key_that_does_not_fit_is_not_taken_for_one_that_does() {
    let world = World::new().await;
    let zone = world.pki.put_zone("example.com", false);
    let authority = world.public_ca(&[&zone], None).await;
    world.pki.set_corrupt_export(true);
    let id = world.ask(&world.public_order(authority, &NAMES)).await;
    world.settle(id, HOUR).await;
    let (status, message) = world.told(id).await;
    assert_eq!(status, OrderStatus::Failed);
    assert!(message.contains("not what was requested") && message.contains("another key"), "{message}");
    assert!(world.safe.certificates_of(world.project).await.unwrap().is_empty());
    assert_eq!(world.spent(authority).await, 1, "it is issued, and paid for");
}

#[tokio::test]
async fn a_request_whose_answers_are_all_lost_is_found_again_by_its_names() {
    let world = World::new().await;
    let zone = world.pki.put_zone("example.com", false);
    let authority = world.public_ca(&[&zone], None).await;
    // Somebody else has one of the same names, since long; and one of other names is as new.
    let _ = world.pki.put_certificate(&NAMES, "EC_prime256v1", clock::now().minus(Duration::from_secs(DAY)));
    let _ = world.pki.put_certificate(&["www.example.com"], "RSA_2048", clock::now());
    world.pki.lose_answers("acm:RequestCertificate", 10_000);
    let id = world.ask(&world.public_order(authority, &NAMES)).await;
    world.settle(id, 2 * HOUR).await;
    world.certificate(id).await;
    let ours = world.pki.certificates().into_iter().filter(|one| one.token.is_some()).count();
    assert_eq!((ours, world.spent(authority).await), (1, 1), "requested once, adopted");
    assert!(world.pki.count("acm:ListCertificates") >= 1);
}

#[tokio::test]
async fn several_that_could_be_the_lost_one_are_named_and_none_is_taken() {
    let world = World::new().await;
    let zone = world.pki.put_zone("example.com", false);
    let authority = world.public_ca(&[&zone], None).await;
    world.pki.lose_answers("acm:RequestCertificate", 10_000);
    let id = world.ask(&world.public_order(authority, &NAMES)).await;
    world.work(id).await.unwrap();
    let foreign = world.pki.put_certificate(&NAMES, "EC_prime256v1", clock::now());
    world.settle(id, 2 * HOUR).await;
    let (status, message) = world.told(id).await;
    assert!(status == OrderStatus::Failed && message.contains(&foreign), "{message}");
}

#[tokio::test]
async fn a_request_that_never_got_through_is_made_anew_after_the_search() {
    let world = World::new().await;
    let zone = world.pki.put_zone("example.com", false);
    let authority = world.public_ca(&[&zone], None).await;
    let id = world.ask(&world.public_order(authority, &NAMES)).await;
    // The process dies just before the request leaves, and nobody comes for an hour.
    let order = world.order(id).await;
    world
        .safe
        .amend_order(id, clock::now(), None, |order| {
            let places = model::certificate::order::place(
                &NAMES.map(str::to_owned),
                &[model::certificate::order::Zone {
                    hosted: model::certificate_authority::HostedZone::new(
                        zone.parse().unwrap(),
                        "example.com",
                    ),
                    is_private: false,
                    name_servers: vec!["ns-1.example".into()],
                }],
            );
            (Some(order.placed(places.unwrap()).released(clock::now())), ())
        })
        .await
        .unwrap();
    let claimed = world.safe.amend_order(id, clock::now(), None, |order| {
        (order.claim(clock::now(), "dead", Duration::from_secs(60)).ok(), ())
    });
    claimed.await.unwrap();
    world.safe.begin_paying(id, clock::now(), "dead", None).await.unwrap();
    clock::advance(Duration::from_secs(HOUR));
    world.settle(id, 2 * HOUR).await;
    world.certificate(id).await;
    assert_eq!((world.pki.certificates().len(), world.spent(authority).await), (1, 1));
    assert_eq!(world.pki.count("acm:ListCertificates"), 1);
    drop(order);
}
