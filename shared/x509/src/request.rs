//! Certificate requests (PKCS#10): made for our keys, read from those who keep theirs.
//!
//! <https://www.rfc-editor.org/rfc/rfc2986>

pub(crate) mod make;
pub(crate) mod read;

const LABEL: &str = "CERTIFICATE REQUEST";
