//! Name schemas of certificates: what they render is a name that a tag takes, with the certificate's id in it.

use model::certificate_sync::NameSchema;
use model::certificate_sync::name_schema::{Facts, LONGEST};
use model::id::{ApplicationId, CertificateId, CertificateProfileId};
use uuid::Uuid;

/// What may stand for something in a schema.
const PLACEHOLDERS: [&str; 6] = [
    "{{certificateId}}",
    "{{shortCertificateId}}",
    "{{profileId}}",
    "{{applicationId}}",
    "{{applicationName}}",
    "{{commonName}}",
];

/// An input is up to three lines: the schema, the application's name, the common name.
pub fn name_schema(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let mut lines = text.splitn(3, '\n');
    let mut line = || lines.next().unwrap_or_default();
    let (schema, application_name, common_name) = (line(), line(), line());
    let Ok(parsed) = NameSchema::parse(schema) else { return };
    assert_eq!(parsed.as_str(), schema);
    assert!(is_written_of_placeholders(schema), "{schema:?} has a brace that is no placeholder's");
    let facts = |number: u128| Facts {
        certificate_id: CertificateId::from(Uuid::from_u128(number)),
        profile_id: number.is_multiple_of(2).then(|| CertificateProfileId::from(Uuid::from_u128(7))),
        application_id: ApplicationId::from(Uuid::from_u128(3)),
        application_name,
        common_name,
    };
    let (one, other) = (parsed.render(&facts(u128::MAX)), parsed.render(&facts(u128::MAX - 1)));
    for name in [&one, &other] {
        assert!((1..=LONGEST).contains(&name.chars().count()), "{name:?}");
        assert!(name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, ' ' | '_' | '-')), "{name:?}");
    }
    // A long name of an application or a host may push the id over the end, where it is cut.
    assert!(one != other || one.chars().count() == LONGEST, "two certificates, one name: {one:?}");
}

/// From left to right, as a reader takes it: a placeholder, or a character that is no brace.
fn is_written_of_placeholders(schema: &str) -> bool {
    let mut rest = schema;
    while let Some(next) = rest.chars().next() {
        rest = match PLACEHOLDERS.iter().find_map(|placeholder| rest.strip_prefix(placeholder)) {
            Some(after) => after,
            None if matches!(next, '{' | '}') => return false,
            None => &rest[next.len_utf8()..],
        };
    }
    true
}
