//! A process that dies, at every call, and whatever else befalls a worker that is not alone: nothing is paid for twice, and
//! whatever was begun is brought to its end.

mod clocks;
mod crowd;
mod messages;
mod orders;
mod renewals;
mod revocations;
mod tick;

use testkit::fuse::Fault;
use testkit::matrix::{self, Faults};

use crate::world::{HOUR, World};

/// An attempt without a fault, and one for each way in which its calls break.
async fn everywhere(operation: &str, least: u32, faults: Faults, attempt: impl AsyncFn(Fault) -> u32) {
    matrix::everywhere(operation, least, faults, "converges, paid once", attempt).await;
}

async fn recover(world: &mut World, id: model::id::CertificateRequestId) {
    let order = world.recover(id, 5 * HOUR).await;
    assert!(order.progress.has_ended() && order.lease.is_none() && order.due_at.is_none(), "{order:?}");
}
