//! Why a key is not taken: AWS-LC says no more than that it is not.

use der::asn1::{AnyRef, ObjectIdentifier, OctetStringRef, UintRef};
use der::{Decode as _, Reader as _};

use super::NotAPrivateKey;
use crate::asn1::{EC, RSA};
use crate::public_key::{self, UnusableKey, named_curve};

/// Why AWS-LC does not take a key in PKCS#8.
pub(super) fn foreign(der: &[u8]) -> NotAPrivateKey {
    let read = AnyRef::from_der(der).and_then(|any| {
        any.sequence(|reader| {
            u8::decode(reader)?;
            let algorithm = AnyRef::decode(reader)?;
            let key = <&OctetStringRef>::decode(reader)?;
            // PKCS#8 may have attributes after the key.
            reader.read_slice(reader.remaining_len())?;
            let kind = algorithm.sequence::<_, _, der::Error>(|reader| {
                let kind = ObjectIdentifier::decode(reader)?;
                let curve = reader.read_slice(reader.remaining_len())?;
                Ok((kind, ObjectIdentifier::from_der(curve).ok()))
            })?;
            Ok((kind, key.as_bytes()))
        })
    });
    match read {
        Ok(((RSA, _), key)) => weak_rsa(key),
        Ok(((EC, Some(curve)), _)) if named_curve(curve).is_none() => {
            NotAPrivateKey::Unusable(UnusableKey::Curve)
        }
        Ok(((EC, _), _)) | Err(_) => NotAPrivateKey::Malformed,
        Ok(((other, _), _)) => NotAPrivateKey::Unusable(UnusableKey::Algorithm(other.to_string())),
    }
}

/// Why AWS-LC does not take an RSA key (`RSAPrivateKey`): it is weak, or nothing fits.
pub(super) fn weak_rsa(der: &[u8]) -> NotAPrivateKey {
    let read = AnyRef::from_der(der).and_then(|any| {
        any.sequence(|reader| {
            u8::decode(reader)?;
            let public = (UintRef::decode(reader)?, UintRef::decode(reader)?);
            reader.read_slice(reader.remaining_len())?;
            Ok(public)
        })
    });
    match read.map(|(modulus, exponent)| public_key::strength(modulus, exponent)) {
        Ok(Err(weak)) => NotAPrivateKey::Unusable(weak),
        Ok(Ok(_)) | Err(_) => NotAPrivateKey::Malformed,
    }
}
