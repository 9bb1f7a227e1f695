//! The clock of a worker that jumps, in the middle of a run.

use testkit::fuse::Fault;
use testkit::matrix;

use super::super::clock;
use super::super::world::{PARAMETER_STORE, SECRETS_MANAGER, World};
use super::{Case, follows, named, update};

const HOUR: i64 = 3_600;
const DAY: i64 = 86_400;

/// An hour and a day, forward and backward, each at another call; until the run is over.
const JUMPS: [i64; 4] = [HOUR, -DAY, DAY, -HOUR];

/// A run at whose call `number` the clock jumps. Whether there was such a call.
async fn jumps(kind: &str, number: u32, seconds: i64) -> bool {
    let world = World::new().await;
    let case = Case::new(&world, 0).await;
    let sync = update(&world, &case, kind).await;
    let worker = world.another_worker();
    world.life.arm(Fault::None);
    let run = world.work_for(&worker, sync.id, 300);
    let (_, was_reached) = world.life.gate.at(number, run, async { clock::set_skew(seconds) }).await;
    // Somebody sets it right, and whatever was put off until a wrong time comes.
    clock::set_skew(0);
    clock::advance(seconds.unsigned_abs());
    world.recover(sync.id).await;
    follows(&world, &case, &sync, &format!("{kind} {seconds} s at {number}")).await;
    was_reached
}

#[tokio::test]
async fn a_clock_that_jumps_at_any_call_costs_time_and_nothing_else() {
    for (shift, kind) in [SECRETS_MANAGER, PARAMETER_STORE].into_iter().enumerate() {
        let mut number = 0;
        for jump in JUMPS.into_iter().cycle().skip(shift) {
            number += 1;
            if !jumps(kind, number, jump).await {
                break;
            }
        }
        let calls = number - 1;
        assert!(calls > 8, "{kind}: {calls}");
        matrix::tell(
            &format!("clock jumps an hour or a day, {}", named(kind)),
            calls,
            calls as usize,
            "converges",
        );
    }
}
