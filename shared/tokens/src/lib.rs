//! JSON web tokens: a deployment's own (ES256, by a KMS key), and those of OpenID Connect issuers.
//!
//! Verification only. Which algorithm a token may have is decided by whose token it is, never by the token: ours are
//! ES256, an issuer's are one of the public-key algorithms and of the family of the key that the issuer publishes.
//! `none` and the HMAC family are refused before anything else is looked at.
//!
//! Depends on `model`, on KMS for the deployment's public key, and on the issuers' own hosts for theirs.
//!
//! **Not here**: signing (only `identities` may), records and revocation (`store`), what a claim entitles to.

mod fetch;
mod issuer;
mod jwt;
mod own;

pub use fetch::FetchKeysError;
pub use issuer::{Issuer, IssuerError, Issuers};
pub use jwt::{Refused, unverified_issuer};
pub use own::{FetchPublicKeyError, TokenKey};
