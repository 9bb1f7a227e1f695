use model::certificate::{Revocation, RevocationReason};
use model::id::CertificateRequestId;
use serde_json::json;
use testkit::now;

use crate::world::World;

#[tokio::test]
async fn a_deleted_certificate_is_gone_with_its_key_and_aws_hears_nothing() {
    let world = World::new().await;
    let made = world.issued("www.example.com").await;
    world.pki.forget_calls();
    let path = format!("/{}", made.id);
    let answer = world.ok("DELETE", &path, None).await;
    assert_eq!(answer["certificate"]["id"], json!(made.id));
    assert!(world.store.certificate_with_bundle(made.id).await.unwrap().is_none());
    for what in ["", "/bundle", "/certificate", "/private-key"] {
        assert_eq!(world.refused("GET", &format!("{path}{what}"), None).await.0, 404);
    }
    assert_eq!(world.refused("DELETE", &path, None).await.0, 404);
    assert!(world.pki.calls().iter().all(|call| !call.action.starts_with("acm")), "{:?}", world.pki.calls());
    assert_eq!(world.audited("certificate.delete").await, 1);
}

#[tokio::test]
async fn one_that_is_being_revoked_or_renewed_stays() {
    let world = World::new().await;
    let reason = RevocationReason::Superseded;
    let pending = Revocation { reason, wanted_at: now(), tried_at: now(), revoked_at: None, failures: 0 };
    let revoking = world.issued_with("a.example.com", |its| its.revocation = Some(pending)).await;
    let order = CertificateRequestId::random();
    let renewing = world.issued_with("b.example.com", |its| its.life.renewing = Some(order)).await;
    for (made, word) in [(revoking, "being revoked"), (renewing, "being renewed")] {
        let (status, message) = world.refused("DELETE", &format!("/{}", made.id), None).await;
        assert_eq!(status, 400);
        assert!(message.contains(word), "{message}");
        assert!(world.store.certificate(made.id).await.unwrap().is_some());
    }
}
