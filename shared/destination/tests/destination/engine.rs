//! The same against a whole stand-in for AWS, which checks signatures and has its own ideas of an answer.

use std::collections::BTreeMap;

use aws_sdk_secretsmanager::types::Tag;
use destination::Quotas;
use uuid::Uuid;

use crate::sync::Sync;

fn sync(place: &str) -> Sync {
    let config = testkit::config().unwrap();
    let mut sync = Sync::of(&testkit::clock::SimulatedClock::default(), place);
    sync.clock = None;
    sync.config = config;
    sync.quotas = Quotas { are_off: true, ..Quotas::default() };
    // Several runs may share the stand-in.
    sync.affixes.prefix = format!("t{}-", Uuid::new_v4().simple());
    sync
}

async fn secrets(sync: &Sync) -> BTreeMap<String, String> {
    let client = aws_sdk_secretsmanager::Client::new(&sync.config);
    let mut there = BTreeMap::new();
    for key in ["A", "B", "C", "FOREIGN", "BESIDE"] {
        if let Ok(value) = client.get_secret_value().secret_id(sync.name(key)).send().await {
            there.insert(key.to_owned(), value.secret_string.unwrap_or_default());
        }
    }
    there
}

fn map(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
}

#[tokio::test]
async fn secrets_manager_follows_its_source_and_leaves_others_alone() {
    let mut sync = sync("one-to-one");
    let client = aws_sdk_secretsmanager::Client::new(&sync.config);
    for key in ["FOREIGN", "BESIDE"] {
        let other = Tag::builder().key("drawbridge:secret-sync").value(crate::sync::OTHER).build();
        client.create_secret().name(sync.name(key)).secret_string("theirs").tags(other).send().await.unwrap();
    }
    let report = sync.first(&[("A", "1"), ("B", "2"), ("FOREIGN", "x")]).await.unwrap();
    assert_eq!(report.failures.len(), 1, "{:?}", report.texts());
    let report = sync.later(&[("A", "1"), ("B", "changed"), ("C", "3"), ("FOREIGN", "x")]).await.unwrap();
    assert_eq!(
        (report.plan.steps.len(), report.failures.len()),
        (2, 1),
        "{:?} {:?}",
        report.plan,
        report.texts()
    );
    let theirs = [("BESIDE", "theirs"), ("FOREIGN", "theirs")];
    assert_eq!(
        secrets(&sync).await,
        map(&[&[("A", "1"), ("B", "changed"), ("C", "3")], &theirs[..]].concat())
    );
    sync.later(&[("C", "3")]).await.unwrap();
    assert_eq!(secrets(&sync).await, map(&[&[("C", "3")], &theirs[..]].concat()));
    // Renamed back: its name is kept for the deleted one, which is restored.
    let report = sync.later(&[("A", "again"), ("C", "3")]).await.unwrap();
    assert!(report.is_clean(), "{:?}", report.texts());
    assert_eq!(secrets(&sync).await, map(&[&[("A", "again"), ("C", "3")], &theirs[..]].concat()));
    assert!(sync.later(&[("A", "again"), ("C", "3")]).await.unwrap().plan.is_settled());
}

#[tokio::test]
async fn one_document_follows_its_source() {
    let mut sync = sync("many-to-one");
    let client = aws_sdk_secretsmanager::Client::new(&sync.config);
    for keys in [vec![("A", "1")], vec![("A", "2"), ("B", "3")], vec![("B", "3")]] {
        let report = sync.first(&keys).await.unwrap();
        assert!(report.is_clean(), "{:?}", report.texts());
        let value = client.get_secret_value().secret_id(sync.name("")).send().await.unwrap();
        let there: BTreeMap<String, String> = serde_json::from_str(&value.secret_string.unwrap()).unwrap();
        assert_eq!(there, map(&keys));
        assert!(sync.later(&keys).await.unwrap().plan.is_settled());
    }
}

#[tokio::test]
async fn parameter_store_follows_its_source_and_leaves_others_alone() {
    let mut sync = sync(&format!("/p{}/", Uuid::new_v4().simple()));
    sync.affixes.prefix.clear();
    let client = aws_sdk_ssm::Client::new(&sync.config);
    let path = sync.name("");
    let put = client.put_parameter().name(sync.name("FOREIGN")).value("theirs");
    put.r#type(aws_sdk_ssm::types::ParameterType::SecureString).send().await.unwrap();
    let long = "x".repeat(5_000);
    let keys: Vec<(String, String)> = crate::sync::many(25);
    let mut wanted = crate::sync::borrowed(&keys);
    wanted.push(("LONG", &long));
    let report = sync.first(&wanted).await.unwrap();
    assert!(report.is_clean(), "1 {:?}", report.texts());
    assert!(sync.later(&wanted).await.unwrap().plan.is_settled());
    sync.ledger.clear();
    sync.is_sound = false;
    assert!(sync.later(&wanted).await.unwrap().plan.is_settled(), "its own are found by tag");
    let report = sync.later(&[("KEY_0001", "changed"), ("FOREIGN", "x")]).await.unwrap();
    assert_eq!(
        (report.failures.len(), report.plan.steps.len()),
        (1, 26),
        "{:?} {:?}",
        report.texts(),
        report.plan
    );
    let mut there = BTreeMap::new();
    let mut pages = client
        .get_parameters_by_path()
        .path(path.trim_end_matches('/'))
        .with_decryption(true)
        .into_paginator()
        .send();
    while let Some(page) = pages.next().await {
        for parameter in page.unwrap().parameters.unwrap_or_default() {
            there.insert(parameter.name.unwrap().replace(&path, ""), parameter.value.unwrap());
        }
    }
    assert_eq!(there, map(&[("FOREIGN", "theirs"), ("KEY_0001", "changed")]));
}
