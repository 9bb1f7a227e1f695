//! The worker of certificate syncs: imports certificates into ACM, puts them onto listeners of load balancers, and takes
//! away what it brought.
//!
//! A tick sends the ids of what is due to the queue; a message makes this worker look at one sync. It claims what is wanted
//! under a lease, looks at what AWS has, lets `model::certificate_sync::plan` decide, and takes the steps one by one: before
//! each effect its intent is stored, after it what came of it. A process that dies between any two calls leaves a lease that
//! ends, slots that say how far it got, and a next run that plans anew. After a deploy it looks at what is served.
//!
//! Depends on `job` (events), `queue`, `store`, `seal` and `x509` (keys and chains), `placement` (AWS); of AWS it calls
//! DynamoDB, KMS, SQS and STS itself.
//!
//! **Not here**: what a run decides and how its state moves (`model::certificate_sync`), how a call is made (`placement`),
//! what people ask for (`certificate-syncs`).

mod carry;
mod effect;
mod fault;
mod hands;
mod lease;
mod material;
mod run;
mod serving;
mod slots;
mod target;
mod tell;
mod worker;

pub use fault::{Fault, Stop};
pub use worker::{CertificateSyncWorker, Settings};
