//! What the code counts, heard.

use std::io::{self, Write};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use serde_json::Value;
use tracing::subscriber::DefaultGuard;
use tracing::{Dispatch, Subscriber};
use tracing_subscriber::layer::SubscriberExt as _;

/// The metrics that this thread writes for as long as it lives.
#[derive(Debug)]
pub struct Metrics {
    page: Page,
    _guard: DefaultGuard,
}

#[derive(Debug, Clone, Default)]
struct Page(Arc<Mutex<Vec<u8>>>);

impl Write for Page {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Hears the metrics that this thread writes from now on.
#[must_use]
pub fn metrics() -> Metrics {
    // As long as a process has one listener alone, `tracing` asks the thread that first comes past a place whether anybody
    // listens, and believes it for all threads. With two more, which nobody reads, it asks them all.
    static NOBODY: OnceLock<[Dispatch; 2]> = OnceLock::new();
    NOBODY.get_or_init(|| [listener(io::sink), listener(io::sink)].map(Dispatch::new));
    let page = Page::default();
    let writer = page.clone();
    Metrics { page, _guard: tracing::subscriber::set_default(listener(move || writer.clone())) }
}

fn listener<W: io::Write>(writer: impl Fn() -> W + Send + Sync + 'static) -> impl Subscriber + Send + Sync {
    tracing_subscriber::registry().with(metrics::layer(writer))
}

impl Metrics {
    /// The lines as they were written.
    #[must_use]
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.page.0.lock().unwrap_or_else(PoisonError::into_inner)).into_owned()
    }

    /// The lines, read.
    ///
    /// # Panics
    /// When one is no JSON.
    #[must_use]
    pub fn lines(&self) -> Vec<Value> {
        let text = self.text();
        text.lines().map(|line| serde_json::from_str(line).expect("a line is JSON")).collect()
    }

    /// What the values of one metric come to.
    #[must_use]
    pub fn sum(&self, metric: &str) -> u64 {
        self.lines().iter().filter_map(|line| line[metric].as_u64()).sum()
    }

    /// The same of one capability alone.
    #[must_use]
    pub fn sum_of(&self, metric: &str, capability: &str) -> u64 {
        let lines = self.lines().into_iter().filter(|line| line["Capability"] == capability);
        lines.filter_map(|line| line[metric].as_u64()).sum()
    }
}
