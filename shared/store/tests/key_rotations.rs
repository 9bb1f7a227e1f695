//! The access patterns of key rotations against a real engine.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::HashMap;
use std::process;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::{AttributeValue, PutRequest, ReturnConsumedCapacity, WriteRequest};
use model::Timestamp;
use model::id::KeyRotationId;

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

#[expect(clippy::disallowed_methods, reason = "ten thousand items that nobody decided about")]
async fn put(client: &Client, table: &str, count: usize, due_at: impl Fn(usize) -> Timestamp) {
    let numbers: Vec<usize> = (0..count).collect();
    for group in numbers.chunks(25) {
        let requests = group.iter().map(|number| {
            let item = item(KeyRotationId::random(), due_at(*number));
            let put = PutRequest::builder().set_item(Some(item)).build().unwrap();
            WriteRequest::builder().put_request(put).build()
        });
        let answer = client.batch_write_item().request_items(table, requests.collect()).send().await.unwrap();
        assert!(answer.unprocessed_items.is_none_or(|left| left.is_empty()));
    }
}

/// The read units of the query by which the store finds what is due, and how much it reads.
async fn cost(client: &Client, table: &str, now: Timestamp) -> (f64, i32) {
    let answer = client
        .query()
        .table_name(table)
        .index_name("GSI2")
        .key_condition_expression("gsi2pk = :pk AND gsi2sk < :after")
        .projection_expression("gsi2sk")
        .expression_attribute_values(":pk", AttributeValue::S("DUE#KEY_ROTATION".to_owned()))
        .expression_attribute_values(":after", AttributeValue::S(format!("{now}$")))
        .limit(1_000)
        .return_consumed_capacity(ReturnConsumedCapacity::Total)
        .send()
        .await
        .unwrap();
    let units = answer.consumed_capacity.and_then(|consumed| consumed.capacity_units).unwrap_or_default();
    (units, answer.scanned_count)
}

#[tokio::test]
async fn finding_what_is_due_costs_what_is_due_and_not_what_is_stored() {
    const DUE: usize = 50;
    let store = testkit::tables().await.unwrap();
    let client = Client::new(&testkit::config().unwrap());
    // The one table of this process.
    let table = format!("test-{}-0", process::id());
    let now = testkit::now();
    put(&client, &table, DUE, |_| now).await;
    put(&client, &table, 950, |number| testkit::later(3_600 + u64::try_from(number).unwrap())).await;
    let of_a_thousand = cost(&client, &table, now).await;
    put(&client, &table, 9_000, |number| testkit::later(90_000 + u64::try_from(number).unwrap())).await;
    let of_ten_thousand = cost(&client, &table, now).await;
    assert_eq!(of_a_thousand, of_ten_thousand);
    assert_eq!(of_a_thousand.1, i32::try_from(DUE).unwrap(), "it reads what is due and nothing else");
    println!("{DUE} due of 1,000: {of_a_thousand:?}; of 10,000: {of_ten_thousand:?}");
    let due = store.key_rotations_due(now, 1_000).await.unwrap();
    assert_eq!(due.len(), DUE);
}
