//! Identities themselves.

use model::Timestamp;
use model::id::{MembershipId, ProjectId};
use model::membership::{ActorKind, Membership, MembershipRole};
use model::permission::Role;
use serde_json::{Value, json};
use store::Change;
use testkit::event::event;
use testkit::now;

use crate::house::{House, keys, text};

const BASE: &str = "/api/v1/identities";

fn path(id: &str) -> String {
    format!("{BASE}/{id}")
}

#[tokio::test]
async fn an_identity_is_made_read_changed_and_deleted() {
    let house = House::new().await;
    let body = json!({
        "name": " terraform ", "organizationId": house.organization, "role": "member",
        "metadata": [{ "key": "team", "value": "platform" }], "strayKey": 1,
    });
    let made = house.done("POST", BASE, &body).await;
    let identity = &made["identity"];
    for key in ["id", "name", "authMethods", "hasDeleteProtection", "createdAt", "updatedAt", "metadata"] {
        assert!(identity.get(key).is_some(), "{key}: {identity}");
    }
    assert_eq!(
        (&identity["name"], &identity["authMethods"], &identity["hasDeleteProtection"]),
        (&json!("terraform"), &json!([]), &json!(false))
    );
    assert_eq!(identity["metadata"], json!([{ "key": "team", "value": "platform" }]));
    let id = text(&identity["id"]);

    let read = house.done("GET", &path(&id), &json!({})).await;
    let membership = &read["identity"];
    assert_eq!(
        (&membership["identityId"], &membership["orgId"], &membership["role"]),
        (&json!(id), &json!(house.organization), &json!("member"))
    );
    assert_eq!(
        (&membership["identity"]["id"], &membership["identity"]["name"]),
        (&json!(id), &json!("terraform"))
    );
    assert!(keys(membership).contains(&"metadata") && keys(membership).contains(&"customRole"));

    let changed =
        house.done("PATCH", &path(&id), &json!({ "name": "tf", "hasDeleteProtection": true })).await;
    assert_eq!(
        (&changed["identity"]["name"], &changed["identity"]["hasDeleteProtection"]),
        (&json!("tf"), &json!(true))
    );
    let read = house.done("GET", &path(&id), &json!({})).await;
    assert_eq!(
        (&read["identity"]["role"], &read["identity"]["identity"]["name"]),
        (&json!("member"), &json!("tf"))
    );

    let (status, answer) = house.admin("DELETE", &path(&id), &json!({})).await;
    assert_eq!(status, 400, "{answer}");
    assert!(answer["message"].as_str().unwrap().contains("delete protection"), "{answer}");
    house.done("PATCH", &path(&id), &json!({ "hasDeleteProtection": false, "role": "viewer" })).await;
    assert_eq!(house.done("DELETE", &path(&id), &json!({})).await["identity"]["id"], json!(id));
    for method in ["GET", "PATCH", "DELETE"] {
        assert_eq!(house.admin(method, &path(&id), &json!({})).await.0, 404, "{method}");
    }
}

#[tokio::test]
async fn what_is_missing_or_wrong_is_said_all_at_once() {
    let house = House::new().await;
    let body =
        json!({ "name": "", "role": "owner", "hasDeleteProtection": "yes", "metadata": [{ "key": "a" }] });
    let (status, answer) = house.admin("POST", BASE, &body).await;
    assert_eq!((status, answer["error"].as_str()), (422, Some("ValidationFailure")));
    let paths: Vec<&Value> =
        answer["message"].as_array().unwrap().iter().map(|issue| &issue["path"]).collect();
    assert_eq!(
        paths,
        [
            &json!(["name"]),
            &json!(["organizationId"]),
            &json!(["role"]),
            &json!(["hasDeleteProtection"]),
            &json!(["metadata", 0, "value"])
        ]
    );
    let other = json!({ "name": "x", "organizationId": "0b0c8a26-3c7b-4e19-a5d2-8b6f1c9e7034" });
    assert_eq!(house.admin("POST", BASE, &other).await.0, 403, "another organisation");
    assert_eq!(house.admin("GET", &path("nonsense"), &json!({})).await.0, 422);
    let defaults =
        house.done("POST", BASE, &json!({ "name": "x", "organizationId": house.organization })).await;
    let read = house.done("GET", &path(&text(&defaults["identity"]["id"])), &json!({})).await;
    assert_eq!(read["identity"]["role"], "no-access");
}

#[tokio::test]
async fn identities_are_listed_by_name_in_pages() {
    let house = House::with_administrators("arn:aws:iam::123456789012:role/App").await;
    for name in ["charlie", "alpha", "Bravo"] {
        house.done("POST", BASE, &json!({ "name": name, "organizationId": house.organization })).await;
    }
    let names = |answer: &Value| -> Vec<String> {
        answer["identities"].as_array().unwrap().iter().map(|one| text(&one["identity"]["name"])).collect()
    };
    let all = house.done("GET", BASE, &json!({})).await;
    assert_eq!(names(&all), ["administrator", "alpha", "Bravo", "charlie"]);
    assert_eq!(all["totalCount"], 4);
    let page = house.done("GET", &format!("{BASE}?limit=2&offset=1"), &json!({})).await;
    assert_eq!(
        (names(&page), &page["totalCount"]),
        (vec!["alpha".to_owned(), "Bravo".to_owned()], &json!(4))
    );
    assert_eq!(house.admin("GET", &format!("{BASE}?limit=0"), &json!({})).await.0, 422);
}

fn membership(house: &House, identity: &str) -> Membership {
    Membership {
        id: MembershipId::random(),
        organization_id: house.organization,
        project_id: ProjectId::random(),
        actor_kind: ActorKind::Identity,
        actor_id: identity.to_owned(),
        actor_name: "machine".to_owned(),
        roles: vec![MembershipRole { role: Role::Member, temporary: None }],
    }
}

#[tokio::test]
async fn deleting_an_identity_leaves_nothing_of_it_however_much_there_was() {
    let house = House::new().await;
    let (id, client) = house.universal(&json!({})).await;
    let aws = format!("/api/v1/auth/aws-auth/identities/{id}");
    house.done("POST", &aws, &json!({ "allowedAccountIds": "123456789012" })).await;
    house.login(&client, "wrong", now()).await;
    let mut secret = String::new();
    for _ in 0..100 {
        secret = house.secret(&id, &json!({})).await.1;
    }
    let audit = audit();
    for _ in 0..70 {
        house.store.commit(Change::new(now()).create(&membership(&house, &id)), &audit).await.unwrap();
    }
    house.done("DELETE", &path(&id), &json!({})).await;
    let identity = id.parse().unwrap();
    assert!(house.store.identity_partition(identity).await.unwrap().is_none());
    assert!(
        house
            .store
            .client_secret(identity, "0b0c8a26-3c7b-4e19-a5d2-8b6f1c9e7034".parse().unwrap())
            .await
            .unwrap()
            .is_none()
    );
    assert_eq!(house.store.memberships_of(ActorKind::Identity, &id).await.unwrap().len(), 0);
    assert_eq!(house.store.identity_of_client(client.parse().unwrap()).await.unwrap(), None);
    assert_eq!(house.login(&client, &secret, now()).await.0, 401);
}

fn audit() -> model::audit::AuditRecord {
    let at: Timestamp = now();
    model::audit::AuditRecord {
        at,
        actor: model::audit::Actor {
            kind: "system".to_owned(),
            id: "test".to_owned(),
            name: "test".to_owned(),
        },
        origin: model::audit::Origin::default(),
        action: "test".to_owned(),
        resource_id: String::new(),
        resource_name: String::new(),
        project_id: None,
        details: Vec::new(),
    }
}

#[tokio::test]
async fn a_machine_learns_where_it_belongs_and_a_person_is_not_one() {
    let house = House::new().await;
    let id = house.identity("no-access").await;
    let details = "/api/v1/identities/details";
    let (status, answer) = house.send(event("GET", details).identity(&id, "no-access"), now()).await;
    assert_eq!(status, 200);
    let organization = json!({ "id": house.organization, "name": "Acme Corp", "slug": "acme-corp" });
    assert_eq!(answer, json!({ "identityDetails": { "organization": organization } }));
    assert_eq!(house.send(event("GET", details).person("ada@example.com", "admin"), now()).await.0, 403);
}

#[tokio::test]
async fn the_status_is_open_and_has_the_peers_keys() {
    let house = House::new().await;
    let (status, answer) = house.send(event("GET", "/api/status"), now()).await;
    assert_eq!(status, 200);
    assert_eq!(
        keys(&answer),
        [
            "date",
            "emailConfigured",
            "inviteOnlySignup",
            "message",
            "redisConfigured",
            "secretScanningConfigured"
        ]
    );
    assert_eq!((&answer["date"], &answer["message"]), (&json!(now()), &json!("Ok")));
}

#[tokio::test]
async fn the_document_of_the_api_is_open_and_tells_of_this_functions_routes() {
    let house = House::new().await;
    let (status, answer) = house.send(event("GET", "/api/docs/json"), now()).await;
    assert_eq!((status, &answer["openapi"]), (200, &json!("3.1.0")));
    for route in identities::routes().list() {
        let operation = &answer["paths"][route.path][route.method.as_str().to_lowercase()];
        assert_eq!(operation["tags"], json!(["identities"]), "{} {}", route.method, route.path);
    }
}
