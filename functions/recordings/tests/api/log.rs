//! Everything that the tests of this process log, watched for what no log may show.

use std::io;
use std::sync::{Arc, Mutex, OnceLock};

use tracing_subscriber::fmt::MakeWriter;

/// Everything that was logged. Clones are the same.
#[derive(Debug, Clone, Default)]
pub(crate) struct Watch(Arc<Mutex<String>>);

impl Watch {
    /// Whether some line has these words.
    pub(crate) fn has(&self, words: &str) -> bool {
        self.0.lock().unwrap().contains(words)
    }

    /// Whether some line of our own crates has these words: the functions do not let the SDKs say more than `info`.
    pub(crate) fn ours_has(&self, words: &str) -> bool {
        let theirs = [" aws_", " hyper", " reqwest", " rustls", " h2", " log:"];
        let log = self.0.lock().unwrap();
        log.lines().any(|line| line.contains(words) && !theirs.iter().any(|module| line.contains(module)))
    }
}

impl io::Write for Watch {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().push_str(&String::from_utf8_lossy(bytes));
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl MakeWriter<'_> for Watch {
    type Writer = Self;

    fn make_writer(&self) -> Self {
        self.clone()
    }
}

/// The watch of this process, which begins with the first call: our own lines at every level that an operator can choose, and
/// what the SDKs say at `info`, as the functions themselves are set.
pub(crate) fn watch() -> Watch {
    static WATCH: OnceLock<Watch> = OnceLock::new();
    let begin = || {
        let watch = Watch::default();
        let log = tracing_subscriber::fmt().with_max_level(tracing::Level::DEBUG).with_writer(watch.clone());
        tracing::subscriber::set_global_default(log.finish()).unwrap();
        watch
    };
    WATCH.get_or_init(begin).clone()
}
