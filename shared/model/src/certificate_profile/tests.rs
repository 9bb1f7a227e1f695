#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use serde_json::{Value, json};

use super::body::{Create, Update};
use super::view::View;
use super::*;
use crate::Timestamp;
use crate::certificate::body::Attributes;
use crate::certificate::{KeyAlgorithm, KeyUsage, Lifetime, SignatureAlgorithm, Subject};
use crate::form::{self, Issues, Read};

const AUTHORITY: &str = "11111111-1111-4111-8111-111111111111";
const POLICY: &str = "22222222-2222-4222-8222-222222222222";

fn read(changes: &Value) -> Result<Create, Issues> {
    let mut body = json!({ "caId": AUTHORITY, "certificatePolicyId": POLICY, "slug": "web", "projectId": "", "issuerType": "ca" });
    for (key, change) in changes.as_object().unwrap() {
        body[key] = change.clone();
    }
    form::read(&body, Create::read)
}

fn profile(changes: &Value) -> CertificateProfile {
    let create = read(changes).unwrap();
    CertificateProfile {
        id: CertificateProfileId::random(),
        organization_id: OrganizationId::random(),
        project_id: ProjectId::random(),
        ca_id: create.ca_id,
        certificate_policy_id: create.certificate_policy_id,
        slug: create.slug,
        description: create.description,
        defaults: create.defaults,
        api: create.api.map(|settings| ApiEnrollment::with(None, settings)),
        applications: 0,
        created_by: "user:a".to_owned(),
    }
}

fn defaults() -> Value {
    json!({
        "ttlDays": 30, "commonName": "api.example.com", "keyAlgorithm": "EC_prime256v1",
        "signatureAlgorithm": "ECDSA-SHA256", "keyUsages": ["key_agreement", "digital_signature"],
        "extendedKeyUsages": ["server_auth"], "organization": "ACME", "country": "CH",
        "domainComponents": ["example", "com"],
    })
}

#[test]
fn a_request_that_says_nothing_means_the_defaults() {
    let defaults = profile(&json!({ "defaults": defaults() })).defaults.unwrap();
    let asked = defaults.onto(Attributes::default());
    assert_eq!(asked.ttl, Some(Lifetime::of_days(30)));
    assert_eq!(asked.subject.common_name.as_deref(), Some("api.example.com"));
    assert_eq!(asked.subject.organization.as_deref(), Some("ACME"));
    assert_eq!(asked.subject.domain_components, ["example", "com"]);
    assert_eq!(asked.key_algorithm, Some(KeyAlgorithm::EcP256));
    assert_eq!(asked.signature_algorithm, Some(SignatureAlgorithm::EcdsaSha256));
    assert_eq!(asked.key_usages, Some(vec![KeyUsage::DigitalSignature, KeyUsage::KeyAgreement]));
    assert_eq!((asked.alt_names, asked.basic_constraints), (None, None));
}

#[test]
fn what_a_request_says_counts() {
    let defaults = profile(&json!({ "defaults": defaults() })).defaults.unwrap();
    let given = Attributes {
        subject: Subject {
            common_name: Some("www.example.com".to_owned()),
            domain_components: vec!["org".to_owned()],
            ..Subject::default()
        },
        key_usages: Some(Vec::new()),
        key_algorithm: Some(KeyAlgorithm::Rsa4096),
        ttl: Some(Lifetime::of_days(1)),
        ..Attributes::default()
    };
    let asked = defaults.onto(given.clone());
    assert_eq!((asked.ttl, asked.key_algorithm), (given.ttl, given.key_algorithm));
    assert_eq!(asked.key_usages, Some(Vec::new()), "none is something that was said");
    assert_eq!(asked.subject.common_name, given.subject.common_name);
    assert_eq!(asked.subject.domain_components, given.subject.domain_components);
    assert_eq!(asked.subject.country.as_deref(), Some("CH"));
}

#[test]
fn the_days_do_not_count_beside_a_date() {
    let defaults = profile(&json!({ "defaults": { "ttlDays": 30 } })).defaults.unwrap();
    let date = Some(Timestamp::from_unix_seconds(1_800_000_000));
    for asked in [
        Attributes { not_before: date, ..Attributes::default() },
        Attributes { not_after: date, ..Attributes::default() },
    ] {
        assert_eq!(defaults.onto(asked.clone()), asked);
    }
}

#[test]
fn what_is_malformed_or_not_made_here_is_named() {
    for (changes, path) in [
        (json!({ "caId": null }), "caId"),
        (json!({ "caId": "x" }), "caId"),
        (json!({ "issuerType": "self-signed" }), "issuerType"),
        (json!({ "issuerType": "other" }), "issuerType"),
        (json!({ "enrollmentType": "est" }), "enrollmentType"),
        (json!({ "slug": "Web" }), "slug"),
        (json!({ "certificatePolicyId": 1 }), "certificatePolicyId"),
        (json!({ "apiConfig": { "renewBeforeDays": 0 } }), "apiConfig.renewBeforeDays"),
        (json!({ "defaults": { "ttlDays": 0 } }), "defaults.ttlDays"),
        (json!({ "defaults": { "country": "Switzerland" } }), "defaults.country"),
        (json!({ "defaults": { "keyAlgorithm": "DSA" } }), "defaults.keyAlgorithm"),
        (json!({ "defaults": { "keyUsages": ["sign"] } }), "defaults.keyUsages"),
    ] {
        let issues = read(&changes).unwrap_err().to_string();
        assert!(issues.starts_with(&format!("{path}: ")), "{changes}: {issues}");
    }
}

#[test]
fn the_wire_form_is_what_was_given_and_reads_back_from_its_stored_form() {
    let at = Timestamp::from_unix_seconds(0);
    for changes in [
        json!({ "defaults": null }),
        json!({ "description": "", "defaults": {} }),
        json!({ "description": "x", "defaults": defaults() }),
    ] {
        let profile = profile(&changes);
        let stored = serde_json::to_value(&profile).unwrap();
        assert_eq!(serde_json::from_value::<CertificateProfile>(stored).unwrap(), profile);
        let expected = json!({
            "id": profile.id, "projectId": profile.project_id, "caId": AUTHORITY, "certificatePolicyId": POLICY,
            "slug": "web", "description": changes["description"], "issuerType": "ca", "enrollmentType": "api",
            "defaults": changes["defaults"], "apiConfigId": null, "createdAt": at, "updatedAt": at,
        });
        assert_eq!(serde_json::to_value(View::new(profile, true, (at, at))).unwrap(), expected);
    }
}

#[test]
fn settings_of_enrolment_are_shown_when_they_are_asked_for() {
    let at = Timestamp::from_unix_seconds(0);
    let profile = profile(&json!({ "enrollmentType": "api", "apiConfig": { "autoRenew": true } }));
    let view = |asked| serde_json::to_value(View::new(profile.clone(), asked, (at, at))).unwrap();
    let id = profile.api.unwrap().id;
    assert_eq!((&view(false)["apiConfigId"], view(false).get("apiConfig")), (&json!(id), None));
    let shown = json!({ "id": id, "autoRenew": true, "renewBeforeDays": null });
    assert_eq!(view(true)["apiConfig"], shown);
}

#[test]
fn a_change_leaves_what_it_does_not_name_and_no_change_moves_a_profile() {
    let read = profile(&json!({ "defaults": defaults(), "apiConfig": { "autoRenew": false } }));
    let change = |body: Value| form::read(&body, Update::read).unwrap().onto(&read);
    assert_eq!(
        change(json!({ "caId": AUTHORITY, "issuerType": "ca", "enrollmentType": "api" })).unwrap(),
        read
    );
    let next =
        change(json!({ "slug": "other", "defaults": null, "apiConfig": { "autoRenew": true } })).unwrap();
    assert_eq!((next.slug.as_str(), &next.defaults), ("other", &None));
    let (before, after) = (read.api.unwrap(), next.api.unwrap());
    assert_eq!((before.id, after.settings.auto_renew), (after.id, true));
    for body in [json!({ "caId": POLICY }), json!({ "certificatePolicyId": AUTHORITY })] {
        assert!(change(body).is_err());
    }
}
