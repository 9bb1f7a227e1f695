//! Refusals, throttling, and answers that come late or not at all.

use std::time::Duration;

use model::certificate::order::OrderStatus;
use testkit::pki::PrivateCa;

use crate::clock;
use crate::world::{DAY, HOUR, World};

const PRIVATE: [&str; 3] =
    ["acm-pca:DescribeCertificateAuthority", "acm-pca:IssueCertificate", "acm-pca:GetCertificate"];
const PUBLIC: [&str; 5] = [
    "route53:GetHostedZone",
    "acm:RequestCertificate",
    "acm:DescribeCertificate",
    "route53:ChangeResourceRecordSets",
    "acm:ExportCertificate",
];

#[tokio::test]
async fn a_missing_permission_is_named_at_once_where_nothing_is_paid_and_waited_for_where_it_is() {
    for action in PRIVATE.into_iter().chain(["sts:AssumeRole"]).chain(PUBLIC) {
        let world = World::new().await;
        let zone = world.pki.put_zone("example.com", false);
        let id = if PUBLIC.contains(&action) {
            let authority = world.public_ca(&[&zone], None).await;
            world.ask(&world.public_order(authority, &["example.com"])).await
        } else {
            let (authority, _) = world.private_ca(PrivateCa::default(), None).await;
            world.ask(&world.private_order(authority)).await
        };
        world.pki.deny(action);
        world.settle(id, HOUR).await;
        let (status, message) = world.told(id).await;
        assert!(message.contains(action), "{action}: {message}");
        let is_paid = ["acm-pca:GetCertificate", "acm:DescribeCertificate", "acm:ExportCertificate"];
        let is_paid = is_paid.contains(&action) || action == "route53:ChangeResourceRecordSets";
        assert_eq!(status, if is_paid { OrderStatus::Pending } else { OrderStatus::Failed }, "{action}");
        if is_paid {
            world.pki.allow(action);
            world.settle(id, 5 * HOUR).await;
            world.certificate(id).await;
        } else {
            let order = world.order(id).await;
            assert_eq!(order.progress.paid, None, "{action}");
            assert_eq!(world.spent(order.certificate_authority_id).await, 0, "{action}");
            assert_eq!(world.heard("CertificateFailed"), 1);
        }
    }
}

#[tokio::test]
async fn throttling_and_lost_answers_of_any_call_pass_and_nothing_is_paid_for_twice() {
    for action in PRIVATE.into_iter().chain(PUBLIC) {
        for lost in [false, true] {
            let world = World::new().await;
            let zone = world.pki.put_zone("example.com", false);
            let authority = if PUBLIC.contains(&action) {
                world.public_ca(&[&zone], None).await
            } else {
                world.private_ca(PrivateCa::default(), None).await.0
            };
            let order = match PUBLIC.contains(&action) {
                true => world.public_order(authority, &["example.com", "*.example.com"]),
                false => world.private_order(authority),
            };
            let id = world.ask(&order).await;
            match lost {
                true => world.pki.lose_answers(action, 3),
                false => world.pki.throttle(action, 3),
            }
            world.settle(id, HOUR).await;
            world.certificate(id).await;
            assert_eq!(world.spent(authority).await, 1, "{action} {lost}");
            assert!(world.pki.certificates().len() <= 1, "{action} {lost}");
        }
    }
}

#[tokio::test]
async fn an_authority_that_never_answers_is_asked_within_its_tokens_life_and_no_longer() {
    let world = World::new().await;
    let (authority, arn) = world.private_ca(PrivateCa::default(), None).await;
    world.pki.lose_answers("acm-pca:IssueCertificate", 10_000);
    let id = world.ask(&world.private_order(authority)).await;
    let started = clock::now();
    world.settle(id, DAY).await;
    let (status, message) = world.told(id).await;
    assert_eq!(status, OrderStatus::Failed);
    assert!(message.contains("may have issued one"), "{message}");
    assert_eq!(world.pki.issued(&arn).len(), 1, "every repeat was one");
    let asked = world.pki.calls().into_iter().filter(|call| call.action == "acm-pca:IssueCertificate");
    let last = asked.map(|call| call.at).max().unwrap();
    assert!(last.since(started) < Duration::from_secs(4 * 60), "{:?}", last.since(started));
    assert_eq!(world.spent(authority).await, 1, "it may be charged");
}

#[tokio::test]
async fn a_clear_refusal_gives_the_place_in_the_budget_back() {
    for (code, words) in [
        ("MalformedCSRException", "The CSR is not valid"),
        ("LimitExceededException", "You have exceeded the quota"),
        ("InvalidStateException", "The CA is not active"),
        ("ValidationException", "1 validation error detected"),
    ] {
        let world = World::new().await;
        let (authority, _) = world.private_ca(PrivateCa::default(), Some(1)).await;
        world.pki.refuse("acm-pca:IssueCertificate", 1, code, words);
        let id = world.ask(&world.private_order(authority)).await;
        assert_eq!(world.work(id).await.unwrap(), "failed");
        let (_, message) = world.told(id).await;
        assert!(message.contains(code) && message.contains(words), "{message}");
        assert_eq!(world.spent(authority).await, 0);
        let id = world.ask(&world.private_order(authority)).await;
        assert_eq!(world.work(id).await.unwrap(), "issued");
    }
}

#[tokio::test]
async fn a_certificate_that_private_ca_gives_up_fails_in_its_words() {
    let world = World::new().await;
    let (authority, _) = world.private_ca(PrivateCa::default(), None).await;
    world.pki.refuse("acm-pca:GetCertificate", 1, "RequestFailedException", "The request has failed.");
    let id = world.ask(&world.private_order(authority)).await;
    assert_eq!(world.work(id).await.unwrap(), "failed");
    let (_, message) = world.told(id).await;
    assert!(message.contains("The request has failed."), "{message}");
    assert_eq!(world.spent(authority).await, 0);
}

#[tokio::test]
async fn what_an_order_depends_on_is_named_when_it_is_gone() {
    let world = World::new().await;
    let (authority, _) = world.private_ca(PrivateCa::default(), None).await;
    let id = world.ask(&world.private_order(authority)).await;
    let read = world.safe.certificate_authority(authority).await.unwrap().unwrap();
    let change = store::Change::new(clock::now()).delete(&read);
    world.safe.commit(change, &crate::world::line()).await.unwrap();
    assert_eq!(world.work(id).await.unwrap(), "failed");
    assert!(world.told(id).await.1.contains("does not exist any more"), "{:?}", world.told(id).await);
}

#[tokio::test]
async fn messages_of_nothing_and_of_what_is_gone_do_nothing() {
    use job::Worker as _;
    use model::id::{CertificateId, CertificateRequestId};
    use model::message::Noun;
    let world = World::new().await;
    assert_eq!(world.work(CertificateRequestId::random()).await.unwrap(), "no such order");
    assert_eq!(world.look(CertificateId::random()).await.unwrap(), "no such certificate");
    let nonsense = world.worker.work(Noun::Certificate, "none", World::deadline()).await;
    assert_eq!(nonsense.unwrap(), "no id of ours");
    assert!(world.pki.calls().is_empty());
}
