//! The keys themselves: for whom, and what is left of the look.

use serde_json::json;
use testkit::event::event;

use crate::clock::now;
use crate::world::{BASE, World, key_ids};

#[tokio::test]
async fn the_keys_are_shown_whole_with_the_one_that_is_in_the_secrets() {
    let world = World::new().await;
    let path = world.rotated("a").await;
    let keys = key_ids(&world);
    let shown = |key: &String| json!({ "accessKeyId": key, "secretAccessKey": format!("secret of {key}") });
    let (status, answer) =
        world.by(world.member, "GET", &format!("{path}/generated-credentials"), None).await;
    let expected = json!({
        "generatedCredentials": [shown(&keys[0]), shown(&keys[1])], "activeIndex": 1,
        "rotationId": path.trim_start_matches('/'), "type": "aws-iam-user-secret",
    });
    assert_eq!((status, answer), (200, expected));
}

#[tokio::test]
async fn a_viewer_sees_the_rotation_and_not_its_keys() {
    let world = World::new().await;
    let path = world.rotation("a").await;
    let (status, answer) = world.by(world.viewer, "GET", &path, None).await;
    assert_eq!(status, 200, "{answer}");
    assert!(!answer.to_string().contains("secret of "), "{answer}");
    let (status, answer) =
        world.by(world.viewer, "GET", &format!("{path}/generated-credentials"), None).await;
    assert_eq!((status, &answer["error"]), (403, &json!("PermissionDenied")));
    assert_eq!(
        (&answer["details"][0]["action"], &answer["details"][0]["subject"]),
        (&json!(["read-generated-credentials"]), &json!(["secret-rotation"]))
    );
    assert_eq!(world.audited("key-rotation.read-credentials").await, 0);
}

#[tokio::test]
async fn who_looked_is_in_the_audit_trail_and_the_answer_in_no_cache() {
    let world = World::new().await;
    let path = world.rotation("a").await;
    let request = event("GET", &format!("{BASE}{path}/generated-credentials"));
    let request = request.identity(world.member, "no-access").request();
    let answer = web::answer(key_rotations::routes(), world.ctx.clone(), request, now()).await;
    assert_eq!(answer.headers()["cache-control"], "no-store");
    assert_eq!(world.audited("key-rotation.read-credentials").await, 1);
    for line in world.trail.details().await.unwrap() {
        assert!(!line.contains("secret of ") && !line.contains(&key_ids(&world)[0]), "{line}");
    }
}
