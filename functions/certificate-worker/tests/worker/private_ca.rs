//! Orders from AWS Private CA.

use std::time::Duration;

use model::certificate::order::{KeyOrigin, OrderStatus};
use model::certificate::{KeyAlgorithm, SignatureAlgorithm, Spec};
use testkit::pki::{CaKey, PrivateCa};

use crate::clock;
use crate::world::{DAY, HOUR, World, in_seconds, spec};

#[tokio::test]
async fn a_certificate_is_issued_in_one_look_with_four_calls_to_aws_besides_polling() {
    let world = World::new().await;
    let subordinate = PrivateCa { is_subordinate: true, ..PrivateCa::default() };
    let (authority, arn) = world.private_ca(subordinate, None).await;
    world.pki.set_issuing_polls(2);
    let id = world.ask(&world.private_order(authority)).await;
    assert_eq!(world.work(id).await.unwrap(), "issued");
    let (certificate, bundle) = world.certificate(id).await;
    assert_eq!((bundle.chain.len(), certificate.has_private_key), (2, true), "the CA and its root");
    let issued = world.pki.issued(&arn);
    assert_eq!(issued.len(), 1);
    assert_eq!(issued[0].token.as_deref(), Some(id.to_string().replace('-', "").as_str()));
    assert_eq!(certificate.arn.as_ref(), Some(&issued[0].arn));
    let calls: Vec<String> = world.pki.calls().into_iter().map(|call| call.action).collect();
    let poll = "acm-pca:GetCertificate";
    let expected = [
        "sts:AssumeRole",
        "acm-pca:DescribeCertificateAuthority",
        "acm-pca:IssueCertificate",
        poll,
        poll,
        poll,
    ];
    assert_eq!(calls, expected);
    assert_eq!((world.spent(authority).await, world.heard("CertificateIssued")), (1, 1));
    assert_eq!(world.work(id).await.unwrap(), "ended");
}

#[tokio::test]
async fn a_certificate_that_comes_without_its_chain_gets_the_authoritys_and_names_the_permission_for_that() {
    let world = World::new().await;
    let subordinate = PrivateCa { is_subordinate: true, ..PrivateCa::default() };
    let (authority, arn) = world.private_ca(subordinate, None).await;
    world.pki.leave_chains_out();
    let action = "acm-pca:GetCertificateAuthorityCertificate";
    world.pki.deny(action);
    let id = world.ask(&world.private_order(authority)).await;
    world.settle(id, HOUR).await;
    let (status, message) = world.told(id).await;
    assert_eq!(status, OrderStatus::Pending, "it is paid for: {message}");
    assert!(message.contains(action) && message.contains(&arn), "{message}");
    world.pki.allow(action);
    world.settle(id, 5 * HOUR).await;
    let (_, bundle) = world.certificate(id).await;
    let chain: String = bundle.chain.concat();
    let plain = |pem: &str| pem.split_whitespace().collect::<String>();
    assert_eq!(plain(&chain), plain(&world.pki.ca_certificates(&arn)), "the CA and its root");
    assert_eq!(world.pki.issued(&arn).len(), 1, "and none is asked for anew");
}

#[tokio::test]
async fn every_kind_of_key_of_ours_and_of_the_authoritys_fits() {
    let world = World::new().await;
    for key in [CaKey::EcP256, CaKey::EcP384, CaKey::Rsa2048] {
        let (authority, _) = world.private_ca(PrivateCa { key, ..PrivateCa::default() }, None).await;
        for key_algorithm in [KeyAlgorithm::Rsa2048, KeyAlgorithm::EcP384, KeyAlgorithm::EcP521] {
            let order = world.private_order(authority);
            let order = model::certificate::order::Order {
                spec: Spec { key_algorithm, ..order.spec.clone() },
                ..order
            };
            let id = world.ask(&order).await;
            world.work(id).await.unwrap();
            assert_eq!(world.certificate(id).await.0.facts.key_algorithm, key_algorithm, "{key:?}");
        }
    }
}

#[tokio::test]
async fn a_certificate_from_a_signing_request_has_no_key_here() {
    let world = World::new().await;
    let (authority, _) = world.private_ca(PrivateCa::default(), None).await;
    let order = world.private_order(authority);
    let key = x509::PrivateKey::generate(KeyAlgorithm::EcP256).unwrap();
    let csr = x509::certificate_request(&order.spec, &key).unwrap();
    let order = model::certificate::order::Order { key: KeyOrigin::Csr(csr), removes_roots: true, ..order };
    let id = world.ask(&order).await;
    assert_eq!(world.work(id).await.unwrap(), "issued");
    let (certificate, bundle) = world.certificate(id).await;
    assert_eq!((bundle.sealed_key.as_ref(), certificate.has_private_key), (None, false));
    assert!(bundle.chain.is_empty() && bundle.issuer.is_some(), "the root was not wanted");
    let leaf = x509::Certificate::from_pem(&bundle.certificate).unwrap();
    assert_eq!(leaf.public_key().unwrap(), key.public_key().clone());
}

#[tokio::test]
async fn one_that_takes_long_is_asked_for_a_few_times_at_once_and_then_by_the_tick() {
    let world = World::new().await;
    let (authority, arn) = world.private_ca(PrivateCa::default(), None).await;
    world.pki.set_issuing_time(Duration::from_secs(600));
    let id = world.ask(&world.private_order(authority)).await;
    assert_eq!(world.work(id).await.unwrap(), "waits");
    assert!(world.pki.count("acm-pca:GetCertificate") <= 5, "{:?}", world.pki.calls());
    let order = world.order(id).await;
    assert!(order.due_at.is_some_and(|at| at > clock::now()) && order.lease.is_none(), "{order:?}");
    assert_eq!(world.work(id).await.unwrap(), "not due");
    world.settle(id, 900).await;
    world.certificate(id).await;
    assert!(world.pki.count("acm-pca:GetCertificate") < 20);
    assert_eq!(world.pki.issued(&arn).len(), 1);
}

#[tokio::test]
async fn what_an_authority_cannot_issue_is_refused_before_it_is_paid_for() {
    let world = World::new().await;
    let years = 400 * DAY;
    for (setup, status, days, words) in [
        (PrivateCa::default(), "DISABLED", 30, "DISABLED"),
        (PrivateCa::default(), "EXPIRED", 30, "EXPIRED"),
        (PrivateCa::default(), "PENDING_CERTIFICATE", 30, "PENDING_CERTIFICATE"),
        (
            PrivateCa { not_after: in_seconds(years), ..PrivateCa::default() },
            "ACTIVE",
            401,
            "longer than the",
        ),
        (PrivateCa { is_short_lived: true, ..PrivateCa::default() }, "ACTIVE", 8, "at most 7 days"),
    ] {
        let (authority, arn) = world.private_ca(setup, None).await;
        world.pki.set_ca_status(&arn, status);
        let order = world.private_order(authority);
        let order = model::certificate::order::Order { spec: spec(Duration::from_secs(days * DAY)), ..order };
        let id = world.ask(&order).await;
        assert_eq!(world.work(id).await.unwrap(), "failed");
        let (_, message) = world.told(id).await;
        assert!(message.contains(words) && message.contains("nothing was requested"), "{message}");
        assert_eq!((world.pki.issued(&arn).len(), world.spent(authority).await), (0, 0), "{words}");
    }
    assert_eq!(world.pki.count("acm-pca:IssueCertificate"), 0);
    assert_eq!(world.heard("CertificateFailed"), 5);
}

#[tokio::test]
async fn a_short_lived_authority_issues_for_hours_to_the_minute() {
    let world = World::new().await;
    let short = PrivateCa { is_short_lived: true, ..PrivateCa::default() };
    let (authority, _) = world.private_ca(short, None).await;
    let order = world.private_order(authority);
    let order = model::certificate::order::Order { spec: spec(Duration::from_secs(90 * 60)), ..order };
    let id = world.ask(&order).await;
    world.work(id).await.unwrap();
    let (certificate, _) = world.certificate(id).await;
    let life = certificate.facts.not_after.since(certificate.facts.not_before);
    assert_eq!(life, Duration::from_secs(90 * 60));
}

#[tokio::test]
async fn an_authority_signs_as_was_asked_for_where_its_key_can() {
    let world = World::new().await;
    let (authority, _) = world.private_ca(PrivateCa::default(), None).await;
    let with = |wanted| {
        let order = world.private_order(authority);
        let spec = Spec { signature_algorithm: Some(wanted), ..order.spec.clone() };
        model::certificate::order::Order { spec, ..order }
    };
    let id = world.ask(&with(SignatureAlgorithm::RsaSha256)).await;
    assert_eq!(world.work(id).await.unwrap(), "failed");
    assert!(world.told(id).await.1.contains("cannot sign with RSA-SHA256"), "{:?}", world.told(id).await);
    let id = world.ask(&with(SignatureAlgorithm::EcdsaSha256)).await;
    assert_eq!(world.work(id).await.unwrap(), "issued");
}

#[tokio::test]
async fn a_budget_holds_to_the_certificate_and_begins_anew_each_month() {
    let world = World::new().await;
    let (authority, arn) = world.private_ca(PrivateCa::default(), Some(2)).await;
    for (number, expected) in ["issued", "issued", "failed"].into_iter().enumerate() {
        let id = world.ask(&world.private_order(authority)).await;
        assert_eq!(world.work(id).await.unwrap(), expected, "{number}");
        if expected == "failed" {
            let (_, message) = world.told(id).await;
            assert!(message.contains("budget") && message.contains("2 certificates in 2026-01"), "{message}");
        }
    }
    assert_eq!((world.pki.issued(&arn).len(), world.spent(authority).await), (2, 2));
    clock::advance(Duration::from_secs(31 * DAY));
    let id = world.ask(&world.private_order(authority)).await;
    assert_eq!(world.work(id).await.unwrap(), "issued");
    assert_eq!(world.spent(authority).await, 1);
}

#[tokio::test]
async fn an_order_of_an_authority_that_was_switched_off_fails_unless_it_is_paid_for() {
    let world = World::new().await;
    let (authority, arn) = world.private_ca(PrivateCa::default(), None).await;
    world.pki.set_issuing_time(Duration::from_secs(300));
    let paid = world.ask(&world.private_order(authority)).await;
    world.work(paid).await.unwrap();
    let unpaid = world.ask(&world.private_order(authority)).await;
    let read = world.safe.certificate_authority(authority).await.unwrap().unwrap();
    let mut off = read.value.clone();
    off.status = model::certificate_authority::Status::Disabled;
    let change = store::Change::new(clock::now()).replace(&read, &off);
    world.safe.commit(change, &crate::world::line()).await.unwrap();
    assert_eq!(world.work(unpaid).await.unwrap(), "failed");
    let (status, message) = world.told(unpaid).await;
    assert!(status == OrderStatus::Failed && message.contains("disabled"), "{message}");
    world.settle(paid, 900).await;
    world.certificate(paid).await;
    assert_eq!(world.pki.issued(&arn).len(), 1);
}
