//! Where certificates are put: into ACM, and onto the listeners of load balancers; and what is served there.
//!
//! [`Placements`] is made once for a process. It opens a connection for one deed, with a session that may do nothing else,
//! and gives [`Acm`] or [`LoadBalancers`], whose methods are one call to AWS each: typed, paced, tried again as long as that
//! is sensible, and wrong in AWS's own words ([`Error`]). What AWS answers with an error that is none ("still in use", "there
//! is none any more") is an answer here.
//!
//! [`Served`] looks at what a load balancer serves: a TLS handshake with its own name and nothing else.
//!
//! Depends on `call` for the way into the account, and on `model`. The only crate with the SDK of Elastic Load Balancing, and
//! with the side of ACM's that imports.
//!
//! **Not here**: what is to be done next (`model::certificate_sync`), what was done (`store`), certificates as bytes (`x509`).

pub mod acm;
mod api;
pub mod load_balancer;
mod open;
mod policy;
pub mod served;
mod survey;

pub use acm::Acm;
pub use api::Pace;
pub use call::{At, Class, Error, Quotas};
pub use load_balancer::LoadBalancers;
pub use open::{AcmDeed, BalancerDeed, Placements};
pub use served::Served;
pub use survey::{Survey, survey};
