//! How certificates are called at the destination.

use proptest::prelude::*;
use uuid::Uuid;

use crate::certificate_sync::NameSchema;
use crate::certificate_sync::name_schema::{Facts, LONGEST, NameSchemaFault};
use crate::id::{ApplicationId, CertificateId, CertificateProfileId};

fn facts<'a>(application_name: &'a str, common_name: &'a str) -> Facts<'a> {
    Facts {
        certificate_id: CertificateId::from(Uuid::from_u128(0x0123_4567_89ab_4def_8123_4567_89ab_cdef)),
        profile_id: None,
        application_id: ApplicationId::from(Uuid::from_u128(1)),
        application_name,
        common_name,
    }
}

fn rendered(schema: &str, facts: &Facts<'_>) -> String {
    NameSchema::parse(schema).unwrap().render(facts)
}

#[test]
fn each_placeholder_stands_for_what_it_says() {
    let facts = facts("Web shop", "*.example.com");
    let id = "0123456789ab4def8123456789abcdef";
    for (schema, name) in [
        ("infisical-{{certificateId}}", format!("infisical-{id}")),
        ("{{certificateId}}{{certificateId}}", format!("{id}{id}")),
        ("{{certificateId}} {{profileId}}", format!("{id} {id}")),
        ("{{commonName}}_{{certificateId}}", format!("--example-com_{id}")),
        ("{{applicationName}}-{{certificateId}}", format!("Web shop-{id}")),
        ("{{applicationId}}{{certificateId}}", format!("00000000-0000-0000-0000-000000000001{id}")),
    ] {
        assert_eq!(rendered(schema, &facts), name, "{schema}");
    }
    let profile_id = Some(CertificateProfileId::from(Uuid::from_u128(2)));
    let facts = Facts { profile_id, ..facts };
    assert!(
        rendered("{{profileId}}{{certificateId}}", &facts)
            .starts_with("00000000-0000-0000-0000-000000000002")
    );
}

#[test]
fn a_short_id_is_22_digits_of_62_and_another_for_each_certificate() {
    let short = |number: u128| {
        let certificate_id = CertificateId::from(Uuid::from_u128(number));
        rendered("{{shortCertificateId}}", &Facts { certificate_id, ..facts("", "") })
    };
    assert_eq!(short(0), "0".repeat(22));
    assert_eq!(short(61), format!("{}z", "0".repeat(21)));
    assert_eq!(short(62), format!("{}10", "0".repeat(20)));
    assert_eq!(short(u128::MAX), "7n42DGM5Tflk9n8mt7Fhc7", "2^128 - 1");
}

#[test]
fn what_looks_like_a_placeholder_in_a_name_is_a_name() {
    let name = rendered("{{commonName}}-{{shortCertificateId}}", &facts("", "{{certificateId}}"));
    assert!(name.starts_with("--certificateId---"), "{name}");
}

#[test]
fn what_is_no_schema_is_refused_with_every_reason() {
    use NameSchemaFault::{Character, NoId, TooLong};
    for (text, faults) in [
        ("", vec![NoId]),
        ("{{commonName}}", vec![NoId]),
        ("{{certificateid}}", vec![NoId, Character]),
        ("{{ certificateId }}", vec![NoId, Character]),
        ("{{certificateId}}.", vec![Character]),
        ("{{certificateId}}{{other}}", vec![Character]),
        ("{{{certificateId}}}", vec![Character]),
        ("ä{{certificateId}}", vec![Character]),
        ("{{commo{{profileId}}nName}}{{certificateId}}", vec![Character]),
        ("{{certificate{{commonName}}Id}}", vec![NoId, Character]),
        (&"{{certificateId}}".repeat(9), vec![TooLong]),
        (&format!("/{}", "x".repeat(300)), vec![NoId, Character, TooLong]),
    ] {
        assert_eq!(NameSchema::parse(text), Err(faults), "{text}");
    }
}

#[test]
fn without_a_choice_a_name_still_has_the_certificate_in_it() {
    let schema = NameSchema::default();
    assert!(NameSchema::parse(schema.as_str()).is_ok());
    assert!(schema.render(&facts("", "")).contains("0123456789ab4def"));
}

proptest! {
    #[test]
    fn a_name_is_one_that_a_tag_takes(
        before in "[a-zA-Z0-9 _-]{0,8}", application in "\\PC{0,255}", common in "\\PC{0,64}",
    ) {
        let schema = format!("{before}{{{{certificateId}}}}{{{{applicationName}}}}{{{{commonName}}}}");
        let name = rendered(&schema, &facts(&application, &common));
        prop_assert!((1..=LONGEST).contains(&name.chars().count()));
        prop_assert!(name.chars().all(|c| c.is_ascii_alphanumeric() || " _-".contains(c)), "{name}");
        prop_assert!(name.contains("0123456789ab4def8123456789abcdef"));
    }
}
