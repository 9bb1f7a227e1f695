//! The few pieces that everything written here is made of.

use der::asn1::{AnyRef, ObjectIdentifier};
use der::{Encode as _, Tag, TagNumber};
use zeroize::Zeroizing;

/// What is written. It may hold a key, so it is overwritten when it is let go.
pub(crate) type Der = Zeroizing<Vec<u8>>;

/// `1.2.840.113549.1.1.1`, RSA.
pub(crate) const RSA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.1");
/// `1.2.840.10045.2.1`, a key on an elliptic curve.
pub(crate) const EC: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.2.1");
/// `NULL`.
pub(crate) const NULL: &[u8] = &[0x05, 0x00];

/// Content under a tag.
pub(crate) fn tagged(tag: Tag, content: &[u8]) -> der::Result<Der> {
    AnyRef::new(tag, content)?.to_der().map(Zeroizing::new)
}

/// `SEQUENCE` of what is given.
pub(crate) fn sequence(parts: &[&[u8]]) -> der::Result<Der> {
    tagged(Tag::Sequence, &Zeroizing::new(parts.concat()))
}

/// `SET OF` what is given, in DER's order.
pub(crate) fn set_of(mut parts: Vec<Der>) -> der::Result<Der> {
    parts.sort_by(|one, other| one.as_slice().cmp(other.as_slice()));
    let parts: Vec<&[u8]> = parts.iter().map(|part| part.as_slice()).collect();
    tagged(Tag::Set, &Zeroizing::new(parts.concat()))
}

/// `[number]` around what is given.
pub(crate) fn context(number: u32, content: &[u8]) -> der::Result<Der> {
    tagged(Tag::ContextSpecific { constructed: true, number: TagNumber(number) }, content)
}

/// `[number]` in place of the tag of something that has no parts.
pub(crate) fn context_primitive(number: u32, content: &[u8]) -> der::Result<Der> {
    tagged(Tag::ContextSpecific { constructed: false, number: TagNumber(number) }, content)
}

/// `OCTET STRING`.
pub(crate) fn octets(content: &[u8]) -> der::Result<Der> {
    tagged(Tag::OctetString, content)
}

/// `BIT STRING` of whole bytes.
pub(crate) fn bits(content: &[u8]) -> der::Result<Der> {
    tagged(Tag::BitString, &[&[0], content].concat())
}

/// `INTEGER`.
pub(crate) fn integer(value: u32) -> der::Result<Der> {
    value.to_der().map(Zeroizing::new)
}

/// `OBJECT IDENTIFIER`.
pub(crate) fn oid(value: ObjectIdentifier) -> der::Result<Der> {
    value.to_der().map(Zeroizing::new)
}
