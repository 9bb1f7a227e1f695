//! What finding due certificates costs, whatever is stored.

use std::collections::HashMap;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::{AttributeValue, PutRequest, WriteRequest};
use futures::{StreamExt as _, stream};
use model::Timestamp;
use model::certificate::Certificate;
use model::certificate_authority::AuthorityType;
use store::{Entity as _, Store};
use testkit::meter::Meter;

use crate::house::{certificate, order};

const DUE: usize = 50;
const AT_ONCE: usize = 8;

/// A certificate as it is stored, due then.
fn item(due_at: Timestamp) -> HashMap<String, AttributeValue> {
    let (certificate, _) = certificate(&order(AuthorityType::AwsPca), 90);
    let certificate = Certificate { due_at: Some(due_at), ..certificate };
    let mut item: HashMap<String, AttributeValue> =
        serde_dynamo::aws_sdk_dynamodb_1::to_item(&certificate).unwrap();
    let keys = certificate.keys();
    let (list, due) = (keys.list.unwrap(), keys.due.unwrap());
    for (name, text) in [
        ("pk", keys.pk),
        ("sk", keys.sk),
        ("gsi1pk", list.pk),
        ("gsi1sk", list.sk),
        ("gsi2pk", due.pk),
        ("gsi2sk", due.sk),
        ("kind", Certificate::KIND.to_owned()),
        ("created_at", due_at.to_string()),
        ("updated_at", due_at.to_string()),
    ] {
        item.insert(name.to_owned(), AttributeValue::S(text));
    }
    item.insert("version".to_owned(), AttributeValue::N("1".to_owned()));
    item
}

#[expect(clippy::disallowed_methods, reason = "ten thousand items that nobody decided about")]
async fn put(client: &Client, table: &str, items: Vec<HashMap<String, AttributeValue>>) {
    let groups = items.chunks(25).map(|group| {
        let requests: Vec<WriteRequest> = group
            .iter()
            .map(|item| {
                let put = PutRequest::builder().set_item(Some(item.clone())).build().unwrap();
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

/// DynamoDB's size of a value
/// (<https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html>).
fn size(value: &AttributeValue) -> usize {
    let list = |list: &Vec<AttributeValue>| 3 + list.iter().map(|one| 1 + size(one)).sum::<usize>();
    let map = |map: &HashMap<String, AttributeValue>| {
        3 + map.iter().map(|(name, one)| 1 + name.len() + size(one)).sum::<usize>()
    };
    let text = value.as_s().map(String::len);
    let word = value.as_bool().or(value.as_null()).map(|_| 1);
    // Numbers need at most 21 bytes.
    text.or(word).or_else(|_| value.as_l().map(list)).or_else(|_| value.as_m().map(map)).unwrap_or(21)
}

#[tokio::test]
async fn of_ten_thousand_certificates_finding_the_due_ones_reads_the_due_ones() {
    let config = testkit::config().unwrap();
    let (table, audit) = testkit::make_tables(&config).await.unwrap();
    let (client, meter) = (Client::new(&config), Meter::default());
    let store = Store::new(&meter.through(&config), table.clone(), audit, 30);
    let now = testkit::now();
    let one = item(now);
    let bytes: usize = one.iter().map(|(name, value)| name.len() + size(value)).sum();
    assert!(bytes <= 2_048, "a certificate takes {bytes} bytes");
    let mut stored = 0;
    for total in [1_000_usize, 10_000] {
        let due_at = |number: usize| {
            if number < DUE { now } else { testkit::later(60 + u64::try_from(number).unwrap()) }
        };
        put(&client, &table, (stored..total).map(|number| item(due_at(number))).collect()).await;
        stored = total;
        let due = store.certificates_due(now, 1_000).await.unwrap();
        let [reading] = meter.take()[..] else { panic!("finding what is due is one query") };
        println!("{DUE} due of {total} certificates of {bytes} bytes: {reading:?}");
        assert_eq!((due.len(), reading.items), (DUE, u64::try_from(DUE).unwrap()));
    }
}
