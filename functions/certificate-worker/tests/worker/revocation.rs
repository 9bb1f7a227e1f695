//! Revocations that were asked for, and whose process died before AWS answered.

use model::certificate::{Certificate, RevocationReason};
use model::id::CertificateId;
use testkit::pki::PrivateCa;

use crate::clock;
use crate::world::{HOUR, World};

pub(crate) async fn wanted(world: &World, id: CertificateId) {
    let revoking = |certificate: &Certificate| {
        (Some(certificate.revoking(RevocationReason::CaCompromise, clock::now())), ())
    };
    world.safe.amend_certificate(id, clock::now(), None, revoking).await.unwrap();
}

pub(crate) async fn issued(world: &World) -> (CertificateId, String) {
    let (authority, arn) = world.private_ca(PrivateCa::default(), None).await;
    let id = world.ask(&world.private_order(authority)).await;
    world.work(id).await.unwrap();
    (world.certificate(id).await.0.id, arn)
}

#[tokio::test]
async fn the_worker_carries_it_through_in_awss_words_and_once() {
    let world = World::new().await;
    let (id, arn) = issued(&world).await;
    wanted(&world, id).await;
    assert_eq!(world.look(id).await.unwrap(), "nothing", "whoever asked is at it");
    world.pass(10 * 60, 60).await;
    let revoked = world.safe.certificate(id).await.unwrap().unwrap();
    assert!(revoked.revocation.unwrap().revoked_at.is_some());
    assert_eq!(world.pki.issued(&arn)[0].revoked.as_deref(), Some("CERTIFICATE_AUTHORITY_COMPROMISE"));
    assert_eq!((world.pki.count("acm-pca:RevokeCertificate"), world.heard("CertificateRevoked")), (1, 1));
}

#[tokio::test]
async fn a_public_one_is_revoked_by_its_arn_but_not_once_another_one_has_it() {
    let world = World::new().await;
    let zone = world.pki.put_zone("example.com", false);
    let authority = world.public_ca(&[&zone], None).await;
    let order = world.ask(&world.public_order(authority, &["example.com"])).await;
    world.settle(order, HOUR).await;
    let id = world.certificate(order).await.0.id;
    wanted(&world, id).await;
    let renewed = |certificate: &Certificate| (Some(certificate.renewed(CertificateId::random())), ());
    world.safe.amend_certificate(id, clock::now(), None, renewed).await.unwrap();
    world.pass(10 * 60, 60).await;
    assert_eq!(world.pki.certificates()[0].revoked, None, "its successor has the ARN");
    assert_eq!(world.safe.certificate(id).await.unwrap().unwrap().revocation, None);

    let order = world.ask(&world.public_order(authority, &["www.example.com"])).await;
    world.settle(order, HOUR).await;
    let id = world.certificate(order).await.0.id;
    wanted(&world, id).await;
    world.pass(10 * 60, 60).await;
    assert!(world.safe.certificate(id).await.unwrap().unwrap().revocation.unwrap().revoked_at.is_some());
    let revoked = world.pki.certificates().into_iter().filter(|one| one.revoked.is_some()).count();
    assert_eq!(revoked, 1);
}

#[tokio::test]
async fn a_missing_permission_is_told_and_it_is_tried_until_it_is_there() {
    let world = World::new().await;
    let (id, arn) = issued(&world).await;
    world.pki.deny("acm-pca:RevokeCertificate");
    wanted(&world, id).await;
    world.pass(5 * HOUR, 600).await;
    let waiting = world.safe.certificate(id).await.unwrap().unwrap().revocation.unwrap();
    assert!(waiting.revoked_at.is_none() && waiting.failures >= 3 && waiting.failures < 20, "{waiting:?}");
    world.pki.allow("acm-pca:RevokeCertificate");
    world.pass(2 * HOUR, 600).await;
    assert!(world.pki.issued(&arn)[0].revoked.is_some());
}
