//! Where the next page begins. It carries the chain's value there, so that no page reads what came before it; its seal keeps
//! anybody from beginning with another.

use model::id::PamSessionId;
use model::recording::{Chain, ChunkIndex, Recording, SessionKey, Sha256};

/// A place between two chunks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Cursor {
    /// The next chunk, or one before it.
    pub(super) from: ChunkIndex,
    /// The chain over all before it.
    pub(super) chain: Chain,
}

impl Cursor {
    /// Before the first chunk.
    pub(super) fn start(recording: &Recording) -> Self {
        Self { from: ChunkIndex::FIRST, chain: Chain::start(recording.project_id, recording.session_id) }
    }

    /// For an address: `index.chain.seal`.
    pub(super) fn text(&self, session: PamSessionId, key: &SessionKey) -> String {
        let seal = key.mac(&self.sealed(session));
        format!("{}.{}.{seal}", self.from, self.chain.head()).replace('+', "-").replace('/', "_")
    }

    /// `None` when it is not one that was made here for this recording.
    pub(super) fn read(text: &str, session: PamSessionId, key: &SessionKey) -> Option<Self> {
        let text = text.replace('-', "+").replace('_', "/");
        let mut parts = text.split('.');
        let (from, chain, seal) = (parts.next()?, parts.next()?, parts.next()?);
        let cursor = Self { from: from.parse().ok()?, chain: Chain::at(chain.parse::<Sha256>().ok()?) };
        let seal: Sha256 = seal.parse().ok()?;
        (parts.next().is_none() && key.verifies(&cursor.sealed(session), &seal)).then_some(cursor)
    }

    fn sealed(&self, session: PamSessionId) -> String {
        format!("drawbridge-playback-cursor-v1\n{session}\n{}\n{}\n", self.from, self.chain.head())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(byte: u8) -> SessionKey {
        SessionKey::new(Box::new([byte; 32]))
    }

    #[test]
    fn a_cursor_comes_back_and_no_part_of_it_can_be_another() {
        let session = PamSessionId::random();
        let index = ChunkIndex::try_from(1_000).expect("an index");
        for n in 0..64_u8 {
            let cursor = Cursor { from: index, chain: Chain::at(Sha256::of([n])) };
            let text = cursor.text(session, &key(1));
            assert!(
                text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_=.".contains(&byte)),
                "{text}"
            );
            assert_eq!(Cursor::read(&text, session, &key(1)), Some(cursor));
            assert_eq!(Cursor::read(&text, PamSessionId::random(), &key(1)), None);
            assert_eq!(Cursor::read(&text, session, &key(2)), None);
            assert_eq!(Cursor::read(&text.replacen("1000", "2000", 1), session, &key(1)), None);
            assert_eq!(Cursor::read(&format!("{text}.x"), session, &key(1)), None);
        }
        for text in ["", "0", "0..", "a.b.c", "1000000.AA.AA"] {
            assert_eq!(Cursor::read(text, session, &key(1)), None, "{text}");
        }
    }
}
