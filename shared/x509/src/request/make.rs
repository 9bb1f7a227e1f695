//! A request made for a key of ours.

use der::asn1::ObjectIdentifier;
use model::certificate::{Attribute, Spec};

use super::LABEL;
use crate::asn1::{self, Der};
use crate::private_key::{NotAPrivateKey, PrivateKey};
use crate::{extension, name, pem};

/// `extensionRequest`: <https://www.rfc-editor.org/rfc/rfc2985#section-5.4.2>
pub(super) const EXTENSION_REQUEST: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.14");

/// Why no request was made.
#[derive(Debug, thiserror::Error)]
pub enum NotMade {
    /// The subject has a text that its kind of text does not allow.
    #[error("the subject's {} cannot be written in a certificate request", .0.camel_name())]
    Subject(Attribute),
    /// The request would be too large.
    #[error("the certificate request cannot be written")]
    Write,
    /// The key does not sign.
    #[error("sign the certificate request")]
    Sign(#[source] NotAPrivateKey),
}

impl From<der::Error> for NotMade {
    fn from(_: der::Error) -> Self {
        Self::Write
    }
}

/// A request for what a spec says, in PEM, with the signature that goes with the key.
///
/// It asks for names, usages and basic constraints by extensions; how long the certificate is to hold is no part of a request.
///
/// # Errors
/// [`NotMade`] when the subject cannot be written, or the key does not sign.
pub fn certificate_request(spec: &Spec, key: &PrivateKey) -> Result<String, NotMade> {
    let info = asn1::sequence(&[
        &asn1::integer(0)?,
        &name::write(&spec.subject).map_err(NotMade::Subject)?,
        &key.spki().map_err(NotMade::Sign)?,
        &attributes(spec)?,
    ])?;
    let signature = key.sign(&info).map_err(NotMade::Sign)?;
    let request = asn1::sequence(&[&info, &key.signature_algorithm()?, &asn1::bits(&signature)?])?;
    Ok(pem::write(LABEL, &request).as_str().to_owned())
}

/// The attributes: there even when there is nothing to say.
fn attributes(spec: &Spec) -> der::Result<Der> {
    let extensions = extension::write(spec)?;
    if extensions.is_empty() {
        return asn1::context(0, &[]);
    }
    let extensions: Vec<&[u8]> = extensions.iter().map(|extension| extension.as_slice()).collect();
    let values = asn1::set_of(vec![asn1::sequence(&extensions)?])?;
    asn1::context(0, &asn1::sequence(&[&asn1::oid(EXTENSION_REQUEST)?, &values])?)
}
