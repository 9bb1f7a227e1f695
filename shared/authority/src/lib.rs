//! Certificate authorities of AWS: Private CA, and ACM's public one with its proofs in Route 53.
//!
//! [`Authorities`] is made once for a process. It opens a connection for one deed, with a session that may do nothing else,
//! and gives [`PrivateCa`], [`Acm`] or [`Zones`], whose methods are one call to AWS each: typed, paced, tried again as long
//! as that is sensible, and wrong in AWS's own words ([`Error`]). What AWS answers with an error that is none ("still being
//! issued", "revoked already") is an answer here.
//!
//! Calls that are paid for carry a token by which AWS knows a repeat, where it has one; they are made again only when AWS
//! surely did nothing, and their errors say whether it may have done it all the same ([`Error::may_be_done`]).
//!
//! Depends on `call` for the way into the account, and on `model`. The only crate with the SDKs of ACM,
//! Private CA and Route 53.
//!
//! **Not here**: what is to be done next (`model::certificate`), what was done (`store`), certificates as bytes (`x509`).

pub mod acm;
mod api;
mod open;
mod policy;
pub mod private_ca;
mod zones;

pub use acm::Acm;
pub use api::Pace;
pub use call::{At, Class, Error, Quotas};
pub use open::{AcmDeed, Authorities, Deed, ZoneDeed};
pub use private_ca::PrivateCa;
pub use zones::{ValidationRecord, Zone, Zones};

/// What came of a revocation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Revoked {
    /// AWS has revoked it.
    Now,
    /// It had been revoked before.
    Already,
}
