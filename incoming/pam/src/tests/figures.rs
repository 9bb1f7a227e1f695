//! How long an access takes when every call to AWS takes 20 ms, beside what the peer does: three calls, always.

use std::time::{Duration, Instant};

use super::sign_in::Mood;
use super::world::{ADA, World, access, path};

/// What each call to AWS takes.
const CALL: Duration = Duration::from_millis(20);

#[tokio::test]
async fn an_access_makes_three_calls_cold_and_two_warm_one_after_the_other() {
    let world = World::furnished().await;
    world.sign_in.be(Mood::Slow(CALL));
    let calls = |world: &World| world.cloud.calls("AssumeRole").len() + world.sign_in.requests().len();

    let (mut ours, mut peers) = (Vec::new(), Vec::new());
    for round in 0..5 {
        // The peer asks for the first hop every time.
        let cold = world.cold();
        let before = calls(&cold);
        let started = Instant::now();
        cold.ok(access(ADA, &path("production/readonly"))).await;
        peers.push(started.elapsed());
        assert_eq!(calls(&cold) - before, 3, "round {round}");

        let before = calls(&cold);
        let started = Instant::now();
        cold.ok(access(ADA, &path("production/readonly"))).await;
        ours.push(started.elapsed());
        assert_eq!(calls(&cold) - before, 2, "round {round}");
    }
    let median = |times: &mut Vec<Duration>| {
        times.sort();
        times[times.len() / 2]
    };
    println!("access cold (3 calls): {:?}; warm (2 calls): {:?}", median(&mut peers), median(&mut ours));
}
