//! One stand-in as a child process that cannot outlive its owner.

use std::fs::{self, File};
use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};

use crate::paths;

/// A stand-in is given this long to answer; ministack takes 0.4 s, moto 0.8 s on a quiet machine.
const START_WITHIN: Duration = Duration::from_secs(120);
/// The supervisor gives a command 10 s to save its state.
const STOP_WITHIN: Duration = Duration::from_secs(15);
const POLL: Duration = Duration::from_millis(25);
/// A free port can be lost to another process before the child binds it.
const ATTEMPTS_ON_FREE_PORTS: u32 = 5;

/// A running stand-in; dropping it stops it and all that it started.
#[derive(Debug)]
pub struct Running {
    name: &'static str,
    port: u16,
    log: PathBuf,
    child: Child,
    /// The supervisor ends everything when this closes, whichever way the owner ended.
    lifeline: Option<ChildStdin>,
}

pub(super) struct Command {
    pub(super) program: PathBuf,
    pub(super) arguments: Vec<String>,
    pub(super) settings: Vec<(String, String)>,
}

impl Running {
    /// `http://127.0.0.1:<port>`.
    #[must_use]
    pub fn endpoint(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// The port on 127.0.0.1.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Whether the process is still there.
    pub fn alive(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(None))
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        drop(self.lifeline.take());
        let until = Instant::now() + STOP_WITHIN;
        while Instant::now() < until {
            if !self.alive() {
                return;
            }
            pause();
        }
        tracing::warn!("{} did not stop in time and is killed; its log: {}", self.name, self.log.display());
        if let Err(failure) = self.child.kill().and_then(|()| self.child.wait()) {
            tracing::warn!("{} cannot be killed: {failure}", self.name);
        }
    }
}

/// Starts what `command` says for a port and waits until `ready_path` answers 200.
pub(super) fn start(
    name: &'static str,
    port: Option<u16>,
    ready_path: &str,
    command: impl Fn(u16, &Path) -> Result<Command>,
) -> Result<Running> {
    if let Some(port) = port {
        if TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_err() {
            bail!("{name}: port {port} is in use: stop what listens there or choose another port");
        }
        return spawn(name, port, &command)?.wait_until_ready(ready_path);
    }
    let mut attempt = 1;
    loop {
        let port = free_port()?;
        match spawn(name, port, &command)?.wait_until_ready(ready_path) {
            Err(_) if attempt < ATTEMPTS_ON_FREE_PORTS => attempt += 1,
            answer => return answer,
        }
    }
}

/// A port that nothing listens on at this moment.
pub(crate) fn free_port() -> Result<u16> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).context("find a free port")?;
    Ok(listener.local_addr().context("find a free port")?.port())
}

fn spawn(name: &'static str, port: u16, command: impl Fn(u16, &Path) -> Result<Command>) -> Result<Running> {
    let logs = paths::made().join("logs");
    fs::create_dir_all(&logs).with_context(|| format!("create {}", logs.display()))?;
    let log = logs.join(format!("{name}-{port}.log"));
    let output = File::create(&log).with_context(|| format!("create {}", log.display()))?;
    let errors = output.try_clone().with_context(|| format!("open {} twice", log.display()))?;
    // Function code is unpacked here; the supervisor removes it.
    let scratch = tempfile::Builder::new()
        .prefix(&format!("{name}-"))
        .tempdir()
        .context("create a scratch directory")?
        .keep();
    let command = command(port, &scratch)?;

    let mut supervisor = std::process::Command::new(command.program.with_file_name("python"));
    supervisor
        .args(["-c", include_str!("../../python/supervise.py")])
        .arg(&scratch)
        .arg(&command.program)
        .args(&command.arguments)
        // A clean environment: ministack hands its own to every function it runs.
        .env_clear()
        .envs(std::env::vars_os().filter(|(key, _)| key == "PATH" || key == "HOME"))
        .env("TMPDIR", &scratch)
        .env("PYTHONUNBUFFERED", "1")
        .envs(command.settings)
        .stdin(Stdio::piped())
        .stdout(output)
        .stderr(errors);
    // Ctrl-C in a terminal reaches a whole process group; the owner decides when this one ends.
    #[cfg(unix)]
    std::os::unix::process::CommandExt::process_group(&mut supervisor, 0);
    let mut child = supervisor.spawn().with_context(|| format!("start {name}"))?;
    let lifeline = child.stdin.take();
    Ok(Running { name, port, log, child, lifeline })
}

impl Running {
    fn wait_until_ready(mut self, path: &str) -> Result<Self> {
        let until = Instant::now() + START_WITHIN;
        while Instant::now() < until {
            if !self.alive() {
                bail!("{} ended at once: {}", self.name, self.last_words());
            }
            if answers(self.port, path) {
                return Ok(self);
            }
            pause();
        }
        bail!("{} did not answer within {START_WITHIN:?}: {}", self.name, self.last_words())
    }

    fn last_words(&self) -> String {
        let told = fs::read_to_string(&self.log).unwrap_or_default();
        let last = told.lines().rfind(|line| !line.trim().is_empty()).unwrap_or("it said nothing");
        format!("{last} (log: {})", self.log.display())
    }
}

/// A process gives no event when it starts to listen.
#[expect(clippy::disallowed_methods, reason = "nothing else runs on this thread meanwhile")]
fn pause() {
    std::thread::sleep(POLL);
}

fn answers(port: u16, path: &str) -> bool {
    let ask = || -> std::io::Result<[u8; 12]> {
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        let mut stream = TcpStream::connect_timeout(&address, Duration::from_secs(1))?;
        stream.set_read_timeout(Some(Duration::from_secs(2)))?;
        write!(stream, "GET {path} HTTP/1.1\r\nhost: 127.0.0.1:{port}\r\nconnection: close\r\n\r\n")?;
        let mut status = [0; 12];
        stream.read_exact(&mut status)?;
        Ok(status)
    };
    ask().is_ok_and(|status| status.ends_with(b" 200"))
}
