//! The trust probe against real trust policies: an engine that evaluates them, with another account's roles.

use access::protection::ExternalIdPolicy;
use aws_sdk_iam::Client;
use aws_sdk_iam::config::Credentials;
use model::id::OrganizationId;
use serde_json::{Value, json};
use testkit::event::{event, read};

use crate::world::{self, BASE, CUSTOMER};

/// A role of the customer's with this trust policy's condition and principal.
async fn role(iam: &Client, name: &str, principal: &str, condition: Value) -> String {
    let mut statement =
        json!({ "Effect": "Allow", "Principal": { "AWS": principal }, "Action": "sts:AssumeRole" });
    if !condition.is_null() {
        statement["Condition"] = condition;
    }
    let trust = json!({ "Version": "2012-10-17", "Statement": [statement] });
    let made = iam
        .create_role()
        .role_name(name)
        .assume_role_policy_document(trust.to_string())
        .send()
        .await
        .unwrap();
    made.role.unwrap().arn
}

#[tokio::test]
async fn the_probe_tells_protected_roles_from_open_ones_by_their_real_trust_policies() {
    let config = testkit::config().unwrap();
    let (store, organization) = (testkit::tables().await.unwrap(), OrganizationId::random());
    let ctx = world::ctx(&config, store, organization, ExternalIdPolicy::Enforce);
    #[expect(clippy::disallowed_methods, reason = "the root of a stand-in's account, in tests alone")]
    let customer = Credentials::new(CUSTOMER, local::standins::ROOT_SECRET, None, None, "test");
    let iam =
        Client::from_conf(aws_sdk_iam::config::Builder::from(&config).credentials_provider(customer).build());
    let ours = "arn:aws:iam::111111111111:root";
    let id = organization.to_string();
    let name = |kind: &str| format!("{kind}-{organization}");
    for (kind, principal, condition, status, words) in [
        ("correct", ours, json!({ "StringEquals": { "sts:ExternalId": id } }), 200, ""),
        ("none", ours, Value::Null, 400, "can be assumed without any External ID, and with any"),
        (
            "like",
            ours,
            json!({ "StringLike": { "sts:ExternalId": "*" } }),
            400,
            "can be assumed with any External ID",
        ),
        (
            "ifexists",
            ours,
            json!({ "StringEqualsIfExists": { "sts:ExternalId": id } }),
            400,
            "can be assumed without any External ID",
        ),
        (
            "wrong",
            ours,
            json!({ "StringEquals": { "sts:ExternalId": "another" } }),
            400,
            "is not authorized to perform",
        ),
        (
            "account",
            "arn:aws:iam::333333333333:root",
            json!({ "StringEquals": { "sts:ExternalId": id } }),
            400,
            "is not authorized to perform",
        ),
    ] {
        let arn = role(&iam, &name(kind), principal, condition).await;
        let body = json!({ "name": kind, "method": "assume-role", "credentials": { "roleArn": arn } });
        let request = event("POST", BASE).identity(OrganizationId::random(), "admin").body(&body).request();
        let (seen, answer) =
            read(web::answer(connections::routes(), ctx.clone(), request, testkit::now()).await).await;
        assert_eq!(seen, status, "{kind}: {answer}");
        assert!(answer.to_string().contains(words), "{kind}: {answer}");
    }
}
