//! Lanes on a clock that passes when somebody waits.

use std::sync::Arc;
use std::time::{Duration, Instant};

use futures::future::BoxFuture;
use testkit::clock::SimulatedClock;

use crate::{Clock, Pace};

#[derive(Debug)]
struct Ticking(SimulatedClock);

impl Clock for Ticking {
    fn now(&self) -> Instant {
        self.0.now()
    }

    fn sleep_until(&self, at: Instant) -> BoxFuture<'static, ()> {
        Box::pin(self.0.clone().sleep_until(at))
    }
}

/// Runs a test with a pace that recovers in ten seconds.
fn simulated(test: impl AsyncFnOnce(Pace<&'static str>)) {
    let clock = SimulatedClock::default();
    let pace = Pace::on(Arc::new(Ticking(clock.clone())), 0.1);
    clock.run(test(pace));
}

async fn time_of(pace: &Pace<&'static str>, calls: u32, lane: &'static str, per_second: f64) -> f64 {
    let start = pace.now();
    for _ in 0..calls {
        pace.leave(lane, per_second, None).await;
    }
    (pace.now() - start).as_secs_f64()
}

#[test]
fn calls_of_a_lane_leave_evenly_and_the_first_at_once() {
    simulated(async |pace| {
        assert!(time_of(&pace, 1, "a", 5.0).await < 0.01);
        let took = time_of(&pace, 50, "a", 5.0).await;
        assert!((9.9..10.1).contains(&took), "{took}");
        assert!(time_of(&pace, 1, "b", 5.0).await < 0.01, "another lane does not wait");
        assert!(time_of(&pace, 1_000, "c", f64::INFINITY).await < 0.01);
    });
}

#[test]
fn throttling_halves_the_rate_once_for_calls_in_the_air_together_and_it_grows_back() {
    simulated(async |pace| {
        let asked = pace.leave("a", 10.0, None).await.expect("its turn");
        for _ in 0..5 {
            pace.throttled("a", 10.0, asked);
        }
        let took = time_of(&pace, 10, "a", 10.0).await;
        assert!((1.2..2.0).contains(&took), "about half as fast, not a thirty-second: {took}");
        pace.sleep_until(pace.now() + Duration::from_secs(20)).await;
        let took = time_of(&pace, 11, "a", 10.0).await;
        assert!((0.9..1.1).contains(&took), "{took}");
    });
}

#[test]
fn a_lane_that_is_slowed_down_again_and_again_does_not_stand_still() {
    simulated(async |pace| {
        for _ in 0..100 {
            pace.slow_down("a", 32.0);
        }
        let took = time_of(&pace, 1, "a", 32.0).await;
        assert!((0.5..=1.1).contains(&took), "one a second at the slowest: {took}");
    });
}

#[test]
fn whoever_has_no_time_takes_nobodys_turn() {
    simulated(async |pace| {
        pace.leave("a", 1.0, None).await.expect("its turn");
        let soon = pace.now() + Duration::from_millis(500);
        for _ in 0..10 {
            assert_eq!(pace.leave("a", 1.0, Some(soon)).await, None);
        }
        let took = time_of(&pace, 1, "a", 1.0).await;
        assert!((0.9..1.1).contains(&took), "{took}");
    });
}
