//! How long to wait before another attempt.

use std::time::Duration;

pub use pace::jitter;

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
}
