#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::time::Duration;

use proptest::prelude::*;
use serde_json::{Value, json};

use super::body::{Create, Update};
use super::view::View;
use super::*;
use crate::Timestamp;
use crate::certificate::{
    AltName, AltNameKind, BasicConstraints, ExtendedKeyUsage, KeyAlgorithm, KeyUsage, SignatureAlgorithm,
    Subject, Validity,
};
use crate::certificate_profile::Defaults;
use crate::form::{self, Issues, Read};

fn read(sections: &Value) -> Result<Create, Issues> {
    let mut body = json!({ "name": "web" });
    for (key, section) in sections.as_object().unwrap() {
        body[key] = section.clone();
    }
    form::read(&body, Create::read)
}

fn policy(sections: &Value) -> CertificatePolicy {
    CertificatePolicy {
        id: CertificatePolicyId::random(),
        organization_id: OrganizationId::random(),
        project_id: ProjectId::random(),
        name: "web".to_owned(),
        description: None,
        rules: read(sections).unwrap().rules,
        profiles: 0,
        created_by: "user:a".to_owned(),
    }
}

/// What a web server asks for.
fn spec() -> Spec {
    let now = Timestamp::from_unix_seconds(1_767_323_045);
    Spec {
        subject: Subject { common_name: Some("api.example.com".to_owned()), ..Subject::default() },
        alt_names: vec![AltName::read(AltNameKind::DnsName, "api.example.com").unwrap()],
        key_algorithm: KeyAlgorithm::Rsa2048,
        signature_algorithm: Some(SignatureAlgorithm::RsaSha256),
        key_usages: [KeyUsage::DigitalSignature, KeyUsage::KeyEncipherment].into(),
        extended_key_usages: [ExtendedKeyUsage::ServerAuth].into(),
        basic_constraints: BasicConstraints::default(),
        validity: Validity::lasting(Duration::from_secs(90 * 86_400), now),
    }
}

/// A policy that allows [`spec`], with these sections instead.
fn allowing(changes: Value) -> CertificatePolicy {
    let mut sections = json!({
        "subject": [{ "type": "common_name", "allowed": ["*.example.com"] }],
        "sans": [{ "type": "dns_name", "allowed": ["*.example.com"] }],
        "keyUsages": { "allowed": ["digital_signature", "key_encipherment"] },
        "extendedKeyUsages": { "allowed": ["server_auth"] },
        "algorithms": { "signature": ["SHA256-RSA"], "keyAlgorithm": ["RSA-2048"] },
        "validity": { "max": "90d" },
    });
    for (key, section) in changes.as_object().unwrap() {
        sections[key] = section.clone();
    }
    policy(&sections)
}

fn violations(policy: &CertificatePolicy, spec: &Spec) -> Vec<String> {
    policy.check(spec).map_or_else(|found| found.iter().map(str::to_owned).collect(), |()| Vec::new())
}

#[test]
fn what_a_policy_names_may_be_asked_for() {
    assert_eq!(violations(&allowing(json!({})), &spec()), Vec::<String>::new());
}

#[test]
fn what_a_policy_does_not_name_may_not_be_asked_for_and_everything_is_told() {
    assert_eq!(
        violations(&policy(&json!({})), &spec()),
        [
            "common_name is not allowed: the policy's subject does not name it",
            "dns_name 'api.example.com' is not allowed: the policy's sans do not name dns_name",
            "keyUsages are not allowed: the policy does not name any",
            "extendedKeyUsages are not allowed: the policy does not name any",
        ]
    );
    let nothing = Spec {
        subject: Subject::default(),
        alt_names: Vec::new(),
        key_usages: [].into(),
        extended_key_usages: [].into(),
        ..spec()
    };
    assert_eq!(violations(&policy(&json!({})), &nothing), Vec::<String>::new());
}

#[test]
fn each_section_says_what_it_misses() {
    for (sections, expected) in [
        (
            json!({ "subject": [{ "type": "common_name", "denied": ["api.*"] }] }),
            "common_name 'api.example.com' is denied",
        ),
        (
            json!({ "subject": [{ "type": "common_name", "allowed": ["www.example.com"] }] }),
            "common_name 'api.example.com' does not match 'www.example.com'",
        ),
        (
            json!({ "subject": [{ "type": "common_name", "required": ["www.*", "mail.*"] }] }),
            "common_name must match 'www.*' or 'mail.*'",
        ),
        (
            json!({ "subject": [
                { "type": "common_name", "allowed": ["*"] }, { "type": "organization", "required": ["ACME"] }
            ] }),
            "organization must match 'ACME'",
        ),
        (
            json!({ "sans": [{ "type": "dns_name", "allowed": ["*"], "required": ["www.example.com"] }] }),
            "dns_name matching 'www.example.com' is required",
        ),
        (
            json!({ "sans": [{ "type": "dns_name", "allowed": ["*"], "denied": ["api.EXAMPLE.com"] }] }),
            "dns_name 'api.example.com' is denied",
        ),
        (
            json!({ "keyUsages": { "allowed": ["digital_signature"] } }),
            "keyUsages may not have key_encipherment",
        ),
        (
            json!({ "keyUsages": { "denied": ["key_encipherment"] } }),
            "keyUsages must not have key_encipherment",
        ),
        (
            json!({ "extendedKeyUsages": { "allowed": ["server_auth"], "required": ["client_auth"] } }),
            "extendedKeyUsages must have client_auth",
        ),
        (
            json!({ "algorithms": { "keyAlgorithm": ["ECDSA-P256"] } }),
            "the key algorithm RSA_2048 is not allowed",
        ),
        (
            json!({ "algorithms": { "signature": ["SHA512-RSA"] } }),
            "the signature algorithm RSA-SHA256 is not allowed",
        ),
        (json!({ "validity": { "max": "2159h" } }), "it would hold longer than 2159h"),
        (
            json!({ "basicConstraints": { "isCA": "required" } }),
            "it must be a certificate of an authority (basicConstraints.isCA)",
        ),
    ] {
        assert_eq!(violations(&allowing(sections.clone()), &spec()), [expected], "{sections}");
    }
}

#[test]
fn a_value_that_is_required_is_allowed() {
    let sections = json!({ "subject": [
        { "type": "common_name", "allowed": ["www.example.com"], "required": ["api.example.com"] }
    ] });
    assert_eq!(violations(&allowing(sections), &spec()), Vec::<String>::new());
    let sections =
        json!({ "keyUsages": { "allowed": ["digital_signature"], "required": ["key_encipherment"] } });
    assert_eq!(violations(&allowing(sections), &spec()), Vec::<String>::new());
}

#[test]
fn what_is_denied_is_denied_in_any_case() {
    let denying = allowing(json!({
        "subject": [{ "type": "common_name", "allowed": ["*"], "denied": ["admin.example.com"] }],
    }));
    let asked = |name: &str| Spec {
        subject: Subject { common_name: Some(name.to_owned()), ..Subject::default() },
        ..spec()
    };
    assert_eq!(
        violations(&denying, &asked("ADMIN.example.com")),
        ["common_name 'ADMIN.example.com' is denied"]
    );
    assert_eq!(violations(&denying, &asked("ADMIN2.example.com")), Vec::<String>::new());
}

#[test]
fn the_common_name_of_a_public_certificate_is_one_of_its_names() {
    let names = |rule: Value| {
        allowing(json!({
            "subject": [{ "type": "common_name", "allowed": ["*"] }], "sans": rule, "validity": null,
        }))
    };
    let allowed = || json!([{ "type": "dns_name", "allowed": ["*.dev.example.com"] }]);
    let asked = |name: &str, validity| Spec {
        subject: Subject { common_name: Some(name.to_owned()), ..Subject::default() },
        alt_names: vec![],
        validity,
        ..spec()
    };
    let public = || Validity::OfAuthority { days: 198 };
    let refused = "dns_name 'www.example.com' does not match '*.dev.example.com'";
    assert_eq!(violations(&names(allowed()), &asked("WWW.example.com", public())), [refused]);
    assert_eq!(violations(&names(allowed()), &asked("a.dev.example.com", public())), Vec::<String>::new());
    let required = || json!([{ "type": "dns_name", "required": ["*.dev.example.com"] }]);
    assert_eq!(violations(&names(required()), &asked("a.dev.example.com", public())), Vec::<String>::new());
    // Where a policy says nothing about names, its rules for the common name are those for it.
    assert_eq!(violations(&names(json!(null)), &asked("www.example.com", public())), Vec::<String>::new());
    // A private CA puts no common name among the names.
    assert_eq!(
        violations(&names(allowed()), &asked("www.example.com", spec().validity)),
        Vec::<String>::new()
    );
}

#[test]
fn each_domain_component_is_matched_on_its_own() {
    let components = vec!["web".to_owned(), "example".to_owned(), "com".to_owned()];
    let mut spec = spec();
    spec.subject.domain_components = components;
    let rule = |lists: Value| {
        let mut rule = lists;
        rule["type"] = json!("domain_component");
        allowing(json!({ "subject": [{ "type": "common_name", "allowed": ["*"] }, rule] }))
    };
    assert_eq!(violations(&rule(json!({ "allowed": ["web", "ex*", "com"] })), &spec), Vec::<String>::new());
    assert_eq!(
        violations(&rule(json!({ "allowed": ["ex*", "com"], "required": ["example", "org"] })), &spec),
        [
            "domain_component matching 'org' is required",
            "domain_component 'web' does not match 'ex*' or 'com'"
        ]
    );
}

#[test]
fn addresses_are_compared_as_addresses() {
    let mut spec = spec();
    spec.alt_names = vec![AltName::read(AltNameKind::IpAddress, "2001:db8::1").unwrap()];
    for (pattern, fits) in [("2001:0DB8:0::1", true), ("2001:db8::*", true), ("*", true), ("10.0.0.1", false)]
    {
        let policy = allowing(json!({ "sans": [{ "type": "ip_address", "allowed": [pattern] }] }));
        assert_eq!(violations(&policy, &spec).is_empty(), fits, "{pattern}");
    }
}

#[test]
fn an_authority_is_denied_unless_the_policy_says_otherwise() {
    let of =
        |path_length| Spec { basic_constraints: BasicConstraints { is_ca: true, path_length }, ..spec() };
    for (constraints, path_length, fits) in [
        (json!(null), Some(0), false),
        (json!({ "isCA": "denied" }), Some(0), false),
        (json!({ "maxPathLength": 3 }), Some(0), false),
        (json!({ "isCA": "allowed" }), None, true),
        (json!({ "isCA": "required" }), Some(9), true),
        (json!({ "isCA": "allowed", "maxPathLength": -1 }), None, true),
        (json!({ "isCA": "allowed", "maxPathLength": 1 }), Some(1), true),
        (json!({ "isCA": "allowed", "maxPathLength": 1 }), Some(2), false),
        (json!({ "isCA": "allowed", "maxPathLength": 1 }), None, false),
    ] {
        let policy = allowing(json!({ "basicConstraints": constraints }));
        assert_eq!(violations(&policy, &of(path_length)).is_empty(), fits, "{constraints} {path_length:?}");
    }
}

#[test]
fn an_algorithm_that_is_left_to_the_authority_is_not_judged() {
    let policy = allowing(json!({ "algorithms": { "signature": ["SHA512-RSA"] } }));
    assert_eq!(violations(&policy, &Spec { signature_algorithm: None, ..spec() }), Vec::<String>::new());
}

#[test]
fn defaults_say_nothing_that_is_not_allowed_and_need_not_say_what_is_required() {
    let policy = allowing(json!({
        "subject": [{ "type": "common_name", "required": ["*.example.com"] }],
        "keyUsages": { "allowed": ["digital_signature"], "required": ["key_encipherment"] },
    }));
    assert_eq!(policy.rules.check_defaults(&Defaults::default()), Ok(()));
    let allowed = Defaults {
        ttl_days: Some(90),
        subject: spec().subject,
        key_algorithm: Some(KeyAlgorithm::Rsa2048),
        key_usages: Some(vec![KeyUsage::DigitalSignature]),
        ..Defaults::default()
    };
    assert_eq!(policy.rules.check_defaults(&allowed), Ok(()));
    let denied = Defaults {
        ttl_days: Some(91),
        subject: Subject { organization: Some("ACME".to_owned()), ..Subject::default() },
        key_algorithm: Some(KeyAlgorithm::EcP256),
        signature_algorithm: Some(SignatureAlgorithm::RsaSha512),
        key_usages: Some(vec![KeyUsage::CrlSign]),
        extended_key_usages: Some(vec![ExtendedKeyUsage::TimeStamping]),
    };
    assert_eq!(
        policy.rules.check_defaults(&denied).unwrap_err().iter().collect::<Vec<_>>(),
        [
            "organization is not allowed: the policy's subject does not name it",
            "keyUsages may not have crl_sign",
            "extendedKeyUsages may not have time_stamping",
            "the key algorithm EC_prime256v1 is not allowed",
            "the signature algorithm RSA-SHA512 is not allowed",
            "it would hold longer than 90d",
        ]
    );
}

#[test]
fn spans_have_the_peers_units() {
    for (text, hours) in [("1h", 1), ("2d", 48), ("12m", 12 * 720), ("1y", 8_760)] {
        let longest: LongestValidity = text.parse().unwrap();
        assert_eq!((longest.as_str(), longest.span()), (text, Duration::from_secs(hours * 3_600)));
    }
    for text in ["", "d", "0d", "-1d", "1", "1w", "1.5d", "99999999999d", "1 d"] {
        assert_eq!(text.parse::<LongestValidity>(), Err(NotAValidity), "{text}");
    }
}

#[test]
fn what_is_malformed_is_named() {
    for (sections, path) in [
        (json!({ "subject": [{ "type": "name", "allowed": ["*"] }] }), "subject.0.type"),
        (json!({ "subject": [{ "type": "common_name" }] }), "subject.0.allowed"),
        (json!({ "subject": [{ "type": "common_name", "allowed": [""] }] }), "subject.0.allowed"),
        (json!({ "subject": [{ "type": "common_name", "allowed": ["a\u{0}"] }] }), "subject.0.allowed"),
        (json!({ "subject": [{ "type": "common_name", "denied": ["a", "a"] }] }), "subject.0.denied"),
        (
            json!({ "subject": [
                { "type": "state", "allowed": ["a"] }, { "type": "state", "allowed": ["b"] }
            ] }),
            "subject",
        ),
        (json!({ "sans": [{ "type": "host", "allowed": ["*"] }] }), "sans.0.type"),
        (json!({ "keyUsages": {} }), "keyUsages.allowed"),
        (json!({ "keyUsages": { "allowed": ["sign"] } }), "keyUsages.allowed"),
        (json!({ "algorithms": { "signature": [] } }), "algorithms.signature"),
        (json!({ "algorithms": { "keyAlgorithm": ["RSA-1024"] } }), "algorithms.keyAlgorithm"),
        (json!({ "validity": { "max": "forever" } }), "validity.max"),
        (json!({ "basicConstraints": { "isCA": true } }), "basicConstraints.isCA"),
        (json!({ "basicConstraints": { "maxPathLength": -2 } }), "basicConstraints.maxPathLength"),
        (json!({ "name": "Not A Slug" }), "name"),
    ] {
        let issues = read(&sections).unwrap_err().to_string();
        assert!(issues.starts_with(&format!("{path}: ")), "{sections}: {issues}");
    }
}

#[test]
fn the_wire_form_is_what_was_given_and_reads_back_from_its_stored_form() {
    let at = Timestamp::from_unix_seconds(0);
    for sections in [
        json!({}),
        json!({ "subject": [], "sans": [], "algorithms": {}, "validity": {}, "basicConstraints": {} }),
        json!({
            "subject": [{ "type": "common_name", "allowed": ["b", "a"], "required": [], "denied": ["*x"] }],
            "sans": [{ "type": "uri", "denied": ["http:*"] }],
            "keyUsages": { "required": ["crl_sign", "digital_signature"] },
            "extendedKeyUsages": { "allowed": [], "denied": ["time_stamping"] },
            "algorithms": { "signature": ["SHA512-ECDSA", "SHA256-RSA"], "keyAlgorithm": ["ECDSA-P521", "RSA-2048"] },
            "validity": { "max": "6m" },
            "basicConstraints": { "isCA": "allowed", "maxPathLength": -1 },
        }),
    ] {
        let policy = policy(&sections);
        let stored = serde_json::to_value(&policy).unwrap();
        assert_eq!(serde_json::from_value::<CertificatePolicy>(stored).unwrap(), policy, "{sections}");
        let mut expected = json!({
            "id": policy.id, "projectId": policy.project_id, "name": "web", "description": null,
            "createdAt": at, "updatedAt": at,
        });
        for (key, section) in sections.as_object().unwrap() {
            expected[key] = section.clone();
        }
        assert_eq!(serde_json::to_value(View::new(policy, (at, at))).unwrap(), expected);
    }
}

#[test]
fn usages_and_algorithms_may_have_the_other_spelling() {
    let create = read(&json!({
        "keyUsages": { "allowed": ["digitalSignature"] },
        "algorithms": { "signature": ["RSA-SHA256"], "keyAlgorithm": ["EC_prime256v1"] },
    }));
    let rules = create.unwrap().rules;
    assert_eq!(rules.key_usages.unwrap().allowed(), [KeyUsage::DigitalSignature]);
    let algorithms = rules.algorithms.unwrap();
    assert_eq!(algorithms.signature, Some(vec![SignatureAlgorithm::RsaSha256]));
    assert_eq!(algorithms.key_algorithm, Some(vec![KeyAlgorithm::EcP256]));
}

#[test]
fn a_change_leaves_what_it_does_not_name_and_null_removes_a_section() {
    let read = allowing(json!({}));
    let change = |body: Value| form::read(&body, Update::read).unwrap().onto(&read);
    assert_eq!(change(json!({ "ID": "x" })), read);
    let next =
        change(json!({ "name": "other", "description": "", "validity": { "max": "1y" }, "sans": null }));
    assert_eq!((next.name.as_str(), next.description.as_deref()), ("other", Some("")));
    assert_eq!(next.rules.validity.unwrap().max.unwrap().as_str(), "1y");
    assert_eq!((next.rules.sans, next.rules.subject), (None, read.rules.subject.clone()));
}

proptest! {
    #[test]
    fn what_is_allowed_alone_is_never_denied(names in proptest::collection::vec("[a-z]{1,8}", 0..4), allowed in "[a-z*]{1,6}") {
        let mut spec = spec();
        spec.alt_names =
            names.iter().map(|name| AltName::read(AltNameKind::DnsName, name).unwrap()).collect();
        let open = allowing(json!({ "sans": [{ "type": "dns_name", "allowed": [allowed] }] }));
        let closed = allowing(json!({ "sans": [{ "type": "dns_name", "denied": [allowed] }] }));
        // Each name matches, or it does not: it is told of by exactly one of the two.
        prop_assert_eq!(violations(&open, &spec).len() + violations(&closed, &spec).len(), names.len());
    }
}
