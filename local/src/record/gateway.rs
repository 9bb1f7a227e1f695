//! The gateway protocol: the key once, and for each chunk a URL, the upload, and what was uploaded.

use std::time::Duration;

use anyhow::{Context as _, Result, anyhow, bail};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use reqwest::{Method, StatusCode};
use secrecy::{ExposeSecret as _, SecretBox, SecretString};
use serde::Deserialize;
use serde_json::{Value, json};
use uuid::Uuid;

use super::seal::{Chunk, SessionKey};
use super::spool::Upload;

/// What the API or S3 does not answer now, they may answer in a while.
const ATTEMPTS: u32 = 6;
const FIRST_PAUSE: Duration = Duration::from_millis(200);
/// Of the gateways' own: any 2xx within it is a success.
const UPLOAD_WITHIN: Duration = Duration::from_secs(120);

/// One caller of the API, for one recording.
#[derive(Debug)]
pub(super) struct Gateway {
    client: reqwest::Client,
    base: String,
    token: SecretString,
}

/// What the API gives to whoever records.
#[derive(Debug)]
pub(super) struct Given {
    pub(super) key: SessionKey,
    pub(super) upload: Upload,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Secrets {
    session_key: String,
    #[serde(flatten)]
    upload: Upload,
}

/// Why an attempt failed.
enum Failure {
    /// It may work later.
    Later(anyhow::Error),
    /// It never will.
    Final(anyhow::Error),
}

impl Gateway {
    pub(super) fn new(api: &str, token: SecretString, recording: Uuid) -> Result<Self> {
        let client = reqwest::Client::builder().timeout(UPLOAD_WITHIN).build().context("build a client")?;
        let base = format!("{}/api/v1/pam/sessions/{recording}", api.trim_end_matches('/'));
        Ok(Self { client, base, token })
    }

    /// The session key and where chunks go.
    pub(super) async fn credentials(&self) -> Result<Given> {
        let mut answer = self.call(Method::GET, "credentials", None, None).await?;
        let secrets = answer["recording"].take();
        if secrets.is_null() {
            bail!("this session is not recorded");
        }
        let Secrets { session_key, upload } =
            serde_json::from_value(secrets).context("read what the API gives to who records")?;
        let key = STANDARD.decode(&session_key).context("read the session key")?;
        let key: Box<[u8; 32]> =
            key.try_into().map_err(|_| anyhow!("the session key is not 32 bytes long"))?;
        Ok(Given { key: SecretBox::new(key), upload })
    }

    /// Uploads a chunk, however often that takes. It may have been uploaded before.
    pub(super) async fn upload(&self, upload: &Upload, chunk: &Chunk, ciphertext: Vec<u8>) -> Result<()> {
        // Never over what is there already: a URL that somebody else got hold of is worth nothing then.
        let wish = json!({
            "chunkIndex": chunk.chunk_index, "ciphertextBytes": chunk.ciphertext_bytes, "onlyIfAbsent": true,
            "ciphertextSha256": chunk.ciphertext_sha256,
        });
        let token = Some(upload.upload_token.as_str());
        let mut pause = FIRST_PAUSE;
        for attempt in 1.. {
            // A URL of its own for each attempt: it may be old by then.
            let given = self.call(Method::POST, "chunks/presigned-put", token, Some(&wish)).await?;
            let url = given["url"].as_str().context("no URL")?;
            match self.put(url, &chunk.ciphertext_sha256, ciphertext.clone()).await {
                Ok(()) => break,
                Err(Failure::Later(failure)) if attempt < ATTEMPTS => {
                    tracing::debug!("an upload will be tried again: {failure:#}");
                    tokio::time::sleep(pause).await;
                    pause *= 2;
                }
                Err(Failure::Later(failure) | Failure::Final(failure)) => return Err(failure),
            }
        }
        let told = serde_json::to_value(chunk).context("write a chunk's description as JSON")?;
        self.call(Method::POST, "chunks", token, Some(&told)).await.map(drop)
    }

    /// The last word: how many chunks there are, and where their chain ends.
    pub(super) async fn end(&self, chunks: usize, head: &str) -> Result<()> {
        let claim = json!({ "chunkCount": chunks, "chainHead": head });
        self.call(Method::POST, "end", None, Some(&claim)).await.map(drop)
    }

    /// S3 holds what comes in against its digest and remembers that; a bucket that locks what comes in takes nothing without.
    /// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-lock-managing.html#object-lock-put-object>
    async fn put(&self, url: &str, sha256: &str, ciphertext: Vec<u8>) -> Result<(), Failure> {
        let request = self.client.put(url).header("content-type", "application/octet-stream");
        let request = request.header("x-amz-checksum-sha256", sha256).header("if-none-match", "*");
        let sent = request.body(ciphertext).send().await;
        // A URL is a secret while it lasts.
        let answer = sent.map_err(|failure| {
            Failure::Later(anyhow::Error::new(failure.without_url()).context("upload to S3"))
        })?;
        match answer.status() {
            status if status.is_success() => Ok(()),
            // An earlier attempt got through, and nobody heard of it.
            StatusCode::PRECONDITION_FAILED => Ok(()),
            status => {
                let why = anyhow!("S3 answered {status}: {}", code(&answer.text().await.unwrap_or_default()));
                Err(if may_mend(status) { Failure::Later(why) } else { Failure::Final(why) })
            }
        }
    }

    async fn call(
        &self,
        method: Method,
        path: &str,
        upload_token: Option<&str>,
        body: Option<&Value>,
    ) -> Result<Value> {
        let mut pause = FIRST_PAUSE;
        for attempt in 1.. {
            match self.once(method.clone(), path, upload_token, body).await {
                Ok(answer) => return Ok(answer),
                Err(Failure::Later(failure)) if attempt < ATTEMPTS => {
                    tracing::debug!("{method} {path} will be tried again: {failure:#}");
                    tokio::time::sleep(pause).await;
                    pause *= 2;
                }
                Err(Failure::Later(failure) | Failure::Final(failure)) => return Err(failure),
            }
        }
        bail!("{method} {path} was never tried")
    }

    async fn once(
        &self,
        method: Method,
        path: &str,
        upload_token: Option<&str>,
        body: Option<&Value>,
    ) -> Result<Value, Failure> {
        let attempt = format!("{method} …/{path}");
        let mut request = self.client.request(method, format!("{}/{path}", self.base));
        request = request.bearer_auth(self.token.expose_secret());
        if let Some(token) = upload_token {
            request = request.header("x-gateway-upload-token", token);
        }
        if let Some(body) = body {
            request = request.header("content-type", "application/json").body(body.to_string());
        }
        let later =
            |failure: reqwest::Error| Failure::Later(anyhow::Error::new(failure).context(attempt.clone()));
        let answer = request.send().await.map_err(later)?;
        let status = answer.status();
        let text = answer.text().await.map_err(later)?;
        let body: Value = serde_json::from_str(&text).unwrap_or(Value::Null);
        if status.is_success() {
            return Ok(body);
        }
        let why = anyhow!("{attempt}: the API answered {status}: {}", body["message"]);
        Err(if may_mend(status) { Failure::Later(why) } else { Failure::Final(why) })
    }
}

fn may_mend(status: StatusCode) -> bool {
    status.is_server_error() || status == StatusCode::TOO_MANY_REQUESTS
}

/// The code of S3's error, which says enough and no secret.
fn code(xml: &str) -> &str {
    let code = xml.split_once("<Code>").and_then(|(_, rest)| rest.split_once("</Code>"));
    code.map_or("no code", |(code, _)| code)
}
