//! The worker of certificates: takes the steps of orders that are due, renews certificates in time, carries revocations
//! through that were interrupted, and tells whoever listens that a certificate ends.
//!
//! A tick sends the ids of what is due to the queue; a message makes this worker look at one order, or at one certificate.
//! An order is worked on under a lease, one step after the other, until there is more to wait for than a few seconds. Before
//! each paid call stands its intent in the table, after each call its outcome: a process that dies between any two calls
//! leaves a lease that ends, a record that says how far it got, and an index that names it.
//!
//! Depends on `job` (events), `authority` (AWS), `x509` (certificates as bytes), `seal`, `store`, `queue` and `bus`.
//!
//! **Not here**: what the next step is (`model::certificate`), what people ask for (`certificates`).

mod certificate;
mod fault;
mod finish;
mod hold;
mod order;
mod outcome;
mod step;
mod target;
mod told;
mod worker;

pub use fault::Fault;
pub use worker::{CertificateWorker, Settings};
