//! The offline verifier: a saved playback answer and a copy of the bucket, without any service.
//!
//! The session key, which is in the answer, is what proves: the manifest's seal is a MAC under it, the manifest sums up the
//! chunks, and each chunk opens in its own place alone. So whoever can write to the bucket, or could change the saved answer
//! without knowing the key, is found out.

mod answer;
mod check;

use std::fs;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context as _, Result};

pub use check::{Finding, Objects, Verified, check};

use answer::Answer;

/// What to verify.
#[derive(Clone, Debug, clap::Args)]
pub struct Options {
    /// A saved answer of `GET /api/v1/pam/sessions/{id}/playback`; once for each page, or a list of all of them.
    #[arg(long, required = true, value_name = "FILE")]
    pub playback: Vec<PathBuf>,

    /// The directory that the recording's objects were copied to, with the bucket's keys below it, or flat.
    #[arg(long, value_name = "DIR")]
    pub objects: PathBuf,

    /// Write the whole recording as an asciicast when nothing is wrong with it.
    #[arg(long, value_name = "FILE")]
    pub cast: Option<PathBuf>,
}

/// Verifies and prints what was found. Ends with 1 when anything is wrong.
///
/// # Errors
///
/// When a file cannot be read, or is no playback answer.
pub fn verify(options: &Options) -> Result<ExitCode> {
    let pages = options.playback.iter().map(|path| {
        let text = fs::read(path).with_context(|| format!("read {}", path.display()))?;
        serde_json::from_slice(&text).with_context(|| format!("read {} as a playback answer", path.display()))
    });
    let answer = Answer::of(pages.collect::<Result<Vec<_>>>()?)?;
    let verified = check(&answer, &Objects::below(&options.objects));
    for finding in &verified.findings {
        println!("{finding}");
    }
    if !verified.findings.is_empty() {
        println!(
            "{} of {} chunks are sound; the recording is NOT what was recorded",
            verified.sound, verified.chunks
        );
        return Ok(ExitCode::FAILURE);
    }
    println!("{} chunks are what was recorded, none is missing", verified.chunks);
    if !answer.has_ended() {
        println!("the session had not ended when the answer was saved: more may have come since");
    }
    if let Some(path) = &options.cast {
        fs::write(path, verified.asciicast()?).with_context(|| format!("write {}", path.display()))?;
    }
    Ok(ExitCode::SUCCESS)
}
