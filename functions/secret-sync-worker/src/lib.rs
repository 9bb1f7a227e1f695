//! The worker of secret syncs: carries a folder's secrets to AWS Secrets Manager or Parameter Store, takes over what is
//! there, removes what it brought, and looks for drift.
//!
//! A tick sends the ids of what is due to the queue; a message makes this worker look at one sync. It claims what is
//! wanted under a lease, reads the source whole before anything is written, lets `model::secret_sync::plan` decide, and
//! carries the steps out one by one. The destination's own tags and the ledger are the checkpoint of each key: a process
//! that dies between any two calls leaves nothing that the next run does not put right, and work that outlives the
//! invocation goes on in the next message.
//!
//! Depends on `job` (events), `queue`, `store`, `seal` and `vault` (the source), `access` (the way into the account) and
//! `destination` (what is there); of AWS it calls DynamoDB, KMS, SQS and STS itself.
//!
//! **Not here**: what a run decides and how its state moves (`model::secret_sync`), how a step is made (`destination`),
//! what people ask for (`secret-syncs`), events to EventBridge.

mod apply;
mod drift;
mod fault;
mod import;
mod lease;
mod purge;
mod push;
mod remove;
mod run;
mod session;
mod source;
mod target;
mod tick;
mod worker;

#[cfg(test)]
mod tests;

pub use fault::{Fault, Stop};
pub use worker::{SecretSyncWorker, Settings};
