//! The reference uploader as a program: what it records, and what it does after it was killed.

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use serde_json::json;
use tests::LONGEST_WAIT;
use tests::recordings::Recorder;
use tests::stage::Stage;
use tests::system::{System, run};

use super::indexes;

/// `local record`, as somebody types it.
pub(super) fn record(system: &System, recorder: &Recorder, session: &str, spool: &Path) -> Command {
    let mut command = Command::new(system.program());
    command
        .args(["record", "--recording", session, "--api", &system.ready.api_url, "--spool"])
        .arg(spool)
        .env("TOKEN", recorder.stage.api.token().unwrap_or_default())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

/// Waits without holding up the other tests.
pub(super) async fn finished(child: Child) -> Result<std::process::Output> {
    tokio::task::spawn_blocking(move || child.wait_with_output()).await?.context("wait for the program")
}

async fn until(what: &str, is_so: impl Fn() -> bool) -> Result<()> {
    let end = Instant::now() + LONGEST_WAIT;
    while !is_so() {
        ensure!(Instant::now() < end, "{what} took longer than {LONGEST_WAIT:?}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    Ok(())
}

#[test]
fn an_uploader_that_was_killed_uploads_the_rest_when_it_is_started_again() -> Result<()> {
    run(|system| async move {
        let recorder = Recorder::new(Stage::new(system).await?).await?;
        let scratch = scratch(system)?;
        let session = recorder.session().await?;
        // Killed while its first chunk is on the way; the second one is sealed and waits.
        let slow = json!({ "service": "s3", "action": "PutObject", "resource": session,
            "effect": { "kind": "latency", "milliseconds": 20_000 } });
        system.guard.fault(&slow).await?;
        let output = "head -c 600000 /dev/zero | tr '\\0' x; sleep 600";
        let mut command = record(system, &recorder, &session, &scratch);
        // A pipe that nobody reads from would stop the command.
        let mut child = command.stdout(Stdio::null()).args(["--", "sh", "-c", output]).spawn()?;
        let spool = scratch.join(&session);
        until("sealing two chunks", || spool.join("000001.json").exists()).await?;
        child.kill().context("kill the uploader")?;
        child.wait().context("wait for its end")?;
        ensure!(spool.join("000000.enc").exists(), "the first chunk was uploaded all the same");
        let left = std::fs::read(spool.join("000000.enc"))?;
        ensure!(
            !left.windows(16).any(|part| part == b"xxxxxxxxxxxxxxxx"),
            "the spool holds what was on the terminal"
        );

        let again = record(system, &recorder, &session, &scratch).args(["--", "true"]).output()?;
        let why = String::from_utf8_lossy(&again.stderr).into_owned();
        ensure!(!again.status.success() && why.contains("without a command"), "it began anew: {why}");
        let resumed = finished(record(system, &recorder, &session, &scratch).spawn()?).await?;
        ensure!(resumed.status.success(), "{}", String::from_utf8_lossy(&resumed.stderr));
        ensure!(!spool.exists(), "the spool is still there");
        let playback = recorder.playback(&session).await?;
        ensure!(playback["manifest"]["complete"] == true, "{}", playback["manifest"]);
        ensure!(indexes(&playback).len() >= 2, "{:?}", indexes(&playback));
        let nothing = finished(record(system, &recorder, &session, &scratch).spawn()?).await?;
        ensure!(!nothing.status.success(), "there was nothing left to upload");
        Ok(())
    })
}

#[test]
fn a_command_runs_only_for_who_is_given_the_key() -> Result<()> {
    run(|system| async move {
        let recorder = Recorder::new(Stage::new(system).await?).await?;
        let scratch = scratch(system)?;
        let session = recorder.session().await?;
        let mark = scratch.join(format!("{session}.ran"));
        let mut command = record(system, &recorder, &session, &scratch);
        command.env("TOKEN", "nobody's").args(["--", "touch"]).arg(&mark);
        let refused = finished(command.spawn()?).await?;
        ensure!(!refused.status.success() && !mark.exists(), "it ran unrecorded");
        let why = String::from_utf8_lossy(&refused.stderr).into_owned();
        ensure!(why.contains("403") && why.contains("access token"), "{why}");
        Ok(())
    })
}

/// A directory of this process.
pub(super) fn scratch(system: &System) -> Result<std::path::PathBuf> {
    let beside = system.program().parent().context("the program is nowhere")?;
    let directory = beside.join(format!("recordings-{}", std::process::id()));
    std::fs::create_dir_all(&directory).with_context(|| format!("make {}", directory.display()))?;
    Ok(directory)
}
