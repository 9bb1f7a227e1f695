//! Chance, so that those who failed together do not come back together.

use uuid::Uuid;

/// A random number in `0.0..1.0`: the part of a wait that is waited for
/// (<https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/>).
#[must_use]
pub fn jitter() -> f64 {
    // The last 32 bits of a version 4 UUID are all random.
    let [.., a, b, c, d] = Uuid::new_v4().into_bytes();
    let random = u32::from_le_bytes([a, b, c, d]);
    f64::from(random) / (f64::from(u32::MAX) + 1.0)
}

#[cfg(test)]
mod tests {
    use super::jitter;

    #[test]
    fn jitter_is_spread_over_its_range() {
        let drawn: Vec<f64> = (0..1_000).map(|_| jitter()).collect();
        assert!(drawn.iter().all(|one| (0.0..1.0).contains(one)));
        let below_half = drawn.iter().filter(|one| **one < 0.5).count();
        assert!((400..600).contains(&below_half), "{below_half}");
    }
}
