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
use testkit::matrix;

use crate::world::{HOUR, World};

/// In which ways something breaks that makes so many calls.
type Faults = fn(u32) -> Vec<Fault>;

/// Before each call, and after the last: dying after a call is dying before the next one, since nothing but reads goes side by
/// side.
fn deaths(calls: u32) -> Vec<Fault> {
    matrix::moments(calls).collect()
}

fn hiccups(calls: u32) -> Vec<Fault> {
    (1..=calls).flat_map(|call| [Fault::Fail(call), Fault::LoseAnswer(call)]).collect()
}

/// An attempt without a fault, and one for each way in which its calls break.
async fn everywhere(operation: &str, least: u32, faults: Faults, attempt: impl AsyncFn(Fault) -> u32) {
    let calls = attempt(Fault::None).await;
    assert!(calls > least, "{operation}: {calls} calls are too few to be true");
    let faults = faults(calls);
    for fault in &faults {
        attempt(*fault).await;
    }
    matrix::tell(operation, calls, faults.len(), "converges, paid once");
}

async fn recover(world: &mut World, id: model::id::CertificateRequestId) {
    let order = world.recover(id, 5 * HOUR).await;
    assert!(order.progress.has_ended() && order.lease.is_none() && order.due_at.is_none(), "{order:?}");
}
