//! What happens to certificates by themselves.

use std::time::Duration;

use proptest::prelude::*;

use crate::Timestamp;
use crate::certificate::{
    BasicConstraints, Certificate, CertificateStatus, Due, Facts, KeyAlgorithm, Life, RevocationReason,
    Subject,
};
use crate::id::{CertificateAuthorityId, CertificateId, CertificateRequestId, ProjectId};

const DAY: u64 = 86_400;

fn at(seconds: u64) -> Timestamp {
    Timestamp::from_unix_seconds(1_800_000_000).plus(Duration::from_secs(seconds))
}

fn certificate(seconds: u64, life: Life) -> Certificate {
    Certificate {
        id: CertificateId::random(),
        project_id: ProjectId::random(),
        profile_id: None,
        application_id: None,
        certificate_authority_id: Some(CertificateAuthorityId::random()),
        request_id: Some(CertificateRequestId::random()),
        facts: Facts {
            serial_number: "01".into(),
            subject: Subject::default(),
            alt_names: Vec::new(),
            key_algorithm: KeyAlgorithm::EcP256,
            signature_algorithm: None,
            key_usages: Default::default(),
            extended_key_usages: Default::default(),
            basic_constraints: BasicConstraints::default(),
            not_before: at(0),
            not_after: at(seconds),
            fingerprint_sha1: String::new(),
            fingerprint_sha256: String::new(),
        },
        arn: None,
        has_private_key: true,
        removes_roots: false,
        renewed_from: None,
        renewed_by: None,
        revocation: None,
        life,
        due_at: None,
    }
}

fn renewing(days: Option<u16>) -> Life {
    Life { renews: true, renew_before_days: days, ..Life::default() }
}

/// How long before its end it is renewed, in days.
fn lead(certificate: &Certificate) -> f64 {
    certificate.facts.not_after.since(certificate.renew_at()).as_secs_f64() / 86_400.0
}

#[test]
fn it_is_renewed_when_a_third_is_left_or_as_many_days_before_as_is_wanted() {
    let third = lead(&certificate(90 * DAY, renewing(None)));
    assert!((30.0..=31.0).contains(&third), "{third}");
    let ten = lead(&certificate(90 * DAY, renewing(Some(10))));
    assert!((10.0..=11.0).contains(&ten), "{ten}");
}

#[test]
fn a_certificate_of_days_is_not_renewed_again_and_again() {
    let day = lead(&certificate(DAY, renewing(Some(30))));
    assert!((0.5..=0.55).contains(&day), "{day}");
}

#[test]
fn those_of_one_day_are_renewed_over_a_day() {
    let mut times: Vec<Timestamp> =
        (0..1_000).map(|_| certificate(90 * DAY, renewing(None)).renew_at()).collect();
    times.sort();
    let (first, last) = (times[0], times[999]);
    assert!(last.since(first) > Duration::from_secs(20 * 3_600), "{first} to {last}");
    let crowded = times.windows(20).filter(|some| some[19].since(some[0]) < Duration::from_secs(60)).count();
    assert_eq!(crowded, 0, "twenty in one minute");
}

/// What happens in the life of a certificate whose worker looks whenever it is due, and `late` seconds after.
fn happens(mut certificate: Certificate, late: u64) -> Vec<(u64, Due)> {
    let mut happened = Vec::new();
    let mut now = at(0);
    for _ in 0..200 {
        certificate = certificate.settled(now);
        let Some(due_at) = certificate.due_at else { return happened };
        now = now.max(due_at).plus(Duration::from_secs(late));
        let due = certificate.due(now);
        certificate = match due {
            Due::Nothing | Due::At(_) => continue,
            Due::Notice { days } => certificate.noticed(days),
            Due::Renew => certificate.renewing(CertificateRequestId::random()),
            Due::Revoke => certificate.revoked(now),
        };
        happened.push((now.since(at(0)).as_secs() / DAY, due));
    }
    panic!("it never ends: {happened:?}");
}

#[test]
fn whoever_listens_is_told_four_times_and_at_the_end_nothing_is_due() {
    let notices = happens(certificate(90 * DAY, Life::default()), 60);
    let told = |day, days| (day, Due::Notice { days });
    assert_eq!(notices, [told(60, 30), told(76, 14), told(83, 7), told(89, 1)]);
    assert_eq!(happens(certificate(5 * DAY, Life::default()), 60), [told(4, 1)]);
    assert_eq!(happens(certificate(DAY, Life::default()), 60), []);
}

#[test]
fn a_worker_that_was_away_tells_the_last_notice_and_none_about_the_past() {
    let away = certificate(90 * DAY, Life::default());
    assert_eq!(away.due(at(84 * DAY)), Due::Notice { days: 7 });
    let told = away.noticed(7);
    assert_eq!(told.due(at(84 * DAY)), Due::At(at(89 * DAY)));
    assert_eq!(told.due(at(91 * DAY)), Due::Nothing);
}

#[test]
fn towards_its_end_a_certificate_is_left_alone_unless_it_is_renewed_within_a_day_of_its_time() {
    assert!(certificate(90 * DAY, Life::default()).is_left_alone(at(0)), "nobody wants it renewed");
    let renewing = certificate(90 * DAY, renewing(None));
    let time = renewing.renew_at();
    assert!(!renewing.is_left_alone(time.plus(Duration::from_secs(DAY - 1))));
    assert!(renewing.is_left_alone(time.plus(Duration::from_secs(DAY))));
}

#[test]
fn what_is_renewed_or_revoked_is_left_alone() {
    let renewed = certificate(90 * DAY, renewing(None)).renewed(CertificateId::random());
    assert_eq!(renewed.due(at(80 * DAY)), Due::Nothing);
    let revoked =
        certificate(90 * DAY, renewing(None)).revoking(RevocationReason::KeyCompromise, at(0)).revoked(at(1));
    assert_eq!(
        (revoked.due(at(80 * DAY)), revoked.status(at(2))),
        (Due::Nothing, CertificateStatus::Revoked)
    );
}

#[test]
fn a_renewal_that_comes_to_nothing_is_tried_again_after_hours_until_the_end() {
    let mut certificate = certificate(90 * DAY, renewing(Some(5)));
    let mut now = certificate.renew_at();
    let mut tries = 0;
    while certificate.due(now) != Due::Nothing {
        match certificate.due(now) {
            Due::Renew => {
                tries += 1;
                let order = CertificateRequestId::random();
                certificate = certificate.renewing(order).renewal_failed("AccessDenied", now);
                assert!(certificate.life.retry_at.unwrap() >= now.plus(Duration::from_secs(3_600)));
            }
            Due::At(at) => now = at,
            Due::Notice { days } => certificate = certificate.noticed(days),
            Due::Revoke | Due::Nothing => panic!("not asked for"),
        }
    }
    assert!((8..=12).contains(&tries), "{tries}");
    assert_eq!(certificate.life.message.as_deref(), Some("AccessDenied"));
}

#[test]
fn a_revocation_that_was_not_carried_through_is_taken_up_by_another() {
    let asked = certificate(90 * DAY, Life::default()).revoking(RevocationReason::Superseded, at(0));
    assert_eq!(asked.status(at(0)), CertificateStatus::Revoked, "nobody takes it for a good one");
    assert_eq!(asked.due(at(59)), Due::At(at(60)), "whoever asked is at it");
    assert_eq!(asked.due(at(60)), Due::Revoke);
    let failed = asked.revocation_failed(at(60));
    assert_eq!(failed.due(at(100)), Due::At(at(180)));
    let again = asked.revoking(RevocationReason::KeyCompromise, at(200));
    assert_eq!(again.revocation, asked.revocation, "the first reason stays");
    let done = asked.revoked(at(61)).not_revoked();
    assert_eq!(done.revocation.and_then(|done| done.revoked_at), Some(at(61)));
    assert_eq!(asked.not_revoked().revocation, None);
}

proptest! {
    #[test]
    fn whatever_its_life_it_is_renewed_in_its_second_third_or_last_and_never_twice_at_once(
        hours in 1_u64..20_000, days in proptest::option::of(1_u16..365), late in 0_u64..400_000,
    ) {
        let seconds = hours * 3_600;
        let certificate = certificate(seconds, renewing(days));
        let renew_at = certificate.renew_at();
        prop_assert!(renew_at >= at(seconds / 3) && renew_at < at(seconds), "{renew_at}");
        let happened = happens(certificate, late);
        let renewals = happened.iter().filter(|(_, due)| *due == Due::Renew).count();
        prop_assert!(renewals <= 1);
        let notices: Vec<u16> = happened
            .iter()
            .filter_map(|(_, due)| if let Due::Notice { days } = due { Some(*days) } else { None })
            .collect();
        prop_assert!(notices.is_sorted_by(|one, next| one > next), "{notices:?}");
    }
}
