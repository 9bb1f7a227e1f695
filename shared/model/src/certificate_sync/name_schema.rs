//! Name schemas: how a certificate is called at the destination, `acme-{{commonName}}-{{shortCertificateId}}`.

use serde::{Deserialize, Serialize};

use crate::id::{ApplicationId, CertificateId, CertificateProfileId};

const CERTIFICATE_ID: &str = "{{certificateId}}";
const SHORT_CERTIFICATE_ID: &str = "{{shortCertificateId}}";

/// What may stand for something in a schema.
const PLACEHOLDERS: [&str; 6] = [
    CERTIFICATE_ID,
    SHORT_CERTIFICATE_ID,
    "{{profileId}}",
    "{{applicationId}}",
    "{{applicationName}}",
    "{{commonName}}",
];

/// How long what stands for each is at most. Names of applications and hosts have no length here: longer ones are cut.
const LENGTHS: [usize; 6] = [32, 22, 36, 36, 0, 0];

/// The longest name: that of a tag's value.
/// <https://docs.aws.amazon.com/acm/latest/userguide/tags-restrictions.html>
pub const LONGEST: usize = 256;

/// A name schema that keeps the rules.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct NameSchema(String);

/// Where nobody chose.
impl Default for NameSchema {
    fn default() -> Self {
        Self(format!("Drawbridge-{CERTIFICATE_ID}"))
    }
}

/// Why a text is no name schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NameSchemaFault {
    /// Two certificates would have one name.
    #[error("Certificate name schema must contain {{{{certificateId}}}} or {{{{shortCertificateId}}}}")]
    NoId,
    /// There is something else in it.
    #[error(
        "Certificate name schema may only contain {{{{certificateId}}}}, {{{{shortCertificateId}}}}, {{{{profileId}}}}, {{{{applicationId}}}}, {{{{applicationName}}}}, {{{{commonName}}}}, letters, digits, spaces, hyphens and underscores"
    )]
    Character,
    /// Longer than any name.
    #[error("Certificate name schema must render names of at most {LONGEST} characters")]
    TooLong,
}

/// What a name may tell of a certificate.
#[derive(Debug, Clone, Copy)]
pub struct Facts<'a> {
    /// Its id.
    pub certificate_id: CertificateId,
    /// Its profile; without one, its id stands there too.
    pub profile_id: Option<CertificateProfileId>,
    /// The sync's application.
    pub application_id: ApplicationId,
    /// How that one is called.
    pub application_name: &'a str,
    /// The certificate's common name.
    pub common_name: &'a str,
}

impl NameSchema {
    /// The schema.
    ///
    /// # Errors
    /// Every rule that it breaks.
    pub fn parse(text: &str) -> Result<Self, Vec<NameSchemaFault>> {
        let mut faults = Vec::new();
        let (mut has_id, mut is_plain, mut length) = (false, true, 0);
        for piece in pieces(text) {
            match piece {
                Piece::Placeholder(place) => {
                    has_id |= [CERTIFICATE_ID, SHORT_CERTIFICATE_ID].contains(&PLACEHOLDERS[place]);
                    length += LENGTHS[place];
                }
                Piece::Text(c) => {
                    is_plain &= self::is_plain(c);
                    length += 1;
                }
            }
        }
        if !has_id {
            faults.push(NameSchemaFault::NoId);
        }
        if !is_plain {
            faults.push(NameSchemaFault::Character);
        }
        if length > LONGEST {
            faults.push(NameSchemaFault::TooLong);
        }
        if faults.is_empty() { Ok(Self(text.to_owned())) } else { Err(faults) }
    }

    /// As it was given.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The name of a certificate: what may not be in one becomes a hyphen, what is too long is cut at its end.
    #[must_use]
    pub fn render(&self, facts: &Facts<'_>) -> String {
        let id = facts.certificate_id.uuid();
        let profile = facts.profile_id.map_or_else(|| id.simple().to_string(), |profile| profile.to_string());
        let values = [
            id.simple().to_string(),
            base62(id.as_u128()),
            profile,
            facts.application_id.to_string(),
            facts.application_name.to_owned(),
            facts.common_name.to_owned(),
        ];
        let mut name = String::new();
        for piece in pieces(&self.0) {
            match piece {
                Piece::Placeholder(place) => name.push_str(&values[place]),
                Piece::Text(c) => name.push(c),
            }
        }
        name.chars().map(|c| if is_plain(c) { c } else { '-' }).take(LONGEST).collect()
    }
}

/// A part of a schema.
enum Piece {
    /// Which of the placeholders.
    Placeholder(usize),
    /// Text that stays.
    Text(char),
}

/// The parts of a schema in one pass, so that neither a name that looks like a placeholder nor what is left around one becomes
/// another.
fn pieces(text: &str) -> impl Iterator<Item = Piece> + '_ {
    let mut rest = text;
    std::iter::from_fn(move || {
        let next = rest.chars().next()?;
        let found = PLACEHOLDERS.iter().enumerate().find_map(|(place, placeholder)| {
            rest.strip_prefix(placeholder).map(|after| (Piece::Placeholder(place), after))
        });
        let (piece, after) = found.unwrap_or_else(|| (Piece::Text(next), &rest[next.len_utf8()..]));
        rest = after;
        Some(piece)
    })
}

const fn is_plain(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, ' ' | '_' | '-')
}

/// 128 bits in 22 digits of 62.
fn base62(mut number: u128) -> String {
    const DIGITS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    let mut digits = [b'0'; 22];
    for digit in digits.iter_mut().rev() {
        *digit = DIGITS[usize::try_from(number % 62).unwrap_or_default()];
        number /= 62;
    }
    digits.iter().map(|digit| char::from(*digit)).collect()
}
