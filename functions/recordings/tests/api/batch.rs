//! Many URLs at once, and what they cost.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use aws_config::SdkConfig;
use serde_json::{Value, json};

use crate::world::{World, batch, presign};

/// Counts what the table is asked.
#[derive(Debug, Clone, Default)]
struct Counter(Arc<Mutex<HashMap<String, usize>>>);

impl Counter {
    fn through(&self, config: &SdkConfig) -> SdkConfig {
        let counter = self.clone();
        testkit::between(config, move |onward, request| {
            let target = request.headers().get("x-amz-target").unwrap_or_default();
            if let Some(operation) = target.strip_prefix("DynamoDB_20120810.") {
                *counter.0.lock().unwrap().entry(operation.to_owned()).or_default() += 1;
            }
            onward.call(request)
        })
    }

    fn take(&self) -> HashMap<String, usize> {
        std::mem::take(&mut *self.0.lock().unwrap())
    }
}

fn puts(count: u32) -> Vec<Value> {
    (0..count).map(|index| json!({ "chunkIndex": index, "ciphertextBytes": 1_000 + index })).collect()
}

#[tokio::test]
async fn a_thousand_urls_cost_one_query_of_chunks_one_transaction_for_25_and_no_call_to_aws() {
    let counter = Counter::default();
    let world = World::through(|config| counter.through(config)).await;
    world.configure().await;
    let session = world.session().await;
    // The session with the bucket's account is in memory.
    world.ok(presign(&session, 0, &[0; 1_000]), world.gateway).await;
    let _before = (counter.take(), world.cloud.calls());

    let answer = world.ok(batch(&session, &puts(1_000)), world.gateway).await;
    // The recording and the connection by their keys; the caller's memberships and the chunks by a Query each. Chunk 0 is
    // announced already, so that 999 are written.
    let costs = HashMap::from([("GetItem", 2), ("Query", 2), ("TransactWriteItems", 40)]);
    assert_eq!(counter.take(), costs.into_iter().map(|(name, count)| (name.to_owned(), count)).collect());
    assert!(world.cloud.calls().is_empty(), "AWS was asked");
    let urls = answer["chunks"].as_array().unwrap();
    assert_eq!(urls.len(), 1_000);
    assert_eq!(
        (urls[999]["chunkIndex"].as_u64(), urls[999]["expiresInSeconds"].as_u64()),
        (Some(999), Some(300))
    );

    // Again: everything is known, and nothing is written.
    world.ok(batch(&session, &puts(1_000)), world.gateway).await;
    assert_eq!(counter.take().get("TransactWriteItems"), None);
}

#[tokio::test]
async fn indexes_far_from_each_other_are_read_alone() {
    let counter = Counter::default();
    let world = World::through(|config| counter.through(config)).await;
    world.configure().await;
    let session = world.session().await;
    world.upload(&session, 7, b"hello").await;
    counter.take();
    let put = |index: u32, bytes: usize| json!({ "chunkIndex": index, "ciphertextBytes": bytes });
    world.ok(batch(&session, &[put(0, 5), put(999_999, 5)]), world.gateway).await;
    let costs = counter.take();
    let cost = |name: &str| costs.get(name).copied().unwrap_or_default();
    // The one Query is that of the caller's memberships.
    assert_eq!((cost("Query"), cost("BatchGetItem"), cost("TransactWriteItems")), (1, 1, 1), "{costs:?}");

    // What is there is known this way, too.
    let far = (0..250).map(|n| put(7 + n * 1_000, 5)).collect::<Vec<_>>();
    world.ok(batch(&session, &far), world.gateway).await;
    let costs = counter.take();
    assert_eq!(
        (costs.get("BatchGetItem"), costs.get("TransactWriteItems")),
        (Some(&3), Some(&10)),
        "{costs:?}"
    );
    let (status, words) = world.refused(batch(&session, &[put(7, 6), put(999, 5)]), world.gateway).await;
    assert!(status == 400 && words.contains("Chunk 7 was committed with 5 bytes"), "{status} {words}");
}

#[tokio::test]
async fn a_url_of_a_batch_is_the_url_of_the_sdk() {
    let (world, session) = World::recording().await;
    let one = world.ok(presign(&session, 7, b"hello"), world.gateway).await;
    let body = [json!({ "chunkIndex": 7, "ciphertextBytes": 5 })];
    let many = world.ok(batch(&session, &body), world.gateway).await;
    assert_eq!(many["chunks"][0]["url"], one["url"]);
    assert_eq!(many["chunks"][0]["objectKey"], one["objectKey"]);
    assert_eq!(world.cloud.put(many["chunks"][0]["url"].as_str().unwrap(), b"hello"), 200);
}

#[tokio::test]
async fn a_batch_with_one_contradiction_writes_nothing() {
    let (world, session) = World::recording().await;
    world.upload(&session, 5, b"hello").await;
    let (status, words) = world.refused(batch(&session, &puts(60)), world.gateway).await;
    assert!(status == 400 && words.contains("Chunk 5 was committed with 5 bytes"), "{status} {words}");
    assert!(world.chunk(&session, 0).await.is_none());
}

#[tokio::test]
async fn chunks_keyframes_and_careful_puts_go_in_one_batch() {
    let (world, session) = World::recording().await;
    let body = [
        json!({ "chunkIndex": 1, "ciphertextBytes": 5, "onlyIfAbsent": true }),
        json!({ "chunkIndex": 1, "ciphertextBytes": 3, "isKeyframe": true }),
        json!({ "chunkIndex": 0, "ciphertextBytes": 4 }),
    ];
    let answer = world.ok(batch(&session, &body), world.gateway).await;
    let url = |position: usize| answer["chunks"][position]["url"].as_str().unwrap().to_owned();
    assert_eq!(world.cloud.put_with(&url(0), b"hello", Some("*")), 200);
    assert_eq!(world.cloud.put_with(&url(0), b"hello", Some("*")), 412);
    assert_eq!(world.cloud.put(&url(1), b"png"), 200);
    assert_eq!(world.cloud.put(&url(2), b"abcd"), 200);
    let chunk = world.chunk(&session, 1).await.unwrap();
    assert_eq!((chunk.announced.unwrap().bytes, chunk.keyframe_bytes), (5, Some(3)));
}

#[tokio::test]
async fn too_many_none_and_the_same_twice_are_refused() {
    let (world, session) = World::recording().await;
    assert_eq!(world.refused(batch(&session, &puts(1_001)), world.gateway).await.0, 422);
    assert_eq!(world.refused(batch(&session, &[]), world.gateway).await.0, 422);
    let twice =
        [json!({ "chunkIndex": 1, "ciphertextBytes": 5 }), json!({ "chunkIndex": 1, "ciphertextBytes": 6 })];
    assert_eq!(world.refused(batch(&session, &twice), world.gateway).await.0, 422);
}
