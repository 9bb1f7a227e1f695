//! What waits on disk for its upload. A file is whole or absent, whenever the process is killed.
//!
//! | file | what | until |
//! |---|---|---|
//! | `upload.json` | where chunks go, and the upload token; for its owner alone | the recording is ended |
//! | `000000.enc` | a sealed chunk | the API has taken it |
//! | `000000.json` | what is told of it | the recording is ended |

use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use serde::{Deserialize, Serialize};

use super::seal::{Chunk, Sealed};

const UPLOAD: &str = "upload.json";

/// Where a recording's chunks go.
#[derive(Clone, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Upload {
    pub(super) project_id: String,
    pub(super) session_id: String,
    pub(super) storage_backend: String,
    /// Worth nothing without its holder's own token.
    pub(super) upload_token: String,
}

impl std::fmt::Debug for Upload {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Upload").field("session_id", &self.session_id).finish_non_exhaustive()
    }
}

/// The directory of one recording.
#[derive(Clone, Debug)]
pub(super) struct Spool(PathBuf);

impl Spool {
    pub(super) fn at(directory: PathBuf) -> Self {
        Self(directory)
    }

    pub(super) fn directory(&self) -> &Path {
        &self.0
    }

    /// Whether an earlier run was cut off after it had sealed something.
    pub(super) fn is_left(&self) -> Result<bool> {
        Ok(self.begun()?.is_some() && !self.chunks()?.is_empty())
    }

    /// Makes the directory, for its owner alone.
    pub(super) fn begin(&self, upload: &Upload) -> Result<()> {
        let mut builder = fs::DirBuilder::new();
        builder.recursive(true);
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.create(&self.0).with_context(|| format!("create {}", self.0.display()))?;
        let text = serde_json::to_vec(upload).context("write where chunks go as JSON")?;
        self.write(UPLOAD, &text)
    }

    /// Where its chunks go; nothing when there is no such directory.
    pub(super) fn begun(&self) -> Result<Option<Upload>> {
        let path = self.0.join(UPLOAD);
        if !path.exists() {
            return Ok(None);
        }
        let text = fs::read(&path).with_context(|| format!("read {}", path.display()))?;
        serde_json::from_slice(&text).map(Some).with_context(|| format!("read {}", path.display()))
    }

    /// Keeps a sealed chunk. What is told of it comes last: it is what makes the chunk one.
    pub(super) fn keep(&self, sealed: &Sealed) -> Result<()> {
        let index = sealed.chunk.chunk_index;
        self.write(&format!("{index:06}.enc"), &sealed.ciphertext)?;
        let text = serde_json::to_vec(&sealed.chunk).context("write a chunk's description as JSON")?;
        self.write(&format!("{index:06}.json"), &text)
    }

    /// A chunk and its ciphertext.
    pub(super) fn read(&self, index: u32) -> Result<(Chunk, Vec<u8>)> {
        let ciphertext = self.0.join(format!("{index:06}.enc"));
        let content = fs::read(&ciphertext).with_context(|| format!("read {}", ciphertext.display()))?;
        Ok((self.chunk(&self.0.join(format!("{index:06}.json")))?, content))
    }

    /// Every chunk so far, in the order of their numbers.
    pub(super) fn chunks(&self) -> Result<Vec<Chunk>> {
        let entries = fs::read_dir(&self.0).with_context(|| format!("list {}", self.0.display()))?;
        let mut chunks = Vec::new();
        for entry in entries {
            let path = entry.with_context(|| format!("list {}", self.0.display()))?.path();
            let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
            if name.strip_suffix(".json").is_some_and(|number| number.parse::<u32>().is_ok()) {
                chunks.push(self.chunk(&path)?);
            }
        }
        chunks.sort_by_key(|chunk| chunk.chunk_index);
        Ok(chunks)
    }

    /// The numbers of those that the API has not taken yet.
    pub(super) fn waiting(&self) -> Result<Vec<u32>> {
        let chunks = self.chunks()?.into_iter().map(|chunk| chunk.chunk_index);
        Ok(chunks.filter(|index| self.0.join(format!("{index:06}.enc")).exists()).collect())
    }

    pub(super) fn uploaded(&self, index: u32) -> Result<()> {
        let path = self.0.join(format!("{index:06}.enc"));
        fs::remove_file(&path).with_context(|| format!("remove {}", path.display()))
    }

    pub(super) fn remove(&self) -> Result<()> {
        fs::remove_dir_all(&self.0).with_context(|| format!("remove {}", self.0.display()))
    }

    fn chunk(&self, path: &Path) -> Result<Chunk> {
        let text = fs::read(path).with_context(|| format!("read {}", path.display()))?;
        serde_json::from_slice(&text).with_context(|| format!("read {}", path.display()))
    }

    fn write(&self, name: &str, content: &[u8]) -> Result<()> {
        let (path, partial) = (self.0.join(name), self.0.join(format!("{name}.partial")));
        let write = || -> std::io::Result<()> {
            let mut file = File::create(&partial)?;
            file.write_all(content)?;
            file.sync_all()?;
            fs::rename(&partial, &path)
        };
        write().with_context(|| format!("write {}", path.display()))
    }
}

#[cfg(test)]
impl Upload {
    pub(super) fn example() -> Self {
        Self {
            project_id: "6f0c1a52-7f0e-4c3b-9a57-2f6d1c9e8b40".to_owned(),
            session_id: "3b8a1c7e-52d4-4f6a-8e21-90c4d7f1a6b5".to_owned(),
            storage_backend: "aws-s3".to_owned(),
            upload_token: "an upload token".to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use std::fs;

    use super::{Spool, Upload};
    use crate::record::seal::{Chunk, Sealed};

    fn sealed(index: u32) -> Sealed {
        let chunk = Chunk {
            chunk_index: index,
            start_elapsed_ms: 1,
            end_elapsed_ms: 2,
            ciphertext_sha256: "sha".to_owned(),
            ciphertext_bytes: 3,
            iv: "iv".to_owned(),
        };
        Sealed { chunk, ciphertext: vec![1, 2, 3] }
    }

    #[test]
    fn what_was_not_taken_is_found_again_and_half_of_a_chunk_is_none() {
        let scratch = tempfile::tempdir().unwrap();
        let spool = Spool::at(scratch.path().join("recording"));
        assert!(!spool.is_left().unwrap());
        spool.begin(&Upload::example()).unwrap();
        assert!(!spool.is_left().unwrap(), "nothing is lost by beginning again");
        for index in [2, 0, 1] {
            spool.keep(&sealed(index)).unwrap();
        }
        // Killed between the two files of a chunk, and within one.
        fs::write(scratch.path().join("recording/000003.enc"), [1]).unwrap();
        fs::write(scratch.path().join("recording/000004.json.partial"), "{").unwrap();
        spool.uploaded(1).unwrap();
        assert_eq!(spool.waiting().unwrap(), [0, 2]);
        let all: Vec<_> = spool.chunks().unwrap().iter().map(|chunk| chunk.chunk_index).collect();
        assert_eq!(all, [0, 1, 2]);
        assert_eq!(spool.read(2).unwrap().1, [1, 2, 3]);
        assert_eq!(spool.begun().unwrap().unwrap().upload_token, "an upload token");
        spool.remove().unwrap();
        assert!(spool.begun().unwrap().is_none());
    }

    #[cfg(unix)]
    #[test]
    fn the_upload_token_is_its_owners_alone() {
        use std::os::unix::fs::PermissionsExt as _;
        let scratch = tempfile::tempdir().unwrap();
        let spool = Spool::at(scratch.path().join("recording"));
        spool.begin(&Upload::example()).unwrap();
        let mode = fs::metadata(spool.directory()).unwrap().permissions().mode();
        assert_eq!(mode & 0o077, 0);
        assert!(!format!("{:?}", Upload::example()).contains("an upload token"));
    }
}
