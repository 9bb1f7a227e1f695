//! Pure rules of Drawbridge: identifiers, names, roles, and every noun's fields and state.
//!
//! Depends on nothing that does input or output: no AWS SDK, no clock, no async. The current time is an
//! argument wherever it matters.
//!
//! **Not here**: how a noun is stored (`store`), how it looks on the wire (each function), and how AWS is
//! called (`access` and the functions).

pub mod audit;
pub mod form;
pub mod id;
pub mod organization;
pub mod permission;
pub mod time;

pub use time::Timestamp;
