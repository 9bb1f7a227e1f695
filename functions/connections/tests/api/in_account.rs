use serde_json::json;
use testkit::event::event;

use crate::world::{BASE, CUSTOMER, World, key};

#[tokio::test]
async fn the_keys_that_a_sync_can_encrypt_with_are_listed() {
    let world = World::new().await;
    let id = world.connection("keys").await;
    let person =
        |query: &str| event("GET", &format!("{BASE}/{id}/kms-keys?{query}")).person("a@example.com", "admin");
    let (status, answer) = world.send(person("region=eu-west-1&destination=aws-parameter-store")).await;
    assert_eq!(status, 200, "{answer}");
    let app = json!({ "id": "key-app", "alias": "alias/app" });
    assert_eq!(answer, json!({ "kmsKeys": [{ "id": "key-ssm", "alias": "alias/aws/ssm" }, app] }));
    let (_, answer) = world.send(person("region=eu-west-1&destination=aws-secrets-manager")).await;
    let default = json!({ "id": "alias/aws/secretsmanager", "alias": "alias/aws/secretsmanager" });
    assert_eq!(answer, json!({ "kmsKeys": [default, app] }));

    let calls = world.calls.all();
    let asked = calls.iter().rfind(|call| call.target == "TrentService.DescribeKey").unwrap();
    assert!(asked.authorization.contains(&format!("Credential=ASIA{CUSTOMER}/")), "{}", asked.authorization);
    assert!(asked.authorization.contains("/eu-west-1/kms/"), "{}", asked.authorization);
    let confined: Vec<_> =
        calls.iter().filter_map(|call| call.parameter("Policy")).filter(|p| p.contains("kms:")).collect();
    assert_eq!(confined.len(), 1, "one session serves both requests");

    for query in [
        "",
        "region=eu-west-1",
        "destination=aws-parameter-store",
        "region=x&destination=aws-parameter-store",
        "region=eu-west-1&destination=aws-s3",
    ] {
        assert_eq!(world.send(person(query)).await.0, 422, "{query}");
    }
}

#[tokio::test]
async fn the_users_whose_keys_can_be_rotated_are_listed() {
    let world = World::new().await;
    let role = world.connection("users").await;
    let (_, made) = world.admin("POST", "", Some(&key("by-key", &format!("AKIA{CUSTOMER}")))).await;
    for (id, credential) in [(role.as_str(), "ASIA"), (made["appConnection"]["id"].as_str().unwrap(), "AKIA")]
    {
        let event = event("GET", &format!("{BASE}/{id}/users")).person("a@example.com", "admin");
        let (status, answer) = world.send(event).await;
        assert_eq!(status, 200, "{answer}");
        assert_eq!(
            answer,
            json!({ "iamUsers": [{ "UserName": "ci", "Arn": "arn:aws:iam::222222222222:user/ci" }] })
        );
        let calls = world.calls.all();
        let asked =
            calls.iter().rfind(|call| call.parameter("Action").as_deref() == Some("ListUsers")).unwrap();
        assert!(
            asked.authorization.contains(&format!("Credential={credential}{CUSTOMER}/")),
            "{}",
            asked.authorization
        );
    }
}

#[tokio::test]
async fn what_lists_an_account_is_for_people() {
    let world = World::new().await;
    let id = world.connection("people").await;
    for path in ["users", "kms-keys?region=eu-west-1&destination=aws-parameter-store"] {
        let (status, answer) = world.admin("GET", &format!("/{id}/{path}"), None).await;
        assert_eq!((status, &answer["error"]), (403, &json!("ForbiddenError")));
    }
}
