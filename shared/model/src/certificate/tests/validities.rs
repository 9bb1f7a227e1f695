//! From when until when, in whole minutes.

use std::time::Duration;

use crate::Timestamp;
use crate::certificate::body::Attributes;
use crate::certificate::{Asked, Lifetime, Spec, Subject, Validity};
use crate::certificate_authority::{CertificateAuthority, Configuration, PrivateCa, Seen, Status};
use crate::id::{CertificateAuthorityId, ConnectionId, OrganizationId, ProjectId};

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn authority() -> CertificateAuthority {
    let arn =
        "arn:aws:acm-pca:us-east-1:222222222222:certificate-authority/12345678-1234-1234-1234-123456789012";
    CertificateAuthority {
        id: CertificateAuthorityId::random(),
        organization_id: OrganizationId::random(),
        project_id: ProjectId::random(),
        name: "ca".into(),
        status: Status::Active,
        enable_direct_issuance: true,
        configuration: Configuration::AwsPca(PrivateCa {
            app_connection_id: ConnectionId::random(),
            certificate_authority_arn: arn.parse().unwrap(),
            region: "us-east-1".parse().unwrap(),
            monthly_budget: None,
        }),
        seen: Seen::PrivateCa { short_lived: false },
        profiles: 0,
        created_by: "user:ada".into(),
    }
}

fn spec(attributes: Attributes, days: Option<u32>, now: &str) -> Result<Spec, String> {
    let subject = Subject { common_name: Some("a.example.com".into()), ..Subject::default() };
    let attributes = Attributes { subject, ..attributes };
    let asked = Asked { given: &attributes, completed: &attributes, days, signed: None };
    asked.spec(&authority(), at(now)).map_err(|refused| refused.to_string())
}

fn bounds(spec: Result<Spec, String>) -> (Timestamp, Timestamp) {
    match spec.unwrap().validity {
        Validity::Within { not_before, not_after } => (not_before, not_after),
        validity @ Validity::OfAuthority { .. } => panic!("{validity:?}"),
    }
}

#[test]
fn a_span_begins_with_the_minute_that_has_begun() {
    let ttl = Some("90m".parse().unwrap());
    let found =
        bounds(spec(Attributes { ttl, ..Attributes::default() }, Some(30), "2026-11-22T14:05:59.999Z"));
    assert_eq!(found, (at("2026-11-22T14:05:00Z"), at("2026-11-22T15:35:00Z")));
}

#[test]
fn dates_are_rounded_down_to_the_minute_and_one_alone_has_its_complement() {
    let (from, until) = (Some(at("2026-12-01T00:00:30Z")), Some(at("2026-12-31T23:59:59Z")));
    let now = "2026-11-22T14:05:00Z";
    let both = Attributes { not_before: from, not_after: until, ..Attributes::default() };
    assert_eq!(bounds(spec(both, None, now)), (at("2026-12-01T00:00:00Z"), at("2026-12-31T23:59:00Z")));
    let begin = Attributes { not_before: from, ..Attributes::default() };
    assert_eq!(
        bounds(spec(begin.clone(), Some(7), now)),
        (at("2026-12-01T00:00:00Z"), at("2026-12-08T00:00:00Z"))
    );
    assert!(spec(begin, None, now).unwrap_err().contains("ttl or notAfter is needed"));
    let end = Attributes { not_after: until, ..Attributes::default() };
    assert_eq!(bounds(spec(end.clone(), Some(7), now)), (at(now), at("2026-12-31T23:59:00Z")));
    assert!(spec(end, None, "2027-01-01T00:00:00Z").unwrap_err().contains("ended before"));
}

#[test]
fn a_renewed_span_is_as_long_as_the_first() {
    let first = Validity::lasting(Duration::from_secs(90 * 60), at("2026-11-22T14:05:59Z"));
    let again = Validity::lasting(first.lifetime(), at("2026-11-22T15:00:01Z"));
    assert_eq!(first.lifetime(), again.lifetime());
    assert_eq!(Lifetime::of_days(0), Lifetime::of_days(1));
}
