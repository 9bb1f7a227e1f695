//! Who administers a project for a time lets nobody into an account for good.

use model::membership::{ActorKind, MembershipRole};
use model::permission::Role;
use serde_json::{Value, json};
use testkit::cloud::READONLY;
use testkit::event::{Event, event};
use testkit::{later, now};

use super::world::{ADA, BOB, World, person, root};

const ACCOUNTS: &str = "/api/v1/pam/accounts/aws-iam";
const EVE: &str = "eve@example.com";
const HOURLY: &str = "5a1c3dd4-0f5f-4c11-9f51-6a3d3a3b9a11";

impl World {
    /// With Eve, a member who administers for an hour, a machine that does, and the account, which only Ada and Bob may
    /// enter.
    async fn with_temporary_administrators() -> (Self, Value) {
        let world = Self::new().await;
        let account = world.furnish().await;
        let hour = || MembershipRole::temporary(Role::Admin, "1h".parse().unwrap(), now());
        world.join_as(ActorKind::User, EVE, vec![MembershipRole::permanent(Role::Member), hour()]).await;
        world.join_as(ActorKind::Identity, HOURLY, vec![hour()]).await;
        world.ok(root(change(&account, &json!({ "access": { "emails": [ADA, BOB] } })))).await;
        (world, account)
    }
}

fn change(account: &Value, body: &Value) -> Event {
    event("PATCH", &format!("{ACCOUNTS}/{}", account["id"].as_str().unwrap())).body(body)
}

fn create(account: &Value, name: &str, access: &Value) -> Event {
    let credentials = json!({ "targetRoleArn": READONLY, "defaultSessionDuration": 900 });
    event("POST", ACCOUNTS).body(&json!({
        "resourceId": account["resourceId"], "name": name, "credentials": credentials, "access": access,
    }))
}

#[tokio::test]
async fn a_temporary_administrator_lets_nobody_into_an_account_neither_in_person_nor_by_a_machine() {
    let (world, account) = World::with_temporary_administrators().await;
    for access in [
        json!({ "emails": [ADA, BOB, EVE] }),
        json!({ "emails": [EVE] }),
        json!({ "emails": [ADA, BOB], "groups": ["on-call"] }),
        json!({ "emails": [ADA, BOB], "identities": [HOURLY] }),
        json!({ "emails": [ADA, BOB], "projectRoles": ["member"] }),
        // Whoever belongs to the project, as Eve does for good.
        json!({}),
        Value::Null,
    ] {
        let body = json!({ "access": access });
        for event in
            [person(change(&account, &body), EVE), change(&account, &body).identity(HOURLY, "member")]
        {
            let (status, refused) = world.send_at(event, later(60)).await;
            assert_eq!(
                (status, &refused["error"]),
                (403, &json!("PermissionBoundaryError")),
                "{access}: {refused}"
            );
            assert!(
                refused["message"].as_str().unwrap().contains("ask a permanent administrator"),
                "{refused}"
            );
        }
    }
    let made = person(create(&account, "mine", &json!({ "emails": [EVE] })), EVE);
    let (status, refused) = world.send_at(made, later(60)).await;
    assert_eq!((status, &refused["error"]), (403, &json!("PermissionBoundaryError")), "{refused}");
    let read = world.ok(root(event("GET", &format!("{ACCOUNTS}/{}", account["id"].as_str().unwrap())))).await;
    assert_eq!(read["account"]["access"]["emails"], json!([ADA, BOB]));
}

#[tokio::test]
async fn a_temporary_administrator_removes_people_and_changes_all_else() {
    let (world, account) = World::with_temporary_administrators().await;
    for body in [
        json!({ "description": "to look", "requireReason": true }),
        json!({ "access": { "emails": [BOB, ADA] }, "name": "look" }),
        json!({ "access": { "emails": [BOB] } }),
    ] {
        world.ok_at(person(change(&account, &body), EVE), later(60)).await;
    }
    world.ok_at(person(create(&account, "everybodys", &json!({})), EVE), later(60)).await;
}

#[tokio::test]
async fn a_permanent_administrator_lets_in_whom_they_want() {
    let (world, account) = World::with_temporary_administrators().await;
    let chief = "chief@example.com";
    world.join(ActorKind::User, chief, Role::Admin).await;
    let body = json!({ "access": { "emails": [EVE, chief], "groups": ["on-call"] } });
    world.ok(person(change(&account, &body), chief)).await;
    world.ok(person(create(&account, "chiefs", &json!({ "emails": [chief] })), chief)).await;
    world.ok(root(change(&account, &json!({ "access": null })))).await;
}
