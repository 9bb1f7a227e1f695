//! A process that dies, at every call, and whatever else befalls a worker that is not alone: what is served stays served, and
//! nothing is left that nobody knows.

mod clocks;
mod crowd;
mod deeds;
mod messages;
mod removals;
mod tick;

use testkit::fuse::Fault;
use testkit::matrix;

/// In which ways something breaks that makes so many calls.
type Faults = fn(u32) -> Vec<Fault>;

/// Before each call, and after the last: dying after a call is dying before the next one, where calls follow one another.
fn deaths(calls: u32) -> Vec<Fault> {
    matrix::moments(calls).collect()
}

/// The same, and each call is made whose answer never comes, after which the process goes on.
fn deaths_and_lost_answers(calls: u32) -> Vec<Fault> {
    matrix::moments(calls).chain((1..=calls).map(Fault::LoseAnswer)).collect()
}

/// An attempt without a fault, and one for each way in which its calls break.
async fn everywhere(operation: &str, least: u32, faults: Faults, attempt: impl AsyncFn(Fault) -> u32) {
    let calls = attempt(Fault::None).await;
    assert!(calls > least, "{operation}: {calls} calls are too few to be true");
    let faults = faults(calls);
    for fault in &faults {
        attempt(*fault).await;
    }
    matrix::tell(operation, calls, faults.len(), "converges");
}
