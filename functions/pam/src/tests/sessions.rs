//! Sessions: who, where, until when, and whose.

use model::connection::{Connection, Way};
use model::id::ConnectionId;
use model::permission::Scope;
use serde_json::{Value, json};
use testkit::cloud::{BRIDGE, READONLY};
use testkit::event::event;
use testkit::later;

use super::world::{ADA, BOB, World, access, path, person, root};

#[tokio::test]
async fn a_session_tells_everything_but_its_credentials_and_ends_by_itself() {
    let world = World::furnished().await;
    let id = world.ok(access(ADA, &json!({ "path": "production/readonly", "reason": "INC-1" }))).await["sessionId"].clone();
    let one = format!("/api/v1/pam/sessions/{}", id.as_str().unwrap());
    let session = world.ok(person(event("GET", &one), ADA)).await["session"].clone();
    for (name, expected) in [
        ("status", json!("active")),
        ("accountName", json!("readonly")),
        ("resourceName", json!("production")),
        ("folderName", json!("production")),
        ("accountType", json!("aws-iam")),
        ("userId", json!(ADA)),
        ("actorEmail", json!(ADA)),
        ("actorIp", json!("203.0.113.7")),
        ("actorUserAgent", json!("test")),
        ("accessMethod", json!("web")),
        ("reason", json!("INC-1")),
        ("startedAt", json!("2026-01-02T03:04:05.678Z")),
        ("expiresAt", json!("2026-01-02T03:19:05.000Z")),
        ("endedAt", json!(null)),
        ("gatewayId", json!(null)),
        ("targetRoleArn", json!(READONLY)),
        ("sessionArn", json!("arn:aws:sts::123456789012:assumed-role/readonly/ada@example.com")),
    ] {
        assert_eq!(session[name], expected, "{name}");
    }
    let url = session["eventsUrl"].as_str().unwrap();
    assert!(url.starts_with(
        "https://us-east-1.console.aws.amazon.com/cloudtrailv2/home?region=us-east-1#/events?Username=ada"
    ));

    let read = world.ok_at(person(event("GET", &one), ADA), later(900)).await["session"].clone();
    assert_eq!((&read["status"], &read["endedAt"]), (&json!("ended"), &json!("2026-01-02T03:19:05.000Z")));
}

#[tokio::test]
async fn sessions_are_listed_newest_first_with_search_status_and_paging() {
    let world = World::furnished().await;
    for (seconds, who, reason) in [(0, ADA, "INC-1"), (60, BOB, "INC-2"), (120, ADA, "deploy")] {
        let body = json!({ "path": "production/readonly", "reason": reason });
        world.ok_at(access(who, &body), later(seconds)).await;
    }
    let reasons = async |query: &str| {
        let path = format!("/api/v1/pam/sessions?projectId={}{query}", world.project);
        let body = world.ok_at(person(event("GET", &path), ADA), later(930)).await;
        let list = body["sessions"]
            .as_array()
            .unwrap()
            .iter()
            .map(|session| session["reason"].as_str().unwrap().to_owned());
        (list.collect::<Vec<_>>(), body["totalCount"].as_u64().unwrap())
    };
    assert_eq!(reasons("").await, (vec!["deploy".into(), "INC-2".into(), "INC-1".into()], 3));
    assert_eq!(reasons("&limit=1&offset=1").await, (vec!["INC-2".into()], 3));
    assert_eq!(reasons("&search=inc").await.0, ["INC-2", "INC-1"]);
    assert_eq!(reasons("&search=BOB").await.0, ["INC-2"]);
    assert_eq!(reasons("&status=ended").await, (vec!["INC-1".into()], 1));
    assert_eq!(reasons("&status=active").await.1, 2);
    assert_eq!(reasons("&startedBefore=2026-01-02T03:05:00Z").await.0, ["INC-1"]);
    assert_eq!(reasons("&status=failed").await.1, 0);

    let all = world.ok_at(root(event("GET", "/api/v1/pam/sessions")), later(930)).await;
    assert_eq!(all["totalCount"], 3);
    let path = format!("/api/v1/pam/sessions?projectId={}", world.project);
    let stranger = "stranger@example.com";
    assert_eq!(world.send(person(event("GET", &path), stranger)).await.0, 403);
    assert_eq!(world.ok(person(event("GET", "/api/v1/pam/sessions"), stranger)).await["totalCount"], 0);
    assert_eq!(world.send(person(event("GET", &format!("{path}&status=open")), ADA)).await.0, 422);
}

#[tokio::test]
async fn a_session_is_ended_by_its_own_person_or_an_administrator_and_once() {
    let world = World::furnished().await;
    let id = world.ok(access(ADA, &path("production/readonly"))).await["sessionId"].clone();
    let end = format!("/api/v1/pam/sessions/{}/end", id.as_str().unwrap());
    assert_eq!(world.send(person(event("POST", &end), BOB)).await.0, 403);
    assert_eq!(world.send(person(event("POST", &end), "stranger@example.com")).await.0, 404);
    assert_eq!(world.send(event("POST", &end).refused("missing")).await.0, 401);
    let ended = world.ok_at(person(event("POST", &end), ADA), later(60)).await["session"].clone();
    assert_eq!((&ended["status"], &ended["endedAt"]), (&json!("ended"), &json!("2026-01-02T03:05:05.678Z")));
    // Again, and once more when its credentials have expired: as it is, and no second line in the trail.
    for seconds in [61, 1_000] {
        let again = world.ok_at(person(event("POST", &end), ADA), later(seconds)).await["session"].clone();
        assert_eq!((&again["status"], &again["endedAt"]), (&ended["status"], &ended["endedAt"]));
    }
    let actions = world.trail.actions().await.unwrap();
    assert_eq!(actions.iter().filter(|action| action.starts_with("pam-session.end ")).count(), 1);
}

#[tokio::test]
async fn a_foreign_session_does_not_exist() {
    let world = World::furnished().await;
    let id = world.ok(access(ADA, &path("production/readonly"))).await["sessionId"].clone();
    let one = format!("/api/v1/pam/sessions/{}", id.as_str().unwrap());
    for (method, path) in
        [("GET", one.clone()), ("GET", format!("{one}/events")), ("POST", format!("{one}/terminate"))]
    {
        assert_eq!(world.send(person(event(method, &path), "stranger@example.com")).await.0, 404, "{path}");
        assert_eq!(world.send(event(method, &path).refused("missing")).await.0, 401, "{path}");
    }
    assert_eq!(world.send(root(event("GET", "/api/v1/pam/sessions/not-an-id"))).await.0, 422);
    let unknown = format!("/api/v1/pam/sessions/{}", model::id::PamSessionId::random());
    assert_eq!(world.send(root(event("GET", &unknown))).await.0, 404);
}

/// What CloudTrail has of Ada's in a role.
fn record(role: &str, name: &str) -> Value {
    json!({
        "EventId": format!("{role}-{name}"), "EventName": name, "Username": ADA, "EventSource": "ec2.amazonaws.com",
        "EventTime": 1_767_323_100.0, "Resources": [{ "ResourceType": "AWS::EC2::Instance", "ResourceName": "i-1" }],
        "CloudTrailEvent": json!({
            "userIdentity": { "arn": format!("arn:aws:sts::123456789012:assumed-role/{role}/{ADA}") },
            "awsRegion": "eu-west-1", "sourceIPAddress": "198.51.100.1", "userAgent": "console", "readOnly": true,
            "errorCode": "AccessDenied",
        }).to_string(),
    })
}

#[tokio::test]
async fn a_timeline_shows_this_session_and_no_other_of_the_same_name() {
    let world = World::furnished().await;
    let id = world.ok(access(ADA, &path("production/readonly"))).await["sessionId"].clone();
    let events = format!("/api/v1/pam/sessions/{}/events", id.as_str().unwrap());
    world.cloud.state().trail =
        vec![record("readonly", "DescribeInstances"), record("admin", "TerminateInstances")];
    let answer = world.ok(person(event("GET", &format!("{events}?region=eu-west-1")), ADA)).await;
    assert_eq!(answer["sessionArn"], "arn:aws:sts::123456789012:assumed-role/readonly/ada@example.com");
    assert_eq!(
        answer["events"],
        json!([{
            "id": "readonly-DescribeInstances", "name": "DescribeInstances", "source": "ec2.amazonaws.com",
            "time": "2026-01-02T03:05:00.000Z", "region": "eu-west-1", "sourceIp": "198.51.100.1", "userAgent": "console",
            "readOnly": true, "errorCode": "AccessDenied", "errorMessage": null,
            "resources": [{ "type": "AWS::EC2::Instance", "name": "i-1" }],
        }])
    );
    assert_eq!(world.send(person(event("GET", &format!("{events}?region=cn-north-1")), ADA)).await.0, 422);

    world.cloud.change(BRIDGE, |role| role.reads_trail = false);
    let (status, refused) = world.send(person(event("GET", &events), ADA)).await;
    assert_eq!(
        (status, refused["message"].as_str().unwrap().contains("Allow cloudtrail:LookupEvents")),
        (400, true)
    );
}

/// A role that may read the trail, and is no part of any console access.
const AUDITOR: &str = "arn:aws:iam::123456789012:role/auditor";

impl World {
    async fn connect(&self, account: &str, way: Way) -> ConnectionId {
        let id = ConnectionId::random();
        let connection = testkit::connection(self.ctx.organization, Scope::Project(self.project), account);
        let connection = Connection { id, way, ..connection };
        let change = store::Change::new(testkit::now()).create(&connection);
        self.store.keep_count(store::Bookkeeping(change)).await.unwrap();
        id
    }
}

#[tokio::test]
async fn a_timeline_is_read_through_a_connection_that_may_and_page_by_page() {
    let world = World::furnished().await;
    let auditor = world.cloud.state().roles[BRIDGE].clone();
    world.cloud.state().roles.insert(AUDITOR.to_owned(), auditor);
    world.cloud.change(BRIDGE, |role| role.reads_trail = false);
    let role = || Way::AssumeRole { role_arn: AUDITOR.parse().unwrap(), sts_endpoint: None };
    let connection = world.connect("123456789012", role()).await;
    let id = world.ok(access(ADA, &path("production/readonly"))).await["sessionId"].clone();
    let events = format!("/api/v1/pam/sessions/{}/events", id.as_str().unwrap());
    let through = |connection: ConnectionId| format!("{events}?connectionId={connection}");

    world.cloud.state().trail = (0..170).map(|n| record("readonly", &format!("Describe{n}"))).collect();
    let first = world.ok(person(event("GET", &through(connection)), ADA)).await;
    assert_eq!((first["events"].as_array().unwrap().len(), first["nextCursor"].is_string()), (150, true));
    let cursor = first["nextCursor"].as_str().unwrap();
    let rest = world.ok(person(event("GET", &format!("{}&cursor={cursor}", through(connection))), ADA)).await;
    assert_eq!((rest["events"].as_array().unwrap().len(), &rest["nextCursor"]), (20, &Value::Null));
    assert_eq!(rest["events"][19]["name"], "Describe169");
    // By that role, for that alone, and with the project's id.
    let entered = world.cloud.calls("AssumeRole").into_iter().rfind(|call| call.role == AUDITOR).unwrap();
    assert_eq!(entered.external_id, Some(world.project.to_string()));
    assert!(entered.policy.unwrap().contains("cloudtrail:LookupEvents"));

    let key = Way::AccessKey { access_key_id: "AKIAUSER".into(), secret_access_key: String::new() };
    for (connection, status, words) in [
        (world.connect("210987654321", role()).await, 400, "leads to account 210987654321"),
        (world.connect("123456789012", key).await, 400, "uses an access key"),
        (ConnectionId::random(), 404, "Could not find App Connection"),
    ] {
        let (given, refused) = world.send(person(event("GET", &through(connection)), ADA)).await;
        assert_eq!(given, status, "{refused}");
        assert!(refused["message"].as_str().unwrap().contains(words), "{refused}");
    }
    world.cloud.change(AUDITOR, |role| role.reads_trail = false);
    let (status, refused) = world.send(person(event("GET", &through(connection)), ADA)).await;
    let said = refused["message"].as_str().unwrap();
    assert!(
        status == 400 && said.contains("cloudtrail:LookupEvents on * to the connection's role"),
        "{said}"
    );
}
