//! The page in a real browser: somebody signs in at the company's provider, watches, and is refused what they may not see.

use anyhow::{Context as _, Result, ensure};
use serde_json::{Value, json};
use tests::clients;
use tests::recordings::{Chunk, Recorder, upload};
use tests::stage::Stage;
use tests::system::{System, run, text};

use super::uploader::{finished, record, scratch};

/// Three chunks: the terminal's own words, then more than fits into one.
const SCRIPT: &str = "printf 'first-words\\n'; sleep 1; printf 'needle-in-the-middle\\n'; sleep 2; \
                      head -c 600000 /dev/zero | tr '\\0' x; printf '\\nlast-words\\n'";

/// What a browser does, without holding up the tests beside it.
async fn browse(action: &'static str, wishes: Value) -> Result<Value> {
    let ran = tokio::task::spawn_blocking(move || clients::browser(action, &wishes));
    let told = ran.await.context("wait for the browser")??;
    ensure!(told["complaints"] == json!([]), "the browser complains: {}", told["complaints"]);
    let address = text(&told["address"])?;
    ensure!(!address.contains('?') && !address.contains("code"), "the code is in the address: {address}");
    ensure!(told["kept"] == "", "something is kept in the browser: {}", told["kept"]);
    Ok(told)
}

/// What the browser is told: who watches which session, and where its last picture goes.
fn wishes(system: &System, session: &str, email: &str) -> Result<Value> {
    let picture = scratch(system)?.join(format!("{session}-{email}.png"));
    let url = format!("{}/recordings/{session}", system.ready.api_url);
    Ok(json!({ "url": url, "email": email, "picture": picture }))
}

/// A terminal session that was recorded by the reference uploader.
async fn recorded(system: &System, recorder: &Recorder) -> Result<String> {
    let session = recorder.session().await?;
    let child =
        record(system, recorder, &session, &scratch(system)?).args(["--", "sh", "-c", SCRIPT]).spawn()?;
    let ran = finished(child).await?;
    ensure!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
    Ok(session)
}

#[test]
fn somebody_who_may_watch_plays_seeks_speeds_up_and_searches_in_a_browser() -> Result<()> {
    run(|system| async move {
        let recorder = Recorder::new(Stage::new(system).await?).await?;
        let (session, email) = (recorded(system, &recorder).await?, recorder.person("member").await?);
        let mut wishes = wishes(system, &session, &email)?;
        wishes["expected"] = "first-words".into();
        wishes["needle"] = "needle-in-the-middle".into();
        let told = browse("watch", wishes).await?;
        let number =
            |field: &str| told[field].as_f64().with_context(|| format!("no number {field} in {told}"));
        ensure!(told["person"] == email.as_str(), "{}", told["person"]);
        ensure!(text(&told["title"])?.contains("bastion/root"), "{}", told["title"]);
        let verified = text(&told["verified"])?;
        ensure!(verified.contains("chunks verified; the hash chain is whole"), "{verified}");
        ensure!(told["playing"] == "Pause", "{}", told["playing"]);
        ensure!(text(&told["last"])?.contains("last-words"), "the end shows {}", told["last"]);
        let (seconds, fast) = (number("seconds")?, number("fast")?);
        ensure!(seconds >= 3.0 && fast < seconds, "at eight times the speed, {seconds} s took {fast} s");
        ensure!(told["found"] == "1 place", "{}", told["found"]);
        let at = number("at")?;
        ensure!((0.9..seconds - 1.0).contains(&at), "what was searched is at {at} of {seconds} s");
        Ok(())
    })
}

#[test]
fn a_chunk_that_somebody_changed_is_refused_by_its_number_and_the_rest_plays_only_on_request() -> Result<()> {
    run(|system| async move {
        let recorder = Recorder::new(Stage::new(system).await?).await?;
        let (session, email) = (recorded(system, &recorder).await?, recorder.person("member").await?);
        let playback = recorder.playback(&session).await?;
        let key = text(&playback["chunks"][1]["externalChunkObjectKey"])?;
        let length = playback["chunks"][1]["ciphertextBytes"].as_u64().context("no length")?;
        recorder.replace(&key, &"A".repeat(usize::try_from(length)?)).await?;
        let mut wishes = wishes(system, &session, &email)?;
        wishes["expected"] = "first-words".into();
        let told = browse("rest", wishes).await?;
        let notice = text(&told["notice"])?;
        ensure!(notice.contains("Chunk 1 was altered"), "{notice}");
        ensure!(!notice.contains("Chunk 0") && !notice.contains("Chunk 2"), "{notice}");
        ensure!(told["isPlayed"] == false, "it played before anybody asked");
        Ok(())
    })
}

#[test]
fn a_person_without_the_permission_sees_a_clear_refusal_and_a_stranger_nothing_at_all() -> Result<()> {
    run(|system| async move {
        let recorder = Recorder::new(Stage::new(system).await?).await?;
        let (session, viewer) = (recorder.session().await?, recorder.person("viewer").await?);
        let told = browse("look", wishes(system, &session, &viewer)?).await?;
        let notice = text(&told["notice"])?;
        for words in ["You may not watch this recording", viewer.as_str(), "You are not allowed to"] {
            ensure!(notice.contains(words), "{words:?} is not in: {notice}");
        }
        ensure!(told["title"] == "", "{}", told["title"]);
        let told = browse("look", wishes(system, &session, "stranger@example.com")?).await?;
        let notice = text(&told["notice"])?;
        ensure!(notice.contains("There is no such recording for you"), "{notice}");
        Ok(())
    })
}

#[test]
fn what_is_no_terminal_is_a_timeline_that_can_be_searched() -> Result<()> {
    run(|system| async move {
        let recorder = Recorder::new(Stage::new(system).await?).await?;
        let (session, email) = (recorder.session().await?, recorder.person("member").await?);
        let given = recorder.given(&session).await?;
        let uploads = recorder.stage.api.with_upload_token(&text(&given["uploadToken"])?);
        let at = format!("/api/v1/pam/sessions/{session}");
        let events = json!([{ "type": "query", "elapsedMs": 61_000, "sql": "select name from customers" },
            { "type": "query", "elapsedMs": 65_000, "sql": "drop table <b>orders</b>" }]);
        let chunk = Chunk::seal(&given, 0, &events.to_string())?;
        let presign = json!({ "chunkIndex": 0, "ciphertextBytes": chunk.ciphertext.len() });
        let told = uploads.post(&format!("{at}/chunks/presigned-put"), &presign).await?.ok()?;
        upload(&text(&told["url"])?, "application/octet-stream", &chunk.ciphertext).await?;
        uploads.post(&format!("{at}/chunks"), &chunk.metadata()).await?.ok()?;
        let mut wishes = wishes(system, &session, &email)?;
        wishes["needle"] = "DROP table".into();
        let told = browse("timeline", wishes).await?;
        let events = told["events"].as_array().context("no events")?;
        ensure!(events.len() == 2 && text(&events[0])?.contains("1:01"), "{events:?}");
        ensure!(text(&told["hit"])?.contains("drop table <b>orders</b>"), "{}", told["hit"]);
        Ok(())
    })
}
