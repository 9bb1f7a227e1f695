use access::protection::ExternalIdPolicy;
use serde_json::{Value, json};
use testkit::aws::Request;

use crate::world::{CUSTOMER, World, key, role};

fn assumed(calls: &[Request]) -> Vec<&Request> {
    calls.iter().filter(|call| call.parameter("Action").as_deref() == Some("AssumeRole")).collect()
}

#[tokio::test]
async fn a_role_that_insists_on_its_external_id_becomes_a_connection() {
    let world = World::new().await;
    let mut body = world.role_body("my-aws");
    body["description"] = json!("");
    body["credentials"]["stsEndpoint"] = json!("https://sts.amazonaws.com");
    let (status, answer) = world.admin("POST", "", Some(&body)).await;
    assert_eq!(status, 200, "{answer}");
    let mut seen = answer["appConnection"].clone();
    let hash = seen["credentialsHash"].as_str().unwrap().to_owned();
    assert!(hash.len() == 64 && hash.bytes().all(|byte| byte.is_ascii_hexdigit()));
    let id = seen["id"].clone();
    seen["credentialsHash"] = json!("hash");
    assert_eq!(
        seen,
        json!({
            "id": id, "name": "my-aws", "description": "", "app": "aws", "method": "assume-role", "version": 2,
            "orgId": world.organization, "projectId": world.project,
            "createdAt": "2026-01-02T03:04:05.678Z", "updatedAt": "2026-01-02T03:04:05.678Z",
            "isPlatformManagedCredentials": false, "gatewayId": null, "gatewayPoolId": null,
            "isAutoRotationEnabled": false, "rotation": null,
            "project": { "id": world.project, "name": "DEMO", "slug": "demo-slug", "type": "secret-manager" },
            "credentialsHash": "hash", "credentials": { "stsEndpoint": "https://sts.amazonaws.com" }
        })
    );
    assert!(answer.get("warnings").is_none());
    // Three probes and one GetCallerIdentity.
    let calls = world.calls.all();
    assert_eq!((calls.len(), assumed(&calls).len()), (4, 3));
    assert_eq!(world.store.project(world.project).await.unwrap().unwrap().connections, 1);
    let (_, read) = world.admin("GET", &format!("/{}", id.as_str().unwrap()), None).await;
    assert_eq!(read["appConnection"], answer["appConnection"]);
}

#[tokio::test]
async fn the_external_id_is_the_scopes_and_for_a_legacy_connection_the_organisations() {
    let world = World::new().await;
    for (name, scope, project, version) in [
        ("shared", world.organization.to_string(), None, None),
        ("legacy", world.organization.to_string(), Some(world.project), Some(1)),
        ("modern", world.project.to_string(), Some(world.project), Some(2)),
    ] {
        let mut body = role(name, &format!("only-{scope}"), project);
        if let Some(version) = version {
            body["version"] = json!(version);
        }
        let (status, answer) = world.admin("POST", "", Some(&body)).await;
        assert_eq!(status, 200, "{name}: {answer}");
        assert_eq!(answer["appConnection"]["version"], json!(version.unwrap_or(2)));
        assert_eq!(answer["appConnection"]["credentials"], json!({}));
    }
}

#[tokio::test]
async fn an_access_key_is_validated_sealed_and_never_shown() {
    let world = World::new().await;
    let mut documented = key("documented", &format!("AKIA{CUSTOMER}"));
    documented["credentials"] =
        json!({ "accessKeyId": format!("AKIA{CUSTOMER}"), "secretKey": "canary-secret" });
    for body in [key("usual", &format!("AKIA{CUSTOMER}")), documented] {
        let (status, answer) = world.admin("POST", "", Some(&body)).await;
        assert_eq!(status, 200, "{answer}");
        let connection = &answer["appConnection"];
        assert_eq!(connection["credentials"], json!({ "accessKeyId": format!("AKIA{CUSTOMER}") }));
        assert_eq!((&connection["projectId"], connection.get("project")), (&Value::Null, None));
        assert!(!answer.to_string().contains("canary"));
        let id = connection["id"].as_str().unwrap().parse().unwrap();
        let stored = world.store.connection(id).await.unwrap().unwrap();
        assert!(!format!("{stored:?}").contains("canary"));
        assert_eq!(stored.account_id.as_str(), CUSTOMER);
    }
}

#[tokio::test]
async fn a_role_that_opens_without_its_external_id_is_refused_with_the_corrected_policy() {
    let world = World::new().await;
    for (name, how) in [
        ("open".to_owned(), "without any External ID, and with any"),
        ("any".to_owned(), "with any External ID"),
        (format!("ifexists-{}", world.project), "without any External ID"),
    ] {
        let (status, answer) = world.admin("POST", "", Some(&role("bad", &name, Some(world.project)))).await;
        assert_eq!((status, &answer["error"]), (400, &json!("BadRequest")), "{answer}");
        let message = answer["message"].as_str().unwrap();
        assert!(message.contains(&format!("can be assumed {how}, so")), "{message}");
        let statement = &answer["details"]["trustPolicy"]["Statement"][0];
        assert_eq!(statement["Principal"]["AWS"], "arn:aws:iam::111111111111:root");
        assert_eq!(statement["Condition"]["StringEquals"]["sts:ExternalId"], world.project.to_string());
        assert_eq!(
            statement["Condition"]["ArnLike"]["aws:PrincipalArn"],
            "arn:aws:iam::111111111111:role/drawbridge/test/connection/*"
        );
        // People who only see the message get the policy as well.
        let printed =
            message.split("(the trust policy that it needs: ").nth(1).unwrap().trim_end_matches(')');
        assert_eq!(serde_json::from_str::<Value>(printed).unwrap(), answer["details"]["trustPolicy"]);
        assert_eq!(world.count().await, 0);
    }
}

#[tokio::test]
async fn with_the_policy_warn_an_open_role_is_taken_with_a_warning() {
    let world = World::with(ExternalIdPolicy::Warn).await;
    let (status, answer) = world.admin("POST", "", Some(&role("open", "open", None))).await;
    assert_eq!(status, 200, "{answer}");
    assert!(answer["warnings"][0].as_str().unwrap().contains("confused deputy"), "{answer}");
    assert!(answer["appConnection"]["id"].is_string());
}

#[tokio::test]
async fn what_aws_says_decides_the_status_and_nothing_is_stored() {
    let world = World::new().await;
    for (body, status, words) in [
        (
            role("x", "absent", None),
            400,
            "is not authorized to perform: sts:AssumeRole on resource: arn:aws:iam::222222222222:role/absent",
        ),
        (
            role("x", &format!("only-{}", world.other), Some(world.project)),
            400,
            "is not authorized to perform",
        ),
        (role("x", "elsewhere", None), 400, "The security token included in the request is invalid"),
        (role("x", "throttled", None), 429, "throttling"),
        (role("x", "failing", None), 503, "AWS failed"),
        (key("x", "AKIABAD222222222222"), 400, "The security token included in the request is invalid"),
    ] {
        let (seen, answer) = world.admin("POST", "", Some(&body)).await;
        assert_eq!(seen, status, "{answer}");
        assert!(answer["message"].as_str().unwrap().contains(words), "{answer}");
        assert_eq!(world.count().await, 0);
    }
    // Also the name is still free, and no project counts a connection that is not there.
    let (status, answer) =
        world.admin("POST", "", Some(&role("x", &format!("only-{}", world.organization), None))).await;
    assert_eq!(status, 200, "{answer}");
    assert_eq!(world.store.project(world.project).await.unwrap().unwrap().connections, 0);
}

#[tokio::test]
async fn bad_bodies_are_refused_before_aws_is_asked() {
    let world = World::new().await;
    let mut cases = vec![
        (json!({}), 422),
        (json!([]), 422),
        (json!("x"), 422),
        (role("Not A Slug", "x", None), 422),
        (role(&"x".repeat(65), "x", None), 422),
        (role(&"x".repeat(300_000), "x", None), 422),
        (role("x", "x y", None), 422),
    ];
    for (field, value, status) in [
        ("description", json!("x".repeat(257)), 422),
        ("method", json!("root"), 422),
        ("credentials", json!(null), 422),
        ("gatewayId", json!("g"), 422),
        ("gatewayPoolId", json!("g"), 422),
        ("isPlatformManagedCredentials", json!(true), 422),
        ("isAutoRotationEnabled", json!(true), 422),
        ("rotation", json!({ "rotationInterval": 1 }), 422),
        ("version", json!(3), 422),
        ("projectId", json!(7), 422),
        ("projectId", json!("no-such-project"), 400),
        ("projectId", json!("77777777-7777-4777-8777-777777777777"), 400),
    ] {
        let mut body = role("x", "open", None);
        body[field] = value;
        cases.push((body, status));
    }
    for (endpoint, status) in [
        ("http://sts.amazonaws.com", 422),
        ("https://169.254.169.254/latest/meta-data", 422),
        ("https://localhost:8080", 422),
        ("https://sts.amazonaws.com@evil.example", 422),
        ("https://sts.amazonaws.com.evil.example", 422),
        ("https://sts.amazonaws.com:8443", 422),
        ("file:///etc/passwd", 422),
        ("https://s3.amazonaws.com", 400),
        ("https://sts.us-esat-1.amazonaws.com", 400),
    ] {
        let mut body = role("x", "open", None);
        body["credentials"]["stsEndpoint"] = json!(endpoint);
        cases.push((body, status));
    }
    for (body, status) in cases {
        let (seen, answer) = world.admin("POST", "", Some(&body)).await;
        assert_eq!(seen, status, "{answer}");
        let name = if status == 422 { "ValidationFailure" } else { "BadRequest" };
        assert_eq!(answer["error"], name);
        assert_eq!(answer["message"].is_array(), status == 422, "{answer}");
    }
    let event = testkit::event::event("POST", crate::world::BASE)
        .identity(world.admin, "admin")
        .raw_body("{\"name\":");
    assert_eq!(world.send(event).await.0, 400);
    assert_eq!((world.calls.count(), world.count().await), (0, 0));
}

#[tokio::test]
async fn a_name_is_unique_in_its_scope_alone() {
    let world = World::new().await;
    world.connection("same").await;
    let (status, _) =
        world.admin("POST", "", Some(&role("same", &format!("only-{}", world.organization), None))).await;
    assert_eq!(status, 200);
    let (status, _) = world
        .admin("POST", "", Some(&role("same", &format!("only-{}", world.other), Some(world.other))))
        .await;
    assert_eq!(status, 200);
    let asked = world.calls.count();
    let (status, answer) = world.as_identity(world.owner, "POST", "", Some(&world.role_body("same"))).await;
    assert_eq!(status, 400);
    assert_eq!(answer["message"], "App Connection with name \"same\" already exists in this project");
    assert_eq!(world.calls.count(), asked, "a taken name is refused before AWS is asked");
}
