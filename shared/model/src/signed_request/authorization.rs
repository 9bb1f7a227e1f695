//! The `Authorization` header of Signature Version 4, for STS alone.

use std::collections::BTreeMap;

use super::{SignedRequestFault, printable};
use crate::region::Region;

/// `AWS4-HMAC-SHA256 Credential=AKID/20260102/us-east-1/sts/aws4_request, SignedHeaders=a;b, Signature=hex`.
pub(super) struct Authorization {
    pub(super) date: String,
    pub(super) region: Region,
    signed_headers: Vec<String>,
    pub(super) signature: String,
}

impl Authorization {
    pub(super) fn read(text: &str) -> Result<Self, SignedRequestFault> {
        let malformed = || SignedRequestFault::Authorization;
        let parts = text.strip_prefix("AWS4-HMAC-SHA256 ").ok_or_else(malformed)?;
        let (mut credential, mut signed_headers, mut signature) = (None, None, None);
        for part in parts.split(',') {
            let (key, value) = part.trim().split_once('=').ok_or_else(malformed)?;
            let field = match key {
                "Credential" => &mut credential,
                "SignedHeaders" => &mut signed_headers,
                "Signature" => &mut signature,
                _ => return Err(malformed()),
            };
            if field.replace(value).is_some() {
                return Err(malformed());
            }
        }
        let scope: Vec<&str> = credential.ok_or_else(malformed)?.split('/').collect();
        let &[key_id, date, region, "sts", "aws4_request"] = scope.as_slice() else {
            return Err(malformed());
        };
        let word = |text: &str| text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
        if key_id.is_empty() || key_id.len() > 128 || !word(key_id) || date.len() != 8 {
            return Err(malformed());
        }
        let region = region.parse().map_err(|_| SignedRequestFault::Region)?;
        let signature = signature.ok_or_else(malformed)?;
        // One spelling for each signature: otherwise a copy in upper case would count as another.
        let hexadecimal = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
        if signature.len() != 64 || !signature.bytes().all(hexadecimal) {
            return Err(malformed());
        }
        let signed_headers: Vec<String> =
            signed_headers.ok_or_else(malformed)?.split(';').map(str::to_owned).collect();
        if !signed_headers.is_sorted_by(|a, b| a < b) {
            return Err(malformed());
        }
        Ok(Self { date: date.to_owned(), region, signed_headers, signature: signature.to_owned() })
    }

    /// The host, the date and every `x-amz-…` header must be signed; what is signed must be there or be the
    /// content length, which is fixed.
    pub(super) fn covers(&self, headers: &BTreeMap<&'static str, String>) -> Result<(), SignedRequestFault> {
        let signs = |name: &str| self.signed_headers.iter().any(|signed| signed == name);
        for name in ["host", "x-amz-date"] {
            if !signs(name) {
                return Err(SignedRequestFault::Unsigned(name));
            }
        }
        for name in headers.keys() {
            if name.starts_with("x-amz-") && !signs(name) {
                return Err(SignedRequestFault::Unsigned(name));
            }
        }
        for signed in &self.signed_headers {
            if signed != "content-length"
                && (signed == "authorization" || !headers.contains_key(signed.as_str()))
            {
                return Err(SignedRequestFault::SignedButAbsent(printable(signed)));
            }
        }
        Ok(())
    }
}
