//! The end of a termination: the Deny that `pam` put on a role goes when whatever it ended would have ended by itself.
//!
//! Nobody asks for it; the schedule ticks every minute. A tick goes through the index of due Denies, role by role. Of
//! each it reads the record again, deletes the one inline policy that the record names, and writes down that it is gone.
//! A process that dies in between leaves a record that is still due; the next tick finds the policy gone, and says so. A
//! role that does not let us is asked again later, and the record tells why.
//!
//! Depends on `job` (ticks), `store`, `access` (the way into the role) and the SDK of IAM, which it uses with the role's
//! credentials and never with its own.
//!
//! **Not here**: putting a Deny (`pam`), when one is due and when to try again (`model::pam`).

mod role;
mod tick;

use ::access::Access;
use aws_config::SdkConfig;
use futures::FutureExt as _;
use job::{Deadline, Report, Worker};
use model::message::Noun;
use model::region::Region;
use store::{ReadError, Store};

/// What removes Denies. Cheap to clone.
#[derive(Debug, Clone)]
pub struct PamWorker {
    store: Store,
    access: Access,
    iam: aws_sdk_iam::Client,
}

impl PamWorker {
    /// Clients of this deployment's AWS, over `store`, from `region`.
    #[must_use]
    pub fn new(config: &SdkConfig, store: Store, region: Region) -> Self {
        Self { store, access: Access::new(config, region), iam: aws_sdk_iam::Client::new(config) }
    }
}

impl Worker for PamWorker {
    type Error = ReadError;

    /// It has only a schedule.
    const NOUNS: &'static [Noun] = &[];

    async fn tick(&self, deadline: Deadline) -> Result<Report, ReadError> {
        // The futures of the SDKs are deep; on the heap the compiler has an end to them.
        tick::tick(self, deadline).boxed().await
    }
}

#[cfg(test)]
mod tests;
