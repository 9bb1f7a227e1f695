use access::protection::ExternalIdPolicy;
use serde_json::json;

use crate::world::{CUSTOMER, World, key, role};

#[tokio::test]
async fn a_protected_role_passes() {
    let world = World::new().await;
    let id = world.connection("good").await;
    let (status, answer) = world.admin("POST", &format!("/{id}/check"), None).await;
    assert_eq!(status, 200);
    let check = &answer["check"];
    assert_eq!((&check["status"], &check["accountId"]), (&json!("protected"), &json!(CUSTOMER)));
    assert_eq!(check["checkedAt"], "2026-01-02T03:04:05.678Z");
    assert!(check.get("mend").is_none() && check.get("trustPolicy").is_none(), "{answer}");
}

#[tokio::test]
async fn an_open_role_is_named_and_the_policy_that_mends_it_is_printed() {
    let world = World::with(ExternalIdPolicy::Warn).await;
    let (_, made) = world.admin("POST", "", Some(&role("open", "open", Some(world.project)))).await;
    let id = made["appConnection"]["id"].as_str().unwrap();
    let (status, answer) = world.admin("POST", &format!("/{id}/check"), None).await;
    assert_eq!((status, &answer["check"]["status"]), (200, &json!("open")), "{answer}");
    assert!(answer["check"]["message"].as_str().unwrap().contains("without any External ID, and with any"));
    assert!(answer["check"]["mend"].as_str().unwrap().contains("trustPolicy"));
    let condition = &answer["check"]["trustPolicy"]["Statement"][0]["Condition"];
    assert_eq!(condition["StringEquals"]["sts:ExternalId"], world.project.to_string());
}

#[tokio::test]
async fn a_role_or_key_that_stopped_working_is_told_in_awss_words() {
    let world = World::new().await;
    let id = world.connection("role").await;
    let mut stored = world.store.connection(id.parse().unwrap()).await.unwrap().unwrap().value;
    for (role, status, words) in [
        ("gone", "cannot-be-assumed", "is not authorized to perform: sts:AssumeRole"),
        ("throttled", "inconclusive", "throttling"),
        ("failing", "inconclusive", "AWS failed"),
    ] {
        let read = world.store.connection(id.parse().unwrap()).await.unwrap().unwrap();
        let model::connection::Way::AssumeRole { role_arn, .. } = &mut stored.way else { panic!("by role") };
        *role_arn = format!("arn:aws:iam::{CUSTOMER}:role/{role}").parse().unwrap();
        let change = store::Change::new(testkit::now()).replace(&read, &stored);
        world.store.keep_count(store::Bookkeeping(change)).await.unwrap();
        let (_, answer) = world.admin("POST", &format!("/{id}/check"), None).await;
        assert_eq!(answer["check"]["status"], status, "{answer}");
        assert!(answer["check"]["message"].as_str().unwrap().contains(words), "{answer}");
        assert!(answer["check"]["mend"].is_string());
    }

    let (_, made) = world.admin("POST", "", Some(&key("key", &format!("AKIA{CUSTOMER}")))).await;
    let id = made["appConnection"]["id"].as_str().unwrap();
    let read = world.store.connection(id.parse().unwrap()).await.unwrap().unwrap();
    let mut next = read.value.clone();
    let model::connection::Way::AccessKey { access_key_id, .. } = &mut next.way else { panic!("by key") };
    *access_key_id = "AKIABAD222222222222".into();
    world
        .store
        .keep_count(store::Bookkeeping(store::Change::new(testkit::now()).replace(&read, &next)))
        .await
        .unwrap();
    let (_, answer) = world.admin("POST", &format!("/{id}/check"), None).await;
    assert_eq!(answer["check"]["status"], "credentials-invalid", "{answer}");

    let read = world.store.connection(id.parse().unwrap()).await.unwrap().unwrap();
    let model::connection::Way::AccessKey { access_key_id, .. } = &mut next.way else { panic!("by key") };
    *access_key_id = "AKIA444444444444".into();
    world
        .store
        .keep_count(store::Bookkeeping(store::Change::new(testkit::now()).replace(&read, &next)))
        .await
        .unwrap();
    let (_, answer) = world.admin("POST", &format!("/{id}/check"), None).await;
    assert_eq!(answer["check"]["status"], "another-account", "{answer}");
}
