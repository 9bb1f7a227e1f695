//! A connection that rotates its own key.

use model::connection::Way;
use serde_json::{Value, json};

use crate::world::{USER, World, key_ids, text};

async fn own(world: &World) -> (Value, String) {
    let key = world.iam.put_key(USER);
    let connection = world.connection_with(&key).await;
    let mut body = world.body("own");
    body["connectionId"] = json!(connection);
    body["parameters"]["ownKey"] = json!(true);
    (body, key)
}

#[tokio::test]
async fn whoever_replaces_a_connections_key_must_be_allowed_to_change_it() {
    let world = World::new().await;
    let (body, key) = own(&world).await;
    let (status, answer) = world.by(world.member, "POST", "", Some(&body)).await;
    assert_eq!((status, &answer["details"][0]["action"]), (403, &json!(["edit"])), "{answer}");
    assert_eq!(key_ids(&world), std::slice::from_ref(&key));
    let (status, answer) = world.by(world.administrator, "POST", "", Some(&body)).await;
    assert_eq!(status, 200, "{answer}");
    let id = body["connectionId"].as_str().unwrap().parse().unwrap();
    let connection = world.store.connection(id).await.unwrap().unwrap();
    let Way::AccessKey { access_key_id, .. } = &connection.way else { panic!("{connection:?}") };
    let keys = key_ids(&world);
    assert!(keys.len() == 2 && keys[0] == key && keys[1] == *access_key_id, "{keys:?} {access_key_id}");
    assert_eq!(connection.credentials_version, 2);
    // Deleting its key would cut it off.
    let path = format!("/{}", text(&answer["secretRotation"], "id"));
    let revoking = format!("{path}?revokeGeneratedCredentials=true");
    let (status, answer) = world.by(world.administrator, "DELETE", &revoking, None).await;
    assert_eq!(status, 400, "{answer}");
    assert_eq!(world.by(world.administrator, "DELETE", &path, None).await.0, 200);
    assert_eq!(key_ids(&world).len(), 2);
}

#[tokio::test]
async fn what_would_cut_it_off_or_make_it_somebody_elses_is_refused() {
    let world = World::new().await;
    let (mut body, _) = own(&world).await;
    body["revokeOnDelete"] = json!(true);
    assert_eq!(world.by(world.administrator, "POST", "", Some(&body)).await.0, 400);
    body["revokeOnDelete"] = json!(false);
    let (_, made) = world.by(world.administrator, "POST", "", Some(&body)).await;
    let path = format!("/{}", text(&made["secretRotation"], "id"));
    world.iam.put_user("next");
    for change in [json!({ "parameters": { "userName": "next" } }), json!({ "revokeOnDelete": true })] {
        let (status, answer) = world.by(world.administrator, "PATCH", &path, Some(&change)).await;
        assert_eq!(status, 400, "{change}: {answer}");
    }
    // Who does not know of the field leaves it as it is.
    let change = json!({ "parameters": { "userName": USER } });
    let (_, changed) = world.by(world.administrator, "PATCH", &path, Some(&change)).await;
    assert_eq!(changed["secretRotation"]["parameters"]["ownKey"], true, "{changed}");
}

#[tokio::test]
async fn an_ordinary_rotation_does_not_become_one() {
    let world = World::new().await;
    let path = world.rotation("a").await;
    let change = json!({ "parameters": { "userName": USER, "ownKey": true } });
    let (status, answer) = world.by(world.administrator, "PATCH", &path, Some(&change)).await;
    assert_eq!(status, 400, "{answer}");
    let mut body = world.body("role");
    body["secretPath"] = json!("/");
    body["parameters"]["ownKey"] = json!(true);
    let (status, answer) = world.by(world.administrator, "POST", "", Some(&body)).await;
    assert_eq!(status, 400, "a connection by a role has no key: {answer}");
}

#[tokio::test]
async fn a_connection_is_not_cut_off_for_want_of_room() {
    let world = World::new().await;
    let (mut body, key) = own(&world).await;
    let foreign = world.iam.put_key(USER);
    let (status, answer) = world.by(world.administrator, "POST", "", Some(&body)).await;
    let said = text(&answer, "message");
    assert!(status == 400 && said.contains("already has 2 access keys"), "{status} {answer}");
    // Nor for being taken over by a rotation that gives it no other key.
    body["parameters"]["ownKey"] = json!(false);
    for taken in [json!(true), json!([key])] {
        body["takeOverExistingKeys"] = taken;
        let (status, answer) = world.by(world.administrator, "POST", "", Some(&body)).await;
        let said = text(&answer, "message");
        assert!(status == 400 && said.contains("takeOverExistingKeys covers key"), "{status} {answer}");
    }
    assert!(key_ids(&world) == [key, foreign] && world.iam.keys(USER).iter().all(|key| key.is_active));
}
