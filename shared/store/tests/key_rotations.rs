//! What finding due rotations costs, whatever is stored.
//!
//! The stand-in says how many items a query read, and nothing of units; AWS's own DynamoDB Local counts both. With it at
//! `DYNAMODB_ENDPOINT` (`java -jar DynamoDBLocal.jar -inMemory`), a million are stored in some minutes:
//! `cargo test -p store --test key_rotations -- --ignored --nocapture`.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

use std::collections::HashMap;
use std::env;

use aws_config::SdkConfig;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::{AttributeValue, PutRequest, WriteRequest};
use futures::{StreamExt as _, stream};
use model::Timestamp;
use model::id::KeyRotationId;
use store::Store;
use testkit::meter::{Meter, Reading};

/// So many are due at once.
const DUE: usize = 50;
/// So many batches are on their way at once.
const AT_ONCE: usize = 8;

/// What is stored of a rotation, as far as the table cares: about a kilobyte, due then.
fn item(id: KeyRotationId, due_at: Timestamp) -> HashMap<String, AttributeValue> {
    let text = |text: String| AttributeValue::S(text);
    HashMap::from([
        ("pk".to_owned(), text(format!("KEY_ROTATION#{id}"))),
        ("sk".to_owned(), text("STATE".to_owned())),
        ("gsi2pk".to_owned(), text("DUE#KEY_ROTATION".to_owned())),
        ("gsi2sk".to_owned(), text(format!("{due_at}#{id}"))),
        ("progress".to_owned(), text("p".repeat(900))),
    ])
}

#[expect(clippy::disallowed_methods, reason = "a million items that nobody decided about")]
async fn put(client: &Client, table: &str, count: usize, due_at: impl Fn(usize) -> Timestamp) {
    let numbers: Vec<usize> = (0..count).collect();
    let groups = numbers.chunks(25).map(|group| {
        let requests: Vec<WriteRequest> = group
            .iter()
            .map(|number| {
                let item = item(KeyRotationId::random(), due_at(*number));
                let put = PutRequest::builder().set_item(Some(item)).build().unwrap();
                WriteRequest::builder().put_request(put).build()
            })
            .collect();
        async move {
            let answer = client.batch_write_item().request_items(table, requests).send().await.unwrap();
            assert!(answer.unprocessed_items.is_none_or(|left| left.is_empty()));
        }
    });
    stream::iter(groups).buffer_unordered(AT_ONCE).collect::<Vec<()>>().await;
}

/// What the store's own query for what is due costs, with the first number of rotations stored and with the second.
async fn costs(config: &SdkConfig, few: usize, many: usize) -> [Reading; 2] {
    let (table, audit) = testkit::make_tables(config).await.unwrap();
    let (client, meter) = (Client::new(config), Meter::default());
    let store = Store::new(&meter.through(config), table.clone(), audit, 30);
    let now = testkit::now();
    put(&client, &table, DUE, |_| now).await;
    let mut readings = Vec::new();
    let mut stored = DUE;
    for total in [few, many] {
        let later = |number: usize| testkit::later(60 + u64::try_from(stored + number).unwrap());
        put(&client, &table, total - stored, later).await;
        stored = total;
        assert_eq!(store.key_rotations_due(now, 1_000).await.unwrap().len(), DUE);
        let [reading] = meter.take()[..] else { panic!("finding what is due is one query") };
        println!("{DUE} due of {total} stored: {reading:?}");
        readings.push(reading);
    }
    [readings[0], readings[1]]
}

#[tokio::test]
async fn finding_what_is_due_reads_what_is_due_and_not_what_is_stored() {
    let readings = costs(&testkit::config().unwrap(), 1_000, 10_000).await;
    for reading in readings {
        assert_eq!(reading.items, u64::try_from(DUE).unwrap());
    }
}

#[tokio::test]
#[ignore = "needs AWS's DynamoDB Local at DYNAMODB_ENDPOINT, four gigabytes and some minutes"]
async fn of_a_million_stored_what_is_due_costs_what_it_costs_of_a_thousand() {
    #[expect(clippy::disallowed_methods, reason = "where another engine answers its runner knows")]
    let endpoint = env::var("DYNAMODB_ENDPOINT").expect("DYNAMODB_ENDPOINT: where DynamoDB Local answers");
    let [thousand, million] = costs(&testkit::config_of(endpoint), 1_000, 1_000_000).await;
    assert!(thousand.units > 0.0, "the engine counts no units");
    assert_eq!(thousand, million);
}
