//! The routes of session recordings.

use anyhow::{Context as _, Result, ensure};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;
use tests::recordings::Recorder;
use tests::stage::Stage;
use tests::system::text;

use super::{Outsider, Tour, delete, get, post};

const CONFIG: &str = "/api/v1/pam/projects/{projectId}/recording-config";
const RECORDINGS: &str = "/api/v1/pam/recordings";
const CHUNKS: &str = "/api/v1/pam/sessions/{sessionId}/chunks";
const PRESIGN: &str = "/api/v1/pam/sessions/{sessionId}/chunks/presigned-put";
const BATCH: &str = "/api/v1/pam/sessions/{sessionId}/chunks/presigned-put-batch";
const PLAYBACK: &str = "/api/v1/pam/sessions/{sessionId}/playback";

/// What is uploaded: nothing that opens, which nobody here has to.
const CIPHERTEXT: &[u8] = b"sixteen bytes and more";
const SHA256: &str = "3rPj1lQ1LKNn/H7kPl0OF9cJXhRc1ZOci9S9ffyefz4=";

pub(super) async fn walk(tour: &mut Tour) -> Result<()> {
    let recorder = Recorder::new(Stage::new(tour.system).await?).await?;
    let project = recorder.stage.project.clone();
    let backends = get("/api/v1/pam/recording-storage-backends", &[]).outsider(Outsider::Anything);
    tour.step(backends).await?;
    let trial =
        post("/api/v1/pam/projects/{projectId}/recording-config/test", &[&project], recorder.config());
    tour.step(trial).await?;
    let save = post(CONFIG, &[&project], recorder.config());
    tour.step(save.audited("recording-config.save")).await?;
    tour.step(get(CONFIG, &[&project])).await?;

    let body = json!({ "projectId": project, "accountType": "ssh", "accountName": "root" });
    let made = tour.step(post(RECORDINGS, &[], body).audited("recording.create")).await?;
    let session = text(&made["session"]["id"])?;
    tour.step(get(RECORDINGS, &[]).query(&format!("projectId={project}"))).await?;
    upload(tour, &session).await?;

    let played = tour.step(get(PLAYBACK, &[&session]).audited("recording.play")).await?;
    tour.system.keep_secret(&text(&played["sessionKey"])?);
    ensure!(played["chunks"].as_array().context("no chunks")?.len() == 1, "{}", played["chunks"]);
    let path = format!("/api/v1/pam/sessions/{session}/playback");
    tour.by_processes_that_know_nothing("RecordingsRole", &[&path]).await?;
    let ciphertext = get("/api/v1/pam/sessions/{sessionId}/chunks/{chunkIndex}/ciphertext", &[&session, "0"]);
    tour.step(ciphertext.fixed(1).refused(400, "BadRequest")).await?;

    // The page is there for everybody; what it shows is not.
    tour.step(get("/recordings/{recordingId}", &[&session]).fixed(0).or_by_name()).await?;
    tour.step(get("/recordings/assets/{file}", &["page.js"])).await?;
    tour.step(delete(CONFIG, &[&project]).audited("recording-config.delete")).await?;
    Ok(())
}

async fn upload(tour: &mut Tour, session: &str) -> Result<()> {
    let given = get("/api/v1/pam/sessions/{sessionId}/credentials", &[session]).audited("recording.give");
    let given = tour.step(given).await?;
    for secret in ["sessionKey", "uploadToken"] {
        tour.system.keep_secret(&text(&given["recording"][secret])?);
    }
    let token = text(&given["recording"]["uploadToken"])?;
    let wish = json!({ "chunkIndex": 0, "ciphertextBytes": CIPHERTEXT.len() });
    let told = tour.step(post(PRESIGN, &[session], wish.clone()).upload_token(&token)).await?;
    // Far from each other, chunks are read one by one.
    let far = json!({ "chunkIndex": 1_000, "ciphertextBytes": CIPHERTEXT.len() });
    tour.step(post(BATCH, &[session], json!({ "chunks": [wish, far] })).upload_token(&token)).await?;
    let put = reqwest::Client::builder().no_proxy().build()?.put(text(&told["url"])?);
    let put = put.header("content-type", "application/octet-stream").body(CIPHERTEXT).send().await?;
    ensure!(put.status().is_success(), "S3 answered {}", put.status());
    let chunk = json!({ "chunkIndex": 0, "startElapsedMs": 0, "endElapsedMs": 10, "ciphertextSha256": SHA256,
        "ciphertextBytes": CIPHERTEXT.len(), "iv": STANDARD.encode([1; 12]) });
    tour.step(post(CHUNKS, &[session], chunk).upload_token(&token)).await?;
    Ok(())
}
