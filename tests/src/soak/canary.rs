//! Values that are looked for where no secret belongs.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Makes values that all begin alike, so that one search finds any of them.
#[derive(Clone, Debug)]
pub(super) struct Canaries {
    stem: String,
    made: Arc<AtomicU64>,
}

impl Canaries {
    pub(super) fn new(seed: u64) -> Self {
        Self { stem: format!("soak-canary-{seed:08x}"), made: Arc::default() }
    }

    /// How every one of them begins.
    pub(super) fn stem(&self) -> &str {
        &self.stem
    }

    /// One that nobody has yet.
    pub(super) fn next(&self) -> String {
        format!("{}-{}", self.stem, self.made.fetch_add(1, Ordering::Relaxed))
    }
}
