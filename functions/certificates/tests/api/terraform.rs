//! The requests of Infisical's Terraform provider for its resources, in its order and with its bodies.

use serde_json::{Value, json};
use testkit::event::event;

use crate::world::{APPLICATIONS, BASE, NOTHING, POLICIES, PROFILES, World, text};

/// What the provider sends: its own headers, and a token of a machine identity.
async fn terraform(world: &World, method: &str, path: &str, body: Option<Value>) -> (u16, Value) {
    let request = event(method, &format!("{BASE}{path}"))
        .header("user-agent", "terraform")
        .identity(world.administrator, "no-access");
    world
        .send(match body {
            Some(body) => request.body(&body),
            None => request,
        })
        .await
}

/// The answer to a request that must succeed.
async fn ok(world: &World, method: &str, path: &str, body: Option<Value>) -> Value {
    let (status, answer) = terraform(world, method, path, body.clone()).await;
    assert_eq!(status, 200, "{method} {path} {body:?}: {answer}");
    answer
}

/// Blocks of the resource, as the provider writes them.
fn policy() -> Value {
    json!({
        "name": "web", "description": "for servers",
        "subject": [
            { "type": "common_name", "allowed": ["*.example.com", "example.com"] },
            { "type": "organization", "required": ["ACME*"], "denied": ["ACME Labs"] }
        ],
        "sans": [{ "type": "dns_name", "allowed": ["*.example.com"] }, { "type": "ip_address", "denied": ["*"] }],
        "keyUsages": { "allowed": ["digital_signature", "key_encipherment"], "required": ["digital_signature"] },
        "extendedKeyUsages": { "allowed": ["server_auth"] },
        "algorithms": {
            "signature": ["SHA256-RSA", "SHA384-ECDSA"], "keyAlgorithm": ["RSA-2048", "RSA-4096", "ECDSA-P384"]
        },
        "validity": { "max": "90d" },
        "basicConstraints": { "isCA": "allowed", "maxPathLength": 0 }
    })
}

#[tokio::test]
async fn a_policy_lives_as_terraform_says() {
    let world = World::new().await;
    let made = ok(&world, "POST", POLICIES, Some(policy())).await;
    let path = format!("{POLICIES}/{}", text(&made["certificatePolicy"], "id"));
    // refresh: what the provider compares is what it sent
    let read = ok(&world, "GET", &path, None).await["certificatePolicy"].clone();
    for (key, value) in policy().as_object().unwrap() {
        assert_eq!(&read[key], value, "{key}");
    }
    // apply of a change: a description that was taken away is empty, a block that was is left out
    let mut change = policy();
    change["description"] = json!("");
    change["validity"] = json!({ "max": "2y" });
    change.as_object_mut().unwrap().remove("basicConstraints");
    ok(&world, "PATCH", &path, Some(change)).await;
    let read = ok(&world, "GET", &path, None).await["certificatePolicy"].clone();
    assert_eq!((&read["description"], &read["validity"]), (&json!(""), &json!({ "max": "2y" })));
    // destroy
    ok(&world, "DELETE", &path, None).await;
    assert_eq!(terraform(&world, "GET", &path, None).await.0, 404, "it is dropped from the state");
}

#[tokio::test]
async fn a_profile_lives_as_terraform_says() {
    let world = World::new().await;
    let authority = world.authority("ca").await;
    let made = ok(&world, "POST", POLICIES, Some(policy())).await;
    let policy = text(&made["certificatePolicy"], "id");
    let body = json!({
        "certificatePolicyId": policy, "caId": authority, "slug": "web", "description": "", "issuerType": "ca",
        "defaults": {
            "ttlDays": 30, "commonName": "web.example.com", "keyAlgorithm": "EC_secp384r1",
            "signatureAlgorithm": "ECDSA-SHA384", "keyUsages": ["digital_signature"],
            "extendedKeyUsages": ["server_auth"]
        }
    });
    let made = ok(&world, "POST", PROFILES, Some(body.clone())).await;
    let path = format!("{PROFILES}/{}", text(&made["certificateProfile"], "id"));
    let read =
        ok(&world, "GET", &format!("{path}?includeConfigs=true"), None).await["certificateProfile"].clone();
    for (key, value) in body.as_object().unwrap() {
        assert_eq!(&read[key], value, "{key}");
    }
    let change =
        json!({ "slug": "web", "description": "changed", "issuerType": "ca", "defaults": { "ttlDays": 7 } });
    ok(&world, "PATCH", &path, Some(change)).await;
    let read =
        ok(&world, "GET", &format!("{path}?includeConfigs=true"), None).await["certificateProfile"].clone();
    assert_eq!((&read["description"], &read["defaults"]), (&json!("changed"), &json!({ "ttlDays": 7 })));
    assert_eq!(text(&read, "caId"), authority);
    ok(&world, "DELETE", &path, None).await;
    assert_eq!(terraform(&world, "GET", &path, None).await.0, 404);
}

#[tokio::test]
async fn a_profile_of_an_earlier_provider_has_its_way_to_enrol() {
    let world = World::new().await;
    let (authority, policy) = (world.authority("ca").await, world.policy("web").await);
    let body = json!({
        "projectId": world.project, "certificatePolicyId": policy, "caId": authority, "slug": "web",
        "enrollmentType": "api", "issuerType": "ca", "apiConfig": { "autoRenew": true, "renewBeforeDays": 7 }
    });
    let made = ok(&world, "POST", PROFILES, Some(body)).await;
    let path = format!("{PROFILES}/{}?includeConfigs=true", text(&made["certificateProfile"], "id"));
    let read = ok(&world, "GET", &path, None).await["certificateProfile"].clone();
    assert_eq!(text(&read, "enrollmentType"), "api");
    assert_eq!(
        (&read["apiConfig"]["autoRenew"], &read["apiConfig"]["renewBeforeDays"]),
        (&json!(true), &json!(7))
    );
    assert_eq!((read.get("estConfig"), read.get("externalConfigs")), (None, None));
}

#[tokio::test]
async fn an_application_lives_as_terraform_says() {
    let world = World::new().await;
    let made = ok(&world, "POST", APPLICATIONS, Some(json!({ "name": "web" }))).await;
    assert_eq!(made["application"]["description"], Value::Null);
    let path = format!("{APPLICATIONS}/{}", text(&made["application"], "id"));
    assert_eq!(ok(&world, "GET", &path, None).await, made);
    let change = json!({ "name": "web-servers", "description": "changed" });
    let changed = ok(&world, "PATCH", &path, Some(change)).await;
    assert_eq!(
        (text(&changed["application"], "name"), text(&changed["application"], "description")),
        ("web-servers".into(), "changed".into())
    );
    assert_eq!(ok(&world, "GET", &path, None).await, changed);
    ok(&world, "DELETE", &path, None).await;
    assert_eq!(terraform(&world, "GET", &path, None).await.0, 404);
}

#[tokio::test]
async fn a_profile_of_an_application_lives_as_terraform_says() {
    let world = World::new().await;
    let profile = world.profile("web").await;
    let application = world.application("web", &[]).await;
    let profiles = format!("{APPLICATIONS}/{application}/profiles");
    let enrollment = format!("{profiles}/{profile}/enrollment");
    // create
    let attached = ok(&world, "POST", &profiles, Some(json!({ "profileIds": [profile] }))).await;
    assert_eq!(text(&attached["profiles"][0], "profileId"), profile);
    let set = ok(&world, "PUT", &format!("{enrollment}/api"), Some(json!({ "autoRenew": false }))).await;
    assert_eq!(set["api"]["renewBeforeDays"], Value::Null);
    // read
    let listed = ok(&world, "GET", &profiles, None).await;
    assert_eq!(listed["profiles"][0]["apiConfigId"], set["api"]["id"]);
    let read = ok(&world, "GET", &enrollment, None).await;
    assert_eq!(
        (&read["api"]["autoRenew"], &read["est"], &read["acme"], &read["scep"]),
        (&json!(false), &Value::Null, &Value::Null, &Value::Null)
    );
    // change, and then without the block
    let change = json!({ "autoRenew": true, "renewBeforeDays": 7 });
    ok(&world, "PUT", &format!("{enrollment}/api"), Some(change)).await;
    let read = ok(&world, "GET", &enrollment, None).await;
    assert_eq!((&read["api"]["autoRenew"], &read["api"]["renewBeforeDays"]), (&json!(true), &json!(7)));
    ok(&world, "DELETE", &format!("{enrollment}/api"), None).await;
    assert_eq!(ok(&world, "GET", &enrollment, None).await["api"], Value::Null);
    // destroy
    ok(&world, "DELETE", &format!("{enrollment}/api"), None).await;
    let gone = ok(&world, "DELETE", &format!("{profiles}/{profile}"), None).await;
    assert_eq!(gone, json!({ "applicationId": application, "profileId": profile }));
    assert_eq!(terraform(&world, "GET", &enrollment, None).await.0, 404);
    assert_eq!(terraform(&world, "GET", &format!("{APPLICATIONS}/{NOTHING}/profiles"), None).await.0, 404);
    ok(&world, "DELETE", &format!("{APPLICATIONS}/{application}"), None).await;
    ok(&world, "DELETE", &format!("{PROFILES}/{profile}"), None).await;
}
