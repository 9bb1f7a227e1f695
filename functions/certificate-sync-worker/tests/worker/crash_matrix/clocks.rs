//! The clock of a worker that jumps, in the middle of a run.

use std::time::Duration;

use job::{Deadline, Worker as _};
use model::message::Noun;
use testkit::gate::Gate;
use testkit::matrix;

use crate::clock;
use crate::world::World;

/// In seconds: an hour and a day, forward and backward, each at another call; until the run is over.
const JUMPS: [i64; 4] = [3_600, -86_400, 86_400, -3_600];

/// A run at whose call to AWS `number` the clock jumps. Whether there was such a call.
async fn jumps(number: u32, seconds: i64, on_listeners: bool) -> bool {
    let gate = Gate::default();
    let mut world = World::new().await;
    let (balancer, listeners) = world.listeners(1);
    let foreign = world.fleet.certificates().len();
    let sync = if on_listeners { world.elb(&balancer, &listeners).await } else { world.acm().await };
    let slot = world.attach(sync, world.issue("www.example.com").await).await;
    let worker = world.through(|config| gate.through(config));
    let (id, what) = (sync.to_string(), format!("{seconds} s at {number}"));
    let deadline = Deadline::new(clock::now, clock::now().plus(Duration::from_secs(300)));
    let deed = worker.work(Noun::CertificateSync, &id, deadline);
    let (_, was_reached) = gate.at(number, deed, async { clock::set_skew(seconds) }).await;
    // Somebody sets it right, and whatever was put off until a wrong time comes.
    clock::set_skew(0);
    clock::advance(Duration::from_secs(seconds.unsigned_abs()));
    world.recover(sync).await;
    world.want(sync).await;
    world.succeed(sync).await;
    let arn = world.placed(sync, slot).await;
    assert_eq!(world.fleet.certificates().len(), foreign + 1, "{what}: something stays that nobody knows");
    if on_listeners {
        let there = world.fleet.listener(&listeners[0]).unwrap();
        assert_eq!(there.sni, [arn], "{what}");
    }
    was_reached
}

#[tokio::test]
async fn a_clock_that_jumps_at_any_call_costs_time_and_nothing_else() {
    for (shift, on_listeners) in [false, true].into_iter().enumerate() {
        let mut number = 0;
        for jump in JUMPS.into_iter().cycle().skip(shift) {
            number += 1;
            if !jumps(number, jump, on_listeners).await {
                break;
            }
        }
        let calls = number - 1;
        assert!(calls > 3, "{calls}");
        let at = if on_listeners { "a listener" } else { "ACM" };
        let operation = format!("clock jumps an hour or a day, {at}");
        matrix::tell(&operation, calls, calls as usize, "converges");
    }
}
