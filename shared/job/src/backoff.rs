//! How long to wait before another attempt.

use std::time::Duration;

use uuid::Uuid;

/// The wait after a first failure, and the least after any.
pub const SHORTEST_WAIT: Duration = Duration::from_secs(3);

/// No wait is longer.
pub const LONGEST_WAIT: Duration = Duration::from_secs(15 * 60);

/// How long to wait after the `failures`-th failure in a row (counted from 1): anything between [`SHORTEST_WAIT`] and
/// a bound that doubles with each failure up to [`LONGEST_WAIT`]. `jitter`, in `0.0..1.0`, chooses: those who failed
/// together do not come back together.
///
/// <https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/>
#[must_use]
pub fn backoff(failures: u32, jitter: f64) -> Duration {
    let bound = SHORTEST_WAIT.saturating_mul(2u32.saturating_pow(failures)).min(LONGEST_WAIT);
    let spread = bound.saturating_sub(SHORTEST_WAIT);
    SHORTEST_WAIT + spread.mul_f64(jitter.clamp(0.0, 1.0))
}

/// A random number in `0.0..1.0` for [`backoff`].
#[must_use]
pub fn jitter() -> f64 {
    // The last 32 bits of a version 4 UUID are all random.
    let [.., a, b, c, d] = Uuid::new_v4().into_bytes();
    let random = u32::from_le_bytes([a, b, c, d]);
    f64::from(random) / (f64::from(u32::MAX) + 1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bound_doubles_up_to_a_quarter_of_an_hour() {
        for (failures, bound) in [(0, 3), (1, 6), (2, 12), (3, 24), (7, 384), (8, 768), (9, 900), (40, 900)] {
            assert_eq!(backoff(failures, 1.0), Duration::from_secs(bound), "{failures}");
            assert_eq!(backoff(failures, 0.0), SHORTEST_WAIT, "{failures}");
        }
    }

    #[test]
    fn a_strange_jitter_does_no_harm() {
        for strange in [-1.0, 2.0, f64::INFINITY] {
            assert!((SHORTEST_WAIT..=LONGEST_WAIT).contains(&backoff(5, strange)), "{strange}");
        }
    }

    #[test]
    fn jitter_is_spread_over_its_range() {
        let drawn: Vec<f64> = (0..1_000).map(|_| jitter()).collect();
        assert!(drawn.iter().all(|one| (0.0..1.0).contains(one)));
        let below_half = drawn.iter().filter(|one| **one < 0.5).count();
        assert!((400..600).contains(&below_half), "{below_half}");
    }
}
