use model::certificate::{Due, RevocationReason};
use model::id::CertificateId;
use serde_json::json;
use store::Change;
use testkit::now;

use crate::world::{DAY, Made, World, import};

async fn path_of(world: &World) -> (Made, String) {
    let made = world.issued("www.example.com").await;
    world.pki.forget_calls();
    let path = format!("/{}/revoke", made.id);
    (made, path)
}

#[tokio::test]
async fn the_private_ca_revokes_it_for_every_reason_by_awss_name() {
    let world = World::new().await;
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
        let (made, path) = path_of(&world).await;
        let answer = world.ok("POST", &path, Some(json!({ "revocationReason": reason }))).await;
        let stored = world.stored(made.id).await;
        assert_eq!(answer["serialNumber"], json!(stored.facts.serial_number));
        assert_eq!(answer["revokedAt"], json!(now()));
        let issued = world.pki.issued(&world.private_ca_arn);
        let there =
            issued.iter().find(|one| one.serial.replace(':', "") == stored.facts.serial_number).unwrap();
        assert_eq!(there.revoked.as_deref(), Some(at_aws), "{reason}");
        assert_eq!(world.pki.count("acm-pca:RevokeCertificate"), 1);
        let shown = world.ok("GET", &format!("/{}", made.id), None).await["certificate"].clone();
        assert_eq!((&shown["status"], &shown["revocationReason"]), (&json!("revoked"), &json!(reason)));
        assert_eq!(stored.due(now().plus(DAY)), Due::Nothing, "nobody asks again");
    }
    let told = world.pki.events();
    assert_eq!(told.len(), 9);
    assert!(told.iter().all(|(name, _)| name == "CertificateRevoked"), "{told:?}");
    assert_eq!(told[0].1["certificateAuthorityId"], json!(world.private_ca));
}

#[tokio::test]
async fn without_a_reason_it_is_unspecified_and_an_unknown_one_is_refused() {
    let world = World::new().await;
    let (made, path) = path_of(&world).await;
    assert_eq!(world.refused("POST", &path, Some(json!({ "revocationReason": "BORED" }))).await.0, 422);
    assert!(world.stored(made.id).await.revocation.is_none());
    world.ok("POST", &path, None).await;
    assert_eq!(world.stored(made.id).await.revocation.unwrap().reason, RevocationReason::Unspecified);
    let (status, message) = world.refused("POST", &path, None).await;
    assert_eq!((status, message.as_str()), (400, "The certificate is revoked already"));
}

#[tokio::test]
async fn a_clear_refusal_leaves_it_as_it_was_in_awss_words() {
    let world = World::new().await;
    let (made, path) = path_of(&world).await;
    world.pki.deny("acm-pca:RevokeCertificate");
    let (status, message) = world.refused("POST", &path, None).await;
    assert_eq!(status, 400);
    assert!(message.starts_with("Unable to revoke the certificate: "), "{message}");
    assert!(message.contains("acm-pca:RevokeCertificate"), "{message}");
    let stored = world.stored(made.id).await;
    assert!(stored.revocation.is_none());
    assert!(world.pki.events().is_empty());
    world.pki.allow("acm-pca:RevokeCertificate");
    world.ok("POST", &path, None).await;
}

#[tokio::test]
async fn silence_keeps_the_intent_and_the_worker_asks_again() {
    let world = World::new().await;
    let (made, path) = path_of(&world).await;
    world.pki.lose_answers("acm-pca:RevokeCertificate", 100);
    let (status, message) =
        world.refused("POST", &path, Some(json!({ "revocationReason": "KEY_COMPROMISE" }))).await;
    assert_eq!(status, 503, "{message}");
    let stored = world.stored(made.id).await;
    let revocation = stored.revocation.unwrap();
    assert_eq!((revocation.revoked_at, revocation.failures), (None, 1));
    assert_eq!(revocation.reason, RevocationReason::KeyCompromise);
    assert_eq!(stored.due(now().plus(DAY)), Due::Revoke);
    assert!(world.store.certificates_due(now().plus(DAY), 10).await.unwrap().contains(&made.id));
    // To everybody it is revoked from now on.
    let shown = world.ok("GET", &format!("/{}", made.id), None).await["certificate"].clone();
    assert_eq!((&shown["status"], &shown["revokedAt"]), (&json!("revoked"), &json!(null)));
    // AWS had done it all the same: asked again, by whoever, that is an answer and no error.
    world.pki.lose_answers("acm-pca:RevokeCertificate", 0);
    let answer = world.ok("POST", &path, Some(json!({ "revocationReason": "SUPERSEDED" }))).await;
    assert_eq!(answer["revokedAt"], json!(now()));
    assert_eq!(world.stored(made.id).await.revocation.unwrap().reason, RevocationReason::KeyCompromise);
}

#[tokio::test]
async fn acm_revokes_a_public_certificate_by_its_arn() {
    let world = World::new().await;
    let arn = world.pki.put_certificate(&["www.example.com"], "EC_prime256v1", now());
    world.pki.renew_by_itself(&arn);
    let authority = world.public_ca;
    let made = world.issued_with("www.example.com", |its| {
        its.certificate_authority_id = Some(authority);
        its.arn = Some(arn.clone());
    });
    let path = format!("/{}/revoke", made.await.id);
    world.ok("POST", &path, Some(json!({ "revocationReason": "KEY_COMPROMISE" }))).await;
    let there = world.pki.certificates().pop().unwrap();
    assert_eq!((there.status.as_str(), there.revoked.as_deref()), ("REVOKED", Some("KEY_COMPROMISE")));
}

#[tokio::test]
async fn a_public_certificate_that_was_renewed_is_not_revoked_under_its_successors_arn() {
    let world = World::new().await;
    let successor = CertificateId::random();
    let authority = world.public_ca;
    let made = world.issued_with("www.example.com", |its| {
        its.certificate_authority_id = Some(authority);
        its.arn = Some("arn:aws:acm:us-east-1:111111111111:certificate/x".into());
        its.renewed_by = Some(successor);
    });
    let (status, message) = world.refused("POST", &format!("/{}/revoke", made.await.id), None).await;
    assert_eq!(status, 400);
    assert!(message.contains(&successor.to_string()), "{message}");
    assert_eq!(world.pki.count("acm:RevokeCertificate"), 0);
}

#[tokio::test]
async fn what_cannot_be_revoked_says_why() {
    let world = World::new().await;
    let over = world.issued_with("over.example.com", |its| its.facts.not_after = now().minus(DAY)).await;
    let theirs = world.theirs("their.example.com").await;
    let imported = world.ok("POST", "/import-certificate", Some(import(&world, &theirs))).await;
    let imported = imported["certificateId"].as_str().unwrap().to_owned();
    for (id, word) in [(over.id.to_string(), "expired"), (imported, "imported")] {
        let (status, message) = world.refused("POST", &format!("/{id}/revoke"), None).await;
        assert_eq!(status, 400);
        assert!(message.contains(word), "{message}");
    }
    let (made, path) = path_of(&world).await;
    let read = world.store.certificate_authority(world.private_ca).await.unwrap().unwrap();
    world.commit(Change::new(now()).delete(&read)).await;
    let (status, message) = world.refused("POST", &path, None).await;
    assert_eq!(status, 400);
    assert!(message.contains("its certificate authority was deleted"), "{message}");
    assert!(world.stored(made.id).await.revocation.is_none());
}
