//! Resources: proved before they are stored.

use ::access::protection::ExternalIdPolicy;
use model::membership::ActorKind;
use model::permission::Role;
use serde_json::json;
use testkit::cloud::{ADMIN, BRIDGE, READONLY};
use testkit::event::event;

use super::world::{ADA, World, person, root};

const RESOURCES: &str = "/api/v1/pam/resources/aws-iam";

#[tokio::test]
async fn a_resource_is_made_read_listed_changed_and_deleted() {
    let world = World::new().await;
    world.make_project().await;
    let resource = world.make_resource("production").await;
    let one = format!("{RESOURCES}/{}", resource["id"].as_str().unwrap());
    assert_eq!(
        resource,
        json!({
            "id": resource["id"], "projectId": world.project, "name": "production", "resourceType": "aws-iam",
            "connectionDetails": { "roleArn": BRIDGE }, "gatewayId": null, "metadata": [],
            "createdAt": "2026-01-02T03:04:05.678Z", "updatedAt": "2026-01-02T03:04:05.678Z",
        })
    );
    assert_eq!(world.ok(root(event("GET", &one))).await["resource"], resource);
    let list = format!("/api/v1/pam/resources?projectId={}&search=PROD", world.project);
    let listed = world.ok(root(event("GET", &list))).await;
    assert_eq!((&listed["resources"][0], &listed["totalCount"]), (&resource, &json!(1)));

    let body = json!({ "name": "prod", "connectionDetails": { "roleArn": BRIDGE, "region": "eu-west-1" } });
    let changed = world.ok(root(event("PATCH", &one).body(&body))).await["resource"].clone();
    assert_eq!(
        (&changed["name"], &changed["connectionDetails"]["region"]),
        (&json!("prod"), &json!("eu-west-1"))
    );
    // Three for the creation, three for the change.
    assert_eq!(world.cloud.calls("AssumeRole").len(), 6);

    let counted = async || world.store.project(world.project).await.unwrap().unwrap().pam_resources;
    assert_eq!(counted().await, 1);
    let account = world.make_account(&changed, "readonly", READONLY).await;
    let (status, refused) = world.send(root(event("DELETE", &one))).await;
    assert_eq!((status, refused["message"].as_str().unwrap().contains("still has 1 account")), (400, true));
    world
        .ok(root(event(
            "DELETE",
            &format!("/api/v1/pam/accounts/aws-iam/{}", account["id"].as_str().unwrap()),
        )))
        .await;
    world.ok(root(event("DELETE", &one))).await;
    assert_eq!(world.send(root(event("GET", &one))).await.0, 404);
    assert_eq!(counted().await, 0);

    let mut trail = world.trail.actions().await.unwrap();
    trail.sort();
    assert_eq!(
        trail,
        [
            "pam-account.create prod/readonly",
            "pam-account.delete prod/readonly",
            "pam-resource.create production",
            "pam-resource.delete prod",
            "pam-resource.update prod",
        ]
    );
}

#[tokio::test]
async fn a_repeated_create_is_the_first_one_and_another_one_of_its_name_is_refused() {
    let world = World::new().await;
    world.make_project().await;
    let first = world.make_resource("production").await;
    assert_eq!(world.make_resource("production").await, first);
    let body = json!({ "projectId": world.project, "name": "production", "connectionDetails": { "roleArn": ADMIN } });
    let (status, refused) = world.send(root(event("POST", RESOURCES).body(&body))).await;
    assert_eq!((status, refused["message"].as_str().unwrap().contains("already exists")), (400, true));
}

#[tokio::test]
async fn a_role_that_does_not_open_or_opens_to_anybody_is_refused_with_the_policy_that_it_needs() {
    let mut world = World::new().await;
    world.make_project().await;
    let body = json!({ "projectId": world.project, "name": "production", "connectionDetails": { "roleArn": BRIDGE } });
    let create = || root(event("POST", RESOURCES).body(&body));

    world.cloud.change(BRIDGE, |role| role.external_id = Some("another".into()));
    let (status, refused) = world.send(create()).await;
    let said = refused["message"].as_str().unwrap();
    assert_eq!(status, 400);
    assert!(
        said.contains("is not authorized to perform: sts:AssumeRole")
            && said.contains("Check the role's ARN"),
        "{said}"
    );
    let condition = &refused["details"]["trustPolicy"]["Statement"][0]["Condition"];
    assert_eq!(condition["StringEquals"]["sts:ExternalId"], json!(world.project));
    assert_eq!(
        condition["ArnLike"]["aws:PrincipalArn"],
        "arn:aws:iam::999999999999:role/drawbridge/test/pam/*"
    );

    world.cloud.change(BRIDGE, |role| role.external_id = None);
    let (status, refused) = world.send(create()).await;
    assert_eq!((status, refused["message"].as_str().unwrap().contains("confused deputy")), (400, true));
    let list = format!("/api/v1/pam/resources?projectId={}", world.project);
    assert_eq!(world.ok(root(event("GET", &list))).await["totalCount"], 0);

    world.ctx.external_id_policy = ExternalIdPolicy::Warn;
    let made = world.ok(create()).await;
    assert!(made["warnings"][0].as_str().unwrap().contains("without any External ID"));
}

#[tokio::test]
async fn throttling_and_failures_of_aws_are_told_as_such() {
    let world = World::new().await;
    world.make_project().await;
    let body = json!({ "projectId": world.project, "name": "production", "connectionDetails": { "roleArn": BRIDGE } });
    for (fault, status) in
        [((400, "Throttling"), 429), ((500, "InternalFailure"), 503), ((400, "ValidationError"), 400)]
    {
        world.cloud.state().faults.insert("AssumeRole".into(), fault);
        assert_eq!(world.send(root(event("POST", RESOURCES).body(&body))).await.0, status, "{fault:?}");
    }
}

#[tokio::test]
async fn only_administrators_make_resources_and_strangers_see_none() {
    let world = World::furnished().await;
    let id = world.ok(root(event("GET", RESOURCES))).await["resources"][0]["id"].as_str().unwrap().to_owned();
    let one = format!("{RESOURCES}/{id}");
    let body =
        json!({ "projectId": world.project, "name": "other", "connectionDetails": { "roleArn": BRIDGE } });
    assert_eq!(world.send(person(event("POST", RESOURCES).body(&body), ADA)).await.0, 403);
    assert_eq!(world.send(person(event("GET", &one), ADA)).await.0, 200);
    assert_eq!(world.send(person(event("PATCH", &one).body(&json!({})), ADA)).await.0, 403);
    let stranger = "stranger@example.com";
    for method in ["GET", "PATCH", "DELETE"] {
        assert_eq!(
            world.send(person(event(method, &one).body(&json!({})), stranger)).await.0,
            404,
            "{method}"
        );
        assert_eq!(world.send(event(method, &one).refused("missing")).await.0, 401, "{method}");
    }
    assert_eq!(world.send(person(event("POST", RESOURCES).body(&body), stranger)).await.0, 403);
    assert_eq!(world.ok(person(event("GET", RESOURCES), stranger)).await["totalCount"], 0);

    let machine = model::id::IdentityId::random();
    world.join(ActorKind::Identity, &machine.to_string(), Role::Admin).await;
    world.ok(event("POST", RESOURCES).body(&body).identity(machine, "no-access")).await;
}

#[tokio::test]
async fn the_policies_of_both_roles_are_printed() {
    let world = World::furnished().await;
    let query = format!(
        "{RESOURCES}/policies?projectId={}&targetRoleArn={READONLY},{ADMIN}&resourceRoleArn={BRIDGE}",
        world.project
    );
    let minimal = world.ok(root(event("GET", &query))).await;
    assert_eq!(minimal["resourceRolePermissionPolicy"]["Statement"].as_array().unwrap().len(), 1);
    assert_eq!(minimal["targetRoleTrustPolicy"]["Statement"][0]["Principal"]["AWS"], BRIDGE);
    assert_eq!(minimal["externalId"], json!(world.project));
    let full = world.ok(root(event("GET", &format!("{query}&level=full")))).await;
    let statement = &full["resourceRolePermissionPolicy"]["Statement"][1];
    assert_eq!(statement["Action"], json!(["iam:PutRolePolicy", "iam:DeleteRolePolicy"]));
    assert_eq!(statement["Resource"], json!([READONLY, ADMIN]));
}
