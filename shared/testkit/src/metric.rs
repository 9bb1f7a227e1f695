//! What the code counts, heard.

use std::io::{self, Write};
use std::sync::{Arc, Mutex, PoisonError};

use serde_json::Value;
use tracing::subscriber::DefaultGuard;
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
    let page = Page::default();
    let writer = page.clone();
    let subscriber = tracing_subscriber::registry().with(metrics::layer(move || writer.clone()));
    Metrics { page, _guard: tracing::subscriber::set_default(subscriber) }
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
