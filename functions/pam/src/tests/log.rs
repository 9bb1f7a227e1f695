//! Everything that the tests of this process log, watched for what no log may show.

use std::collections::HashSet;
use std::io;
use std::sync::{Arc, Mutex, OnceLock};

use testkit::cloud::CANARY;
use tracing_subscriber::fmt::MakeWriter;

/// Secrets of the scripted AWS, links, and requests for them.
const FORBIDDEN: [&str; 4] = [CANARY, "Action=login", "getSigninToken", "token-ASIA"];

/// What shows that the watch was awake.
const EXPECTED: [&str; 2] = ["refused the session's credentials", "AssumeRole"];

/// The watch. Clones are the same.
#[derive(Debug, Clone, Default)]
pub(super) struct Watch(Arc<Mutex<(HashSet<&'static str>, Vec<String>)>>);

impl Watch {
    pub(super) fn has_seen(&self, words: &str) -> bool {
        self.0.lock().unwrap().0.contains(words)
    }

    /// The lines that should not be.
    pub(super) fn leaks(&self) -> Vec<String> {
        self.0.lock().unwrap().1.clone()
    }
}

impl io::Write for Watch {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let line = String::from_utf8_lossy(bytes);
        let mut seen = self.0.lock().unwrap();
        seen.0.extend(EXPECTED.iter().filter(|words| line.contains(**words)));
        if FORBIDDEN.iter().any(|words| line.contains(words)) {
            seen.1.push(line.into_owned());
        }
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

/// The watch of this process, which begins with the first call. `debug` is the most that the template lets an operator choose.
pub(super) fn watch() -> Watch {
    static WATCH: OnceLock<Watch> = OnceLock::new();
    let begin = || {
        let watch = Watch::default();
        let log = tracing_subscriber::fmt()
            .with_max_level(tracing::Level::DEBUG)
            .with_writer(watch.clone())
            .finish();
        tracing::subscriber::set_global_default(log).expect("the only log of this process");
        watch
    };
    WATCH.get_or_init(begin).clone()
}
