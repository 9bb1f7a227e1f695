//! The extensions that say what a certificate is for: the same in requests and in certificates.
//!
//! <https://www.rfc-editor.org/rfc/rfc5280#section-4.2.1>

use std::collections::BTreeSet;
use std::net::IpAddr;

use der::asn1::{AnyRef, BitStringRef, ObjectIdentifier};
use der::{Class, Decode as _, Reader as _, Tag, Tagged as _};
use model::certificate::{AltName, AltNameKind, BasicConstraints, ExtendedKeyUsage, KeyUsage, Spec};
use x509_cert::ext::Extension;

use crate::asn1::{self, Der};

const ALT_NAMES: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.17");
const KEY_USAGE: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.15");
const EXTENDED_KEY_USAGE: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.37");
const BASIC_CONSTRAINTS: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.19");
const SUBJECT_KEY_IDENTIFIER: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.14");

/// What the extensions say.
#[derive(Debug, Clone, Default)]
pub(crate) struct Extensions {
    pub(crate) alt_names: Vec<AltName>,
    /// Names of kinds, or in spellings, that certificates here do not have.
    pub(crate) other_alt_names: Vec<String>,
    pub(crate) key_usages: BTreeSet<KeyUsage>,
    pub(crate) extended_key_usages: BTreeSet<ExtendedKeyUsage>,
    /// Object identifiers of uses that have no name here.
    pub(crate) other_extended_key_usages: Vec<String>,
    pub(crate) basic_constraints: BasicConstraints,
    /// Object identifiers of extensions of other kinds, but for the key's own identifier.
    pub(crate) others: Vec<String>,
}

/// Reads them. One that is there twice is malformed.
pub(crate) fn read<'a>(extensions: impl IntoIterator<Item = &'a Extension>) -> der::Result<Extensions> {
    let mut read = Extensions::default();
    let mut seen = Vec::new();
    for extension in extensions {
        if seen.contains(&extension.extn_id) {
            return Err(Tag::Sequence.value_error().into());
        }
        seen.push(extension.extn_id);
        let value = AnyRef::from_der(extension.extn_value.as_bytes());
        match extension.extn_id {
            ALT_NAMES => alt_names(value?, &mut read)?,
            KEY_USAGE => read.key_usages = key_usages(value?)?,
            EXTENDED_KEY_USAGE => extended_key_usages(value?, &mut read)?,
            BASIC_CONSTRAINTS => read.basic_constraints = basic_constraints(value?)?,
            SUBJECT_KEY_IDENTIFIER => {}
            other => read.others.push(other.to_string()),
        }
    }
    Ok(read)
}

fn alt_names(value: AnyRef<'_>, read: &mut Extensions) -> der::Result<()> {
    for name in list(value)? {
        match alt_name(name) {
            Some(name) => read.alt_names.push(name),
            None => read.other_alt_names.push(described(name)),
        }
    }
    Ok(())
}

fn alt_name(name: AnyRef<'_>) -> Option<AltName> {
    if name.tag().class() != Class::ContextSpecific {
        return None;
    }
    let text = || std::str::from_utf8(name.value()).ok();
    match name.tag().number().value() {
        1 => AltName::read(AltNameKind::Email, text()?).ok(),
        2 => AltName::read(AltNameKind::DnsName, text()?).ok(),
        6 => AltName::read(AltNameKind::Uri, text()?).ok(),
        7 => {
            let octets = name.value();
            let v4 = <[u8; 4]>::try_from(octets).map(IpAddr::from);
            let v6 = <[u8; 16]>::try_from(octets).map(IpAddr::from);
            v4.or(v6).map(AltName::Ip).ok()
        }
        _ => None,
    }
}

/// A name that cannot be given as one of ours: its text when it is one, else its kind.
fn described(name: AnyRef<'_>) -> String {
    let kind = match name.tag().number().value() {
        0 => "otherName",
        1 => "rfc822Name",
        2 => "dNSName",
        3 => "x400Address",
        4 => "directoryName",
        5 => "ediPartyName",
        6 => "uniformResourceIdentifier",
        7 => "iPAddress",
        8 => "registeredID",
        _ => "unknown",
    };
    let is_printable = |text: &&str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic());
    match std::str::from_utf8(name.value()).ok().filter(is_printable) {
        Some(text) => format!("{kind}:{text}"),
        None => kind.to_owned(),
    }
}

fn key_usages(value: AnyRef<'_>) -> der::Result<BTreeSet<KeyUsage>> {
    let bits: BitStringRef<'_> = value.decode_as()?;
    Ok(bits.bits().zip(KeyUsage::ALL).filter(|(is_set, _)| *is_set).map(|(_, usage)| usage).collect())
}

fn extended_key_usages(value: AnyRef<'_>, read: &mut Extensions) -> der::Result<()> {
    for usage in list(value)? {
        let oid = usage.decode_as::<ObjectIdentifier>()?.to_string();
        match ExtendedKeyUsage::with_oid(&oid) {
            Some(usage) => {
                read.extended_key_usages.insert(usage);
            }
            None => read.other_extended_key_usages.push(oid),
        }
    }
    Ok(())
}

fn basic_constraints(value: AnyRef<'_>) -> der::Result<BasicConstraints> {
    value.sequence(|reader| {
        let is_ca = Option::<bool>::decode(reader)?.unwrap_or(false);
        let path_length = Option::<u8>::decode(reader)?;
        Ok(BasicConstraints { is_ca, path_length })
    })
}

fn list(value: AnyRef<'_>) -> der::Result<Vec<AnyRef<'_>>> {
    value.sequence(|reader| {
        let mut list = Vec::new();
        while !reader.is_finished() {
            list.push(AnyRef::decode(reader)?);
        }
        Ok(list)
    })
}

/// The extensions that ask for what a spec says; none when it says nothing.
pub(crate) fn write(spec: &Spec) -> der::Result<Vec<Der>> {
    let mut written = Vec::new();
    if !spec.alt_names.is_empty() {
        // A certificate whose subject says nothing is known by its names alone: RFC 5280 4.2.1.6.
        written.push(extension(ALT_NAMES, spec.subject.is_empty(), &write_alt_names(&spec.alt_names)?)?);
    }
    if !spec.key_usages.is_empty() {
        written.push(extension(KEY_USAGE, true, &write_key_usages(&spec.key_usages)?)?);
    }
    if !spec.extended_key_usages.is_empty() {
        written.push(extension(EXTENDED_KEY_USAGE, false, &write_purposes(&spec.extended_key_usages)?)?);
    }
    if spec.basic_constraints.is_ca {
        written.push(extension(BASIC_CONSTRAINTS, true, &write_constraints(spec.basic_constraints)?)?);
    }
    Ok(written)
}

fn extension(id: ObjectIdentifier, critical: bool, value: &[u8]) -> der::Result<Der> {
    let id = asn1::oid(id)?;
    let value = asn1::octets(value)?;
    if critical {
        asn1::sequence(&[&id, &[0x01, 0x01, 0xFF], &value])
    } else {
        asn1::sequence(&[&id, &value])
    }
}

fn write_alt_names(names: &[AltName]) -> der::Result<Der> {
    let names: Vec<Der> = names
        .iter()
        .map(|name| match name {
            AltName::Email(text) => asn1::context_primitive(1, text.as_bytes()),
            AltName::Dns(text) => asn1::context_primitive(2, text.as_bytes()),
            AltName::Uri(text) => asn1::context_primitive(6, text.as_bytes()),
            AltName::Ip(IpAddr::V4(address)) => asn1::context_primitive(7, &address.octets()),
            AltName::Ip(IpAddr::V6(address)) => asn1::context_primitive(7, &address.octets()),
        })
        .collect::<Result<_, _>>()?;
    asn1::sequence(&names.iter().map(|name| name.as_slice()).collect::<Vec<_>>())
}

fn write_key_usages(usages: &BTreeSet<KeyUsage>) -> der::Result<Der> {
    let mut bits = 0_u16;
    for (place, usage) in KeyUsage::ALL.into_iter().enumerate() {
        if usages.contains(&usage) {
            bits |= 0x8000 >> place;
        }
    }
    // A bit string of named bits ends with its last bit that is set: X.690 11.2.2.
    let unused = bits.trailing_zeros() % 8;
    let bytes = bits.to_be_bytes();
    let length = if bytes[1] == 0 { 1 } else { 2 };
    let unused = u8::try_from(unused).unwrap_or(0);
    asn1::tagged(Tag::BitString, &[&[unused], &bytes[..length]].concat())
}

fn write_purposes(usages: &BTreeSet<ExtendedKeyUsage>) -> der::Result<Der> {
    let usages: Vec<Der> = usages
        .iter()
        .map(|usage| asn1::oid(ObjectIdentifier::new(usage.oid())?))
        .collect::<Result<_, der::Error>>()?;
    asn1::sequence(&usages.iter().map(|usage| usage.as_slice()).collect::<Vec<_>>())
}

fn write_constraints(constraints: BasicConstraints) -> der::Result<Der> {
    let is_ca: &[u8] = &[0x01, 0x01, 0xFF];
    match constraints.path_length {
        Some(length) => asn1::sequence(&[is_ca, &asn1::integer(u32::from(length))?]),
        None => asn1::sequence(&[is_ca]),
    }
}
