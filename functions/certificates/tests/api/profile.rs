//! Profiles: their life, and what is refused.

use serde_json::{Value, json};

use crate::world::{NOTHING, POLICIES, PRIVATE, PROFILES, World, text, with};

struct House {
    world: World,
    authority: String,
    policy: String,
}

impl House {
    async fn new() -> Self {
        let world = World::new().await;
        let (authority, policy) = (world.authority("ca").await, world.policy("web").await);
        Self { world, authority, policy }
    }

    fn body(&self, changes: &Value) -> Value {
        let body = json!({
            "slug": "web", "caId": self.authority, "certificatePolicyId": self.policy, "issuerType": "ca",
            "description": "",
            "defaults": {
                "ttlDays": 90, "commonName": "api.example.com", "keyAlgorithm": "RSA_2048",
                "keyUsages": ["digital_signature"], "extendedKeyUsages": ["server_auth", "client_auth"]
            }
        });
        with(body, changes)
    }
}

#[tokio::test]
async fn a_profile_is_answered_as_it_was_given() {
    let house = House::new().await;
    let made = house.world.ok("POST", PROFILES, Some(house.body(&json!({})))).await;
    let made = made["certificateProfile"].clone();
    for (key, value) in house.body(&json!({})).as_object().unwrap() {
        assert_eq!(&made[key], value, "{key}");
    }
    let path = format!("{PROFILES}/{}", text(&made, "id"));
    for path in [
        path.clone(),
        format!("{path}?includeConfigs=true"),
        format!("{PROFILES}/slug/web"),
        format!("{PROFILES}/slug/web?projectId={}&includeConfigs=false", house.world.project),
    ] {
        assert_eq!(house.world.ok("GET", &path, None).await["certificateProfile"], made, "{path}");
    }
    let listed = house.world.ok("GET", PROFILES, None).await;
    assert_eq!(listed, json!({ "certificateProfiles": [made], "totalCount": 1 }));
    for (query, total) in [(format!("caId={}", house.authority), 1), (format!("caId={NOTHING}"), 0)] {
        let listed = house.world.ok("GET", &format!("{PROFILES}?{query}"), None).await;
        assert_eq!(listed["totalCount"], total, "{query}");
    }
    assert_eq!(house.world.refused("GET", &format!("{PROFILES}/slug/nope"), None).await.0, 404);
    assert_eq!(house.world.audited("certificate-profile.create").await, 1);
}

#[tokio::test]
async fn what_a_profile_names_must_be_there_and_of_the_same_project() {
    let house = House::new().await;
    let elsewhere = json!({ "name": "web", "projectId": house.world.other });
    let (_, foreign) = house.world.by(house.world.neighbour, "POST", POLICIES, Some(&elsewhere)).await;
    let foreign = text(&foreign["certificatePolicy"], "id");
    for (changes, expected, said) in [
        (json!({ "caId": NOTHING }), 404, "certificate authority"),
        (json!({ "certificatePolicyId": NOTHING }), 404, "certificate policy"),
        (json!({ "certificatePolicyId": foreign }), 404, "certificate policy"),
        (json!({ "caId": Value::Null }), 422, "CA ID"),
        (json!({ "issuerType": "self-signed" }), 422, "Self-signed"),
        (json!({ "enrollmentType": "acme" }), 422, "ACME"),
        (json!({ "slug": "W" }), 422, "slug"),
        (json!({ "defaults": { "ttlDays": -1 } }), 422, "ttlDays"),
    ] {
        let (status, message) = house.world.refused("POST", PROFILES, Some(house.body(&changes))).await;
        assert!(status == expected && message.contains(said), "{changes}: {status} {message}");
    }
    assert_eq!(house.world.counted().await, 2);
}

#[tokio::test]
async fn defaults_that_the_policy_does_not_allow_are_refused_by_name() {
    let house = House::new().await;
    let defaults = json!({ "ttlDays": 366, "commonName": "example.net", "keyAlgorithm": "RSA_4096" });
    let change = json!({ "defaults": defaults });
    let made = house.world.profile_of("made", &house.authority, &house.policy).await;
    for (method, path, body) in
        [("POST", PROFILES.to_owned(), house.body(&change)), ("PATCH", format!("{PROFILES}/{made}"), change)]
    {
        let (status, message) = house.world.refused(method, &path, Some(body)).await;
        let told = ["\"web\"", "365d", "example.net", "RSA_4096"].iter().all(|word| message.contains(word));
        assert!(status == 400 && told, "{method}: {status} {message}");
    }
    // What is left alone is not judged again, and what is taken away is allowed.
    house.world.ok("PATCH", &format!("{PROFILES}/{made}"), Some(json!({ "description": "x" }))).await;
    house.world.ok("PATCH", &format!("{PROFILES}/{made}"), Some(json!({ "defaults": null }))).await;
}

#[tokio::test]
async fn a_name_is_taken_once_in_a_project() {
    let house = House::new().await;
    house.world.ok("POST", PROFILES, Some(house.body(&json!({})))).await;
    let (status, message) = house.world.refused("POST", PROFILES, Some(house.body(&json!({})))).await;
    assert!(status == 400 && message.contains("\"web\" already exists"), "{status} {message}");
    let other = house.world.profile_of("other", &house.authority, &house.policy).await;
    let path = format!("{PROFILES}/{other}");
    assert_eq!(house.world.refused("PATCH", &path, Some(json!({ "slug": "web" }))).await.0, 400);
}

#[tokio::test]
async fn a_change_keeps_authority_and_policy() {
    let house = House::new().await;
    let world = &house.world;
    let path = format!("{PROFILES}/{}", world.profile_of("web", &house.authority, &house.policy).await);
    let change = json!({
        "slug": "api", "description": "changed", "defaults": { "ttlDays": 7 }, "caId": house.authority,
        "apiConfig": { "autoRenew": true, "renewBeforeDays": 14 }
    });
    let changed = world.ok("PATCH", &path, Some(change)).await["certificateProfile"].clone();
    assert_eq!((&changed["slug"], &changed["defaults"]), (&json!("api"), &json!({ "ttlDays": 7 })));
    assert_eq!(changed["apiConfig"]["renewBeforeDays"], 14);
    assert_eq!(
        world.ok("GET", &format!("{path}?includeConfigs=true"), None).await["certificateProfile"],
        changed
    );
    for change in [json!({ "caId": NOTHING }), json!({ "certificatePolicyId": NOTHING })] {
        let (status, message) = world.refused("PATCH", &path, Some(change)).await;
        assert!(status == 400 && message.contains("cannot be changed"), "{status} {message}");
    }
    assert_eq!(world.refused("PATCH", &format!("{PROFILES}/{NOTHING}"), Some(json!({}))).await.0, 404);
}

#[tokio::test]
async fn a_profile_of_an_application_is_not_deleted_and_one_that_goes_is_counted_no_more() {
    let house = House::new().await;
    let world = &house.world;
    let profile = world.profile_of("web", &house.authority, &house.policy).await;
    let application = world.application("web", &[&profile]).await;
    let path = format!("{PROFILES}/{profile}");
    let (status, message) = world.refused("DELETE", &path, None).await;
    assert!(status == 400 && message.contains("1 application."), "{status} {message}");
    world.ok("DELETE", &format!("/applications/{application}/profiles/{profile}"), None).await;
    let gone = world.ok("DELETE", &path, None).await;
    assert_eq!(text(&gone["certificateProfile"], "id"), profile);
    assert_eq!(world.refused("GET", &path, None).await.0, 404);
    // What it named can go now.
    world.ok("DELETE", &format!("{POLICIES}/{}", house.policy), None).await;
    world.ok("DELETE", &format!("{PRIVATE}/{}", house.authority), None).await;
    assert_eq!(world.counted().await, 1, "the application");
}
