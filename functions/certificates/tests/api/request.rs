//! Requests for certificates: what is sound becomes one order, due now.

use std::collections::BTreeSet;

use model::certificate::order::KeyOrigin;
use model::certificate::{
    AltName, AltNameKind, BasicConstraints, ExtendedKeyUsage, KeyAlgorithm, KeyUsage, Spec, Subject, Validity,
};
use model::id::CertificateRequestId;
use serde_json::{Value, json};
use testkit::event::event;
use x509::PrivateKey;

use crate::world::{BASE, NOTHING, PROFILES, World, text, with};

pub(crate) const CERTIFICATES: &str = "/certificates";
pub(crate) const REQUESTS: &str = "/certificates/certificate-requests";

/// A request for a web server's certificate.
pub(crate) fn web(profile: &str) -> Value {
    json!({
        "profileId": profile,
        "attributes": {
            "commonName": "api.example.com", "ttl": "30d",
            "altNames": [
                { "type": "dns_name", "value": "api.example.com" },
                { "type": "dns_name", "value": "WWW.example.com" }
            ],
            "keyUsages": ["digitalSignature"], "extendedKeyUsages": ["server_auth"],
            "keyAlgorithm": "EC_prime256v1"
        }
    })
}

/// The same with these attributes instead.
pub(crate) fn changed(mut body: Value, attributes: &Value) -> Value {
    body["attributes"] = with(body["attributes"].clone(), attributes);
    body
}

/// A signing request for a web server, and its key.
pub(crate) fn csr(algorithm: KeyAlgorithm) -> String {
    csr_for(algorithm, ExtendedKeyUsage::ServerAuth)
}

/// A signing request for this use.
pub(crate) fn csr_for(algorithm: KeyAlgorithm, usage: ExtendedKeyUsage) -> String {
    let key = PrivateKey::generate(algorithm).unwrap();
    let name = |name| AltName::read(AltNameKind::DnsName, name).unwrap();
    let spec = Spec {
        subject: Subject { common_name: Some("api.example.com".into()), ..Subject::default() },
        alt_names: vec![name("api.example.com")],
        key_algorithm: algorithm,
        signature_algorithm: None,
        key_usages: BTreeSet::from([KeyUsage::DigitalSignature]),
        extended_key_usages: BTreeSet::from([usage]),
        basic_constraints: BasicConstraints::default(),
        validity: Validity::OfAuthority { days: 1 },
    };
    x509::certificate_request(&spec, &key).unwrap()
}

pub(crate) fn id(accepted: &Value) -> CertificateRequestId {
    text(accepted, "certificateRequestId").parse().unwrap()
}

#[tokio::test]
async fn a_request_becomes_an_order_that_the_worker_finds_and_nobody_asks_aws_meanwhile() {
    let world = World::new().await;
    let profile = world.profile("web").await;
    let application = world.application("shop", &[&profile]).await;
    world.pki.forget_calls();
    let body = with(web(&profile), &json!({ "applicationId": application, "removeRootsFromChain": true }));
    let accepted = world.ok("POST", CERTIFICATES, Some(body)).await;
    assert_eq!((&accepted["certificate"], &accepted["status"]), (&Value::Null, &json!("pending")));
    let due = world.store.certificate_orders_due(testkit::now(), 10).await.unwrap();
    assert_eq!(due, [id(&accepted)]);
    let order = world.store.certificate_order(id(&accepted)).await.unwrap().unwrap();
    assert_eq!((order.project_id, order.removes_roots), (world.project, true));
    assert_eq!(order.application_id.map(|id| id.to_string()), Some(application));
    assert_eq!((&order.key, order.renews.clone()), (&KeyOrigin::Made, None));
    let names: Vec<String> = order.spec.alt_names.iter().map(ToString::to_string).collect();
    assert_eq!(names, ["api.example.com", "www.example.com"]);
    let Validity::Within { not_before, not_after } = order.spec.validity else { panic!("{:?}", order.spec) };
    assert_eq!(not_after.since(not_before).as_secs(), 30 * 86_400);
    assert!(testkit::now().since(not_before).as_secs() < 60);
    assert_eq!(world.pki.receive("certificates"), Some(order.id.to_string()));
    assert_eq!(world.audited("certificate-request.create").await, 1);
    let calls: Vec<String> = world.pki.calls().into_iter().map(|call| call.action).collect();
    assert!(calls.iter().all(|action| !action.starts_with("acm") && !action.starts_with("sts")), "{calls:?}");
}

#[tokio::test]
async fn a_profile_says_what_a_request_leaves_out() {
    let world = World::new().await;
    let (authority, policy) = (world.authority("ca").await, world.policy("web").await);
    let body = json!({
        "slug": "web", "caId": authority, "certificatePolicyId": policy,
        "defaults": {
            "ttlDays": 7, "commonName": "default.example.com", "keyAlgorithm": "EC_prime256v1",
            "keyUsages": ["digital_signature"], "extendedKeyUsages": ["client_auth"]
        }
    });
    let made = world.ok("POST", PROFILES, Some(body)).await;
    let profile = text(&made["certificateProfile"], "id");
    let bare = json!({ "profileId": profile, "applicationId": "", "csr": "" });
    let accepted = world.ok("POST", CERTIFICATES, Some(bare)).await;
    let order = world.store.certificate_order(id(&accepted)).await.unwrap().unwrap();
    assert_eq!(order.spec.subject.common_name.as_deref(), Some("default.example.com"));
    assert_eq!(order.spec.validity.lifetime().as_secs(), 7 * 86_400);
    assert_eq!(order.spec.key_algorithm, KeyAlgorithm::EcP256);
    assert_eq!(order.spec.extended_key_usages, [ExtendedKeyUsage::ClientAuth].into());
    // Only the beginning is said: as long as the profile says.
    let from = testkit::later(86_400).to_string();
    let body = json!({ "profileId": profile, "attributes": { "notBefore": from } });
    let accepted = world.ok("POST", CERTIFICATES, Some(body)).await;
    let order = world.store.certificate_order(id(&accepted)).await.unwrap().unwrap();
    assert_eq!(order.spec.validity.lifetime().as_secs(), 7 * 86_400);
}

#[tokio::test]
async fn terraforms_names_of_attributes_are_understood() {
    let world = World::new().await;
    let authority = world.authority("ca").await;
    let allowed = |kinds: &[&str]| -> Vec<Value> {
        kinds.iter().map(|kind| json!({ "type": kind, "allowed": ["*"] })).collect()
    };
    let subject = allowed(&[
        "common_name",
        "organization",
        "organizational_unit",
        "country",
        "state",
        "locality",
        "domain_component",
    ]);
    let sans = allowed(&["dns_name", "ip_address", "email", "uri"]);
    let policy = json!({ "name": "open", "subject": subject, "sans": sans });
    let made = world.ok("POST", crate::world::POLICIES, Some(policy)).await;
    let policy = text(&made["certificatePolicy"], "id");
    let profile = world.profile_of("open", &authority, &policy).await;
    let body = json!({
        "profileId": profile, "App": "x", "ProjectID": "",
        "attributes": {
            "commonName": "api.example.com", "organization": "ACME", "ou": "Payments", "country": "DE",
            "province": "Hesse", "locality": "", "domainComponents": ["example", "com"], "ttl": "12h",
            "keyAlgorithm": "RSA_2048", "signatureAlgorithm": "RSA-SHA256",
            "altNames": [
                { "type": "dns_name", "value": "*.example.com" }, { "type": "ip_address", "value": "2001:DB8::1" },
                { "type": "email", "value": "ops@Example.com" }, { "type": "uri", "value": "spiffe://example/api" },
                { "type": "dns_name", "value": "*.EXAMPLE.com" }
            ]
        }
    });
    let accepted = world.ok("POST", CERTIFICATES, Some(body)).await;
    let order = world.store.certificate_order(id(&accepted)).await.unwrap().unwrap();
    let subject = &order.spec.subject;
    assert_eq!(
        (subject.organizational_unit.as_deref(), subject.state.as_deref(), subject.locality.as_deref()),
        (Some("Payments"), Some("Hesse"), None)
    );
    assert_eq!(subject.domain_components, ["example", "com"]);
    let names: Vec<String> = order.spec.alt_names.iter().map(ToString::to_string).collect();
    assert_eq!(names, ["*.example.com", "2001:db8::1", "ops@example.com", "spiffe://example/api"]);
    assert_eq!(order.spec.validity.lifetime().as_secs(), 12 * 3_600);
}

#[tokio::test]
async fn a_signing_request_says_names_and_key_and_attributes_may_repeat_them() {
    let world = World::new().await;
    let profile = world.profile("web").await;
    let pem = csr(KeyAlgorithm::EcP256);
    let body = json!({ "profileId": profile, "csr": format!("\n{pem}\n"), "attributes": { "ttl": "1d" } });
    let accepted = world.ok("POST", CERTIFICATES, Some(body.clone())).await;
    let order = world.store.certificate_order(id(&accepted)).await.unwrap().unwrap();
    let KeyOrigin::Csr(kept) = &order.key else { panic!("{:?}", order.key) };
    assert!(kept.starts_with("-----BEGIN CERTIFICATE REQUEST-----"));
    assert_eq!(order.spec.subject.common_name.as_deref(), Some("api.example.com"));
    assert_eq!(order.spec.key_usages, [KeyUsage::DigitalSignature].into());
    let same = changed(
        body.clone(),
        &json!({
            "commonName": "api.example.com", "keyAlgorithm": "EC_prime256v1",
            "altNames": [{ "type": "dns_name", "value": "api.example.com" }]
        }),
    );
    world.ok("POST", CERTIFICATES, Some(same)).await;
    for (attributes, told) in [
        (json!({ "commonName": "www.example.com" }), "commonName is not what"),
        (
            json!({ "altNames": [{ "type": "dns_name", "value": "www.example.com" }] }),
            "altNames are not what",
        ),
        (json!({ "keyAlgorithm": "RSA_2048" }), "keyAlgorithm is not that"),
    ] {
        let (status, message) =
            world.refused("POST", CERTIFICATES, Some(changed(body.clone(), &attributes))).await;
        assert_eq!(status, 400);
        assert!(message.contains(told), "{message}");
    }
}

#[tokio::test]
async fn who_may_issue_issues_and_to_others_nothing_is_there() {
    let world = World::new().await;
    let profile = world.profile("web").await;
    let application = world.application("shop", &[&profile]).await;
    let body = with(web(&profile), &json!({ "applicationId": application }));
    let (status, accepted) = world.by(world.member, "POST", CERTIFICATES, Some(&body)).await;
    assert_eq!(status, 200, "{accepted}");
    let (status, refused) = world.by(world.viewer, "POST", CERTIFICATES, Some(&body)).await;
    assert_eq!((status, &refused["error"]), (403, &json!("PermissionDenied")));
    let path = format!("{REQUESTS}/{}", id(&accepted));
    for (who, expected) in [(world.viewer, 200), (world.neighbour, 404)] {
        assert_eq!(world.by(who, "GET", &path, None).await.0, expected);
    }
    let (status, refused) = world.by(world.neighbour, "POST", CERTIFICATES, Some(&body)).await;
    assert_eq!(status, 404, "{refused}");
    assert!(!refused.to_string().contains("shop"));
    for path in [CERTIFICATES, REQUESTS] {
        let method = if path == CERTIFICATES { "POST" } else { "GET" };
        let unknown = world.send(event(method, &format!("{BASE}{path}"))).await;
        assert_eq!(unknown.0, 401);
    }
    let (status, _) = world.by(world.neighbour, "GET", REQUESTS, None).await;
    assert_eq!(status, 403);
    assert_eq!(world.store.certificate_orders_of(world.project).await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_request_that_is_not_there_and_one_that_is_none() {
    let world = World::new().await;
    assert_eq!(world.refused("GET", &format!("{REQUESTS}/{NOTHING}"), None).await.0, 404);
    assert_eq!(world.refused("GET", &format!("{REQUESTS}/1"), None).await.0, 422);
}

#[tokio::test]
async fn the_list_is_the_newest_first_in_parts_and_by_what_one_looks_for() {
    let world = World::new().await;
    let (web_profile, other) = (world.profile("web").await, world.profile("other").await);
    let mut ids = Vec::new();
    for (number, profile) in [&web_profile, &web_profile, &other].into_iter().enumerate() {
        let name = format!("{number}.example.com");
        let body = changed(web(profile), &json!({ "commonName": name }));
        ids.push(id(&world.ok("POST", CERTIFICATES, Some(body)).await).to_string());
    }
    let list = |query: String| {
        let world = &world;
        async move {
            let answer = world.ok("GET", &format!("{REQUESTS}?{query}"), None).await;
            let rows = answer["certificateRequests"].as_array().unwrap().clone();
            let names: Vec<String> = rows.iter().map(|row| text(row, "commonName")).collect();
            (names, answer["totalCount"].as_u64().unwrap())
        }
    };
    let all = ["0.example.com", "1.example.com", "2.example.com"];
    let (mut names, total) = list(String::new()).await;
    names.sort();
    assert_eq!((names, total), (all.map(str::to_owned).to_vec(), 3));
    let sorted = list("sortBy=commonName&sortOrder=asc&offset=1&limit=1".into()).await;
    assert_eq!(sorted, (vec!["1.example.com".to_owned()], 3));
    assert_eq!(list("search=2.EXAMPLE".into()).await.1, 1);
    assert_eq!(list(format!("search={}", ids[1])).await.1, 1);
    assert_eq!(list(format!("profileIds={web_profile},{NOTHING}")).await.1, 2);
    for (status, count) in [("pending", 3), ("issued", 0), ("pending_approval", 0)] {
        assert_eq!(list(format!("status={status}")).await.1, count, "{status}");
    }
    assert_eq!(list(format!("fromDate={}", testkit::later(3_600))).await.1, 0);
    assert_eq!(list(format!("toDate={}", testkit::later(3_600))).await.1, 3);
    let answer = world.ok("GET", &format!("{REQUESTS}?profileIds={other}"), None).await;
    let row = &answer["certificateRequests"][0];
    assert_eq!((text(row, "id"), text(row, "profileName")), (ids[2].clone(), "other".into()));
    assert_eq!(text(row, "altNames"), "api.example.com,www.example.com");
    assert_eq!(world.refused("GET", &format!("{REQUESTS}?limit=101"), None).await.0, 422);
    let other = world.ok("GET", &format!("{REQUESTS}?projectId={}", world.project), None).await;
    assert_eq!(other["totalCount"], 3);
}
