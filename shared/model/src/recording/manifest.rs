//! What a recording amounts to: how many chunks, where their chain ends, which are missing.

use serde::Serialize;

use super::bytes::Sha256;
use super::chain::Chain;
use super::chunk::{Chunk, ChunkIndex};
use super::cryptography::SessionKey;
use super::noun::{Claim, Recording};
use crate::id::{PamSessionId, ProjectId};

/// So many missing chunks are named at the most; the rest are counted.
pub const MOST_NAMED: usize = 1_000;

/// A recording summed up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Manifest {
    /// The project.
    pub project_id: ProjectId,
    /// The recording.
    pub session_id: PamSessionId,
    /// How many chunks are committed.
    pub chunk_count: u32,
    /// Where their chain ends.
    pub chain_head: Sha256,
    /// Which chunks should be there and are not: the first [`MOST_NAMED`].
    pub missing: Vec<ChunkIndex>,
    /// How many those are in all.
    pub missing_count: u32,
    /// Whether the session has ended, nothing is missing, and the gateway's last word agrees.
    pub complete: bool,
    /// The gateway's last word.
    pub claimed: Option<Claim>,
}

impl Manifest {
    /// The text that its seal covers: one line for each field, in this order, each ending in a line feed.
    #[must_use]
    pub fn text(&self) -> String {
        let missing: Vec<String> = self.missing.iter().map(ChunkIndex::to_string).collect();
        let claimed = self.claimed.as_ref().map_or_else(
            || "none".to_owned(),
            |claim| {
                let head = claim.chain_head.map_or_else(|| "none".to_owned(), |head| head.to_string());
                format!("{} {head}", claim.chunk_count)
            },
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

    /// The seal: HMAC-SHA-256 of [`Manifest::text`] under the session key.
    #[must_use]
    pub fn mac(&self, key: &SessionKey) -> Sha256 {
        key.mac(&self.text())
    }
}

/// Sums chunks up, one after the other in the order of their indexes, in constant memory.
#[derive(Debug, Clone)]
pub struct Survey {
    project: ProjectId,
    session: PamSessionId,
    chain: Chain,
    committed: u32,
    /// The number that comes next when nothing is left out.
    next: u32,
    missing: Vec<ChunkIndex>,
    missing_count: u32,
}

impl Survey {
    /// Before the first chunk.
    #[must_use]
    pub fn new(project: ProjectId, session: PamSessionId) -> Self {
        let chain = Chain::start(project, session);
        Self { project, session, chain, committed: 0, next: 0, missing: Vec::new(), missing_count: 0 }
    }

    /// One more chunk, with a higher index than those before.
    pub fn see(&mut self, chunk: &Chunk) {
        self.leave_out(chunk.index.number());
        match &chunk.committed {
            Some(seen) => {
                self.committed = self.committed.saturating_add(1);
                self.chain = self.chain.then(chunk.index, seen.ciphertext_bytes, &seen.ciphertext_sha256);
            }
            None => self.miss(chunk.index.number()),
        }
        self.next = chunk.index.number().saturating_add(1);
    }

    /// The sum, once every chunk was seen.
    #[must_use]
    pub fn finish(mut self, recording: &Recording) -> Manifest {
        let claimed = recording.ended.as_ref().and_then(|ended| ended.claim.clone());
        if let Some(claim) = &claimed {
            self.leave_out(claim.chunk_count);
        }
        let agrees = claimed.as_ref().is_none_or(|claim| {
            claim.chunk_count == self.committed
                && claim.chain_head.is_none_or(|head| head == self.chain.head())
        });
        Manifest {
            project_id: self.project,
            session_id: self.session,
            chunk_count: self.committed,
            chain_head: self.chain.head(),
            complete: recording.ended.is_some() && self.missing_count == 0 && agrees,
            missing: self.missing,
            missing_count: self.missing_count,
            claimed,
        }
    }

    /// Everything from the next number on and before `until` is missing.
    fn leave_out(&mut self, until: u32) {
        let skipped = until.saturating_sub(self.next);
        let room = u32::try_from(MOST_NAMED.saturating_sub(self.missing.len())).unwrap_or(u32::MAX);
        let named = self.next..self.next.saturating_add(skipped.min(room));
        self.missing.extend(named.filter_map(|number| ChunkIndex::try_from(number).ok()));
        self.missing_count = self.missing_count.saturating_add(skipped);
        self.next = self.next.max(until);
    }

    fn miss(&mut self, number: u32) {
        self.next = number;
        self.leave_out(number.saturating_add(1));
    }
}
