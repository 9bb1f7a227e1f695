use serde_json::json;

use crate::world::{CUSTOMER, World, key};

#[tokio::test]
async fn the_trust_policy_of_a_connection_is_printed_with_a_template() {
    let world = World::new().await;
    let id = world.connection("trusted").await;
    let (status, answer) = world.admin("GET", &format!("/{id}/trust-policy"), None).await;
    assert_eq!(status, 200, "{answer}");
    assert_eq!(answer["externalId"], json!(world.project));
    assert_eq!(answer["trustedAccountId"], "111111111111");
    let condition = &answer["trustPolicy"]["Statement"][0]["Condition"];
    assert_eq!(condition["StringEquals"]["sts:ExternalId"], json!(world.project));
    let role = &answer["cloudFormation"]["Resources"]["DrawbridgeRole"]["Properties"];
    assert_eq!(role["AssumeRolePolicyDocument"], answer["trustPolicy"]);
    assert_eq!(
        answer["cloudFormation"]["Parameters"]["RoleName"]["Default"],
        json!(format!("only-{}", world.project))
    );

    let (_, made) = world.admin("POST", "", Some(&key("key", &format!("AKIA{CUSTOMER}")))).await;
    let id = made["appConnection"]["id"].as_str().unwrap();
    assert_eq!(world.admin("GET", &format!("/{id}/trust-policy"), None).await.0, 400);
}

#[tokio::test]
async fn policies_are_printed_before_there_is_a_connection() {
    let world = World::new().await;
    let path = format!(
        "/policies?capability=secrets-manager,recordings&projectId={}&region=eu-west-1&accountId={CUSTOMER}\
         &secretNamePrefix=prod/&bucket=rec",
        world.project
    );
    let (status, answer) = world.as_identity(world.member, "GET", &path, None).await;
    assert_eq!(status, 200, "{answer}");
    assert_eq!((&answer["level"], &answer["externalId"]), (&json!("minimal"), &json!(world.project)));
    assert_eq!(answer["policies"][0]["capability"], "secrets-manager");
    assert_eq!(
        answer["policies"][0]["policy"]["Statement"][1]["Resource"],
        "arn:aws:secretsmanager:eu-west-1:222222222222:secret:prod/*"
    );
    let all = answer["permissionPolicy"]["Statement"].as_array().unwrap();
    assert_eq!(all.len(), 5);
    // The page of recordings is our own.
    let rules = &answer["corsRules"][0];
    assert_eq!(rules["AllowedMethods"], json!(["GET"]));
    assert_eq!(rules["AllowedOrigins"], json!(["https://abc.execute-api.us-east-1.amazonaws.com"]));
    let role = &answer["cloudFormation"]["Resources"]["DrawbridgeRole"]["Properties"];
    assert_eq!(role["Policies"][0]["PolicyDocument"], answer["permissionPolicy"]);
    assert_eq!(role["AssumeRolePolicyDocument"], answer["trustPolicy"]);

    let (_, full) = world.admin("GET", "/policies?capability=aws-iam-user-secret&level=full", None).await;
    assert_eq!(full["externalId"], json!(world.organization));
    assert!(full["permissionPolicy"].to_string().contains("iam:GetAccessKeyLastUsed"));
    assert_eq!(full.get("corsRules"), None);
    let query = "/policies?capability=recordings&bucket=rec&keyPrefix=pam/sessions";
    let (_, recordings) = world.admin("GET", query, None).await;
    let statements = recordings["permissionPolicy"]["Statement"].as_array().unwrap();
    let resources: Vec<_> =
        statements.iter().map(|statement| statement["Resource"].as_str().unwrap()).collect();
    let bucket = "arn:aws:s3:::rec";
    let (objects, tests) = (format!("{bucket}/pam/sessions/*"), format!("{bucket}/pam/sessions/.test/*"));
    assert_eq!(resources, [objects.as_str(), bucket, tests.as_str()]);
    assert_eq!(world.calls.count(), 0);
    for query in [
        "",
        "?capability=mars",
        "?capability=,",
        "?capability=recordings&level=x",
        "?capability=recordings&bucket=*",
    ] {
        assert_eq!(world.admin("GET", &format!("/policies{query}"), None).await.0, 422, "{query}");
    }
}
