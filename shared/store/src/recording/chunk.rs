//! The chunks of a recording, in the order of their indexes.

use aws_sdk_dynamodb::types::AttributeValue;
use model::id::PamSessionId;
use model::recording::{Chunk, ChunkIndex};

use crate::Store;
use crate::entity::{Entity, Stored, stored_from};
use crate::error::ReadError;
use crate::keys::Keys;
use crate::read::{MAX_KEYS, fetch};

impl Entity for Chunk {
    const KIND: &'static str = "chunk";

    fn keys(&self) -> Keys {
        Keys::within(super::key(self.session_id), position(self.index))
    }
}

fn position(index: ChunkIndex) -> String {
    format!("CHUNK#{}", index.padded())
}

/// Some chunks of a recording, in the order of their indexes.
#[derive(Debug)]
pub struct ChunkPage {
    /// The chunks.
    pub chunks: Vec<Stored<Chunk>>,
    /// Where the next page begins; `None` when there is none.
    pub next: Option<ChunkIndex>,
}

impl Store {
    /// One chunk. One strongly consistent GetItem.
    ///
    /// # Errors
    /// [`ReadError`] when the table cannot be read.
    pub async fn chunk(
        &self,
        session: PamSessionId,
        index: ChunkIndex,
    ) -> Result<Option<Stored<Chunk>>, ReadError> {
        self.get(&super::key(session), &position(index)).await
    }

    /// Up to `limit` chunks from index `from` to index `to`. One strongly consistent Query of one page, of at most 1 MB: that
    /// may be fewer than `limit` although there are more.
    ///
    /// # Errors
    /// [`ReadError`] when the table cannot be read.
    pub async fn chunk_page(
        &self,
        session: PamSessionId,
        from: ChunkIndex,
        to: ChunkIndex,
        limit: u16,
    ) -> Result<ChunkPage, ReadError> {
        let page = self
            .client
            .query()
            .table_name(&self.table)
            .key_condition_expression("pk = :pk AND sk BETWEEN :from AND :to")
            .expression_attribute_values(":pk", AttributeValue::S(super::key(session)))
            .expression_attribute_values(":from", AttributeValue::S(position(from)))
            .expression_attribute_values(":to", AttributeValue::S(position(to)))
            .consistent_read(true)
            .limit(i32::from(limit.max(1)))
            .send()
            .await
            .map_err(|error| fetch(Chunk::KIND, error))?;
        let is_followed = page.last_evaluated_key.is_some_and(|key| !key.is_empty());
        let chunks: Vec<Stored<Chunk>> =
            page.items.unwrap_or_default().into_iter().map(stored_from).collect::<Result<_, _>>()?;
        let last = chunks.last().map(|chunk| chunk.index);
        Ok(ChunkPage { chunks, next: last.filter(|_| is_followed).and_then(ChunkIndex::next) })
    }

    /// The chunks at these indexes, in no order; absent ones are left out. One strongly consistent BatchGetItem for each hundred.
    ///
    /// # Errors
    /// [`ReadError`] when the table cannot be read.
    pub async fn chunks_at(
        &self,
        session: PamSessionId,
        indexes: &[ChunkIndex],
    ) -> Result<Vec<Stored<Chunk>>, ReadError> {
        let keys = indexes.iter().map(|index| (super::key(session), position(*index))).collect::<Vec<_>>();
        let mut chunks = Vec::with_capacity(keys.len());
        for keys in keys.chunks(MAX_KEYS) {
            for item in self.batch_get(Chunk::KIND, keys).await? {
                chunks.push(stored_from(item)?);
            }
        }
        Ok(chunks)
    }

    /// All chunks from index `from` to index `to`. One strongly consistent Query for each MB, which is about 2,000 chunks.
    ///
    /// # Errors
    /// [`ReadError`] when the table cannot be read.
    pub async fn chunks(
        &self,
        session: PamSessionId,
        from: ChunkIndex,
        to: ChunkIndex,
    ) -> Result<Vec<Stored<Chunk>>, ReadError> {
        let (mut chunks, mut next) = (Vec::new(), Some(from));
        while let Some(from) = next {
            let mut page = self.chunk_page(session, from, to, u16::MAX).await?;
            chunks.append(&mut page.chunks);
            next = page.next;
        }
        Ok(chunks)
    }
}
