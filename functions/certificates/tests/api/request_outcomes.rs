//! How far a request got: what its status, its certificate, its key and its message are.

use model::certificate::order::{Failure, Order, Trouble};
use model::certificate::{Bundle, Certificate, CertificateStatus, Facts, Life};
use model::id::{CertificateId, CertificateRequestId};
use seal::Sealer;
use secrecy::SecretString;
use serde_json::{Value, json};
use store::{Ended, Paying};

use crate::request::{CERTIFICATES, REQUESTS, id, web};
use crate::world::{World, text};

/// Stands for the worker, which takes the order.
pub(crate) async fn claimed(world: &World, id: CertificateRequestId) -> Order {
    let now = testkit::now();
    let step = |order: &Order| {
        let claimed = order.claim(now, "worker", std::time::Duration::from_secs(60)).unwrap();
        let next = claimed.key_made("sealed".into(), "csr".into());
        (Some(next.clone()), next)
    };
    world.store.amend_order(id, now, None, step).await.unwrap().unwrap()
}

fn line() -> model::audit::AuditRecord {
    model::audit::AuditRecord {
        at: testkit::now(),
        actor: model::audit::Actor { kind: "system".into(), id: "w".into(), name: "w".into() },
        origin: model::audit::Origin::default(),
        action: "certificate.issued".into(),
        resource_id: "r".into(),
        resource_name: "r".into(),
        project_id: None,
        details: Vec::new(),
    }
}

/// The worker issues it, with this key.
pub(crate) async fn issued(world: &World, order: &Order, key: &str) -> CertificateId {
    let now = testkit::now();
    let begun = world.store.begin_paying(order.id, now, "worker", None).await.unwrap();
    assert!(matches!(begun, Paying::Begun(_)));
    let ordered = |order: &Order| (Some(order.ordered("arn:aws:acm-pca:x".into(), now)), ());
    world.store.amend_order(order.id, now, None, ordered).await.unwrap();
    let certificate_id = CertificateId::random();
    let kms = aws_sdk_kms::Client::new(&world.pki.config());
    let sealer = Sealer::new(kms, world.store.clone(), "alias/sealing".into(), world.organization);
    let sealed = sealer
        .seal_certificate_key(order.project_id, certificate_id, &SecretString::from(key.to_owned()))
        .await
        .unwrap();
    let certificate = Certificate {
        id: certificate_id,
        project_id: order.project_id,
        profile_id: order.profile_id,
        application_id: order.application_id,
        certificate_authority_id: Some(order.certificate_authority_id),
        request_id: Some(order.id),
        facts: Facts {
            serial_number: "0a1b".into(),
            subject: order.spec.subject.clone(),
            alt_names: order.spec.alt_names.clone(),
            key_algorithm: order.spec.key_algorithm,
            signature_algorithm: None,
            key_usages: order.spec.key_usages.clone(),
            extended_key_usages: order.spec.extended_key_usages.clone(),
            basic_constraints: order.spec.basic_constraints,
            not_before: now,
            not_after: testkit::later(30 * 86_400),
            fingerprint_sha1: "a".repeat(40),
            fingerprint_sha256: "b".repeat(64),
        },
        arn: None,
        has_private_key: true,
        removes_roots: false,
        renewed_from: None,
        renewed_by: None,
        revocation: None,
        life: Life::default(),
        due_at: None,
    };
    assert_eq!(certificate.status(now), CertificateStatus::Active);
    let bundle = Bundle {
        certificate_id,
        project_id: order.project_id,
        certificate: "-----BEGIN CERTIFICATE-----\nleaf\n-----END CERTIFICATE-----\n".into(),
        chain: vec!["issuer\n".into(), "root\n".into()],
        issuer: Some("issuer\n".into()),
        sealed_key: Some(sealed.as_str().to_owned()),
    };
    let ended =
        world.store.complete_order(order.id, now, "worker", &line(), (&certificate, &bundle)).await.unwrap();
    assert!(matches!(ended, Ended::Stored(_)));
    certificate_id
}

async fn look(world: &World, who: impl ToString, id: CertificateRequestId) -> Value {
    let (status, answer) = world.by(who, "GET", &format!("{REQUESTS}/{id}"), None).await;
    assert_eq!(status, 200, "{answer}");
    answer
}

#[tokio::test]
async fn while_it_is_pending_there_is_nothing_but_what_is_in_the_way() {
    let world = World::new().await;
    let profile = world.profile("web").await;
    let id = id(&world.ok("POST", CERTIFICATES, Some(web(&profile))).await);
    let pending = look(&world, world.administrator, id).await;
    for key in [
        "certificate",
        "issuingCaCertificate",
        "certificateChain",
        "certificateId",
        "privateKey",
        "serialNumber",
        "errorMessage",
        "message",
    ] {
        assert_eq!(pending[key], Value::Null, "{key}");
    }
    assert_eq!(
        (text(&pending, "status"), text(&pending, "commonName")),
        ("pending".into(), "api.example.com".into())
    );
    assert_eq!(text(&pending, "profileId"), profile);
    claimed(&world, id).await;
    let trouble = Trouble::Passing("ThrottlingException: Rate exceeded".into());
    let step = |order: &Order| (Some(order.troubled(&trouble, testkit::now())), ());
    world.store.amend_order(id, testkit::now(), None, step).await.unwrap();
    let waits = look(&world, world.administrator, id).await;
    assert_eq!((text(&waits, "status"), &waits["errorMessage"]), ("pending".into(), &Value::Null));
    assert!(text(&waits, "message").contains("Rate exceeded"));
}

#[tokio::test]
async fn what_came_to_nothing_says_why() {
    let world = World::new().await;
    let profile = world.profile("web").await;
    let id = id(&world.ok("POST", CERTIFICATES, Some(web(&profile))).await);
    claimed(&world, id).await;
    let failure = Failure::Refused("acm-pca:IssueCertificate: AccessDeniedException".into());
    let fail = |order: &Order| order.failed(&failure, testkit::now());
    world.store.fail_order(id, testkit::now(), "worker", &line(), fail).await.unwrap();
    let failed = look(&world, world.administrator, id).await;
    assert_eq!(text(&failed, "status"), "failed");
    assert!(text(&failed, "errorMessage").contains("AccessDeniedException"));
    let listed = world.ok("GET", &format!("{REQUESTS}?status=failed"), None).await;
    assert_eq!(text(&listed["certificateRequests"][0], "errorMessage"), text(&failed, "errorMessage"));
}

#[tokio::test]
async fn once_issued_all_of_it_is_there_and_the_key_for_whoever_may_read_it() {
    const KEY: &str = "-----BEGIN PRIVATE KEY-----\ncanary-of-a-key\n-----END PRIVATE KEY-----\n";
    let world = World::new().await;
    let profile = world.profile("web").await;
    let id = id(&world.ok("POST", CERTIFICATES, Some(web(&profile))).await);
    let certificate = issued(&world, &claimed(&world, id).await, KEY).await;
    let whole = look(&world, world.member, id).await;
    assert_eq!(
        (text(&whole, "status"), text(&whole, "certificateId")),
        ("issued".into(), certificate.to_string())
    );
    assert_eq!((text(&whole, "privateKey"), text(&whole, "serialNumber")), (KEY.into(), "0a1b".into()));
    assert_eq!(
        (text(&whole, "issuingCaCertificate"), text(&whole, "certificateChain")),
        ("issuer\n".into(), "issuer\nroot\n".into())
    );
    assert!(text(&whole, "certificate").contains("leaf"));
    assert_eq!(whole["errorMessage"], Value::Null);
    assert_eq!(world.audited("certificate.read-private-key").await, 1);
    let seen = look(&world, world.viewer, id).await;
    assert_eq!((text(&seen, "status"), &seen["privateKey"]), ("issued".into(), &Value::Null));
    assert!(!seen.to_string().contains("canary"));
    assert_eq!(world.audited("certificate.read-private-key").await, 1);
    let listed = world.ok("GET", REQUESTS, None).await;
    assert!(!listed.to_string().contains("canary") && !listed.to_string().contains("BEGIN"), "{listed}");
    let (read, bundle) = world.store.certificate_with_bundle(certificate).await.unwrap().unwrap();
    let gone = store::Change::new(testkit::now()).delete_certificate(&read, &bundle);
    world.store.commit(gone, &line()).await.unwrap();
    let left = look(&world, world.member, id).await;
    assert_eq!(
        (text(&left, "status"), &left["certificate"], &left["privateKey"]),
        ("issued".into(), &json!(null), &json!(null))
    );
}
