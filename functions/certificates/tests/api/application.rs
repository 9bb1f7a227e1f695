//! Applications: their life, and their profiles.

use serde_json::{Value, json};

use crate::world::{APPLICATIONS, NOTHING, POLICIES, World, text};

#[tokio::test]
async fn an_application_is_answered_as_it_was_given() {
    let world = World::new().await;
    let body = json!({ "name": "Web servers", "description": "" });
    let made = world.ok("POST", APPLICATIONS, Some(body)).await;
    let application = made["application"].clone();
    assert_eq!(
        (text(&application, "name"), text(&application, "description")),
        ("Web servers".into(), String::new())
    );
    assert_eq!(application["projectId"], json!(world.project));
    let path = format!("{APPLICATIONS}/{}", text(&application, "id"));
    for path in [
        path.clone(),
        format!("{APPLICATIONS}/by-name/Web%20servers"),
        format!("{APPLICATIONS}/by-name/web%20servers?projectId={}", world.project),
    ] {
        assert_eq!(world.ok("GET", &path, None).await, made, "{path}");
    }
    let listed = world.ok("GET", APPLICATIONS, None).await;
    assert_eq!(listed, json!({ "applications": [application], "totalCount": 1 }));
    assert_eq!(world.refused("GET", &format!("{APPLICATIONS}/by-name/nope"), None).await.0, 404);

    let changed = world.ok("PATCH", &path, Some(json!({ "name": "api", "description": null }))).await;
    assert_eq!(
        (&changed["application"]["name"], &changed["application"]["description"]),
        (&json!("api"), &Value::Null)
    );
    assert_eq!(world.ok("GET", &path, None).await, changed);
    assert_eq!(world.ok("DELETE", &path, None).await, changed);
    assert_eq!(world.refused("GET", &path, None).await.0, 404);
    assert_eq!(world.refused("DELETE", &path, None).await.0, 404);
    assert_eq!(world.counted().await, 0);
}

#[tokio::test]
async fn a_name_is_taken_once_in_a_project() {
    let world = World::new().await;
    world.application("web", &[]).await;
    let (status, message) = world.refused("POST", APPLICATIONS, Some(json!({ "name": " web " }))).await;
    assert!(status == 400 && message.contains("\"web\" already exists"), "{status} {message}");
    let other = world.application("other", &[]).await;
    let path = format!("{APPLICATIONS}/{other}");
    assert_eq!(world.refused("PATCH", &path, Some(json!({ "name": "web" }))).await.0, 400);
}

#[tokio::test]
async fn profiles_are_attached_once_and_detached() {
    let world = World::new().await;
    let (authority, policy) = (world.authority("ca").await, world.policy("web").await);
    let one = world.profile_of("one", &authority, &policy).await;
    let two = world.profile_of("two", &authority, &policy).await;
    let application = world.application("web", &[&one]).await;
    let path = format!("{APPLICATIONS}/{application}/profiles");
    let first = world.ok("GET", &path, None).await;
    assert_eq!(first["profiles"].as_array().unwrap().len(), 1);
    let expected = json!({
        "applicationId": application, "profileId": one, "profileSlug": "one", "profileDescription": null,
        "estConfigId": null, "apiConfigId": null, "acmeConfigId": null, "scepConfigId": null,
        "createdAt": first["profiles"][0]["createdAt"], "updatedAt": first["profiles"][0]["updatedAt"],
    });
    assert_eq!(first["profiles"][0], expected);

    let both = world.ok("POST", &path, Some(json!({ "profileIds": [two, one, two] }))).await;
    let slugs: Vec<String> =
        both["profiles"].as_array().unwrap().iter().map(|one| text(one, "profileSlug")).collect();
    assert_eq!(slugs, ["one", "two"]);
    assert_eq!(world.ok("POST", &path, Some(json!({ "profileIds": [one] }))).await, both);
    assert_eq!(world.ok("GET", &path, None).await, both);
    assert_eq!(world.audited("certificate-application.attach").await, 1);

    let gone = world.ok("DELETE", &format!("{path}/{one}"), None).await;
    assert_eq!(gone, json!({ "applicationId": application, "profileId": one }));
    assert_eq!(world.refused("DELETE", &format!("{path}/{one}"), None).await.0, 404);
    assert_eq!(world.ok("GET", &path, None).await["profiles"].as_array().unwrap().len(), 1);
    let stored = world.store.application(application.parse().unwrap()).await.unwrap().unwrap();
    assert_eq!(stored.profiles, 1);

    // With the application the other attachment goes, and the profile is free.
    world.ok("DELETE", &format!("{APPLICATIONS}/{application}"), None).await;
    world.ok("DELETE", &format!("/certificate-profiles/{two}"), None).await;
    world.ok("DELETE", &format!("/certificate-profiles/{one}"), None).await;
    world.ok("DELETE", &format!("{POLICIES}/{policy}"), None).await;
    assert_eq!(world.counted().await, 1, "the authority");
}

#[tokio::test]
async fn profiles_of_other_projects_are_not_there() {
    let world = World::new().await;
    let profile = world.profile("web").await;
    let application = world.application("web", &[]).await;
    let elsewhere = json!({ "name": "web", "projectId": world.other, "profileIds": [profile] });
    let (status, answer) = world.by(world.neighbour, "POST", APPLICATIONS, Some(&elsewhere)).await;
    assert_eq!(status, 400, "{answer}");
    assert!(answer["message"].as_str().unwrap().contains(&profile));
    let path = format!("{APPLICATIONS}/{application}/profiles");
    for (body, expected) in [
        (json!({ "profileIds": [profile, NOTHING] }), 400),
        (json!({ "profileIds": [] }), 422),
        (json!({ "profileIds": ["web"] }), 422),
        (json!({}), 422),
    ] {
        let (status, message) = world.refused("POST", &path, Some(body.clone())).await;
        assert_eq!(status, expected, "{body}: {message}");
    }
    assert_eq!(world.ok("GET", &path, None).await, json!({ "profiles": [] }));
}

#[tokio::test]
async fn attachments_at_the_same_moment_are_all_made_and_counted() {
    let world = World::new().await;
    let (authority, policy) = (world.authority("ca").await, world.policy("web").await);
    let mut profiles = Vec::new();
    for slug in ["a", "b", "c"] {
        profiles.push(world.profile_of(slug, &authority, &policy).await);
    }
    let application = world.application("web", &[]).await;
    let path = format!("{APPLICATIONS}/{application}/profiles");
    let bodies: Vec<Value> = profiles.iter().map(|id| json!({ "profileIds": [id] })).collect();
    let answers = futures::future::join_all(
        bodies.iter().map(|body| world.by(world.administrator, "POST", &path, Some(body))),
    )
    .await;
    assert!(answers.iter().all(|(status, _)| *status == 200), "{answers:?}");
    assert_eq!(world.ok("GET", &path, None).await["profiles"].as_array().unwrap().len(), 3);
    assert_eq!(world.store.application(application.parse().unwrap()).await.unwrap().unwrap().profiles, 3);
}

#[tokio::test]
async fn what_is_malformed_is_a_validation_failure() {
    let world = World::new().await;
    for body in [
        json!({}),
        json!({ "name": "  " }),
        json!({ "name": "x".repeat(256) }),
        json!({ "name": "a", "description": 1 }),
        json!({ "name": "a", "profileIds": "x" }),
    ] {
        assert_eq!(world.refused("POST", APPLICATIONS, Some(body.clone())).await.0, 422, "{body}");
    }
    assert_eq!(world.counted().await, 0);
}
