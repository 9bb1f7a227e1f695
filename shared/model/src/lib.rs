//! Pure rules of Drawbridge: identifiers, names, roles, and every noun's fields and state.
//!
//! Depends on nothing that does input or output: no AWS SDK, no clock, no async. The current time is an
//! argument wherever it matters.
//!
//! **Not here**: how a noun is stored (`store`), how it looks on the wire (each function), and how AWS is
//! called (`access` and the functions).

pub mod access_token;
pub mod application;
pub mod arn;
pub mod audit;
pub mod aws_auth;
pub mod aws_code;
pub mod bearer;
pub mod certificate;
pub mod certificate_authority;
pub mod certificate_policy;
pub mod certificate_profile;
pub mod certificate_sync;
pub mod client_secret;
pub mod connection;
pub mod environment;
pub mod error;
pub mod folder;
pub mod form;
pub mod glob;
pub mod id;
pub mod identity;
pub mod key_rotation;
pub mod lease;
pub mod lockout;
pub mod membership;
pub mod message;
pub mod oidc_auth;
pub mod organization;
pub mod pam;
pub mod partition;
pub mod permission;
pub mod policy;
pub mod principal;
pub mod project;
pub mod recording;
pub mod region;
pub mod secret;
pub mod secret_sync;
pub mod signed_request;
pub mod standing;
pub mod sts_endpoint;
pub mod tag;
pub mod time;
pub mod trusted_ip;
pub mod universal_auth;

pub use time::Timestamp;
