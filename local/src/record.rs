//! The reference uploader: records a command's terminal session, seals it chunk by chunk, and uploads it by the gateway
//! protocol.
//!
//! What it has sealed waits on disk until the API has taken it, so that whoever starts it again uploads what is left: the same
//! command line without a command. Keys never reach the disk. What was on the terminal in the last two seconds before it was
//! killed is lost.

mod asciicast;
mod gateway;
pub mod seal;
mod spool;
mod terminal;
#[cfg(test)]
pub(crate) mod testing;

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use secrecy::SecretString;
use tokio::sync::mpsc;
use uuid::Uuid;

use crate::paths;
use asciicast::Cast;
use gateway::Gateway;
use seal::{Sealer, chain_of};
use spool::Spool;
use terminal::{Happening, Terminal};

/// A chunk is cut when something has waited this long, or when there is this much.
const CUT_AFTER: Duration = Duration::from_secs(2);
const CUT_AT_BYTES: usize = 256 * 1024;

/// What to record, and where it goes.
#[derive(Clone, Debug, clap::Args)]
pub struct Options {
    /// The recording, made by `POST /api/v1/pam/recordings` or by an access with `"record": true`.
    #[arg(long, value_name = "ID")]
    pub recording: Uuid,

    /// The API.
    #[arg(long, env = "API", default_value = "http://127.0.0.1:8787")]
    pub api: String,

    /// Whose token: of the identity that the recording's key is given to.
    #[arg(long, env = "TOKEN", hide_env_values = true)]
    pub token: SecretString,

    /// Record what is typed, too. It may be a password.
    #[arg(long)]
    pub record_input: bool,

    /// Where sealed chunks wait for their upload; below it one directory for each recording.
    #[arg(long, value_name = "DIR")]
    pub spool: Option<PathBuf>,

    /// The command and its arguments. Without one, what an earlier run left behind is uploaded.
    #[arg(last = true, value_name = "COMMAND")]
    pub command: Vec<String>,
}

/// Records the command, or uploads what an earlier run left. Ends as the command did.
///
/// # Errors
///
/// When the recording's key is not given to this caller, the command does not start, or the API did not take everything;
/// what it did not take is still in the spool.
pub async fn record(options: Options) -> Result<ExitCode> {
    let gateway = Gateway::new(&options.api, options.token.clone(), options.recording)?;
    let root = options.spool.clone().unwrap_or_else(|| paths::made().join("recordings"));
    let spool = Spool::at(root.join(options.recording.to_string()));
    let Some((program, arguments)) = options.command.split_first() else {
        return resume(&gateway, &spool).await.map(|()| ExitCode::SUCCESS);
    };
    if spool.is_left()? {
        bail!(
            "an earlier run of this recording was cut off, and its chunks are in {}: run this again without a command to upload them",
            spool.directory().display()
        );
    }
    let given = gateway.credentials().await?;
    spool.begin(&given.upload)?;
    let terminal = Terminal::start(program, arguments, options.record_input)?;
    let (cut, mut chunks) = mpsc::unbounded_channel::<u32>();
    let uploading = async {
        let mut failed = None;
        while let Some(index) = chunks.recv().await {
            // What the API does not take now stays in the spool; the person goes on working.
            if failed.is_none() {
                failed = upload(&gateway, &spool, &given.upload, index).await.err();
            }
        }
        failed
    };
    let sealer = Sealer::new(&given.key, &given.upload)?;
    let writing = write(terminal, &spool, &sealer, cut);
    let (written, failed) = tokio::join!(writing, uploading);
    let status = written?;
    if let Some(failure) = failed {
        bail!(
            "{failure:#}; the rest is in {}: run this again without a command to upload it",
            spool.directory().display()
        );
    }
    finish(&gateway, &spool, &given.upload).await?;
    Ok(ExitCode::from(status))
}

/// Uploads what an earlier run left, and ends the recording.
async fn resume(gateway: &Gateway, spool: &Spool) -> Result<()> {
    let upload_as = spool
        .begun()?
        .with_context(|| format!("nothing is left of this recording in {}", spool.directory().display()))?;
    for index in spool.waiting()? {
        upload(gateway, spool, &upload_as, index).await?;
    }
    finish(gateway, spool, &upload_as).await
}

/// Seals what happens on the terminal into chunks until the command ends; its exit status.
async fn write(
    mut terminal: Terminal,
    spool: &Spool,
    sealer: &Sealer,
    cut: mpsc::UnboundedSender<u32>,
) -> Result<u8> {
    let mut cast = Cast::default();
    let mut index = 0;
    let mut status = None;
    while status.is_none() {
        let happened = match cast.waiting_since() {
            None => terminal.next().await,
            Some(since) => match tokio::time::timeout_at((since + CUT_AFTER).into(), terminal.next()).await {
                Ok(happened) => happened,
                Err(_) => Happening::Nothing,
            },
        };
        match happened {
            Happening::Event { at, event } => cast.add(at, event),
            Happening::Nothing => {}
            Happening::Ended(ended) => status = Some(ended),
        }
        let due = cast.waiting_since().is_some_and(|since| since.elapsed() >= CUT_AFTER);
        if due || cast.bytes() >= CUT_AT_BYTES || (status.is_some() && cast.waiting_since().is_some()) {
            let chunk = sealer.seal(index, &cast.take(status.is_some()))?;
            spool.keep(&chunk)?;
            // Nobody listens only when this whole future is dropped.
            cut.send(index).ok();
            index += 1;
        }
    }
    Ok(status.unwrap_or_default())
}

async fn upload(gateway: &Gateway, spool: &Spool, upload_as: &spool::Upload, index: u32) -> Result<()> {
    let (chunk, ciphertext) = spool.read(index)?;
    gateway.upload(upload_as, &chunk, ciphertext).await.with_context(|| format!("upload chunk {index}"))?;
    spool.uploaded(index)
}

/// Says how many chunks there are and where their chain ends. After that nothing of it is needed here.
async fn finish(gateway: &Gateway, spool: &Spool, upload_as: &spool::Upload) -> Result<()> {
    let chunks = spool.chunks()?;
    let head = chain_of(upload_as, &chunks)?;
    gateway.end(chunks.len(), &head).await.context("end the recording")?;
    spool.remove()
}
