//! Sessions that are recorded: made for accounts of any kind, listed by project.

use serde_json::json;
use testkit::event::event;

use crate::world::{BUCKET, World};

#[tokio::test]
async fn a_session_of_any_kind_is_recorded_where_the_project_says_then() {
    let world = World::new().await;
    world.configure().await;
    let body = json!({
        "projectId": world.project, "accountType": "postgres", "accountName": "app", "resourceName": "orders-db",
        "reason": "an incident",
    });
    let made = world.ok(event("POST", "/api/v1/pam/recordings").body(&body), world.gateway).await;
    let session = &made["session"];
    assert_eq!(
        (session["status"].as_str(), session["accountType"].as_str()),
        (Some("starting"), Some("postgres"))
    );
    assert_eq!(session["recording"]["bucket"], BUCKET);
    assert_eq!(session["reason"], "an incident");

    let mut moved = world.config_body();
    moved["keyPrefix"] = json!("elsewhere");
    world.ok(event("POST", &world.config_path()).body(&moved), world.administrator).await;
    let listed = world
        .ok(event("GET", &format!("/api/v1/pam/recordings?projectId={}", world.project)), world.viewer)
        .await;
    assert_eq!(listed["sessions"][0]["recording"]["keyPrefix"], "pam/prod");
}

#[tokio::test]
async fn without_a_configuration_nothing_is_recorded_and_it_is_said_what_to_do() {
    let world = World::new().await;
    let body = json!({ "projectId": world.project, "accountType": "ssh", "accountName": "root" });
    let (status, words) =
        world.refused(event("POST", "/api/v1/pam/recordings").body(&body), world.gateway).await;
    assert_eq!(status, 400);
    assert!(words.contains("recording-config"), "{words}");
}

#[tokio::test]
async fn a_list_comes_in_parts_newest_first_and_every_recording_once() {
    let world = World::new().await;
    world.configure().await;
    let mut made = Vec::new();
    for seconds in 0..5 {
        let body = json!({ "projectId": world.project, "accountType": "ssh", "accountName": "root" });
        let request = event("POST", "/api/v1/pam/recordings").body(&body);
        let (_, made_one) = world.send_at(request, world.gateway, testkit::later(seconds)).await;
        made.insert(0, made_one["session"]["id"].clone());
    }
    let (mut seen, mut after) = (Vec::new(), String::new());
    loop {
        let path = format!("/api/v1/pam/recordings?projectId={}&limit=2{after}", world.project);
        let part = world.ok(event("GET", &path), world.viewer).await;
        seen.extend(part["sessions"].as_array().unwrap().iter().map(|one| one["id"].clone()));
        let Some(next) = part["next"].as_str() else { break };
        after = format!("&after={next}");
    }
    assert_eq!(seen, made);
}
