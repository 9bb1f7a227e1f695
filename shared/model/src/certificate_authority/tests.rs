#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use serde_json::{Value, json};

use super::body::{Create, Update};
use super::view::View;
use super::*;
use crate::form::{self, Issues, ReadWith};
use crate::id::ConnectionId;

const ARN: &str =
    "arn:aws:acm-pca:eu-west-1:123456789012:certificate-authority/12345678-1234-1234-1234-123456789012";
const CONNECTION: &str = "11111111-1111-4111-8111-111111111111";
const DNS: &str = "22222222-2222-4222-8222-222222222222";

fn private() -> Value {
    json!({ "appConnectionId": CONNECTION, "certificateAuthorityArn": format!(" {ARN} "), "region": "eu-west-1" })
}

fn public() -> Value {
    json!({ "appConnectionId": CONNECTION, "dnsAppConnectionId": DNS, "hostedZoneId": " Z1 ", "region": "us-east-1" })
}

fn with(mut value: Value, changes: Value) -> Value {
    for (key, change) in changes.as_object().unwrap() {
        value[key] = change.clone();
    }
    value
}

fn create(authority_type: AuthorityType, configuration: Value) -> Result<Create, Issues> {
    let body = json!({ "name": "root", "status": "active", "configuration": configuration, "ID": "" });
    form::read(&body, |form| Create::read_with(form, authority_type))
}

fn authority(configuration: Configuration, seen: Seen) -> CertificateAuthority {
    CertificateAuthority {
        id: "33333333-3333-4333-8333-333333333333".parse().unwrap(),
        organization_id: OrganizationId::random(),
        project_id: "44444444-4444-4444-8444-444444444444".parse().unwrap(),
        name: "root".to_owned(),
        status: Status::Active,
        enable_direct_issuance: true,
        configuration,
        seen,
        profiles: 2,
        created_by: "user:a".to_owned(),
    }
}

fn zones(names: &[&str]) -> Seen {
    let zone = |(index, name): (usize, &&str)| HostedZone::new(format!("Z{index}").parse().unwrap(), name);
    Seen::Zones { zones: names.iter().enumerate().map(zone).collect() }
}

#[test]
fn the_least_body_is_active_and_without_a_budget() {
    let body = create(AuthorityType::AwsPca, private()).unwrap();
    assert_eq!((body.status, body.enable_direct_issuance), (Status::Active, true));
    assert_eq!(body.configuration.authority_type(), AuthorityType::AwsPca);
    assert_eq!(body.configuration.monthly_budget(), None);
    let Configuration::AwsPca(private) = &body.configuration else { panic!("{body:?}") };
    assert_eq!(private.certificate_authority_arn.to_string(), ARN);
    assert_eq!(private.certificate_authority_arn.account().as_str(), "123456789012");
}

#[test]
fn an_arn_of_anything_else_or_elsewhere_is_refused() {
    for (arn, region) in [
        ("", "eu-west-1"),
        ("arn:aws:acm-pca:eu-west-1:123456789012:certificate-authority/", "eu-west-1"),
        ("arn:aws:acm-pca:eu-west-1:123456789012:certificate-authority/*", "eu-west-1"),
        ("arn:aws:acm-pca:eu-west-1:123456789012:certificate-authority/a/certificate/b", "eu-west-1"),
        ("arn:aws:acm-pca:eu-west-1::certificate-authority/a", "eu-west-1"),
        ("arn:aws:acm-pca::123456789012:certificate-authority/a", "eu-west-1"),
        ("arn:aws:acm:eu-west-1:123456789012:certificate/a", "eu-west-1"),
        ("arn:aws-cn:acm-pca:eu-west-1:123456789012:certificate-authority/a", "eu-west-1"),
        (ARN, "eu-west-2"),
        (ARN, "eu-wset-1"),
    ] {
        let body = with(private(), json!({ "certificateAuthorityArn": arn, "region": region }));
        let refused = create(AuthorityType::AwsPca, body);
        assert!(refused.is_err(), "{arn} {region}");
    }
}

#[test]
fn the_public_authority_has_its_zones_each_once_and_the_contracts_one_first() {
    let body =
        with(public(), json!({ "hostedZoneIds": ["/hostedzone/Z2", "Z1", "Z2"], "monthlyBudget": 10 }));
    let body = create(AuthorityType::AwsAcmPublicCa, body).unwrap();
    let Configuration::AwsAcmPublicCa(public) = &body.configuration else { panic!("{body:?}") };
    let ids: Vec<&str> = public.hosted_zone_ids.iter().map(HostedZoneId::as_str).collect();
    assert_eq!(ids, ["Z1", "Z2"]);
    assert_eq!(body.configuration.monthly_budget(), Some(10));
    let connections: Vec<ConnectionId> = vec![CONNECTION.parse().unwrap(), DNS.parse().unwrap()];
    assert_eq!(body.configuration.connections(), connections);
}

#[test]
fn one_connection_for_both_is_one_connection() {
    let body = with(public(), json!({ "dnsAppConnectionId": CONNECTION }));
    let body = create(AuthorityType::AwsAcmPublicCa, body).unwrap();
    assert_eq!(body.configuration.connections().len(), 1);
    assert_eq!(body.configuration.dns_connection_id(), Some(CONNECTION.parse().unwrap()));
}

#[test]
fn what_is_malformed_is_named() {
    let zones: Vec<String> = (0..11).map(|number| format!("Z{number}")).collect();
    for (body, path) in [
        (with(public(), json!({ "hostedZoneId": "" })), "hostedZoneId"),
        (with(public(), json!({ "hostedZoneId": "Z1/x" })), "hostedZoneId"),
        (with(public(), json!({ "hostedZoneIds": zones })), "hostedZoneIds"),
        (with(public(), json!({ "hostedZoneIds": zones[1..].to_vec() })), "hostedZoneIds"),
        (with(public(), json!({ "dnsAppConnectionId": null })), "dnsAppConnectionId"),
        (with(public(), json!({ "appConnectionId": "x" })), "appConnectionId"),
        (with(public(), json!({ "region": "" })), "region"),
        (with(public(), json!({ "monthlyBudget": 0 })), "monthlyBudget"),
    ] {
        // With `hostedZoneId` Z1, the ten others Z1 to Z10 are ten in all.
        let result = create(AuthorityType::AwsAcmPublicCa, body.clone());
        if body["hostedZoneIds"].as_array().is_some_and(|ids| ids.len() == 10) {
            assert!(result.is_ok(), "{body}");
            continue;
        }
        let issues = result.unwrap_err().to_string();
        assert!(issues.contains(&format!("configuration.{path}")), "{body}: {issues}");
    }
}

#[test]
fn the_wire_form_is_what_was_given() {
    let at = crate::Timestamp::from_unix_seconds(0);
    for (authority_type, given, shown) in [
        (AuthorityType::AwsPca, private(), with(private(), json!({ "certificateAuthorityArn": ARN }))),
        (AuthorityType::AwsAcmPublicCa, public(), with(public(), json!({ "hostedZoneId": "Z1" }))),
        (
            AuthorityType::AwsAcmPublicCa,
            with(public(), json!({ "hostedZoneIds": ["Z2"], "monthlyBudget": 3 })),
            with(
                public(),
                json!({ "hostedZoneId": "Z1", "hostedZoneIds": ["Z1", "Z2"], "monthlyBudget": 3 }),
            ),
        ),
    ] {
        let configuration = create(authority_type, given).unwrap().configuration;
        let view = View::new(authority(configuration, zones(&[])), (at, at));
        let expected = json!({
            "id": "33333333-3333-4333-8333-333333333333", "projectId": "44444444-4444-4444-8444-444444444444",
            "name": "root", "type": authority_type.name(), "status": "active", "enableDirectIssuance": true,
            "configuration": shown, "createdAt": at, "updatedAt": at,
        });
        assert_eq!(serde_json::to_value(view).unwrap(), expected);
    }
}

#[test]
fn an_authority_reads_back_from_its_stored_form() {
    for (authority_type, given, seen) in [
        (AuthorityType::AwsPca, private(), Seen::PrivateCa { short_lived: true }),
        (AuthorityType::AwsAcmPublicCa, public(), zones(&["example.com"])),
    ] {
        let stored = authority(create(authority_type, given).unwrap().configuration, seen);
        let value = serde_json::to_value(&stored).unwrap();
        assert_eq!(serde_json::from_value::<CertificateAuthority>(value).unwrap(), stored);
    }
}

#[test]
fn the_longest_zone_that_holds_a_name_is_its_zone() {
    let configuration = create(AuthorityType::AwsAcmPublicCa, public()).unwrap().configuration;
    let names = ["Example.com.", "dev.example.com", "example.org", "dev.example.com"];
    let authority = authority(configuration, zones(&names));
    for (name, zone) in [
        ("example.com", Some("Z0")),
        ("*.example.com", Some("Z0")),
        ("WWW.example.COM", Some("Z0")),
        ("a.b.example.com", Some("Z0")),
        ("dev.example.com", Some("Z1")),
        ("*.dev.example.com", Some("Z1")),
        ("a.dev.example.com.", Some("Z1")),
        ("mydev.example.com", Some("Z0")),
        ("example.org", Some("Z2")),
        ("notexample.com", None),
        ("com", None),
        ("example.com.evil.net", None),
    ] {
        assert_eq!(authority.zone_of(name).map(|zone| zone.id.as_str()), zone, "{name}");
    }
}

#[test]
fn a_change_leaves_what_it_does_not_name() {
    let configuration = create(AuthorityType::AwsPca, private()).unwrap().configuration;
    let read = authority(configuration, Seen::PrivateCa { short_lived: false });
    let change =
        |body: Value| form::read(&body, |form| Update::read_with(form, AuthorityType::AwsPca)).unwrap();
    assert_eq!(change(json!({})).onto(&read), read);
    let next = change(json!({ "status": "disabled", "enableDirectIssuance": false })).onto(&read);
    assert_eq!((next.status, next.enable_direct_issuance), (Status::Disabled, false));
    assert_eq!((&next.name, &next.configuration), (&read.name, &read.configuration));
    let half = json!({ "configuration": { "region": "eu-west-1" } });
    assert!(form::read(&half, |form| Update::read_with(form, AuthorityType::AwsPca)).is_err());
}
