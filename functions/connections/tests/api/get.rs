use serde_json::json;
use testkit::event::event;

use crate::world::{BASE, CUSTOMER, STRANGER, World, key, role};

#[tokio::test]
async fn a_connection_is_found_by_id_and_by_name_in_its_scope() {
    let world = World::new().await;
    let id = world.connection("by-name").await;
    let (status, by_id) = world.admin("GET", &format!("/{id}/"), None).await;
    assert_eq!(status, 200);
    let (status, by_name) =
        world.admin("GET", &format!("/connection-name/by-name?projectId={}", world.project), None).await;
    assert_eq!((status, &by_name), (200, &by_id));

    let (status, answer) = world.admin("GET", "/connection-name/by-name", None).await;
    assert_eq!(
        (status, answer["message"].as_str().unwrap()),
        (404, "Could not find App Connection with name by-name in this organization")
    );
    let path = format!("/connection-name/by-name?projectId={}", world.other);
    let (status, answer) = world.admin("GET", &path, None).await;
    assert_eq!(status, 404);
    assert!(answer["message"].as_str().unwrap().ends_with("in this project"));
    // An empty value is an absent one.
    assert_eq!(world.admin("GET", "/connection-name/by-name?projectId=", None).await.0, 404);
    assert_eq!(world.admin("GET", "/connection-name/by-name?projectId=x", None).await.0, 422);
}

#[tokio::test]
async fn an_unknown_id_is_404_and_a_malformed_one_422() {
    let world = World::new().await;
    let (status, answer) = world.admin("GET", &format!("/{STRANGER}"), None).await;
    assert_eq!((status, &answer["error"]), (404, &json!("NotFound")));
    let (status, answer) = world.admin("GET", "/not-a-uuid", None).await;
    assert_eq!((status, &answer["error"]), (422, &json!("ValidationFailure")));
    assert_eq!(answer["message"][0]["validation"], "uuid");
}

#[tokio::test]
async fn a_list_is_sorted_by_name_and_shows_what_the_caller_may_see() {
    let world = World::new().await;
    for (name, id, project) in [
        ("zulu", world.organization.to_string(), None),
        ("mike", world.project.to_string(), Some(world.project)),
        ("alpha", world.other.to_string(), Some(world.other)),
    ] {
        assert_eq!(world.admin("POST", "", Some(&role(name, &format!("only-{id}"), project))).await.0, 200);
    }
    assert_eq!(world.admin("POST", "", Some(&key("bravo", &format!("AKIA{CUSTOMER}")))).await.0, 200);
    let names = |answer: &serde_json::Value| -> Vec<String> {
        let list = answer["appConnections"].as_array().unwrap();
        list.iter().map(|one| one["name"].as_str().unwrap().to_owned()).collect()
    };
    let (_, all) = world.admin("GET", "", None).await;
    assert_eq!(names(&all), ["alpha", "bravo", "mike", "zulu"]);
    assert_eq!(all["appConnections"][0]["project"]["name"], "OTHER");
    assert!(all["appConnections"][1].get("project").is_none());
    let (_, of_all_apps) =
        world.send(event("GET", "/api/v1/app-connections").identity(world.admin, "admin")).await;
    assert_eq!(of_all_apps, all);

    let (_, projects) = world.admin("GET", &format!("?projectId={}", world.project), None).await;
    assert_eq!(names(&projects), ["mike"]);
    let (_, seen) = world.as_identity(world.member, "GET", "", None).await;
    assert_eq!(names(&seen), ["mike"]);
    let (_, seen) = world.send(event("GET", BASE).identity(world.member, "member")).await;
    assert_eq!(names(&seen), ["bravo", "mike", "zulu"]);
    assert_eq!(
        world.as_identity(world.member, "GET", &format!("?projectId={}", world.other), None).await.0,
        403
    );

    let path = format!("{BASE}/available?projectId={}", world.project);
    let (_, available) = world.send(event("GET", &path).identity(world.member, "member")).await;
    assert_eq!(names(&available), ["bravo", "mike", "zulu"]);
    let mike = &available["appConnections"][1];
    assert_eq!(mike.as_object().unwrap().len(), 5);
    assert_eq!(
        (&mike["app"], &mike["projectId"], &mike["orgId"]),
        (&json!("aws"), &json!(world.project), &json!(world.organization))
    );
    // A viewer of the organisation may not connect its connections.
    let (_, available) = world.send(event("GET", &path).identity(world.member, "viewer")).await;
    assert_eq!(names(&available), ["mike"]);
    assert_eq!(world.admin("GET", "/available", None).await.0, 422);
}

#[tokio::test]
async fn the_kinds_of_connections_are_listed() {
    let world = World::new().await;
    let (status, answer) =
        world.send(event("GET", "/api/v1/app-connections/options").identity(world.admin, "admin")).await;
    assert_eq!(status, 200);
    assert_eq!(
        answer,
        json!({ "appConnectionOptions": [{ "name": "AWS", "app": "aws", "methods": ["assume-role", "access-key"] }] })
    );
}
