//! The clock of a worker that jumps, in the middle of a rotation.

use std::time::Duration;

use testkit::fuse::Fault;
use testkit::matrix;

use crate::clock;
use crate::world::{DAY, HOUR, USER, World, rotate};

/// In seconds: an hour and a day, forward and backward, each at another call; until the rotation is over.
const JUMPS: [i64; 4] = [3_600, -86_400, 86_400, -3_600];

/// A rotation at whose call `number` the clock jumps. Whether there was such a call.
async fn jumps(number: u32, seconds: i64) -> bool {
    let world = World::new().await;
    let rotation = world.made().await;
    clock::advance(Duration::from_secs(2 * DAY));
    let first = world.published().await.unwrap();
    let deed = async {
        let _ = world.want(rotation.id, rotate()).await;
        for _ in 0..4 {
            clock::advance(Duration::from_secs(12));
            let _ = world.advance(rotation.id).await;
        }
    };
    let ((), was_reached) = world.gate.at(number, deed, async { clock::set_skew(seconds) }).await;
    world.published().await.unwrap();
    // Somebody sets it right, and whatever was put off until a wrong time comes.
    clock::set_skew(0);
    clock::advance(Duration::from_secs(seconds.unsigned_abs()));
    world.settle(rotation.id, 3 * HOUR).await;
    if world.published().await.as_ref() == Some(&first) {
        world.want(rotation.id, rotate()).await.unwrap();
        world.settle(rotation.id, 3 * HOUR).await;
    }
    world.is_whole(rotation.id, Fault::None).await;
    assert_ne!(world.published().await, Some(first), "{seconds} s at {number}");
    assert!(world.iam.keys(USER).len() <= 2);
    was_reached
}

#[tokio::test]
async fn a_clock_that_jumps_at_any_call_leaves_a_key_that_works() {
    let mut number = 0;
    for jump in JUMPS.into_iter().cycle() {
        number += 1;
        if !Box::pin(jumps(number, jump)).await {
            break;
        }
    }
    let calls = number - 1;
    assert!(calls > 20, "{calls}");
    matrix::tell(
        "clock jumps an hour or a day, rotate",
        calls,
        calls as usize,
        "converges, no key is nobody's",
    );
}
