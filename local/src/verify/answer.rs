//! A saved playback answer, all its pages together.

use anyhow::{Context as _, Result, anyhow, bail};
use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use secrecy::{ExposeSecret as _, SecretBox};
use serde::Deserialize;

use crate::record::seal::{Chunk, SessionKey};

/// One page, as it was saved.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Page {
    session_complete: bool,
    session_key: String,
    storage_backend: String,
    chunks: Vec<Listed>,
    /// On the first and on the last page.
    manifest: Option<Manifest>,
}

/// A file holds one page, or all of them in a list.
#[derive(Deserialize)]
#[serde(untagged)]
pub(super) enum Saved {
    One(Box<Page>),
    All(Vec<Page>),
}

/// A chunk of the list.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Listed {
    #[serde(flatten)]
    pub(super) chunk: Chunk,
    pub(super) external_chunk_object_key: Option<String>,
}

/// What the recording amounts to, sealed under its key.
#[derive(Clone, Debug, Deserialize, PartialEq)]
#[serde(rename_all = "camelCase")]
pub(super) struct Manifest {
    pub(super) project_id: String,
    pub(super) session_id: String,
    pub(super) chunk_count: u64,
    pub(super) chain_head: String,
    pub(super) missing: Vec<u32>,
    pub(super) missing_count: u64,
    pub(super) complete: bool,
    pub(super) claimed: Option<Claim>,
    mac: String,
}

/// The gateway's last word.
#[derive(Clone, Debug, Deserialize, PartialEq)]
#[serde(rename_all = "camelCase")]
pub(super) struct Claim {
    pub(super) chunk_count: u64,
    pub(super) chain_head: Option<String>,
}

/// The whole answer.
#[derive(Debug)]
pub struct Answer {
    pub(super) key: SessionKey,
    pub(super) backend: String,
    pub(super) manifest: Manifest,
    /// In the order of their numbers.
    pub(super) chunks: Vec<Listed>,
    ended: bool,
}

impl Manifest {
    /// The text that its seal covers: one line for each field.
    fn text(&self) -> String {
        let missing: Vec<String> = self.missing.iter().map(u32::to_string).collect();
        let claimed = self.claimed.as_ref().map_or_else(
            || "none".to_owned(),
            |claim| format!("{} {}", claim.chunk_count, claim.chain_head.as_deref().unwrap_or("none")),
        );
        format!(
            "drawbridge-recording-manifest-v1\nproject {}\nsession {}\nchunks {}\nchain {}\nmissing {} {}\ncomplete {}\nclaimed {claimed}\n",
            self.project_id,
            self.session_id,
            self.chunk_count,
            self.chain_head,
            self.missing_count,
            missing.join(","),
            self.complete
        )
    }
}

impl Answer {
    /// Joins pages that are of one recording.
    ///
    /// # Errors
    ///
    /// When they are not, or the key is none.
    pub(super) fn of(saved: Vec<Saved>) -> Result<Self> {
        let pages = saved.into_iter().flat_map(|saved| match saved {
            Saved::One(page) => vec![*page],
            Saved::All(pages) => pages,
        });
        let (mut manifest, mut first): (Option<Manifest>, Option<(String, String)>) = (None, None);
        let (mut chunks, mut ended) = (Vec::new(), true);
        for page in pages {
            let of = (page.session_key, page.storage_backend);
            let other = first.as_ref().is_some_and(|first| *first != of)
                || page.manifest.as_ref().zip(manifest.as_ref()).is_some_and(|(one, other)| one != other);
            if other {
                bail!("the pages are not of one recording at one time: save them again, one after the other");
            }
            manifest = manifest.or(page.manifest);
            first = Some(of);
            ended &= page.session_complete;
            chunks.extend(page.chunks);
        }
        let (key, backend) = first.context("no playback answer")?;
        let key = STANDARD.decode(&key).context("read the session key")?;
        let key: Box<[u8; 32]> =
            key.try_into().map_err(|_| anyhow!("the session key is not 32 bytes long"))?;
        chunks.sort_by_key(|listed| listed.chunk.chunk_index);
        Ok(Self {
            key: SecretBox::new(key),
            backend,
            manifest: manifest.context("no page has a manifest: the first one does")?,
            chunks,
            ended,
        })
    }

    /// Whether nothing more was to come.
    #[must_use]
    pub fn has_ended(&self) -> bool {
        self.ended
    }

    /// Whether the manifest was sealed with this recording's key, and is still what it was.
    pub(super) fn is_sealed(&self) -> bool {
        let key = hmac::Key::new(hmac::HMAC_SHA256, self.key.expose_secret());
        let mac = STANDARD.decode(&self.manifest.mac).unwrap_or_default();
        hmac::verify(&key, self.manifest.text().as_bytes(), &mac).is_ok()
    }
}
