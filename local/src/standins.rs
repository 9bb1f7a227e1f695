//! The stand-ins for AWS: ministack for most services, moto for ACM, Private CA, Route 53, ELBv2 and EC2.
//!
//! Each lives in a Python virtual environment of its own under `target/local`, made on first use.
//! A test that wants a real engine calls [`ministack`] once:
//!
//! ```no_run
//! let engine = local::standins::ministack()?;
//! let endpoint = engine.endpoint(); // http://127.0.0.1:<port>, for AWS_ENDPOINT_URL
//! # Ok::<(), anyhow::Error>(())
//! ```
//!
//! Every 12-digit access key id is the root of the account with that number (its secret is
//! `test`), so tests that share one engine keep apart by taking an account each.
//!
//! Not here: what AWS does and the stand-ins do not; that is [`crate::guard`].

pub mod environment;
mod process;

use std::path::PathBuf;
use std::sync::OnceLock;

use anyhow::{Context as _, Result, anyhow};

pub use process::Running;

/// The account that Drawbridge itself is deployed to.
pub const PLATFORM_ACCOUNT: &str = "111111111111";
/// The account that the demonstration connects: somebody else's.
pub const CUSTOMER_ACCOUNT: &str = "222222222222";
/// The only region that the stand-ins are used in.
pub const REGION: &str = "us-east-1";
/// The secret of every root access key of the stand-ins.
pub const ROOT_SECRET: &str = "test";

/// ministack and its corrections, as one program in this order: what hangs on the state that ministack keeps and so
/// cannot be corrected in front of it.
const MINISTACK: &str = concat!(
    include_str!("../python/ministack/conditions.py"),
    include_str!("../python/ministack/keys.py"),
    include_str!("../python/ministack/permissions.py"),
    include_str!("../python/ministack/elsewhere.py"),
    include_str!("../python/ministack/logs.py"),
    include_str!("../python/ministack/secrets_manager.py"),
    include_str!("../python/ministack/parameter_store.py"),
    include_str!("../python/ministack/start.py"),
);

/// moto and its corrections, likewise.
const MOTO: &str = concat!(
    include_str!("../python/moto/private_ca.py"),
    include_str!("../python/moto/hosted_zones.py"),
    include_str!("../python/moto/certificates.py"),
    include_str!("../python/moto/imports.py"),
    include_str!("../python/moto/listeners.py"),
    include_str!("../python/moto/start.py"),
);

/// How to start ministack.
#[derive(Debug, Default)]
pub struct MinistackOptions {
    /// The port, or a free one.
    pub port: Option<u16>,
    /// Where state is kept between runs; in memory only when absent.
    pub data: Option<PathBuf>,
}

/// The ministack of this process, started at the first call and stopped when the process ends.
///
/// # Errors
///
/// When its environment cannot be made or it does not answer; the text says what to do.
pub fn ministack() -> Result<&'static Running> {
    static SHARED: OnceLock<Result<Running, String>> = OnceLock::new();
    SHARED
        .get_or_init(|| {
            start_ministack(&MinistackOptions::default()).map_err(|failure| format!("{failure:#}"))
        })
        .as_ref()
        .map_err(|failure| anyhow!("{failure}"))
}

/// Starts a ministack that lives until the result is dropped or this process ends.
///
/// # Errors
///
/// When its environment cannot be made, the port is taken, or it does not answer.
pub fn start_ministack(options: &MinistackOptions) -> Result<Running> {
    let bin = environment::MINISTACK.ensure()?;
    process::start("ministack", options.port, "/_ministack/ready", |port, scratch| {
        let mut settings = vec![
            ("AUTH".to_owned(), "true".to_owned()),
            ("BIND_HOST".to_owned(), "127.0.0.1".to_owned()),
            ("GATEWAY_PORT".to_owned(), port.to_string()),
            ("IOT_MTLS_ENABLED".to_owned(), "0".to_owned()),
            ("LOG_LEVEL".to_owned(), "WARNING".to_owned()),
            ("MINISTACK_ACCOUNT_ID".to_owned(), PLATFORM_ACCOUNT.to_owned()),
            ("MINISTACK_REGION".to_owned(), REGION.to_owned()),
            ("SFTP_ENABLED".to_owned(), "0".to_owned()),
        ];
        let state = match &options.data {
            Some(data) => {
                std::fs::create_dir_all(data)
                    .with_context(|| format!("create the data directory {}", data.display()))?;
                let data = data.canonicalize().with_context(|| format!("find {}", data.display()))?;
                settings.push(("S3_DATA_DIR".to_owned(), data.join("s3").display().to_string()));
                settings
                    .extend(["PERSIST_STATE", "S3_PERSIST"].map(|name| (name.to_owned(), "1".to_owned())));
                data.join("state")
            }
            // It keeps generated keys there even when nothing else persists.
            None => scratch.join("state"),
        };
        settings.push(("STATE_DIR".to_owned(), state.display().to_string()));
        let arguments = vec!["-c".to_owned(), MINISTACK.to_owned()];
        Ok(process::Command { program: bin.join("python"), arguments, settings })
    })
}

/// Starts a moto server that lives until the result is dropped or this process ends.
///
/// # Errors
///
/// As [`start_ministack`].
pub fn start_moto(port: Option<u16>) -> Result<Running> {
    let bin = environment::MOTO.ensure()?;
    process::start("moto", port, "/moto-api/", |port, _| {
        let port = port.to_string();
        let arguments = ["-c", MOTO, "-H", "127.0.0.1", "-p", port.as_str()].map(str::to_owned).to_vec();
        Ok(process::Command { program: bin.join("python"), arguments, settings: Vec::new() })
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use std::net::TcpListener;

    use super::{MinistackOptions, start_ministack};

    #[test]
    fn a_dropped_ministack_frees_its_port() {
        let running = start_ministack(&MinistackOptions::default()).unwrap();
        let port = running.port();
        TcpListener::bind(("127.0.0.1", port)).unwrap_err();
        drop(running);
        TcpListener::bind(("127.0.0.1", port)).unwrap();
    }

    #[test]
    fn a_port_in_use_is_one_clear_line() {
        let taken = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = taken.local_addr().unwrap().port();
        let failure =
            start_ministack(&MinistackOptions { port: Some(port), data: None }).unwrap_err().to_string();
        assert!(failure.contains(&format!("port {port} is in use")), "{failure}");
        assert!(!failure.contains('\n'), "{failure}");
    }
}
