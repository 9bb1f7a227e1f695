//! Presigned URLs of S3 in bulk: thousands of objects of one bucket, signed with one session for one moment.
//!
//! A URL of `aws-sdk-s3`'s `.presigned()` costs some 30 µs, most of it the SDK's own machinery around the signature. All that
//! the URLs of one batch share (the host, the credential's scope, the signing key, the query, the session token in its
//! encoded form) is computed once here; what remains for each is the object's key, two SHA-256 and one HMAC. The URLs
//! are the SDK's own, byte for byte: `tests/equal.rs` compares them, `benches/presign.rs` measures both.
//!
//! * [`Bucket`]: where the bucket answers, virtual-hosted or path-style.
//! * [`Window`]: from when, and for how long.
//! * [`Get`] and [`Put`]: the URLs of objects to read and to write, with the headers that a client must send exactly.
//!
//! Depends on `model` for Regions and time. **Not here**: calls to AWS, the choice of credentials, object keys, the
//! expiry that a URL really has: it dies with its signer's session, whatever [`Window`] says.

mod bucket;
mod encode;
mod object;
mod signing;
mod template;

pub use bucket::{Bucket, InvalidEndpoint, Style};
pub use object::{Get, Put};
pub use template::{InvalidHeader, Window};

#[cfg(test)]
mod vectors;
