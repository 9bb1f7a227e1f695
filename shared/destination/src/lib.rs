//! Where secrets are kept in step: AWS Secrets Manager and SSM Parameter Store, behind one interface.
//!
//! * [`Destinations`] is made once for a process; [`Destinations::open`] gives the [`Remote`] of one run;
//! * [`Remote::read`] answers what is there, in as few calls as AWS allows;
//! * [`Remote::publish`] does the steps of a plan (`model::secret_sync::plan`), ten at a time, and decides nothing;
//! * [`Pace`] keeps every call within the quota of its account, region and API, whatever else runs there.
//!
//! What the steps may touch was decided by tags that were read; what is deleted is asked for its tags once more.
//!
//! Depends on `model` alone and takes credentials as an SDK's provider. The only crate with the SDKs of Secrets Manager and SSM.
//!
//! **Not here**: what a run should do (`model`), the ledger (`store`), sessions (`access`).

mod api;
mod call;
mod error;
mod kms;
mod pace;
mod parameter_store;
mod publish;
mod remote;
mod secrets_manager;

pub use self::pace::{Clock, Pace};
pub use api::Quotas;
pub use error::{Disposition, Error};
pub use publish::{AT_ONCE, Done, Outcome};
pub use remote::{Destinations, Question, Remote};
