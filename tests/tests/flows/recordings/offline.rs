//! A recording from a terminal to the verifier, which has nothing but files.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, Result, ensure};
use serde_json::{Value, json};
use tests::recordings::Recorder;
use tests::stage::Stage;
use tests::system::{System, run, text};

use super::indexes;
use super::uploader::{finished, record, scratch};

/// What the verifier says, and whether it is content.
fn verify(system: &System, directory: &Path, cast: Option<&Path>) -> Result<(bool, String)> {
    let mut command = Command::new(system.program());
    command.arg("verify-recording").arg("--playback").arg(directory.join("playback.json"));
    command.arg("--objects").arg(directory);
    if let Some(cast) = cast {
        command.arg("--cast").arg(cast);
    }
    let ran = command.output().context("run the verifier")?;
    ensure!(ran.status.code().is_some_and(|code| code < 2), "{}", String::from_utf8_lossy(&ran.stderr));
    Ok((ran.status.success(), String::from_utf8_lossy(&ran.stdout).into_owned()))
}

#[test]
fn a_recorded_session_is_verified_offline_and_each_change_of_it_is_named() -> Result<()> {
    run(|system| async move {
        let recorder = Recorder::new(Stage::new(system).await?).await?;
        let scratch = scratch(system)?;
        let session = recorder.session().await?;
        let script =
            "printf 'canary-on-the-terminal\\n'; stty size; head -c 600000 /dev/zero | tr '\\0' x; exit 3";
        let child = record(system, &recorder, &session, &scratch).args(["--", "sh", "-c", script]).spawn()?;
        let ran = finished(child).await?;
        ensure!(ran.status.code() == Some(3), "it ends as the command does: {ran:?}");
        ensure!(ran.stdout.starts_with(b"canary-on-the-terminal"), "the person sees what the command writes");

        let directory = scratch.join(format!("{session}.copy"));
        let playback = recorder.playback(&session).await?;
        ensure!(playback["manifest"]["complete"] == true, "{}", playback["manifest"]);
        let last = indexes(&playback).last().copied().context("no chunks")?;
        ensure!(last >= 2, "{last}");
        Recorder::copy(&playback, &directory).await?;
        let save = |answer: &Value| fs::write(directory.join("playback.json"), answer.to_string());
        save(&playback)?;
        let cast = directory.join("session.cast");
        let (sound, told) = verify(system, &directory, Some(&cast))?;
        ensure!(sound, "{told}");
        let cast = fs::read_to_string(cast)?;
        let header: Value = serde_json::from_str(cast.lines().next().context("an empty cast")?)?;
        ensure!(header["version"] == 2 && header["width"] == 80 && header["height"] == 24, "{header}");
        ensure!(
            cast.contains("canary-on-the-terminal") && cast.contains("24 80"),
            "the cast lacks what was written"
        );

        let object = |index: usize| -> Result<std::path::PathBuf> {
            Ok(directory.join(text(&playback["chunks"][index]["externalChunkObjectKey"])?))
        };
        let (first, second) = (fs::read(object(0)?)?, fs::read(object(1)?)?);
        let refused = |word: &str| -> Result<()> {
            let (sound, told) = verify(system, &directory, None)?;
            ensure!(!sound && told.contains(word), "{word:?} is expected in {told}");
            Ok(())
        };
        let mut altered = second.clone();
        altered[7] ^= 1;
        fs::write(object(1)?, &altered)?;
        refused("chunk 1 was altered")?;
        fs::write(object(1)?, &second[..second.len() - 1])?;
        refused("chunk 1 is truncated")?;
        fs::remove_file(object(1)?)?;
        refused("chunk 1 is missing")?;
        fs::write(object(0)?, &second)?;
        fs::write(object(1)?, &first)?;
        refused("chunk 0 is swapped: its object holds chunk 1")?;
        fs::write(object(0)?, &first)?;
        fs::write(object(1)?, &second)?;

        let mut forged = playback.clone();
        forged["manifest"]["claimed"] = Value::Null;
        save(&forged)?;
        refused("the manifest is forged")?;
        let mut shorter = playback.clone();
        let chunks = shorter["chunks"].as_array_mut().context("no chunks")?;
        chunks.pop();
        save(&shorter)?;
        refused("the list of chunks is not the one that the manifest sums up")?;
        save(&playback)?;
        ensure!(verify(system, &directory, None)?.0, "it is as it was");
        Ok(())
    })
}

#[test]
fn a_chunk_that_was_announced_and_never_came_is_named() -> Result<()> {
    run(|system| async move {
        let recorder = Recorder::new(Stage::new(system).await?).await?;
        let scratch = scratch(system)?;
        let session = recorder.session().await?;
        let given = recorder.given(&session).await?;
        let uploads = recorder.stage.api.with_upload_token(&text(&given["uploadToken"])?);
        let presign = json!({ "chunkIndex": 4, "ciphertextBytes": 30 });
        uploads
            .post(&format!("/api/v1/pam/sessions/{session}/chunks/presigned-put"), &presign)
            .await?
            .ok()?;
        let playback = recorder.playback(&session).await?;
        ensure!(playback["manifest"]["missing"] == json!([0, 1, 2, 3, 4]), "{}", playback["manifest"]);
        ensure!(playback["manifest"]["complete"] == false, "{}", playback["manifest"]);
        let directory = scratch.join(format!("{session}.copy"));
        fs::create_dir_all(&directory)?;
        fs::write(directory.join("playback.json"), playback.to_string())?;
        let (sound, told) = verify(system, &directory, None)?;
        ensure!(!sound && told.contains("chunk 4 is missing: it never came in"), "{told}");
        Ok(())
    })
}
