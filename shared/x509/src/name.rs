//! Distinguished names: written from a subject, read into one.
//!
//! <https://www.rfc-editor.org/rfc/rfc5280#section-4.1.2.4>

use der::asn1::{AnyRef, ObjectIdentifier, SetOfVec};
use der::{Decode as _, Tag, Tagged as _};
use model::certificate::{Attribute, Subject};
use x509_cert::attr::AttributeTypeAndValue;

use crate::asn1::{self, Der};

/// A name, as read.
#[derive(Debug, Clone, Default)]
pub(crate) struct Name {
    /// What a subject here can say.
    pub(crate) subject: Subject,
    /// What else it says, each as `type=value`.
    pub(crate) others: Vec<String>,
}

const fn oid(attribute: Attribute) -> ObjectIdentifier {
    ObjectIdentifier::new_unwrap(match attribute {
        Attribute::CommonName => "2.5.4.3",
        Attribute::Organization => "2.5.4.10",
        Attribute::OrganizationalUnit => "2.5.4.11",
        Attribute::Country => "2.5.4.6",
        Attribute::State => "2.5.4.8",
        Attribute::Locality => "2.5.4.7",
        Attribute::DomainComponent => "0.9.2342.19200300.100.1.25",
    })
}

/// The kind of text that RFC 5280 asks for.
const fn tag(attribute: Attribute) -> Tag {
    match attribute {
        Attribute::Country => Tag::PrintableString,
        Attribute::DomainComponent => Tag::Ia5String,
        Attribute::CommonName
        | Attribute::Organization
        | Attribute::OrganizationalUnit
        | Attribute::State
        | Attribute::Locality => Tag::Utf8String,
    }
}

/// From the widest to the narrowest, as names are written.
const ORDER: [Attribute; 7] = [
    Attribute::DomainComponent,
    Attribute::Country,
    Attribute::State,
    Attribute::Locality,
    Attribute::Organization,
    Attribute::OrganizationalUnit,
    Attribute::CommonName,
];

/// Writes a subject; an empty one is an empty sequence. `None` names the attribute whose text cannot be written.
pub(crate) fn write(subject: &Subject) -> Result<Der, Attribute> {
    let mut parts: Vec<Der> = Vec::new();
    for attribute in ORDER {
        let mut values = subject.values(attribute);
        if attribute == Attribute::DomainComponent {
            // The outermost domain is the first in a name and the last in a subject.
            values.reverse();
        }
        for value in values {
            if tag(attribute) != Tag::Utf8String && !value.is_ascii() {
                return Err(attribute);
            }
            parts.push(relative(attribute, value).map_err(|_| attribute)?);
        }
    }
    let parts: Vec<&[u8]> = parts.iter().map(|part| part.as_slice()).collect();
    asn1::sequence(&parts).map_err(|_| Attribute::CommonName)
}

fn relative(attribute: Attribute, value: &str) -> der::Result<Der> {
    let text = asn1::tagged(tag(attribute), value.as_bytes())?;
    let pair = asn1::sequence(&[&asn1::oid(oid(attribute))?, &text])?;
    asn1::set_of(vec![pair])
}

/// Reads a name.
pub(crate) fn read(der: &[u8]) -> der::Result<Name> {
    let mut name = Name::default();
    for relative in Vec::<SetOfVec<AttributeTypeAndValue>>::from_der(der)? {
        for pair in relative.iter() {
            take(&mut name, pair);
        }
    }
    // Back to the outermost last.
    name.subject.domain_components.reverse();
    Ok(name)
}

fn take(name: &mut Name, pair: &AttributeTypeAndValue) {
    let known = Attribute::ALL.into_iter().find(|attribute| oid(*attribute) == pair.oid);
    let text = text(AnyRef::from(&pair.value));
    let (Some(attribute), Some(text)) = (known, text) else {
        name.others.push(pair.to_string());
        return;
    };
    let subject = &mut name.subject;
    let place = match attribute {
        Attribute::CommonName => &mut subject.common_name,
        Attribute::Organization => &mut subject.organization,
        Attribute::OrganizationalUnit => &mut subject.organizational_unit,
        Attribute::Country => &mut subject.country,
        Attribute::State => &mut subject.state,
        Attribute::Locality => &mut subject.locality,
        Attribute::DomainComponent => {
            subject.domain_components.push(text);
            return;
        }
    };
    if place.is_some() {
        name.others.push(pair.to_string());
    } else {
        *place = Some(text);
    }
}

/// The text of any of the kinds of text that names are written in.
fn text(value: AnyRef<'_>) -> Option<String> {
    let tag = value.tag();
    if tag == Tag::BmpString {
        let units: Vec<u16> = value
            .value()
            .chunks(2)
            .map(|pair| pair.iter().fold(0, |unit, byte| unit << 8 | u16::from(*byte)))
            .collect();
        return String::from_utf16(&units).ok();
    }
    let is_text = [Tag::Utf8String, Tag::PrintableString, Tag::Ia5String, Tag::TeletexString].contains(&tag);
    // Teletex strings in the wild are Latin or ASCII; those that are not UTF-8 are told as they are written.
    is_text.then(|| String::from_utf8(value.value().to_vec()).ok()).flatten()
}
