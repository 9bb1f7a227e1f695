//! For tests of what others do with sealed chunks.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::time::Duration;

use serde_json::Value;

use super::asciicast::Plain;
use super::seal::{Chunk, Sealer, SessionKey};
use super::spool::Upload;

/// A chunk of these events, sealed.
pub(crate) fn sealed(
    key: &SessionKey,
    project: &str,
    session: &str,
    index: u32,
    events: &Value,
) -> (Chunk, Vec<u8>) {
    let (project_id, session_id) = (project.to_owned(), session.to_owned());
    let place = Upload { project_id, session_id, ..Upload::example() };
    let plain = Plain { json: events.to_string().into_bytes(), start: Duration::ZERO, end: Duration::ZERO };
    let sealed = Sealer::new(key, &place).unwrap().seal(index, &plain).unwrap();
    (sealed.chunk, sealed.ciphertext)
}
