//! Access: by whom, in which order, with what in the answer.

use model::id::IdentityId;
use model::membership::ActorKind;
use model::permission::Role;
use serde_json::{Value, json};
use testkit::cloud::{BRIDGE, CANARY, READONLY};
use testkit::event::event;
use url::Url;

use super::world::{ADA, BOB, World, access, path, root};

fn query(url: &str, name: &str) -> String {
    Url::parse(url).unwrap().query_pairs().find(|(key, _)| key == name).unwrap().1.into_owned()
}

#[tokio::test]
async fn a_person_gets_a_link_and_the_command_line_the_credentials_too() {
    let world = World::furnished().await;
    let before = world.cloud.calls("AssumeRole").len();
    let web = world
        .ok(access(ADA, &json!({ "path": "production/readonly", "duration": "15m", "reason": "INC-1" })))
        .await;
    let hops = world.cloud.calls("AssumeRole").split_off(before);
    // The first hop is in memory since the account was proved.
    assert_eq!(hops.len(), 1);
    assert_eq!(
        (hops[0].role.as_str(), hops[0].session_name.as_str(), hops[0].duration),
        (READONLY, ADA, 900)
    );
    assert_eq!((&hops[0].external_id, &hops[0].policy), (&Some(world.project.to_string()), &None));

    let url = web["consoleUrl"].as_str().unwrap();
    assert!(url.starts_with(&format!("{}/federation?Action=login&Issuer=", world.sign_in.url)), "{url}");
    assert_eq!(query(url, "Issuer"), "https://abc.execute-api.us-east-1.amazonaws.com/");
    assert_eq!(query(url, "Destination"), "https://console.aws.amazon.com/");
    assert!(query(url, "SigninToken").starts_with("token-ASIA"));
    assert_eq!(
        web,
        json!({
            "sessionId": web["sessionId"], "accountType": "aws-iam", "resourceType": "aws-iam", "consoleUrl": url,
            "metadata": {
                "consoleUrl": url, "awsAccountId": "123456789012", "targetRoleArn": READONLY, "federatedUsername": ADA,
                "expiresAt": "2026-01-02T03:19:05.000Z",
            },
        })
    );

    let cli = world
        .ok(access(BOB, &json!({ "path": "production/readonly", "duration": "3600000ms" }))
            .header("user-agent", "cli"))
        .await;
    let metadata = cli["metadata"].as_object().unwrap();
    assert!(metadata.values().all(Value::is_string), "{metadata:?}");
    assert!(metadata["accessKeyId"].as_str().unwrap().starts_with("ASIA"));
    assert!(metadata["secretAccessKey"].as_str().unwrap().starts_with(CANARY));
    assert!(metadata["sessionToken"].as_str().unwrap().starts_with(CANARY));
    assert_eq!(metadata["expiresAt"], "2026-01-02T04:04:05.000Z");
    assert_eq!(metadata["federatedUsername"], BOB);
}

#[tokio::test]
async fn credentials_go_to_the_sign_in_page_in_the_body_of_a_post_without_a_duration() {
    let world = World::furnished().await;
    world.ok(access(ADA, &path("production/readonly"))).await;
    let requests = world.sign_in.requests();
    let [request] = requests.as_slice() else { panic!("{requests:?}") };
    let (head, body) = request.split_once("\r\n\r\n").unwrap();
    assert!(head.starts_with("POST /federation HTTP/1.1\r\n"), "{head}");
    assert!(head.to_lowercase().contains("content-type: application/x-www-form-urlencoded"), "{head}");
    assert!(!head.contains(CANARY) && body.contains(CANARY));
    assert!(body.starts_with("Action=getSigninToken&Session=%7B%22sessionId%22%3A%22ASIA"), "{body}");
    assert!(!request.contains("SessionDuration"));
}

#[tokio::test]
async fn nobody_may_keep_the_answer() {
    let world = World::furnished().await;
    let request = access(ADA, &path("production/readonly")).request();
    let answer = web::answer(crate::routes(), world.ctx.clone(), request, testkit::now()).await;
    assert_eq!(answer.headers()["cache-control"], "no-store");
}

#[tokio::test]
async fn bodies_of_both_generations_and_every_naming_lead_to_the_account() {
    let world = World::furnished().await;
    let list = format!("/api/v1/pam/accounts?projectId={}", world.project);
    let id = world.ok(root(event("GET", &list))).await["accounts"][0]["id"].clone();
    let project = world.project;
    for body in [
        path("production/readonly"),
        path("/production/readonly/"),
        json!({ "projectId": project, "accountPath": "production/readonly", "duration": "1h" }),
        json!({ "projectId": project, "accountPath": "/readonly", "duration": "1h" }),
        json!({ "projectId": project, "resourceName": "production", "accountName": "readonly" }),
        json!({ "accountId": id }),
    ] {
        world.ok(access(ADA, &body)).await;
    }
    for (body, status) in [
        (path("production/admin"), 404),
        (path("staging/readonly"), 404),
        (json!({ "accountId": model::id::PamAccountId::random() }), 404),
        (json!({ "projectId": model::id::ProjectId::random(), "accountPath": "production/readonly" }), 404),
        (json!({}), 422),
        (json!({ "path": "production/readonly", "duration": "14m" }), 422),
        (json!({ "path": "production/readonly", "duration": "2h" }), 422),
    ] {
        assert_eq!(world.send(access(ADA, &body)).await.0, status, "{body}");
    }
}

#[tokio::test]
async fn a_reason_is_kept_and_a_required_one_enforced() {
    let world = World::new().await;
    let account = world.furnish().await;
    let one = format!("/api/v1/pam/accounts/aws-iam/{}", account["id"].as_str().unwrap());
    world.ok(root(event("PATCH", &one).body(&json!({ "requireReason": true })))).await;
    for reason in [json!(null), json!(""), json!("  ")] {
        let (status, refused) =
            world.send(access(ADA, &json!({ "path": "production/readonly", "reason": reason }))).await;
        assert_eq!((status, refused["error"].as_str().unwrap()), (400, "PAM_REASON_REQUIRED"));
    }
    assert_eq!(world.sessions(testkit::now()).await.len(), 0);
    world.ok(access(ADA, &json!({ "path": "production/readonly", "reason": " INC-1 " }))).await;
    assert_eq!(world.sessions(testkit::now()).await[0]["reason"], "INC-1");
}

#[tokio::test]
async fn a_destination_is_a_page_of_the_console_and_nothing_else() {
    let world = World::furnished().await;
    let body = |destination: &str| json!({ "path": "production/readonly", "destination": destination });
    let page = "https://eu-west-1.console.aws.amazon.com/ec2/home?region=eu-west-1#Instances:";
    let answer = world.ok(access(ADA, &body(page))).await;
    assert_eq!(query(answer["consoleUrl"].as_str().unwrap(), "Destination"), page);
    for evil in [
        "https://evil.example/",
        "https://console.aws.amazon.com@evil.example/",
        "https://console.amazonaws.cn/",
    ] {
        let (status, refused) = world.send(access(ADA, &body(evil))).await;
        assert_eq!((status, &refused["message"][0]["path"]), (422, &json!(["destination"])), "{evil}");
    }
    assert_eq!(world.sessions(testkit::now()).await.len(), 1);
}

#[tokio::test]
async fn who_is_not_named_does_not_get_in() {
    let world = World::new().await;
    let account = world.furnish().await;
    let body = path("production/readonly");
    let stranger = "stranger@example.com";
    assert_eq!(world.send(access(stranger, &body)).await.0, 404);
    assert_eq!(world.send(access(ADA, &body).refused("missing")).await.0, 401);

    let one = format!("/api/v1/pam/accounts/aws-iam/{}", account["id"].as_str().unwrap());
    let list = json!({ "access": { "emails": ["Stranger@example.com"] } });
    world.ok(root(event("PATCH", &one).body(&list))).await;
    assert_eq!(world.send(access(stranger, &body)).await.0, 200);
    let (status, refused) = world.send(access(ADA, &body)).await;
    assert_eq!((status, refused["error"].as_str().unwrap()), (403, "PermissionDenied"));
    // A list holds administrators as well: they can change it, and that is on the trail.
    assert_eq!(world.send(root(event("POST", "/api/v1/pam/accounts/access").body(&body))).await.0, 403);
}

#[tokio::test]
async fn a_viewer_looks_and_does_not_enter() {
    let world = World::furnished().await;
    world.join(ActorKind::User, "viewer@example.com", Role::Viewer).await;
    assert_eq!(world.send(access("viewer@example.com", &path("production/readonly"))).await.0, 403);
}

#[tokio::test]
async fn a_machine_enters_under_its_own_id() {
    let world = World::furnished().await;
    let machine = IdentityId::random();
    world.join(ActorKind::Identity, &machine.to_string(), Role::Member).await;
    let body = json!({ "path": "production/readonly", "accessMethod": "cli" });
    let answer = world
        .ok(event("POST", "/api/v1/pam/accounts/access").body(&body).identity(machine, "no-access"))
        .await;
    assert_eq!(answer["metadata"]["federatedUsername"], format!("identity-{machine}"));
}

#[tokio::test]
async fn two_accounts_of_the_same_path_are_told_apart_by_their_project() {
    let world = World::furnished().await;
    let mut other = World { project: model::id::ProjectId::random(), ..World::new().await };
    (other.store, other.cloud) = (world.store.clone(), world.cloud.clone());
    other.ctx = world.ctx.clone();
    other.make_project().await;
    // The roles of the other project want the other id.
    for role in [BRIDGE, READONLY] {
        world.cloud.change(role, |role| role.external_id = Some(other.project.to_string()));
    }
    let resource = other.make_resource("production").await;
    other.make_account(&resource, "readonly", READONLY).await;
    let body = path("production/readonly");
    let (status, refused) = world.send(root(event("POST", "/api/v1/pam/accounts/access").body(&body))).await;
    assert_eq!((status, refused["message"].as_str().unwrap().contains("give its projectId")), (400, true));
    // Ada belongs to one of the projects alone: to her there is only that one.
    let (_, ada) = world.send(access(ADA, &body)).await;
    assert!(!ada["message"].as_str().unwrap_or_default().contains("projectId"), "{ada}");
    let narrowed = json!({ "projectId": other.project, "accountPath": "production/readonly" });
    world.ok(root(event("POST", "/api/v1/pam/accounts/access").body(&narrowed))).await;
}

#[tokio::test]
async fn no_level_of_the_log_shows_credentials_a_link_or_a_token() {
    let world = World::furnished().await;
    let body = json!({ "path": "production/readonly", "accessMethod": "cli" });
    world.cold().ok(access(ADA, &body)).await;
    world.sign_in.be(super::sign_in::Mood::Status(400));
    assert_eq!(world.send(access(BOB, &body)).await.0, 400);
    let watch = super::log::watch();
    // All tests of this process log through it; what this one logs is certainly there.
    assert!(watch.has_seen("refused the session's credentials") && watch.has_seen("AssumeRole"));
    assert_eq!(watch.leaks(), Vec::<String>::new());
}
