//! Certificates by the clock: renewals and notices.

use std::time::Duration;

use model::application::{ApiEnrollment, ApiSettings, ApplicationProfile};
use model::certificate::Certificate;
use model::certificate::order::{Order, OrderStatus};
use model::certificate_profile::CertificateProfile;
use model::id::{
    ApplicationId, CertificateId, CertificatePolicyId, CertificateProfileId, CertificateRequestId,
};
use store::Change;
use testkit::pki::PrivateCa;

use crate::clock;
use crate::world::{DAY, HOUR, World, line};

async fn renews(world: &World, id: CertificateId, days: Option<u16>) {
    let configured = |certificate: &Certificate| (Some(certificate.configured(true, days)), ());
    world.safe.amend_certificate(id, clock::now(), None, configured).await.unwrap();
}

#[tokio::test]
async fn a_new_certificate_is_renewed_as_its_application_says_or_outside_of_one_as_its_profile_does() {
    let world = World::new().await;
    let (authority, _) = world.private_ca(PrivateCa::default(), None).await;
    let (profile_id, application_id) = (CertificateProfileId::random(), ApplicationId::random());
    let settings = |renew_before_days| {
        let settings = ApiSettings { auto_renew: true, renew_before_days };
        Some(ApiEnrollment::with(None, settings))
    };
    let profile = CertificateProfile {
        id: profile_id,
        organization_id: world.organization,
        project_id: world.project,
        ca_id: authority,
        certificate_policy_id: CertificatePolicyId::random(),
        slug: "internal".into(),
        description: None,
        defaults: None,
        api: settings(Some(5)),
        applications: 1,
        created_by: "user:ada@example.com".into(),
    };
    let attached =
        ApplicationProfile { application_id, profile_id, project_id: world.project, api: settings(Some(9)) };
    let change = Change::new(clock::now()).create(&profile).create(&attached);
    world.safe.commit(change, &line()).await.unwrap();
    let cases = [
        (None, true, Some(5)),
        (Some(application_id), true, Some(9)),
        (Some(ApplicationId::random()), false, None),
    ];
    for (application_id, renews, days) in cases {
        let order = world.private_order(authority);
        let order = Order { profile_id: Some(profile_id), application_id, ..order };
        let id = world.ask(&order).await;
        world.work(id).await.unwrap();
        let life = &world.certificate(id).await.0.life;
        assert_eq!((life.renews, life.renew_before_days), (renews, days), "{application_id:?}");
    }
}

#[tokio::test]
async fn a_private_certificate_is_renewed_by_the_clock_with_another_key_and_both_are_linked() {
    let counted = testkit::metrics();
    let world = World::new().await;
    let (authority, arn) = world.private_ca(PrivateCa::default(), None).await;
    let id = world.ask(&world.private_order(authority)).await;
    world.work(id).await.unwrap();
    let (old, old_bundle) = world.certificate(id).await;
    renews(&world, old.id, Some(10)).await;
    // Thirty days of life, ten before the end.
    world.pass(18 * DAY, 6 * HOUR).await;
    assert_eq!(world.pki.issued(&arn).len(), 1);
    world.pass(4 * DAY, 6 * HOUR).await;
    let old = world.safe.certificate(old.id).await.unwrap().unwrap();
    let new = old.renewed_by.unwrap();
    let (new, bundle) = world.safe.certificate_with_bundle(new).await.unwrap().unwrap();
    assert_eq!((new.renewed_from, old.life.renewing), (Some(old.id), None));
    assert!(new.life.renews && new.life.renew_before_days == Some(10), "it is renewed in its turn");
    let lives = [&old, &new].map(|one| one.facts.not_after.since(one.facts.not_before));
    assert_eq!(lives[0], lives[1]);
    assert_ne!(new.facts.serial_number, old.facts.serial_number);
    let key = |bundle: &model::certificate::Bundle| {
        x509::Certificate::from_pem(&bundle.certificate).unwrap().public_key().unwrap()
    };
    assert_ne!(key(&bundle), key(&old_bundle));
    assert_eq!((world.pki.issued(&arn).len(), world.spent(authority).await), (2, 2));
    assert_eq!((world.heard("CertificateRenewed"), world.heard("CertificateIssued")), (1, 2));
    // And so on.
    world.pass(60 * DAY, 6 * HOUR).await;
    assert!(world.pki.issued(&arn).len() >= 4, "{}", world.pki.issued(&arn).len());
    let issued = u64::try_from(world.pki.issued(&arn).len()).unwrap();
    assert_eq!((counted.sum_of("Done", "certificate"), counted.sum("Failures")), (issued, 0));
    assert_eq!(counted.sum("Ending"), 0, "each was renewed in time");
}

#[tokio::test]
async fn a_public_certificate_is_renewed_under_its_arn_whether_aws_did_it_or_is_asked_to() {
    for by_itself in [true, false] {
        let world = World::new().await;
        let zone = world.pki.put_zone("example.com", false);
        let authority = world.public_ca(&[&zone], None).await;
        let id = world.ask(&world.public_order(authority, &["example.com"])).await;
        world.settle(id, HOUR).await;
        let (old, _) = world.certificate(id).await;
        renews(&world, old.id, Some(30)).await;
        world.pki.clear_records(&zone);
        clock::advance(Duration::from_secs(170 * DAY));
        if by_itself {
            world.pki.renew_by_itself(old.arn.as_deref().unwrap());
        }
        world.pass(2 * HOUR, 60).await;
        let old = world.safe.certificate(old.id).await.unwrap().unwrap();
        let new = world.safe.certificate(old.renewed_by.unwrap()).await.unwrap().unwrap();
        assert_eq!(new.arn, old.arn);
        assert!(new.facts.not_after > old.facts.not_after);
        let order = world.certificate(new.request_id.unwrap()).await;
        assert_eq!(order.0.id, new.id);
        assert_eq!(world.pki.count("acm:RenewCertificate"), usize::from(!by_itself));
        assert_eq!(world.pki.records(&zone).len(), usize::from(!by_itself), "the record is there again");
        assert_eq!(world.pki.certificates().len(), 1);
    }
}

#[tokio::test]
async fn a_public_certificate_that_is_renewed_on_the_day_of_its_issue_is_another_one_with_the_same_end() {
    let world = World::new().await;
    let into_the_day = clock::now().unix_seconds().unsigned_abs() % DAY;
    clock::advance(Duration::from_secs(DAY - into_the_day));
    let zone = world.pki.put_zone("example.com", false);
    let authority = world.public_ca(&[&zone], None).await;
    let first = world.ask(&world.public_order(authority, &["example.com"])).await;
    world.settle(first, HOUR).await;
    let (old, _) = world.certificate(first).await;
    let before = world.safe.certificate_order(first).await.unwrap().unwrap();
    let id = CertificateRequestId::random();
    let renewal = Order::renewal(id, &old, &before, "user:ada@example.com".into(), clock::now()).unwrap();
    let read = world.safe.certificate(old.id).await.unwrap().unwrap();
    let change = Change::new(clock::now()).create_order(&renewal, Some(&read));
    world.safe.commit(change, &line()).await.unwrap();
    world.settle(id, HOUR).await;
    let (new, _) = world.certificate(id).await;
    assert_eq!(new.facts.not_after, old.facts.not_after, "ACM counts in whole days");
    assert_ne!(new.facts.serial_number, old.facts.serial_number);
    assert_eq!((&new.arn, new.renewed_from), (&old.arn, Some(old.id)));
    assert_eq!(world.pki.count("acm:RenewCertificate"), 1);
}

#[tokio::test]
async fn a_renewal_that_fails_is_told_and_tried_again_while_the_certificate_holds() {
    let counted = testkit::metrics();
    let world = World::new().await;
    let (authority, arn) = world.private_ca(PrivateCa::default(), None).await;
    let id = world.ask(&world.private_order(authority)).await;
    world.work(id).await.unwrap();
    let (old, _) = world.certificate(id).await;
    renews(&world, old.id, Some(10)).await;
    world.pki.set_ca_status(&arn, "DISABLED");
    clock::advance(Duration::from_secs(21 * DAY));
    world.pass(3 * DAY, HOUR).await;
    let told = world.safe.certificate(old.id).await.unwrap().unwrap();
    assert!(told.life.failures >= 2 && told.life.failures < 20, "{:?}", told.life);
    assert!(told.life.message.as_deref().unwrap_or_default().contains("DISABLED"), "{:?}", told.life);
    assert!(world.heard("CertificateFailed") >= 2);
    assert_eq!(
        counted.sum_of("Failures", "certificate"),
        u64::try_from(world.heard("CertificateFailed")).unwrap()
    );
    assert!(counted.sum_of("Ending", "certificate") >= 1, "its end is near, and nothing takes its place");
    assert_eq!(world.spent(authority).await, 1);
    world.pki.set_ca_status(&arn, "ACTIVE");
    world.pass(2 * DAY, HOUR).await;
    assert!(world.safe.certificate(old.id).await.unwrap().unwrap().renewed_by.is_some());
    assert_eq!(world.pki.issued(&arn).len(), 2);
}

#[tokio::test]
async fn whoever_listens_is_told_thirty_fourteen_seven_and_one_day_before_the_end_and_once() {
    let counted = testkit::metrics();
    let world = World::new().await;
    let (authority, _) = world.private_ca(PrivateCa::default(), None).await;
    let order = world.private_order(authority);
    let spec = crate::world::spec(Duration::from_secs(60 * DAY));
    let id = world.ask(&Order { spec, ..order }).await;
    world.work(id).await.unwrap();
    let (certificate, _) = world.certificate(id).await;
    world.pass(70 * DAY, 3 * HOUR).await;
    let days: Vec<u64> = world
        .pki
        .events()
        .into_iter()
        .filter(|(name, _)| name == "CertificateExpiring")
        .map(|(_, detail)| {
            assert_eq!(detail["certificateId"], certificate.id.to_string());
            detail["days"].as_u64().unwrap()
        })
        .collect();
    assert_eq!(days, [30, 14, 7, 1]);
    assert_eq!(counted.sum_of("Ending", "certificate"), 3, "nobody renews it, and thirty days are long");
    // It is over, and nobody looks at it any more.
    assert!(world.safe.certificates_due(clock::now(), 10).await.unwrap().is_empty());
    assert_eq!(world.order(id).await.progress.status(), OrderStatus::Issued);
}
