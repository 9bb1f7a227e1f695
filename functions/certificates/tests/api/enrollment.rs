//! How a profile of an application is enrolled for.

use serde_json::{Value, json};

use crate::world::{APPLICATIONS, NOTHING, World, text};

/// An application with one profile: the path of its enrolment, and the two ids.
async fn attached(world: &World) -> (String, Value) {
    let profile = world.profile("web").await;
    let application = world.application("web", &[&profile]).await;
    let path = format!("{APPLICATIONS}/{application}/profiles/{profile}/enrollment");
    (path, json!({ "applicationId": application, "profileId": profile }))
}

#[tokio::test]
async fn settings_of_the_api_are_set_changed_and_taken_away() {
    let world = World::new().await;
    let (path, place) = attached(&world).await;
    let nothing = json!({
        "applicationId": place["applicationId"], "profileId": place["profileId"], "api": null, "est": null,
        "acme": null, "scep": null, "estConfigured": false, "acmeConfigured": false, "scepConfigured": false,
    });
    assert_eq!(world.ok("GET", &path, None).await, nothing);

    let api = format!("{path}/api");
    let set = world.ok("PUT", &api, Some(json!({ "autoRenew": true, "renewBeforeDays": 20 }))).await;
    let id = text(&set["api"], "id");
    assert_eq!(set["api"], json!({ "id": id, "autoRenew": true, "renewBeforeDays": 20 }));
    assert_eq!((&set["applicationId"], &set["profileId"]), (&place["applicationId"], &place["profileId"]));
    assert_eq!(world.ok("GET", &path, None).await["api"], set["api"]);
    let profiles = path.rsplit_once('/').unwrap().0.rsplit_once('/').unwrap().0;
    assert_eq!(world.ok("GET", profiles, None).await["profiles"][0]["apiConfigId"], json!(id));

    let again = world.ok("PUT", &api, Some(json!({ "autoRenew": false }))).await;
    assert_eq!(again["api"], json!({ "id": id, "autoRenew": false, "renewBeforeDays": null }));
    assert_eq!(world.audited("certificate-application.enrollment").await, 2);

    assert_eq!(world.ok("DELETE", &api, None).await, place);
    assert_eq!(world.ok("GET", &path, None).await, nothing);
    assert_eq!(world.ok("DELETE", &api, None).await, place, "what is not there is gone");
    assert_eq!(world.audited("certificate-application.enrollment").await, 3);
}

#[tokio::test]
async fn other_ways_are_refused_in_words_and_can_be_taken_away() {
    let world = World::new().await;
    let (path, place) = attached(&world).await;
    world.ok("PUT", &format!("{path}/api"), Some(json!({ "autoRenew": true }))).await;
    for method in ["est", "acme", "scep"] {
        let (status, message) = world.refused("PUT", &format!("{path}/{method}"), Some(json!({}))).await;
        assert!(status == 400 && message.contains(&method.to_uppercase()), "{method}: {status} {message}");
        assert_eq!(world.ok("DELETE", &format!("{path}/{method}"), None).await, place);
    }
    assert_eq!(world.refused("PUT", &format!("{path}/other"), Some(json!({}))).await.0, 404);
    assert_eq!(world.ok("GET", &path, None).await["api"]["autoRenew"], true);
}

#[tokio::test]
async fn a_profile_that_is_not_attached_is_not_there() {
    let world = World::new().await;
    let (path, place) = attached(&world).await;
    let other = path.replace(place["profileId"].as_str().unwrap(), NOTHING);
    for (method, path, body) in [
        ("GET", other.clone(), None),
        ("PUT", format!("{other}/api"), Some(json!({ "autoRenew": true }))),
        ("DELETE", format!("{other}/api"), None),
        ("DELETE", format!("{other}/est"), None),
    ] {
        assert_eq!(world.refused(method, &path, body).await.0, 404, "{method} {path}");
    }
    for body in
        [json!({ "autoRenew": "yes" }), json!({ "renewBeforeDays": 0 }), json!({ "renewBeforeDays": 366 })]
    {
        assert_eq!(world.refused("PUT", &format!("{path}/api"), Some(body.clone())).await.0, 422, "{body}");
    }
}
