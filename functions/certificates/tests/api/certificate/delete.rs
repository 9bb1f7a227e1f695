use model::certificate::{Revocation, RevocationReason};
use model::id::CertificateRequestId;
use serde_json::json;
use testkit::now;

use super::house::House;

#[tokio::test]
async fn a_deleted_certificate_is_gone_with_its_key_and_aws_hears_nothing() {
    let house = House::new().await;
    let made = house.issued("www.example.com").await;
    house.pki.forget_calls();
    let path = format!("/{}", made.id);
    let answer = house.ok("DELETE", &path, None).await;
    assert_eq!(answer["certificate"]["id"], json!(made.id));
    assert!(house.store.certificate_with_bundle(made.id).await.unwrap().is_none());
    for what in ["", "/bundle", "/certificate", "/private-key"] {
        assert_eq!(house.refused("GET", &format!("{path}{what}"), None).await.0, 404);
    }
    assert_eq!(house.refused("DELETE", &path, None).await.0, 404);
    assert!(house.pki.calls().iter().all(|call| !call.action.starts_with("acm")), "{:?}", house.pki.calls());
    assert_eq!(house.audited("certificate.delete").await, 1);
}

#[tokio::test]
async fn one_that_is_being_revoked_or_renewed_stays() {
    let house = House::new().await;
    let reason = RevocationReason::Superseded;
    let pending = Revocation { reason, wanted_at: now(), tried_at: now(), revoked_at: None, failures: 0 };
    let revoking = house.issued_with("a.example.com", |its| its.revocation = Some(pending)).await;
    let order = CertificateRequestId::random();
    let renewing = house.issued_with("b.example.com", |its| its.life.renewing = Some(order)).await;
    for (made, word) in [(revoking, "being revoked"), (renewing, "being renewed")] {
        let (status, message) = house.refused("DELETE", &format!("/{}", made.id), None).await;
        assert_eq!(status, 400);
        assert!(message.contains(word), "{message}");
        assert!(house.store.certificate(made.id).await.unwrap().is_some());
    }
}
