use model::certificate::{Revocation, RevocationReason, Validity};
use model::certificate_authority::Status;
use model::id::CertificateId;
use serde_json::json;
use store::Change;
use testkit::now;

use super::house::{DAY, House, import};

#[tokio::test]
async fn a_renewal_is_an_order_that_the_worker_is_told_about() {
    let house = House::new().await;
    let made = house.issued("www.example.com").await;
    house.pki.forget_calls();
    let path = format!("/{}/renew", made.id);
    let answer = house.ok("POST", &path, Some(json!({ "removeRootsFromChain": true }))).await;
    let request = answer["certificateRequestId"].as_str().unwrap().to_owned();
    for field in ["certificate", "certificateChain", "issuingCaCertificate", "serialNumber", "certificateId"]
    {
        assert_eq!(answer[field], "", "{field}");
    }
    let order = house.store.certificate_order(request.parse().unwrap()).await.unwrap().unwrap();
    let before = house.stored(made.id).await;
    assert_eq!(order.renews.as_ref().unwrap().certificate_id, made.id);
    assert_eq!(order.spec.alt_names, before.facts.alt_names);
    assert_eq!(order.spec.validity, Validity::lasting(90 * DAY, now()));
    assert!(order.removes_roots && order.due_at.is_some());
    assert_eq!(before.life.renewing, Some(order.id));
    let message = house.pki.receive("certificates").unwrap();
    assert_eq!(message, request);
    // Here nobody asks AWS for anything.
    assert!(house.pki.calls().iter().all(|call| !call.action.starts_with("acm")), "{:?}", house.pki.calls());
    // Asked again, the same order is the answer: it is paid once.
    let again = house.ok("POST", &path, None).await;
    assert_eq!(again["certificateRequestId"], json!(request));
    assert_eq!(house.store.certificate_orders_of(house.project).await.unwrap().len(), 2);
    assert_eq!(house.audited("certificate.renew").await, 1);
}

#[tokio::test]
async fn two_who_renew_at_once_make_one_order() {
    let house = House::new().await;
    let made = house.issued("www.example.com").await;
    let path = format!("/{}/renew", made.id);
    let (one, other) = tokio::join!(house.ok("POST", &path, None), house.ok("POST", &path, None));
    assert_eq!(one["certificateRequestId"], other["certificateRequestId"]);
    assert_eq!(house.store.certificate_orders_of(house.project).await.unwrap().len(), 2);
}

#[tokio::test]
async fn what_cannot_be_renewed_says_why() {
    let house = House::new().await;
    let reason = RevocationReason::Superseded;
    let revoked =
        Revocation { reason, wanted_at: now(), tried_at: now(), revoked_at: Some(now()), failures: 0 };
    let successor = CertificateId::random();
    let theirs = house.theirs("their.example.com").await;
    let imported = house.ok("POST", "/import-certificate", Some(import(&house, &theirs))).await;
    let imported = imported["certificateId"].as_str().unwrap().to_owned();
    let a = house.issued_with("a.example.com", |its| its.revocation = Some(revoked)).await;
    let b = house.issued_with("b.example.com", |its| its.renewed_by = Some(successor)).await;
    let c = house.issued_with("c.example.com", |its| its.facts.not_after = now().minus(DAY)).await;
    for (id, word) in [
        (a.id.to_string(), "revoked".to_owned()),
        (b.id.to_string(), successor.to_string()),
        (c.id.to_string(), "expired".to_owned()),
        (imported, "imported".to_owned()),
    ] {
        let (status, message) = house.refused("POST", &format!("/{id}/renew"), None).await;
        assert_eq!(status, 400, "{message}");
        assert!(message.contains(&word), "{message}");
    }
    let made = house.issued("www.example.com").await;
    let read = house.store.certificate_authority(house.private_ca).await.unwrap().unwrap();
    let mut disabled = read.value.clone();
    disabled.status = Status::Disabled;
    house.commit(Change::new(now()).replace(&read, &disabled)).await;
    let (status, message) = house.refused("POST", &format!("/{}/renew", made.id), None).await;
    assert_eq!((status, message.as_str()), (400, "The certificate authority \"inner\" is not active"));
    assert!(house.stored(made.id).await.life.renewing.is_none());
}
