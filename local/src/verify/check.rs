//! What is wrong with a recording, each thing by its chunk's number.

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Serialize;
use serde_json::Value;

use super::answer::{Answer, Listed};
use crate::record::seal::{Chain, associated_data, open, sha256};

/// A recording has no more: what a forged list says beyond does not cost memory.
const MOST_CHUNKS: u32 = 1_000_000;

/// One thing that is wrong.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Finding {
    /// The manifest's seal does not fit.
    Forged,
    /// The chunks are not those that the manifest sums up.
    OtherChunks,
    /// The gateway's last word and what came in differ.
    OtherClaim {
        /// So many chunks it had.
        claimed: u64,
        /// So many are listed.
        listed: u64,
    },
    /// The manifest says that a chunk never came in, or the list leaves it out.
    Missing(u32),
    /// The manifest counts more chunks that never came in than it names.
    MoreMissing(u64),
    /// A chunk's object is not in the copy.
    NoObject(u32),
    /// An object is longer or shorter than it was.
    Length {
        /// The chunk.
        index: u32,
        /// So many bytes it had.
        expected: u64,
        /// So many it has.
        found: u64,
    },
    /// An object holds another chunk's content.
    Swapped {
        /// The chunk.
        index: u32,
        /// The other one.
        with: u32,
    },
    /// An object has another content.
    Altered(u32),
    /// The content is what was uploaded, but does not open in this place with this key.
    Sealed(u32),
    /// It opens, and is no JSON array of events.
    NoEvents(u32),
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Forged => {
                write!(f, "the manifest is forged: its seal was not made of it with this recording's key")
            }
            Self::OtherChunks => write!(f, "the list of chunks is not the one that the manifest sums up"),
            Self::OtherClaim { claimed, listed } => {
                write!(
                    f,
                    "the gateway's last word does not fit: it had {claimed} chunks in a chain of its own, {listed} came in"
                )
            }
            Self::Missing(index) => write!(f, "chunk {index} is missing: it never came in"),
            Self::MoreMissing(count) => write!(f, "{count} more chunks are missing: they never came in"),
            Self::NoObject(index) => write!(f, "chunk {index} is missing: its object is not in the copy"),
            Self::Length { index, expected, found } if found < expected => {
                write!(f, "chunk {index} is truncated: {found} of {expected} bytes")
            }
            Self::Length { index, expected, found } => {
                write!(f, "chunk {index} was altered: {found} bytes instead of {expected}")
            }
            Self::Swapped { index, with } => {
                write!(f, "chunk {index} is swapped: its object holds chunk {with}")
            }
            Self::Altered(index) => write!(f, "chunk {index} was altered: its SHA-256 is another"),
            Self::Sealed(index) => {
                write!(f, "chunk {index} does not open in its place with this recording's key")
            }
            Self::NoEvents(index) => write!(f, "chunk {index} holds no events"),
        }
    }
}

/// The objects of a bucket, copied.
#[derive(Clone, Debug)]
pub struct Objects(PathBuf);

impl Objects {
    /// Those below a directory.
    #[must_use]
    pub fn below(directory: &Path) -> Self {
        Self(directory.to_owned())
    }

    /// An object by its key; by any end of its key too, since copies are made at any depth.
    fn read(&self, key: &str) -> Option<Vec<u8>> {
        let parts: Vec<&str> = key.split('/').collect();
        // A key is not a way out of the directory.
        if parts.iter().any(|part| matches!(*part, "" | "." | "..")) {
            return None;
        }
        (0..parts.len()).find_map(|from| fs::read(self.0.join(parts[from..].join("/"))).ok())
    }
}

/// The outcome.
#[derive(Debug)]
pub struct Verified {
    /// What is wrong, in the order of the chunks.
    pub findings: Vec<Finding>,
    /// So many chunks there should be.
    pub chunks: u64,
    /// So many are what was recorded.
    pub sound: u64,
    events: BTreeMap<u32, Vec<Value>>,
}

/// Compares a playback answer with the objects.
#[must_use]
pub fn check(answer: &Answer, objects: &Objects) -> Verified {
    let manifest = &answer.manifest;
    let mut findings = Vec::new();
    if !answer.is_sealed() {
        findings.push(Finding::Forged);
    }
    let start = Chain::start(&manifest.project_id, &manifest.session_id);
    let chain = answer.chunks.iter().try_fold(start, |chain, listed| chain.then(&listed.chunk));
    let listed = answer.chunks.len() as u64;
    if listed != manifest.chunk_count || chain.map_or(true, |chain| chain.head() != manifest.chain_head) {
        findings.push(Finding::OtherChunks);
    }
    if let Some(claim) = &manifest.claimed
        && (claim.chunk_count != manifest.chunk_count
            || claim.chain_head.as_ref().is_some_and(|head| *head != manifest.chain_head))
    {
        findings.push(Finding::OtherClaim { claimed: claim.chunk_count, listed: manifest.chunk_count });
    }
    let missing = missing(answer);
    let named = missing.len() as u64;
    let unnamed = manifest.missing_count.saturating_sub(named);
    let chunks = listed.saturating_add(named).saturating_add(unnamed);
    let mut by_chunk: Vec<(u32, Finding)> =
        missing.into_iter().map(|index| (index, Finding::Missing(index))).collect();

    let owners: HashMap<&str, u32> = answer
        .chunks
        .iter()
        .map(|listed| (listed.chunk.ciphertext_sha256.as_str(), listed.chunk.chunk_index))
        .collect();
    let mut events = BTreeMap::new();
    for listed in &answer.chunks {
        let index = listed.chunk.chunk_index;
        match content(answer, listed, objects, &owners) {
            Ok(told) => drop(events.insert(index, told)),
            Err(finding) => by_chunk.push((index, finding)),
        }
    }
    by_chunk.sort_by_key(|(index, _)| *index);
    findings.extend(by_chunk.into_iter().map(|(_, finding)| finding));
    if unnamed > 0 {
        findings.push(Finding::MoreMissing(unnamed));
    }
    Verified { findings, chunks, sound: events.len() as u64, events }
}

/// What the manifest calls missing, and what the list leaves out.
fn missing(answer: &Answer) -> Vec<u32> {
    let listed: Vec<u32> = answer.chunks.iter().map(|listed| listed.chunk.chunk_index).collect();
    let end = listed.last().map_or(0, |last| last.saturating_add(1)).min(MOST_CHUNKS);
    let mut missing: Vec<u32> = (0..end).filter(|index| listed.binary_search(index).is_err()).collect();
    missing.extend(answer.manifest.missing.iter().filter(|index| listed.binary_search(index).is_err()));
    missing.sort_unstable();
    missing.dedup();
    missing
}

/// A chunk's events, or what is wrong with it.
fn content(
    answer: &Answer,
    listed: &Listed,
    objects: &Objects,
    owners: &HashMap<&str, u32>,
) -> Result<Vec<Value>, Finding> {
    let chunk = &listed.chunk;
    let index = chunk.chunk_index;
    let key = listed.external_chunk_object_key.as_deref().unwrap_or_default();
    let ciphertext = objects.read(key).ok_or(Finding::NoObject(index))?;
    let found = STANDARD.encode(sha256(&ciphertext));
    if found != chunk.ciphertext_sha256 {
        let (expected, length) = (chunk.ciphertext_bytes, ciphertext.len() as u64);
        return Err(match owners.get(found.as_str()) {
            Some(with) => Finding::Swapped { index, with: *with },
            None if length != expected => Finding::Length { index, expected, found: length },
            None => Finding::Altered(index),
        });
    }
    let manifest = &answer.manifest;
    let place = associated_data(&manifest.project_id, &manifest.session_id, index, &answer.backend);
    let plain = open(&answer.key, place, &chunk.iv, ciphertext).ok_or(Finding::Sealed(index))?;
    serde_json::from_slice(&plain).map_err(|_| Finding::NoEvents(index))
}

impl Verified {
    /// The whole recording: <https://docs.asciinema.org/manual/asciicast/v2/>
    ///
    /// # Errors
    ///
    /// When its events are no terminal's.
    pub(super) fn asciicast(&self) -> Result<String> {
        let events = self.events.values().flatten();
        let size = events.clone().find(|event| event[1] == "r").and_then(|event| event[2].as_str());
        let (columns, rows) = size
            .and_then(|size| size.split_once('x'))
            .context("this is no terminal's recording: it has no size")?;
        let number = |text: &str| text.parse::<u16>().context("read the terminal's size");
        let header = Header { version: 2, width: number(columns)?, height: number(rows)? };
        let header = serde_json::to_string(&header).context("write the cast's first line")?;
        Ok(events.fold(header + "\n", |told, event| format!("{told}{event}\n")))
    }
}

/// The first line of a cast.
#[derive(Debug, Serialize)]
struct Header {
    version: u8,
    width: u16,
    height: u16,
}

#[cfg(test)]
#[path = "check_tests.rs"]
mod tests;
