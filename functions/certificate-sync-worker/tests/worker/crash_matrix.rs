//! A process that dies, at every call, and whatever else befalls a worker that is not alone: what is served stays served, and
//! nothing is left that nobody knows.

mod clocks;
mod crowd;
mod deeds;
mod messages;
mod removals;
mod tick;

use testkit::fuse::Fault;
use testkit::matrix::{self, Faults, moments};

/// Every moment of a death, and each call is made whose answer never comes, after which the process goes on.
fn deaths_and_lost_answers(calls: u32) -> Vec<Fault> {
    let lost = (1..=calls).map(Fault::LoseAnswer);
    moments(calls).into_iter().chain(lost).collect()
}

/// An attempt without a fault, and one for each way in which its calls break.
async fn everywhere(operation: &str, least: u32, faults: Faults, attempt: impl AsyncFn(Fault) -> u32) {
    matrix::everywhere(operation, least, faults, "converges", attempt).await;
}
