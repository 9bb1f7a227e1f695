//! What the peer's gateway sends, word for word, as its protocol has it: no field and no header more.

use anyhow::{Context as _, Result, ensure};
use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;
use tests::api::Api;
use tests::recordings::{Chunk, PREFIX, Recorder, upload};
use tests::stage::Stage;
use tests::system::{System, run, text, unique};

use super::indexes;

/// A machine identity that may record, and nothing else of a gateway.
async fn gateway(system: &'static System, recorder: &Recorder) -> Result<Api> {
    let machine = system.machine(&unique("gateway"), "no-access").await?;
    system.join(&recorder.stage.project, &machine, "member").await?;
    Ok(machine.api)
}

fn client() -> Result<reqwest::Client> {
    reqwest::Client::builder().no_proxy().build().context("build a client")
}

#[test]
fn the_gateways_own_sequence_of_requests_works_as_it_is() -> Result<()> {
    run(|system| async move {
        let recorder = Recorder::new(Stage::new(system).await?).await?;
        let gateway = gateway(system, &recorder).await?;
        let session = recorder.session().await?;
        let at = format!("/api/v1/pam/sessions/{session}");
        let mut answer = gateway.get(&format!("{at}/credentials")).await?.ok()?;
        let given = answer["recording"].take();
        for secret in ["sessionKey", "uploadToken"] {
            let bytes = STANDARD.decode(text(&given[secret])?)?;
            ensure!(bytes.len() == 32, "{secret} has {} bytes", bytes.len());
            system.keep_secret(&text(&given[secret])?);
        }
        ensure!(
            given["storageBackend"] == "aws-s3" && given["sessionId"] == session.as_str(),
            "another session"
        );
        ensure!(given["projectId"] == recorder.stage.project.as_str(), "another project");

        let presign = json!({ "chunkIndex": 1, "ciphertextBytes": 40 });
        let missing = gateway.post(&format!("{at}/chunks/presigned-put"), &presign).await?;
        ensure!(missing.status == 400, "without the upload token: {}", missing.body);
        let uploads = gateway.with_upload_token(&text(&given["uploadToken"])?);
        // Out of order, as a gateway with a queue sends them; and one of them again.
        for index in [1, 0, 1] {
            let chunk = Chunk::seal(&given, index, r#"[[0,"o","from the gateway\r\n"]]"#)?;
            let presign = json!({ "chunkIndex": index, "ciphertextBytes": chunk.ciphertext.len() });
            let told = uploads.post(&format!("{at}/chunks/presigned-put"), &presign).await?.ok()?;
            let key = format!("{PREFIX}/{}/{session}/chunk-{index:06}.json.enc", recorder.stage.project);
            ensure!(told["method"] == "PUT" && told["objectKey"] == key.as_str(), "{told}");
            ensure!(told["expiresInSeconds"].as_u64().is_some_and(|s| (1..=300).contains(&s)), "{told}");
            let status = upload(&text(&told["url"])?, "application/octet-stream", &chunk.ciphertext).await?;
            ensure!(status == 200, "S3 answered {status}");
            let done = uploads.post(&format!("{at}/chunks"), &chunk.metadata()).await?.ok()?;
            ensure!(done == json!({ "ok": true, "storageBackend": "aws-s3" }), "{done}");
        }
        let ended = gateway.post(&format!("{at}/end"), &json!({})).await?.ok()?;
        ensure!(ended["session"]["status"] == "ended", "{ended}");

        // A gateway that was gone comes back with what was in its queue.
        let late = Chunk::seal(&given, 2, r#"[[2,"o","late\r\n"]]"#)?;
        let presign =
            json!({ "chunkIndex": 2, "ciphertextBytes": late.ciphertext.len(), "isKeyframe": false });
        let told = uploads.post(&format!("{at}/chunks/presigned-put"), &presign).await?.ok()?;
        let early = uploads.post(&format!("{at}/chunks"), &late.metadata()).await?;
        ensure!(early.refused(400, "BadRequest")?.contains("Chunk 2"), "it is not there yet");
        upload(&text(&told["url"])?, "application/octet-stream", &late.ciphertext).await?;
        uploads.post(&format!("{at}/chunks"), &late.metadata()).await?.ok()?;
        let mut other = late.metadata();
        other["ciphertextSha256"] = json!(STANDARD.encode([0; 32]));
        ensure!(
            uploads.post(&format!("{at}/chunks"), &other).await?.status == 400,
            "another content was committed"
        );

        let playback = recorder.playback(&session).await?;
        ensure!(indexes(&playback) == [0, 1, 2], "{playback}");
        ensure!(playback["sessionKey"] == given["sessionKey"], "another key");
        for chunk in playback["chunks"].as_array().into_iter().flatten() {
            let got = client()?.get(text(&chunk["presignedGetUrl"])?).send().await?.bytes().await?;
            let digest = STANDARD.encode(digest(&SHA256, &got));
            ensure!(chunk["ciphertextSha256"] == digest.as_str(), "chunk {}", chunk["chunkIndex"]);
        }
        Ok(())
    })
}

#[test]
fn a_url_that_was_tampered_with_is_refused_by_who_checks_signatures() -> Result<()> {
    run(|system| async move {
        let recorder = Recorder::new(Stage::new(system).await?).await?;
        let gateway = gateway(system, &recorder).await?;
        let session = recorder.session().await?;
        let at = format!("/api/v1/pam/sessions/{session}");
        let mut answer = gateway.get(&format!("{at}/credentials")).await?.ok()?;
        let given = answer["recording"].take();
        let uploads = gateway.with_upload_token(&text(&given["uploadToken"])?);
        let chunk = Chunk::seal(&given, 0, "[]")?;
        let batch = json!({ "chunks": [{ "chunkIndex": 0, "ciphertextBytes": chunk.ciphertext.len() }] });
        let one = json!({ "chunkIndex": 0, "ciphertextBytes": chunk.ciphertext.len() });
        let one = uploads.post(&format!("{at}/chunks/presigned-put"), &one).await?.ok()?;
        let many = uploads.post(&format!("{at}/chunks/presigned-put-batch"), &batch).await?.ok()?;
        // Signed by the SDK, and signed in bulk.
        for url in [text(&one["url"])?, text(&many["chunks"][0]["url"])?] {
            let expires = url.split("X-Amz-Expires=").nth(1).and_then(|rest| rest.split('&').next());
            let expires = format!("X-Amz-Expires={}", expires.context("no expiry")?);
            let token = url.split("X-Amz-Security-Token=").nth(1).context("no session token")?;
            let other_token = url.replace(token.get(..8).context("a short token")?, "AAAAAAAA");
            let date = url.split("X-Amz-Date=").nth(1).and_then(|rest| rest.get(..8)).context("no date")?;
            for tampered in [
                url.replace("chunk-000000", "chunk-000001"),
                url.replace(&expires, "X-Amz-Expires=86400"),
                url.replace(&format!("X-Amz-Date={date}"), "X-Amz-Date=20200101"),
                other_token,
            ] {
                ensure!(tampered != url, "nothing was tampered with");
                let status = upload(&tampered, "application/octet-stream", &chunk.ciphertext).await?;
                ensure!(status == 403 || status == 400, "a URL that was tampered with: {status}");
            }
            let status = upload(&url, "text/plain", &chunk.ciphertext).await?;
            ensure!(status == 403, "another content type: {status}");
            let status = upload(&url, "application/octet-stream", b"longer than it was announced").await?;
            ensure!(status == 403, "another length: {status}");
            let status = upload(&url, "application/octet-stream", &chunk.ciphertext).await?;
            ensure!(status == 200, "the URL itself: {status}");
        }
        uploads.post(&format!("{at}/chunks"), &chunk.metadata()).await?.ok()?;
        let playback = recorder.playback(&session).await?;
        let url = text(&playback["chunks"][0]["presignedGetUrl"])?;
        let get = async |url: &str| -> Result<u16> { Ok(client()?.get(url).send().await?.status().as_u16()) };
        ensure!(get(&url).await? == 200, "the URL itself");
        ensure!(get(&url.replace("chunk-000000", "chunk-000001")).await? == 403, "another object");
        let longer = url.replacen("X-Amz-Expires=", "X-Amz-Expires=1", 1);
        ensure!(get(&longer).await? == 403, "a longer life");
        let status = upload(&url, "application/octet-stream", b"x").await?;
        ensure!(status == 403, "a URL to read was one to write with: {status}");
        Ok(())
    })
}
