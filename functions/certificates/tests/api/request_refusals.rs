//! What is refused before anything is stored, and in which words.

use model::certificate::{ExtendedKeyUsage, KeyAlgorithm};
use serde_json::{Value, json};

use crate::request::{CERTIFICATES, changed, csr, csr_for, web};
use crate::world::{NOTHING, PRIVATE, PROFILES, PUBLIC, World, policy, text, with};

/// The answer's status and message; nothing was stored.
async fn refused(world: &World, body: Value) -> (u16, String) {
    let refused = world.refused("POST", CERTIFICATES, Some(body)).await;
    assert_eq!(world.store.certificate_orders_of(world.project).await.unwrap(), []);
    refused
}

#[tokio::test]
async fn a_body_is_refused_for_all_that_is_wrong_with_it_at_once() {
    let world = World::new().await;
    let body = json!({
        "profileId": "1", "applicationId": "x", "removeRootsFromChain": "yes",
        "attributes": {
            "commonName": "a".repeat(65), "country": "Germany", "ttl": "soon", "keyAlgorithm": "RSA_1024",
            "signatureAlgorithm": "MD5", "keyUsages": ["everything"], "extendedKeyUsages": "server_auth",
            "altNames": [{ "type": "dns_name", "value": "no host" }, { "type": "phone", "value": "1" }],
            "basicConstraints": { "isCA": false, "pathLength": 1 }
        }
    });
    let (status, message) = refused(&world, body).await;
    assert_eq!(status, 422);
    for path in [
        "profileId",
        "applicationId",
        "removeRootsFromChain",
        "commonName",
        "country",
        "ttl",
        "keyAlgorithm",
        "signatureAlgorithm",
        "keyUsages",
        "extendedKeyUsages",
        "altNames",
        "pathLength",
    ] {
        assert!(message.contains(&format!("\"{path}\"")), "{path}: {message}");
    }
}

#[tokio::test]
async fn a_span_and_dates_contradict_each_other() {
    let world = World::new().await;
    let profile = world.profile("web").await;
    for attributes in [
        json!({ "ttl": "30d", "notAfter": "2030-01-01T00:00:00Z" }),
        json!({ "ttl": "30d", "notBefore": "2030-01-01T00:00:00Z" }),
        json!({ "ttl": null, "notBefore": "2030-01-02T00:00:00Z", "notAfter": "2030-01-01T00:00:00Z" }),
    ] {
        let (status, message) = refused(&world, changed(web(&profile), &attributes)).await;
        assert_eq!(status, 422, "{attributes}: {message}");
    }
}

#[tokio::test]
async fn what_the_policy_does_not_allow_is_told_whole() {
    let world = World::new().await;
    let profile = world.profile("web").await;
    let attributes = json!({
        "commonName": "api.example.org", "organization": "ACME", "keyAlgorithm": "EC_secp384r1", "ttl": "2y",
        "keyUsages": ["key_cert_sign"], "extendedKeyUsages": ["code_signing"],
        "altNames": [{ "type": "ip_address", "value": "10.0.0.1" }],
        "basicConstraints": { "isCA": true }
    });
    let (status, message) = refused(&world, changed(web(&profile), &attributes)).await;
    assert_eq!(status, 400);
    assert!(message.starts_with("The request violates the certificate policy \"web\""), "{message}");
    for told in [
        "common_name",
        "organization",
        "ip_address",
        "key_cert_sign",
        "code_signing",
        "EC_secp384r1",
        "365d",
        "certificate of an authority",
    ] {
        assert!(message.contains(told), "{told}: {message}");
    }
}

#[tokio::test]
async fn a_disabled_authority_and_a_span_that_is_no_authoritys() {
    let world = World::new().await;
    let (authority, policy) = (world.authority("ca").await, world.policy("web").await);
    let profile = world.profile_of("web", &authority, &policy).await;
    let timeless = changed(web(&profile), &json!({ "ttl": null }));
    let (status, message) = refused(&world, timeless).await;
    assert!((status, message.contains("ttl or notAfter is needed")) == (400, true), "{message}");
    let past = changed(web(&profile), &json!({ "ttl": null, "notAfter": "2020-01-01T00:00:00Z" }));
    let (status, message) = refused(&world, past).await;
    assert!((status, message.contains("ended before")) == (400, true), "{message}");
    world.ok("PATCH", &format!("{PRIVATE}/{authority}"), Some(json!({ "status": "disabled" }))).await;
    let (status, message) = refused(&world, web(&profile)).await;
    assert_eq!((status, message.contains("certificate authority ca is disabled")), (400, true), "{message}");
}

#[tokio::test]
async fn an_authority_of_short_lived_certificates_gives_seven_days() {
    let world = World::new().await;
    let arn =
        world.pki.put_private_ca(testkit::pki::PrivateCa { is_short_lived: true, ..Default::default() });
    let body = json!({
        "name": "short", "status": "active",
        "configuration": {
            "appConnectionId": world.connection, "certificateAuthorityArn": arn, "region": "us-east-1"
        }
    });
    let authority = text(&world.ok("POST", PRIVATE, Some(body)).await, "id");
    let policy = world.policy("web").await;
    let profile = world.profile_of("web", &authority, &policy).await;
    let (status, message) = refused(&world, changed(web(&profile), &json!({ "ttl": "8d" }))).await;
    assert_eq!((status, message.contains("at most 7 days")), (400, true), "{message}");
    world.ok("POST", CERTIFICATES, Some(changed(web(&profile), &json!({ "ttl": "7d" })))).await;
}

#[tokio::test]
async fn profiles_and_applications_that_are_not_there_or_not_together() {
    let world = World::new().await;
    assert_eq!(refused(&world, web(NOTHING)).await.0, 404);
    let profile = world.profile("web").await;
    let alone = world.application("alone", &[]).await;
    let body = |application: &str| with(web(&profile), &json!({ "applicationId": application }));
    assert_eq!(refused(&world, body(NOTHING)).await.0, 404);
    let (status, message) = refused(&world, body(&alone)).await;
    assert_eq!((status, message.contains("not attached")), (400, true), "{message}");
}

#[tokio::test]
async fn a_signing_request_that_cannot_be_answered() {
    let world = World::new().await;
    let profile = world.profile("web").await;
    let sound = csr(KeyAlgorithm::EcP256);
    let cut: String =
        sound.lines().enumerate().filter(|(line, _)| *line != 3).map(|(_, text)| text).collect();
    for pem in ["hello", &sound.replace("REQUEST", "THING"), &cut, &format!("{sound}{sound}")] {
        let (status, message) =
            refused(&world, json!({ "profileId": profile, "csr": pem, "attributes": { "ttl": "1d" } })).await;
        assert_eq!((status, message.starts_with("Invalid CSR:")), (400, true), "{message}");
    }
    let long = json!({ "profileId": profile, "csr": "x".repeat(4_097) });
    assert_eq!(refused(&world, long).await.0, 422);
    // Another key than the policy allows.
    let body =
        json!({ "profileId": profile, "csr": csr(KeyAlgorithm::EcP384), "attributes": { "ttl": "1d" } });
    let (status, message) = refused(&world, body).await;
    assert_eq!((status, message.contains("EC_secp384r1")), (400, true), "{message}");
}

#[tokio::test]
async fn usages_of_a_signing_request_are_the_policys_to_allow_also_when_the_request_says_none() {
    let world = World::new().await;
    let profile = world.profile("web").await;
    let signing = csr_for(KeyAlgorithm::EcP256, ExtendedKeyUsage::OcspSigning);
    for attributes in [
        json!({ "ttl": "1d" }),
        json!({ "ttl": "1d", "extendedKeyUsages": null }),
        json!({ "ttl": "1d", "extendedKeyUsages": [], "keyUsages": [] }),
    ] {
        let body = json!({ "profileId": profile, "csr": signing, "attributes": attributes });
        let (status, message) = refused(&world, body).await;
        assert_eq!((status, message.contains("may not have ocsp_signing")), (400, true), "{message}");
    }
}

#[tokio::test]
async fn a_public_certificate_is_what_acm_makes_and_nothing_else() {
    let world = World::new().await;
    let authority = text(&world.ok("POST", PUBLIC, Some(world.public("public"))).await, "id");
    let wide = with(
        policy("wide"),
        &json!({
            "subject": [{ "type": "common_name", "allowed": ["*"] }, { "type": "organization", "allowed": ["*"] }],
            "sans": [{ "type": "dns_name", "allowed": ["*"] }, { "type": "ip_address", "allowed": ["*"] }],
            "algorithms": null
        }),
    );
    let made = world.ok("POST", crate::world::POLICIES, Some(wide)).await;
    let policy = text(&made["certificatePolicy"], "id");
    let body = json!({ "slug": "public", "caId": authority, "certificatePolicyId": policy });
    let made = world.ok("POST", PROFILES, Some(body)).await;
    let profile = text(&made["certificateProfile"], "id");
    let sound = changed(web(&profile), &json!({ "ttl": null }));
    for (attributes, told) in [
        (json!({ "ttl": "90d" }), "198 days"),
        (json!({ "notAfter": "2030-01-01T00:00:00Z" }), "leave out the dates"),
        (json!({ "keyAlgorithm": "RSA_4096" }), "none of ACM's"),
        (json!({ "organization": "ACME" }), "has no organization"),
        (json!({ "altNames": [{ "type": "ip_address", "value": "10.0.0.1" }] }), "for host names alone"),
        (json!({ "basicConstraints": { "isCA": true } }), "no certificates for certificate authorities"),
        (json!({ "commonName": "My Service" }), "must be a host name"),
        (
            json!({ "commonName": "api.example.org" }),
            "no hosted zone of the certificate authority public holds api.example.org",
        ),
    ] {
        let (status, message) = refused(&world, changed(sound.clone(), &attributes)).await;
        assert_eq!(status, 400, "{message}");
        assert!(message.contains(told), "{told}: {message}");
    }
    let nameless = json!({ "profileId": profile, "attributes": {} });
    let (_, message) = refused(&world, nameless).await;
    assert!(message.contains("needs a host name"), "{message}");
    let signed = json!({ "profileId": profile, "csr": csr(KeyAlgorithm::EcP256) });
    let (_, message) = refused(&world, signed).await;
    assert!(message.contains("takes no certificate signing request"), "{message}");
    assert_eq!(world.pki.count("acm:RequestCertificate"), 0);
    for attributes in [json!({}), json!({ "ttl": "198d" }), json!({ "commonName": "*.example.com" })] {
        let body = with(policy_free(&profile), &json!({}));
        world.ok("POST", CERTIFICATES, Some(changed(body, &attributes))).await;
    }
}

/// A request for a public certificate.
fn policy_free(profile: &str) -> Value {
    changed(web(profile), &json!({ "ttl": null }))
}
