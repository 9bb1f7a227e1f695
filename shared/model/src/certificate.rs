//! Certificates: what one must be, how it is ordered from an authority, and how it is kept alive.
//!
//! **Not here**: keys, CSRs and certificates as bytes (`x509`), AWS's APIs (`authority`), any HTTP.

mod accept;
mod algorithm;
mod alt_name;
pub mod body;
mod facts;
mod life;
mod lifetime;
mod noun;
pub mod order;
mod revocation;
pub mod spec;
mod spend;
mod subject;
#[cfg(test)]
mod tests;
mod usage;
mod validity;
pub mod view;

pub use accept::{ACM_DAYS, Asked, Refusals, Signed};
pub use algorithm::{KeyAlgorithm, SignatureAlgorithm};
pub use alt_name::{AltName, AltNameKind, NotAnAltName};
pub use facts::{Facts, serial_number};
pub use life::{Due, Life};
pub use lifetime::{Lifetime, NotALifetime};
pub use noun::{Bundle, Certificate, CertificateStatus};
pub use revocation::{Revocation, RevocationReason};
pub use spec::{BasicConstraints, Spec};
pub use spend::{Counted, Spend};
pub use subject::{Attribute, NotASubject, Subject};
pub use usage::{ExtendedKeyUsage, KeyUsage};
pub use validity::Validity;
