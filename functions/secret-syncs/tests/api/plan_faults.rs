//! What keeps a plan from being made, each in words that say who must do what.

use serde_json::{Value, json};
use testkit::account::{Fault, Parameter};

use crate::aws;
use crate::world::{PARAMETERS, World, text};

async fn sync(world: &World) -> String {
    let made = world.ok("POST", &format!("/{PARAMETERS}"), Some(world.parameter_store("a", "/app/"))).await;
    format!("/{PARAMETERS}/{}", text(&made, "id"))
}

async fn refused(world: &World, path: &str) -> (u16, String) {
    world.refused("POST", &format!("{path}/plan"), None).await
}

#[tokio::test]
async fn a_permission_that_is_missing_is_named() {
    let world = World::new().await;
    let path = sync(&world).await;
    world.put("/", &[("A", "canary")]).await;
    world.account.deny("ssm:GetParametersByPath");
    let (status, message) = refused(&world, &path).await;
    assert_eq!(status, 400);
    assert!(message.contains("ssm:GetParametersByPath"), "{message}");
    world.account.allow("ssm:GetParametersByPath");
    // Whose a thing is cannot be found out: that key alone is in conflict.
    world.account.put_parameter("/app/A", Parameter::of("x"));
    world.account.deny("ssm:ListTagsForResource");
    let (status, answer) = world.by(world.member, "POST", &format!("{path}/plan"), None).await;
    assert_eq!(status, 200, "{answer}");
    let conflict = &answer["plan"]["conflict"][0];
    assert!(text(conflict, "reason").contains("ssm:ListTagsForResource"), "{answer}");
    assert_eq!(answer["plan"]["adopt"], json!([]));
}

#[tokio::test]
async fn aws_that_fails_is_to_be_asked_again() {
    let mut world = World::new().await;
    world.ctx = world.ctx.with_patience(std::time::Duration::from_millis(300));
    let path = sync(&world).await;
    world.account.set_faults(|_| Some(Fault::Error(500, "InternalServerError", "no")));
    let (status, message) = refused(&world, &path).await;
    assert_eq!(status, 503, "{message}");
}

#[tokio::test]
async fn a_role_that_does_not_open_says_so_in_aws_s_words() {
    for (sts, code, status) in
        [(403, "AccessDenied", 400), (400, "Throttling", 429), (500, "InternalFailure", 503)]
    {
        let world = World::with(aws::with_sts(sts, code)).await;
        let path = sync(&world).await;
        let (got, message) = refused(&world, &path).await;
        assert_eq!(got, status, "{code} {message}");
        assert!(message.contains("connection"), "{message}");
        assert_eq!(world.account.calls().len(), 0, "nothing was asked without the role");
    }
}

#[tokio::test]
async fn a_source_that_is_gone_or_cannot_be_read_is_no_reason_to_delete() {
    let world = World::new().await;
    let mut body = world.parameter_store("a", "/app/");
    body["secretPath"] = json!("/api");
    let made = world.ok("POST", &format!("/{PARAMETERS}"), Some(body)).await;
    let path = format!("/{PARAMETERS}/{}", text(&made, "id"));
    world.delete_folder("/api").await;
    let (status, message) = refused(&world, &path).await;
    assert_eq!(status, 400);
    assert!(message.contains("was deleted"), "{message}");

    let world = World::with(aws::without_keys).await;
    let path = sync(&world).await;
    world.put("/", &[("A", "canary")]).await;
    let (status, message) = refused(&world, &path).await;
    assert!(status == 400 || status == 503, "{status} {message}");
    assert!(!message.contains("canary"));
    assert_eq!(world.account.calls().len(), 0, "the destination is not looked at");
}

#[tokio::test]
async fn values_that_do_not_fit_are_told_by_key() {
    let world = World::new().await;
    let path = sync(&world).await;
    world.put("/", &[("BIG", &"x".repeat(8_193)), ("FITS", &"x".repeat(8_192))]).await;
    let (status, answer) = world.by(world.member, "POST", &format!("{path}/plan"), None).await;
    assert_eq!(status, 200, "{answer}");
    let keys = |list: &str| -> Vec<Value> {
        answer["plan"][list].as_array().unwrap().iter().map(|entry| entry["secretKey"].clone()).collect()
    };
    assert_eq!((keys("create"), keys("conflict")), (vec![json!("FITS")], vec![json!("BIG")]));
    assert!(!answer.to_string().contains("xxx"));
}

#[tokio::test]
async fn who_may_not_sync_makes_no_plan() {
    let world = World::new().await;
    let path = sync(&world).await;
    for (who, status) in [(world.viewer, 403), (world.neighbour, 404)] {
        assert_eq!(world.by(who, "POST", &format!("{path}/plan"), None).await.0, status);
    }
    assert_eq!(aws::assumptions(&world.calls).len(), 0);
    assert_eq!(world.refused("POST", &format!("{path}/plan?allowDeletions=maybe"), None).await.0, 422);
}
