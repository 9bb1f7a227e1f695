//! Dying anywhere in a request that changes something: it is done or not, the audit trail says which, and the same request
//! again leads where it was to lead. In AWS nothing is left that nobody knows of: every session of a person has its record,
//! every Deny is on the list of those that go.

mod console;

use testkit::Trail;
use testkit::matrix::{Again, Deployment, Row, fence, requests};

use model::Timestamp;
use model::id::PamAccountId;
use serde_json::{Value, json};
use testkit::cloud::READONLY;
use testkit::event::{Event, event};
use testkit::fuse::Fuse;

use super::world::{ADA, World, access, root};

/// When everything is over: credentials, deadlines, Denies.
const AFTERWARDS: u64 = 3 * 3_600;

/// Every mutating route, and what the same request is answered when the first got through unheard.
const ROWS: &[Row] = &[
    // A create that is repeated within a minute is answered with the first result.
    Row::new("POST /api/v1/pam/resources/aws-iam", Again::Done),
    Row::new("PATCH /api/v1/pam/resources/aws-iam/{resourceId}", Again::Done),
    Row::new(
        "DELETE /api/v1/pam/resources/aws-iam/{resourceId}",
        Again::Refused(404, "Could not find PAM resource"),
    ),
    Row::new("POST /api/v1/pam/accounts/aws-iam", Again::Done),
    Row::new("PATCH /api/v1/pam/accounts/aws-iam/{accountId}", Again::Done),
    Row::new(
        "DELETE /api/v1/pam/accounts/aws-iam/{accountId}",
        Again::Refused(404, "Could not find PAM account"),
    ),
    // One more session: the first one's credentials reached nobody.
    Row::new("POST /api/v1/pam/accounts/access", Again::Another),
    Row::new("POST /api/v1/pam/sessions/{sessionId}/end", Again::Done),
    Row::new(
        "POST /api/v1/pam/sessions/{sessionId}/terminate",
        Again::Either(400, "Only an active session can be terminated"),
    ),
];

const CHANGE_NOTHING: &[(&str, &str)] =
    &[("POST /api/v1/pam/access-requests", "there are no approvals: it says who may enter at once")];

struct Mortal {
    world: World,
    fuse: Fuse,
}

impl Mortal {
    async fn open(fuse: &Fuse) -> Self {
        let world = World::with_fuse(fuse).await;
        world.furnish().await;
        Self { world, fuse: fuse.clone() }
    }
}

impl Deployment for Mortal {
    fn fuse(&self) -> &Fuse {
        &self.fuse
    }

    fn forgets(&self) -> bool {
        true
    }

    fn trail(&self) -> &Trail {
        &self.world.trail
    }

    async fn send(&self, event: &Event, now: Timestamp) -> (u16, Value) {
        self.world.cold().send_at(event.clone(), now).await
    }

    async fn beyond(&self, _now: Timestamp) -> Vec<String> {
        let afterwards = testkit::later(AFTERWARDS);
        let due = self.world.store.pam_denies_due(afterwards, None, 500).await.unwrap().sessions;
        let policies: Vec<String> =
            self.world.cloud.state().roles[READONLY].policies.keys().cloned().collect();
        let lost = policies
            .into_iter()
            .filter(|name| !due.iter().any(|session| session.deny_policy_name() == *name));
        lost.map(|name| format!("nobody will remove the Deny {name}")).collect()
    }
}

/// Whatever one request is about, under a new name, and the request.
async fn arrange(mortal: &Mortal, operation: &'static str) -> Event {
    let world = &mortal.world;
    // A Deny of an earlier case holds nobody back here, and its session is forgotten with the case.
    world.cloud.change(READONLY, |role| role.policies.clear());
    let fresh = format!("r-{}", PamAccountId::random());
    let (method, path) = operation.split_once(' ').unwrap();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let entered = json!({ "path": "production/readonly", "accessMethod": "cli" });
    if path.ends_with("/access") {
        return access(ADA, &entered);
    }
    if path.contains("/sessions/") {
        let id = text(&world.ok(access(ADA, &entered)).await["sessionId"]);
        return root(event(method, &path.replace("{sessionId}", &id)).body(&json!({})));
    }
    if operation == "POST /api/v1/pam/resources/aws-iam" {
        let details = json!({ "roleArn": testkit::cloud::BRIDGE });
        let body = json!({ "projectId": world.project, "name": fresh, "connectionDetails": details });
        return root(event(method, path).body(&body));
    }
    let resource = world.make_resource(&fresh).await;
    if operation == "POST /api/v1/pam/accounts/aws-iam" {
        let credentials = json!({ "targetRoleArn": READONLY, "defaultSessionDuration": 900 });
        let body = json!({ "resourceId": resource["id"], "name": fresh, "credentials": credentials });
        return root(event(method, path).body(&body));
    }
    let account = if path.contains("/accounts/") {
        text(&world.make_account(&resource, &fresh, READONLY).await["id"])
    } else {
        String::new()
    };
    let target = path.replace("{resourceId}", &text(&resource["id"])).replace("{accountId}", &account);
    let body = json!({ "name": format!("{fresh}-renamed"), "description": "another" });
    root(event(method, &target).body(&body))
}

#[tokio::test]
async fn a_request_that_dies_anywhere_is_done_or_not_and_done_when_it_is_sent_again() {
    requests(ROWS, Mortal::open, arrange).await;
}

#[test]
fn every_mutating_route_has_a_row() {
    let routes = crate::routes();
    fence(routes.list().iter().map(|route| (route.method.as_str(), route.path)), ROWS, CHANGE_NOTHING);
}
