//! Policies: their life, and what is refused.

use serde_json::{Value, json};

use crate::world::{NOTHING, POLICIES, World, policy, text, with};

#[tokio::test]
async fn a_policy_is_answered_as_it_was_given() {
    let world = World::new().await;
    let made = world.ok("POST", POLICIES, Some(policy("web"))).await["certificatePolicy"].clone();
    for (key, value) in policy("web").as_object().unwrap() {
        assert_eq!(&made[key], value, "{key}");
    }
    for key in ["createdAt", "updatedAt"] {
        let time = text(&made, key);
        assert!(time.len() == 24 && time.ends_with('Z'), "{key}: {time}");
    }
    let path = format!("{POLICIES}/{}", text(&made, "id"));
    assert_eq!(world.ok("GET", &path, None).await["certificatePolicy"], made);
    assert_eq!(world.audited("certificate-policy.create").await, 1);
    assert_eq!(world.counted().await, 1);
}

#[tokio::test]
async fn what_is_done_is_kept_in_the_trail_as_long_as_the_project_says() {
    let world = World::new().await;
    let policy = with(policy("web"), &json!({ "projectId": world.other }));
    let (status, made) = world.by(world.neighbour, "POST", POLICIES, Some(&policy)).await;
    assert_eq!(status, 200, "{made}");
    let path = format!("{POLICIES}/{}", text(&made["certificatePolicy"], "id"));
    assert_eq!(world.by(world.neighbour, "DELETE", &path, None).await.0, 200);
    let mut kept = world.trail.seconds_kept().await.unwrap();
    kept.retain(|action, _| action.starts_with("certificate-policy."));
    assert!(kept.len() == 2 && kept.values().all(|seconds| *seconds == 400 * 86_400), "{kept:?}");
}

#[tokio::test]
async fn the_least_body_is_a_name() {
    let world = World::new().await;
    let made = world.ok("POST", POLICIES, Some(json!({ "name": "least", "ID": "" }))).await;
    let mut keys: Vec<&str> =
        made["certificatePolicy"].as_object().unwrap().keys().map(String::as_str).collect();
    keys.sort_unstable();
    assert_eq!(keys, ["createdAt", "description", "id", "name", "projectId", "updatedAt"]);
}

#[tokio::test]
async fn a_name_is_taken_once_in_a_project() {
    let world = World::new().await;
    world.policy("web").await;
    let (status, message) = world.refused("POST", POLICIES, Some(policy("web"))).await;
    assert!(status == 400 && message.contains("\"web\" already exists"), "{status} {message}");
    let other = world.policy("other").await;
    let renamed =
        world.refused("PATCH", &format!("{POLICIES}/{other}"), Some(json!({ "name": "web" }))).await;
    assert_eq!(renamed.0, 400, "{}", renamed.1);
    let elsewhere = with(policy("web"), &json!({ "projectId": world.other }));
    assert_eq!(world.by(world.neighbour, "POST", POLICIES, Some(&elsewhere)).await.0, 200);
}

#[tokio::test]
async fn a_change_leaves_what_it_does_not_name() {
    let world = World::new().await;
    let path = format!("{POLICIES}/{}", world.policy("web").await);
    let before = world.ok("GET", &path, None).await["certificatePolicy"].clone();
    let change = json!({ "name": "api", "validity": { "max": "30d" }, "extendedKeyUsages": null });
    let changed = world.ok("PATCH", &path, Some(change)).await["certificatePolicy"].clone();
    assert_eq!((&changed["name"], &changed["validity"]), (&json!("api"), &json!({ "max": "30d" })));
    assert_eq!(changed.get("extendedKeyUsages"), None);
    for key in ["id", "description", "subject", "sans", "keyUsages", "algorithms", "createdAt"] {
        assert_eq!(changed[key], before[key], "{key}");
    }
    assert_eq!(world.ok("GET", &path, None).await["certificatePolicy"], changed);
    // Its old name is free.
    world.policy("web").await;
}

#[tokio::test]
async fn a_policy_that_a_profile_names_is_not_deleted() {
    let world = World::new().await;
    let (authority, policy) = (world.authority("ca").await, world.policy("web").await);
    let profile = world.profile_of("web", &authority, &policy).await;
    let path = format!("{POLICIES}/{policy}");
    let (status, message) = world.refused("DELETE", &path, None).await;
    assert!(status == 400 && message.contains("1 certificate profile."), "{status} {message}");
    world.ok("DELETE", &format!("/certificate-profiles/{profile}"), None).await;
    let gone = world.ok("DELETE", &path, None).await;
    assert_eq!(text(&gone["certificatePolicy"], "id"), policy);
    assert_eq!(world.refused("GET", &path, None).await.0, 404);
    assert_eq!(world.refused("DELETE", &path, None).await.0, 404);
    assert_eq!(world.counted().await, 1, "the authority");
    assert_eq!(world.audited("certificate-policy.delete").await, 1);
}

#[tokio::test]
async fn what_is_malformed_is_a_validation_failure() {
    let world = World::new().await;
    for changes in [
        json!({ "name": "Not A Slug" }),
        json!({ "name": Value::Null }),
        json!({ "subject": [{ "type": "unknown", "allowed": ["*"] }] }),
        json!({ "sans": [{ "type": "dns_name" }] }),
        json!({ "keyUsages": { "allowed": ["sign_everything"] } }),
        json!({ "validity": { "max": "long" } }),
        json!({ "basicConstraints": { "isCA": "maybe" } }),
        json!({ "projectId": 1 }),
    ] {
        let (status, message) = world.refused("POST", POLICIES, Some(with(policy("web"), &changes))).await;
        assert_eq!(status, 422, "{changes}: {message}");
    }
    assert_eq!(world.counted().await, 0);
    assert_eq!(world.refused("GET", &format!("{POLICIES}/{NOTHING}"), None).await.0, 404);
    assert_eq!(world.refused("GET", &format!("{POLICIES}/web"), None).await.0, 422);
}
