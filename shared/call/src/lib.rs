//! One call to a customer's AWS: through a connection, paced, tried again as long as that is sensible, and wrong in AWS's
//! own words.
//!
//! [`Door`] opens a connection for one deed, with a session that may do nothing else. [`Caller`] makes calls of an [`Api`],
//! whose quotas a [`Pace`] keeps; [`Error`] says what AWS answered, and [`Class`] what that means.
//!
//! Depends on `access` and `seal` for the way into the account, `pace`, and `model`. Knows no service: whoever calls brings
//! its SDK.
//!
//! **Not here**: which calls there are, and what they are for.

mod api;
mod caller;
mod door;
mod error;

pub use api::{Api, Pace, Quotas};
pub use caller::Caller;
pub use door::{At, Door};
pub use error::{Class, Error};
