//! Recordings: made by a gateway that asks again, and played.

use std::collections::BTreeMap;

use anyhow::{Context as _, Result, ensure};
use futures::future::BoxFuture;
use serde_json::{Value, json};

use super::Capability;
use super::canary::Canaries;
use super::client::Client;
use crate::recordings::{Chunk, Recorder, upload};
use crate::stage::Stage;
use crate::system::{System, text};

const UPLOADS: u32 = 6;

/// A project whose sessions are recorded, and a gateway.
pub(super) struct Recordings {
    client: Client,
    system: &'static System,
    recorder: Recorder,
    gateway: Client,
    canaries: Canaries,
    dice: fastrand::Rng,
    /// How many chunks each recording has that was told to be over.
    ended: BTreeMap<String, u64>,
    /// The keys of all chunks whose upload was tried.
    tried: BTreeMap<String, String>,
}

impl Recordings {
    pub(super) async fn new(
        stage: Stage,
        client: Client,
        canaries: Canaries,
        dice: fastrand::Rng,
    ) -> Result<Self> {
        let system = stage.system();
        let recorder = Recorder::new(stage).await?;
        let machine = system.machine("soak-gateway", "no-access").await?;
        system.join(&recorder.stage.project, &machine, "member").await?;
        let gateway = client.by(machine.api);
        Ok(Self {
            client,
            system,
            recorder,
            gateway,
            canaries,
            dice,
            ended: BTreeMap::new(),
            tried: BTreeMap::new(),
        })
    }

    async fn step(&mut self) -> Result<()> {
        match self.dice.u8(..10) {
            0 => {
                let path = self.recorder.config_path();
                self.client.post("recording.configure", &path, &self.recorder.config()).await;
                Ok(())
            }
            1..3 => self.play().await,
            _ => self.record().await,
        }
    }

    async fn record(&mut self) -> Result<()> {
        let body = json!({ "projectId": self.recorder.stage.project, "accountType": "ssh", "accountName": "root",
            "resourceName": "bastion" });
        let asked = self.client.post("recording.create", "/api/v1/pam/recordings", &body).await;
        let Some(made) = asked.done() else { return Ok(()) };
        let session = text(&made["session"]["id"])?;
        let at = format!("/api/v1/pam/sessions/{session}");
        let answer = self.gateway.look(&format!("{at}/credentials")).await?;
        let given = answer.ok()?["recording"].take();
        for secret in ["sessionKey", "uploadToken"] {
            self.system.keep_secret(&text(&given[secret])?);
        }
        let uploads = self.gateway.by(self.gateway.api.with_upload_token(&text(&given["uploadToken"])?));
        let count = self.dice.u64(1..4);
        for index in 0..count {
            let plain = json!([[index, "o", self.canaries.next()]]).to_string();
            let chunk = Chunk::seal(&given, index, &plain)?;
            if !self.carry(&uploads, &at, &chunk).await? {
                return Ok(());
            }
        }
        let asked = self.gateway.post("recording.end", &format!("{at}/end"), &json!({})).await;
        if asked.done().is_some() {
            self.ended.insert(session, count);
        }
        Ok(())
    }

    /// A chunk's URL, its upload, and the word that it is there. Whether all of it was heard.
    async fn carry(&mut self, uploads: &Client, at: &str, chunk: &Chunk) -> Result<bool> {
        let presign = json!({ "chunkIndex": chunk.index, "ciphertextBytes": chunk.ciphertext.len() });
        for _ in 0..UPLOADS {
            let asked =
                uploads.post("recording.presign", &format!("{at}/chunks/presigned-put"), &presign).await;
            let Some(told) = asked.done() else { return Ok(false) };
            self.tried.insert(text(&told["objectKey"])?, at.to_owned());
            if upload(&text(&told["url"])?, "application/octet-stream", &chunk.ciphertext).await? == 200 {
                let asked =
                    uploads.post("recording.commit", &format!("{at}/chunks"), &chunk.metadata()).await;
                return Ok(asked.done().is_some());
            }
        }
        Ok(false)
    }

    async fn play(&mut self) -> Result<()> {
        let Some(session) = self.dice.choice(self.ended.keys().cloned().collect::<Vec<_>>()) else {
            return self.record().await;
        };
        let path = format!("/api/v1/pam/sessions/{session}/playback");
        let asked = self.client.ask("recording.play", http::Method::GET, &path, &Value::Null).await;
        if let Some(played) = asked.done() {
            self.whole(&session, played)?;
        }
        Ok(())
    }

    fn whole(&self, session: &str, played: &Value) -> Result<()> {
        self.system.keep_secret(&text(&played["sessionKey"])?);
        let chunks = played["chunks"].as_array().context("no chunks")?;
        let wanted = self.ended.get(session).copied().unwrap_or_default();
        let found: Vec<_> = chunks.iter().filter_map(|chunk| chunk["chunkIndex"].as_u64()).collect();
        ensure!(
            found == (0..wanted).collect::<Vec<_>>(),
            "{session} has {found:?} instead of {wanted} chunks"
        );
        Ok(())
    }

    async fn compare(&mut self) -> Result<()> {
        let mut chunks = 0;
        for session in self.ended.keys() {
            let played = self.client.read(&format!("/api/v1/pam/sessions/{session}/playback")).await?;
            if let Err(failure) = self.whole(session, &played) {
                self.client.tally.finding(format!("{failure:#}"));
            }
            for chunk in played["chunks"].as_array().into_iter().flatten() {
                let got = self.fetch(&text(&chunk["presignedGetUrl"])?).await?;
                if chunk["ciphertextSha256"] != Chunk::digest(&got).as_str() {
                    self.client
                        .tally
                        .finding(format!("{session}: another content in {}", chunk["chunkIndex"]));
                }
                chunks += 1;
            }
        }
        let orphans: Vec<_> =
            self.recorder.keys().await?.into_iter().filter(|key| !self.tried.contains_key(key)).collect();
        if !orphans.is_empty() {
            self.client
                .tally
                .finding(format!("these are in the bucket, and no gateway brought them: {orphans:?}"));
        }
        let told = format!(
            "{} recordings are whole, with {chunks} chunks, and nothing else is in the bucket",
            self.ended.len()
        );
        self.client.tally.verified(told);
        Ok(())
    }

    async fn fetch(&self, url: &str) -> Result<Vec<u8>> {
        let client = reqwest::Client::builder().no_proxy().build().context("build a client")?;
        let answer = client.get(url).send().await.context("get a chunk")?;
        ensure!(answer.status().is_success(), "S3 answered {}", answer.status());
        Ok(answer.bytes().await.context("read a chunk")?.to_vec())
    }
}

impl Capability for Recordings {
    fn act(&mut self) -> BoxFuture<'_, Result<()>> {
        Box::pin(self.step())
    }

    fn verify(&mut self) -> BoxFuture<'_, Result<()>> {
        Box::pin(self.compare())
    }
}
