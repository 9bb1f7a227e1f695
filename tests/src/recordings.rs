//! A customer's bucket of recordings, and the sessions that are recorded into it.

use std::path::Path;

use anyhow::{Context as _, Result, anyhow, ensure};
use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::Method;
use local::root::Root;
use reqwest::header::{CONTENT_LENGTH, CONTENT_TYPE};
use serde_json::{Value, json};

use crate::stage::Stage;
use crate::system::{text, unique};

/// Below which everything is kept.
pub const PREFIX: &str = "pam/sessions";

/// A project whose sessions are recorded.
#[derive(Debug)]
pub struct Recorder {
    /// Project, account and connection.
    pub stage: Stage,
    /// The bucket, which is this one's alone.
    pub bucket: String,
    root: Root,
}

impl Recorder {
    /// A bucket without any rule, and a role that may do nothing.
    ///
    /// # Errors
    /// When something refuses.
    pub async fn unprepared(stage: Stage) -> Result<Self> {
        let root = Root::new(&stage.system().ready.aws_endpoint, &stage.account.number);
        let bucket = format!("{}-{}", unique("recordings"), stage.account.number);
        root.rest("s3", Method::PUT, &format!("/{bucket}"), "").await.context("make a bucket")?;
        Ok(Self { stage, bucket, root })
    }

    /// A bucket and a role as the API prints them, and the project's configuration.
    ///
    /// # Errors
    /// When something refuses.
    pub async fn new(stage: Stage) -> Result<Self> {
        let recorder = Self::unprepared(stage).await?;
        let printed = recorder.printed().await?;
        recorder.stage.allow_exactly(&printed["permissionPolicy"]).await?;
        recorder.cors(&printed["corsRules"]).await?;
        recorder.stage.api.post(&recorder.config_path(), &recorder.config()).await?.ok()?;
        Ok(recorder)
    }

    /// What the API says that bucket and role need.
    ///
    /// # Errors
    /// When it refuses.
    pub async fn printed(&self) -> Result<Value> {
        let (project, bucket) = (&self.stage.project, &self.bucket);
        let query = format!("capability=recordings&projectId={project}&bucket={bucket}&keyPrefix={PREFIX}");
        self.stage.api.get(&format!("/api/v1/app-connections/aws/policies?{query}")).await?.ok()
    }

    /// Gives the bucket these CORS rules, as S3's console takes them.
    ///
    /// # Errors
    /// When they are none, or S3 refuses.
    pub async fn cors(&self, rules: &Value) -> Result<()> {
        let mut xml = String::from("<CORSConfiguration>");
        for rule in rules.as_array().context("no CORS rules")? {
            let texts = |field: &str| rule[field].as_array().into_iter().flatten().filter_map(Value::as_str);
            xml += "<CORSRule>";
            for (field, element) in [
                ("AllowedHeaders", "AllowedHeader"),
                ("AllowedMethods", "AllowedMethod"),
                ("AllowedOrigins", "AllowedOrigin"),
            ] {
                xml.extend(texts(field).map(|text| format!("<{element}>{text}</{element}>")));
            }
            xml += &format!("<MaxAgeSeconds>{}</MaxAgeSeconds></CORSRule>", rule["MaxAgeSeconds"]);
        }
        xml += "</CORSConfiguration>";
        self.root.rest("s3", Method::PUT, &format!("/{}?cors", self.bucket), &xml).await.map(drop)
    }

    /// The keys of everything in the bucket.
    ///
    /// # Errors
    /// When S3 refuses.
    pub async fn keys(&self) -> Result<Vec<String>> {
        let xml = self.root.rest("s3", Method::GET, &format!("/{}?list-type=2", self.bucket), "").await?;
        let keys =
            xml.split("<Key>").skip(1).filter_map(|rest| Some(rest.split_once("</Key>")?.0.to_owned()));
        Ok(keys.collect())
    }

    /// Puts something else where an object is, as somebody does who may write into the bucket.
    ///
    /// # Errors
    /// When S3 refuses.
    pub async fn replace(&self, key: &str, content: &str) -> Result<()> {
        self.root.rest("s3", Method::PUT, &format!("/{}/{key}", self.bucket), content).await.map(drop)
    }

    /// Somebody who signs in at the company's provider, with a role in the project: their e-mail.
    ///
    /// # Errors
    /// When the API refuses.
    pub async fn person(&self, role: &str) -> Result<String> {
        let email = format!("{}@example.com", unique(role));
        let path = format!("/api/v2/workspace/{}/memberships", self.stage.project);
        let body = json!({ "emails": [email], "roleSlugs": [role] });
        self.stage.system().admin.post(&path, &body).await?.ok()?;
        Ok(email)
    }

    /// Where the configuration is.
    #[must_use]
    pub fn config_path(&self) -> String {
        format!("/api/v1/pam/projects/{}/recording-config", self.stage.project)
    }

    /// The configuration.
    #[must_use]
    pub fn config(&self) -> Value {
        json!({ "storageBackend": "aws-s3", "connectionId": self.stage.connection, "bucket": self.bucket,
            "region": "us-east-1", "keyPrefix": PREFIX })
    }

    /// A session to record: its id.
    ///
    /// # Errors
    /// When the API refuses.
    pub async fn session(&self) -> Result<String> {
        let body = json!({ "projectId": self.stage.project, "accountType": "ssh", "accountName": "root",
            "resourceName": "bastion" });
        text(&self.stage.api.post("/api/v1/pam/recordings", &body).await?.ok()?["session"]["id"])
    }

    /// What a gateway is given for a session; its secrets are looked for in all logs.
    ///
    /// # Errors
    /// When the API refuses.
    pub async fn given(&self, session: &str) -> Result<Value> {
        let answer = self.stage.api.get(&format!("/api/v1/pam/sessions/{session}/credentials")).await?;
        let given = answer.ok()?["recording"].take();
        for secret in ["sessionKey", "uploadToken"] {
            self.stage.system().keep_secret(&text(&given[secret])?);
        }
        Ok(given)
    }

    /// The whole of a recording as an auditor's browser gets it.
    ///
    /// # Errors
    /// When the API refuses.
    pub async fn playback(&self, session: &str) -> Result<Value> {
        let answer = self.stage.api.get(&format!("/api/v1/pam/sessions/{session}/playback")).await?.ok()?;
        self.stage.system().keep_secret(&text(&answer["sessionKey"])?);
        Ok(answer)
    }

    /// Copies what a playback answer lists, by its URLs, into a directory.
    ///
    /// # Errors
    /// When S3 refuses.
    pub async fn copy(playback: &Value, to: &Path) -> Result<()> {
        let client = reqwest::Client::builder().no_proxy().build().context("build a client")?;
        for chunk in playback["chunks"].as_array().context("no chunks")? {
            let answer = client.get(text(&chunk["presignedGetUrl"])?).send().await.context("get a chunk")?;
            let status = answer.status();
            ensure!(status.is_success(), "chunk {} answered {status}", chunk["chunkIndex"]);
            let file = to.join(text(&chunk["externalChunkObjectKey"])?);
            std::fs::create_dir_all(file.parent().context("no directory")?).context("make a directory")?;
            std::fs::write(&file, answer.bytes().await?)
                .with_context(|| format!("write {}", file.display()))?;
        }
        Ok(())
    }
}

/// A chunk as the peer seals it.
#[derive(Debug)]
pub struct Chunk {
    /// Its number.
    pub index: u64,
    /// What is uploaded.
    pub ciphertext: Vec<u8>,
    iv: [u8; 12],
}

impl Chunk {
    /// Seals what happened, with what a gateway was given.
    ///
    /// # Errors
    /// When that is nothing to seal with.
    pub fn seal(given: &Value, index: u64, plain: &str) -> Result<Self> {
        let name = |field: &str| text(&given[field]);
        let (project, session, backend) = (name("projectId")?, name("sessionId")?, name("storageBackend")?);
        let aad = digest(&SHA256, format!("{project}|{session}|{index}|{backend}|v1").as_bytes());
        let key = STANDARD.decode(name("sessionKey")?)?;
        let key = UnboundKey::new(&AES_256_GCM, &key).map_err(|_| anyhow!("not a key of 32 bytes"))?;
        let iv = [u8::try_from(index)?; 12];
        let mut ciphertext = plain.as_bytes().to_vec();
        LessSafeKey::new(key)
            .seal_in_place_append_tag(
                Nonce::assume_unique_for_key(iv),
                Aad::from(aad.as_ref()),
                &mut ciphertext,
            )
            .map_err(|_| anyhow!("cannot seal"))?;
        Ok(Self { index, ciphertext, iv })
    }

    /// What a gateway says of it when it is uploaded.
    #[must_use]
    pub fn metadata(&self) -> Value {
        json!({ "chunkIndex": self.index, "startElapsedMs": self.index * 1000, "endElapsedMs": self.index * 1000 + 999,
            "ciphertextSha256": Self::digest(&self.ciphertext), "ciphertextBytes": self.ciphertext.len(),
            "iv": STANDARD.encode(self.iv) })
    }

    /// The digest of a ciphertext as the wire writes it.
    #[must_use]
    pub fn digest(ciphertext: &[u8]) -> String {
        STANDARD.encode(digest(&SHA256, ciphertext))
    }
}

/// Uploads to a presigned URL: S3's status.
///
/// # Errors
/// When S3 does not answer.
pub async fn upload(url: &str, kind: &str, body: &[u8]) -> Result<u16> {
    let client = reqwest::Client::builder().no_proxy().build().context("build a client")?;
    let request = client.put(url).header(CONTENT_TYPE, kind).header(CONTENT_LENGTH, body.len());
    Ok(request.body(body.to_vec()).send().await.context("put a chunk")?.status().as_u16())
}
