//! Starts `local`, the deployed shape on this machine, for one test process.

use std::io::{BufRead as _, BufReader, Read as _};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use anyhow::{Context as _, Result, ensure};
use local::ready::Ready;
use local::{packages, paths};

/// A started system. It stops when this is dropped, and when the test process ends in whatever way: its standard
/// input closes then.
#[derive(Debug)]
pub struct Started {
    /// What it says about itself.
    pub ready: Ready,
    /// The program that was started.
    pub program: PathBuf,
    _child: Child,
}

/// Builds the system, starts it on free ports and waits until everything in it answers. Its progress goes to standard
/// error, as on a run by hand.
///
/// # Errors
/// When it does not build or ends before it is ready; it has told why by then.
pub fn start() -> Result<Started> {
    let binaries = packages::build()?;
    let program = binaries.get("local").context("the workspace has no binary `local`")?;
    let ready_file = paths::made().join(format!("ready-{}.json", std::process::id()));
    let mut child = Command::new(program)
        .args(["--port", "0", "--aws-port", "0", "--stop-on-stdin-eof", "--ready-file"])
        .arg(&ready_file)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .context("start `local`")?;
    let mut told = BufReader::new(child.stdout.take().context("`local` has no standard output")?);
    // It writes the file and then its first line.
    let mut line = String::new();
    told.read_line(&mut line).context("wait for `local`")?;
    ensure!(!line.is_empty(), "`local` ended before it was ready; it tells why above");
    // Nobody reads the rest, but a full pipe would stop it.
    std::thread::spawn(move || told.read_to_end(&mut Vec::new()));
    let text = std::fs::read_to_string(&ready_file);
    let text = text.with_context(|| format!("read {}", ready_file.display()))?;
    std::fs::remove_file(&ready_file).with_context(|| format!("remove {}", ready_file.display()))?;
    let ready = serde_json::from_str(&text).context("read the ready file")?;
    Ok(Started { ready, program: program.clone(), _child: child })
}
