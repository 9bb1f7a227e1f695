//! `x509` against what others make and read: `rcgen`, OpenSSL, `p12-keystore`.
//!
//! `fixtures` were made once with OpenSSL 3.0, by name: keys of every form (`rsa-acm.pem` has the very parameters of ACM's
//! export), and requests for keys that must be refused. Their passphrase is [`PASSPHRASE`].

#![expect(clippy::unwrap_used, reason = "what a test stands on must be there")]

mod certificates;
mod chains;
mod deployables;
mod imports;
mod keys;
mod malformed;
mod openssl;
mod pkcs12;
mod requests;
mod verifying;
mod world;

/// Opens the encrypted fixtures.
const PASSPHRASE: &str = "correct horse";
