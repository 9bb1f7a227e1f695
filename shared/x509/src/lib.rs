//! Keys, certificate requests and certificates as bytes: made, read, and checked against what was asked for.
//!
//! * [`PrivateKey`]: made here, read from a customer's PEM, opened from ACM's encrypted export; [`PublicKey`] what of it
//!   stands in a certificate.
//! * [`certificate_request`] makes a CSR, [`CertificateRequest`] reads a caller's.
//! * [`Certificate`] reads one, [`Chain`] puts its authorities in order, [`verify`] names every difference to a
//!   [`Spec`](model::certificate::Spec).
//! * [`Pkcs12`] packs certificate, chain and key for whoever wants one file; [`Import`] takes in what others made,
//!   and [`Deployable`] is a certificate as ACM imports it.
//!
//! What it is built of: structures are read with `x509-cert` and `der`, written with `der`; all cryptography is AWS-LC's; the
//! way from a certificate to its authority is checked link by link here and, independently of that, by `rustls-webpki`, which
//! reads the bytes with its own parser.
//!
//! Depends on `model` alone. No clock and no network: `now` is an argument. Nothing here logs, and no error holds what it
//! read: a text is named by what is wrong with it.
//!
//! **Not here**: what may be asked for (`model::certificate_policy`), AWS's APIs (`authority`), sealing (`seal`).

mod asn1;
mod certificate;
mod chain;
mod deployable;
mod extension;
mod facts;
mod import;
mod name;
mod pbes2;
mod pem;
mod pkcs12;
mod private_key;
mod public_key;
mod request;
mod signature;
mod verify;

pub use certificate::{Certificate, NotACertificate};
pub use chain::{BrokenChain, Chain};
pub use deployable::{Deployable, NotDeployable, Root};
pub use facts::{Facts, Serial};
pub use import::{Import, NotImportable};
pub use pem::NotPem;
pub use pkcs12::{NotPacked, Pkcs12};
pub use private_key::{NotAPrivateKey, PrivateKey};
pub use public_key::{PublicKey, UnusableKey};
pub use request::make::{NotMade, certificate_request};
pub use request::read::{CertificateRequest, NotARequest};
pub use verify::{Difference, Issued, verify};
