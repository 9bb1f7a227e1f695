//! Recordings of sessions in a customer's bucket, and what each action is for.

use anyhow::{Context as _, Result, bail, ensure};
use reqwest::header::CONTENT_TYPE;
use serde_json::{Value, json};
use tests::recordings::{Chunk, PREFIX, Recorder};
use tests::stage::Stage;
use tests::system::{System, text};

use super::life::{Attempt, Beside, Capability, Level, Life, Told, printed};
use super::trial::Without;

const CONFIGURE: &str = "configure the bucket";
const UPLOAD: &str = "upload a chunk";
const PLAY: &str = "play it";

/// A bucket, and a session that is recorded into it.
pub(super) struct Recordings {
    recorder: Recorder,
    printed: Value,
    session: String,
    given: Value,
    client: reqwest::Client,
}

impl Recordings {
    /// A chunk is put by its URL, and S3 is asked whether it came.
    async fn upload(&mut self) -> Result<Told> {
        let at = format!("/api/v1/pam/sessions/{}", self.session);
        let uploads = self.recorder.stage.api.with_upload_token(&text(&self.given["uploadToken"])?);
        let chunk = Chunk::seal(&self.given, 0, r#"[[0,"o","from the gateway\r\n"]]"#)?;
        let presign = json!({ "chunkIndex": 0, "ciphertextBytes": chunk.ciphertext.len() });
        let told = uploads.post(&format!("{at}/chunks/presigned-put"), &presign).await?.ok()?;
        let request = self.client.put(text(&told["url"])?).header(CONTENT_TYPE, "application/octet-stream");
        let answer = request.body(chunk.ciphertext.clone()).send().await.context("put a chunk")?;
        let (status, words) = (answer.status().as_u16(), answer.text().await?);
        let committed = uploads.post(&format!("{at}/chunks"), &chunk.metadata()).await?;
        if committed.status == 200 {
            ensure!(status == 200, "committed, and S3 said {status}: {words}");
            return Ok(Told::Done(String::new()));
        }
        let said = text(&committed.body["message"])?;
        Ok(Told::Failed(if status == 200 { said } else { format!("{words} {said}") }))
    }
}

impl Capability for Recordings {
    const NAME: &'static str = "recordings";
    const DEEDS: &'static [&'static str] = &[CONFIGURE, UPLOAD, PLAY];
    // S3 has the chunk before anybody is told so.
    const STEPWISE: &'static [&'static str] = &[UPLOAD];
    type Life = Self;

    async fn begin(system: &'static System, level: Level) -> Result<Self> {
        let recorder = Recorder::unprepared(Stage::new(system).await?).await?;
        let query = format!(
            "capability=recordings,parameter-store&bucket={}&keyPrefix={PREFIX}&{}",
            recorder.bucket,
            Beside::query(Self::NAME)
        );
        let printed = printed(&recorder.stage, level, &query).await?;
        recorder.stage.allow_exactly(&printed).await?;
        recorder.cors(&recorder.printed().await?["corsRules"]).await?;
        recorder.stage.api.post(&recorder.config_path(), &recorder.config()).await?.ok()?;
        let session = recorder.session().await?;
        let given = recorder.given(&session).await?;
        let client = reqwest::Client::builder().no_proxy().build().context("build a client")?;
        Ok(Self { recorder, printed, session, given, client })
    }
}

impl Life for Recordings {
    fn stage(&self) -> &Stage {
        &self.recorder.stage
    }

    fn printed(&self) -> &Value {
        &self.printed
    }

    async fn deed(&mut self, deed: &'static str, _: Attempt) -> Result<Told> {
        let api = &self.recorder.stage.api;
        let answer = match deed {
            CONFIGURE => api.post(&self.recorder.config_path(), &self.recorder.config()).await?,
            UPLOAD => return self.upload().await,
            PLAY => api.get(&format!("/api/v1/pam/sessions/{}/playback", self.session)).await?,
            other => bail!("nobody does {other}"),
        };
        if answer.status != 200 {
            return Ok(Told::Failed(text(&answer.body["message"])?));
        }
        if deed == PLAY {
            self.stage().system().keep_secret(&text(&answer.body["sessionKey"])?);
            let url = text(&answer.body["chunks"][0]["presignedGetUrl"])?;
            let got = self.client.get(url).send().await?;
            ensure!(got.status() == 200, "S3 answered {} to the browser", got.status());
        }
        Ok(Told::Done(String::new()))
    }

    async fn there(&self) -> Result<Value> {
        Ok(json!(self.recorder.keys().await?))
    }
}

impl Recordings {
    /// What each action is for.
    pub(super) const WITHOUT: &'static [Without] = &[
        Without::action("s3:PutObject", &[CONFIGURE, UPLOAD]),
        Without::action("s3:GetObject", &[CONFIGURE, UPLOAD, PLAY]),
        Without::action("s3:ListBucket", &[CONFIGURE]),
        Without::action("s3:DeleteObject", &[CONFIGURE]),
    ];
}
