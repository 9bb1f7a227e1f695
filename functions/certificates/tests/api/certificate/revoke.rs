use model::certificate::{Due, RevocationReason};
use model::id::CertificateId;
use serde_json::json;
use store::Change;
use testkit::now;

use super::house::{DAY, House, Made, import};

async fn path_of(house: &House) -> (Made, String) {
    let made = house.issued("www.example.com").await;
    house.pki.forget_calls();
    let path = format!("/{}/revoke", made.id);
    (made, path)
}

#[tokio::test]
async fn the_private_ca_revokes_it_for_every_reason_by_awss_name() {
    let house = House::new().await;
    for (reason, at_aws) in [
        ("UNSPECIFIED", "UNSPECIFIED"),
        ("KEY_COMPROMISE", "KEY_COMPROMISE"),
        ("CA_COMPROMISE", "CERTIFICATE_AUTHORITY_COMPROMISE"),
        ("AFFILIATION_CHANGED", "AFFILIATION_CHANGED"),
        ("SUPERSEDED", "SUPERSEDED"),
        ("CESSATION_OF_OPERATION", "CESSATION_OF_OPERATION"),
        ("CERTIFICATE_HOLD", "UNSPECIFIED"),
        ("PRIVILEGE_WITHDRAWN", "PRIVILEGE_WITHDRAWN"),
        ("A_A_COMPROMISE", "A_A_COMPROMISE"),
    ] {
        let (made, path) = path_of(&house).await;
        let answer = house.ok("POST", &path, Some(json!({ "revocationReason": reason }))).await;
        let stored = house.stored(made.id).await;
        assert_eq!(answer["serialNumber"], json!(stored.facts.serial_number));
        assert_eq!(answer["revokedAt"], json!(now()));
        let issued = house.pki.issued(&house.private_ca_arn);
        let there =
            issued.iter().find(|one| one.serial.replace(':', "") == stored.facts.serial_number).unwrap();
        assert_eq!(there.revoked.as_deref(), Some(at_aws), "{reason}");
        assert_eq!(house.pki.count("acm-pca:RevokeCertificate"), 1);
        let shown = house.ok("GET", &format!("/{}", made.id), None).await["certificate"].clone();
        assert_eq!((&shown["status"], &shown["revocationReason"]), (&json!("revoked"), &json!(reason)));
        assert_eq!(stored.due(now().plus(DAY)), Due::Nothing, "nobody asks again");
    }
    let told = house.pki.events();
    assert_eq!(told.len(), 9);
    assert!(told.iter().all(|(name, _)| name == "CertificateRevoked"), "{told:?}");
    assert_eq!(told[0].1["certificateAuthorityId"], json!(house.private_ca));
}

#[tokio::test]
async fn without_a_reason_it_is_unspecified_and_an_unknown_one_is_refused() {
    let house = House::new().await;
    let (made, path) = path_of(&house).await;
    assert_eq!(house.refused("POST", &path, Some(json!({ "revocationReason": "BORED" }))).await.0, 422);
    assert!(house.stored(made.id).await.revocation.is_none());
    house.ok("POST", &path, None).await;
    assert_eq!(house.stored(made.id).await.revocation.unwrap().reason, RevocationReason::Unspecified);
    let (status, message) = house.refused("POST", &path, None).await;
    assert_eq!((status, message.as_str()), (400, "The certificate is revoked already"));
}

#[tokio::test]
async fn a_clear_refusal_leaves_it_as_it_was_in_awss_words() {
    let house = House::new().await;
    let (made, path) = path_of(&house).await;
    house.pki.deny("acm-pca:RevokeCertificate");
    let (status, message) = house.refused("POST", &path, None).await;
    assert_eq!(status, 400);
    assert!(message.starts_with("Unable to revoke the certificate: "), "{message}");
    assert!(message.contains("acm-pca:RevokeCertificate"), "{message}");
    let stored = house.stored(made.id).await;
    assert!(stored.revocation.is_none());
    assert!(house.pki.events().is_empty());
    house.pki.allow("acm-pca:RevokeCertificate");
    house.ok("POST", &path, None).await;
}

#[tokio::test]
async fn silence_keeps_the_intent_and_the_worker_asks_again() {
    let house = House::new().await;
    let (made, path) = path_of(&house).await;
    house.pki.lose_answers("acm-pca:RevokeCertificate", 100);
    let (status, message) =
        house.refused("POST", &path, Some(json!({ "revocationReason": "KEY_COMPROMISE" }))).await;
    assert_eq!(status, 503, "{message}");
    let stored = house.stored(made.id).await;
    let revocation = stored.revocation.unwrap();
    assert_eq!((revocation.revoked_at, revocation.failures), (None, 1));
    assert_eq!(revocation.reason, RevocationReason::KeyCompromise);
    assert_eq!(stored.due(now().plus(DAY)), Due::Revoke);
    assert!(house.store.certificates_due(now().plus(DAY), 10).await.unwrap().contains(&made.id));
    // To everybody it is revoked from now on.
    let shown = house.ok("GET", &format!("/{}", made.id), None).await["certificate"].clone();
    assert_eq!((&shown["status"], &shown["revokedAt"]), (&json!("revoked"), &json!(null)));
    // AWS had done it all the same: asked again, by whoever, that is an answer and no error.
    house.pki.lose_answers("acm-pca:RevokeCertificate", 0);
    let answer = house.ok("POST", &path, Some(json!({ "revocationReason": "SUPERSEDED" }))).await;
    assert_eq!(answer["revokedAt"], json!(now()));
    assert_eq!(house.stored(made.id).await.revocation.unwrap().reason, RevocationReason::KeyCompromise);
}

#[tokio::test]
async fn a_refusal_after_silence_takes_nothing_back() {
    let house = House::new().await;
    let (made, path) = path_of(&house).await;
    house.pki.lose_answers("acm-pca:RevokeCertificate", 100);
    assert_eq!(house.refused("POST", &path, None).await.0, 503);
    house.pki.lose_answers("acm-pca:RevokeCertificate", 0);
    house.pki.deny("acm-pca:RevokeCertificate");
    // AWS has done it, and now says no: to show it as a good certificate again would be wrong.
    assert_eq!(house.refused("POST", &path, None).await.0, 400);
    let revocation = house.stored(made.id).await.revocation.unwrap();
    assert_eq!((revocation.revoked_at, revocation.failures), (None, 2));
}

#[tokio::test]
async fn acm_revokes_a_public_certificate_by_its_arn() {
    let house = House::new().await;
    let arn = house.pki.put_certificate(&["www.example.com"], "EC_prime256v1", now());
    house.pki.renew_by_itself(&arn);
    let authority = house.public_ca;
    let serial = house.pki.certificates().pop().unwrap().serial.unwrap().replace(':', "");
    let made = house.issued_with("www.example.com", |its| {
        its.certificate_authority_id = Some(authority);
        its.arn = Some(arn.clone());
        its.facts.serial_number = serial;
    });
    let path = format!("/{}/revoke", made.await.id);
    house.ok("POST", &path, Some(json!({ "revocationReason": "KEY_COMPROMISE" }))).await;
    let there = house.pki.certificates().pop().unwrap();
    assert_eq!((there.status.as_str(), there.revoked.as_deref()), ("REVOKED", Some("KEY_COMPROMISE")));
}

#[tokio::test]
async fn what_acm_has_renewed_by_itself_is_not_revoked_in_place_of_the_old_one() {
    let house = House::new().await;
    let arn = house.pki.put_certificate(&["www.example.com"], "EC_prime256v1", now());
    house.pki.renew_by_itself(&arn);
    let authority = house.public_ca;
    let made = house.issued_with("www.example.com", |its| {
        its.certificate_authority_id = Some(authority);
        its.arn = Some(arn.clone());
    });
    let made = made.await;
    let (status, message) = house.refused("POST", &format!("/{}/revoke", made.id), None).await;
    assert_eq!(
        (status, message.contains("another certificate has this ARN by now")),
        (400, true),
        "{message}"
    );
    assert_eq!(house.pki.count("acm:RevokeCertificate"), 0);
    assert_eq!(house.stored(made.id).await.revocation, None, "it is not revoked, and not shown so");
}

#[tokio::test]
async fn a_public_certificate_that_was_renewed_is_not_revoked_under_its_successors_arn() {
    let house = House::new().await;
    let successor = CertificateId::random();
    let authority = house.public_ca;
    let made = house.issued_with("www.example.com", |its| {
        its.certificate_authority_id = Some(authority);
        its.arn = Some("arn:aws:acm:us-east-1:111111111111:certificate/x".into());
        its.renewed_by = Some(successor);
    });
    let (status, message) = house.refused("POST", &format!("/{}/revoke", made.await.id), None).await;
    assert_eq!(status, 400);
    assert!(message.contains(&successor.to_string()), "{message}");
    assert_eq!(house.pki.count("acm:RevokeCertificate"), 0);
}

#[tokio::test]
async fn what_cannot_be_revoked_says_why() {
    let house = House::new().await;
    let over = house.issued_with("over.example.com", |its| its.facts.not_after = now().minus(DAY)).await;
    let theirs = house.theirs("their.example.com").await;
    let imported = house.ok("POST", "/import-certificate", Some(import(&house, &theirs))).await;
    let imported = imported["certificateId"].as_str().unwrap().to_owned();
    for (id, word) in [(over.id.to_string(), "expired"), (imported, "imported")] {
        let (status, message) = house.refused("POST", &format!("/{id}/revoke"), None).await;
        assert_eq!(status, 400);
        assert!(message.contains(word), "{message}");
    }
    let (made, path) = path_of(&house).await;
    let read = house.store.certificate_authority(house.private_ca).await.unwrap().unwrap();
    house.commit(Change::new(now()).delete(&read)).await;
    let (status, message) = house.refused("POST", &path, None).await;
    assert_eq!(status, 400);
    assert!(message.contains("its certificate authority was deleted"), "{message}");
    assert!(house.stored(made.id).await.revocation.is_none());
}
