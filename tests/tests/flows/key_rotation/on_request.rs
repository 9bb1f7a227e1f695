//! What people ask for: a new key now, the previous one back, no change of its secrets by hand, and the end.

use anyhow::{Result, ensure};
use http::Method;
use serde_json::{Value, json};
use tests::account::AccessKey;
use tests::keys::KEY_ROTATION;
use tests::rotation::{Rotation, body};
use tests::stage::{Stage, eventually};
use tests::system::{run, text, unique};

use super::{Copies, is_refused, works};

const USER: &str = "batch";

async fn stage(system: &'static tests::system::System, folder: &str) -> Result<Stage> {
    let stage = Stage::new(system).await?;
    stage.allow(&[&stage.documented()[..], &KEY_ROTATION].concat()).await?;
    stage.account.user_without_keys(USER).await?;
    stage.folder(folder).await?;
    Ok(stage)
}

#[test]
fn a_key_made_on_request_is_followed_and_the_previous_one_comes_back_even_when_it_was_deactivated()
-> Result<()> {
    run(|system| async move {
        let stage = stage(system, "batch").await?;
        let copies = Copies::new(&stage, "batch").await?;
        let rotation = Rotation::create(&stage, "/batch", USER, &json!({})).await?;
        let first = rotation.key().await?;
        by_hand_nothing_changes(&stage, &rotation, &first).await?;

        let asked = rotation.ask("rotate-secrets").await?.ok()?["secretRotation"].take();
        ensure!(asked["rotationStatus"] == "pending", "it has worked once only: {asked}");
        // It works for the second time ten seconds later, at the earliest: at once is soon enough for this one.
        let again = rotation.ask("rotate-secrets").await?.refused(400, "BadRequest")?;
        ensure!(again.contains("already running"), "{again}");
        let (key, told) = (rotation.key().await?, rotation.read().await?);
        let is_proved = told["rotationStatus"] == "success";
        ensure!(key.id == first.id || is_proved, "a key that worked once is in the secrets: {told}");
        let told = rotation.published().await?;
        ensure!(told["isLastRotationManual"] == true && told["activeIndex"] == 1, "{told}");
        let second = rotation.key().await?;
        copies.hold(&stage, &second).await?;
        for key in [&first, &second] {
            works(system, key).await?;
        }

        rotation.pass(rotation.until_the_previous_key_goes().await?).await?;
        is_refused(system, &first).await?;
        // This role may do what the documentation asks for, and no more.
        let hint = text(&rotation.read().await?["hint"])?;
        ensure!(hint.contains("iam:GetAccessKeyLastUsed"), "{hint}");
        rotation.ask("rollback").await?.ok()?;
        let told = rotation.published().await?;
        ensure!(told["activeIndex"] == 0 && told["rotationStatus"] == "success", "{told}");
        let back = rotation.key().await?;
        ensure!(back.id == first.id && back.secret == first.secret, "another key is in the secrets");
        copies.hold(&stage, &first).await?;
        for key in [&first, &second] {
            works(system, key).await?;
        }

        // Both places are taken by keys of its own: the one that is not in the secrets makes room.
        rotation.ask("rotate-secrets").await?.ok()?;
        rotation.published().await?;
        let third = rotation.key().await?;
        is_refused(system, &second).await?;
        let keys: Vec<_> = stage.account.keys(USER).await?.into_keys().collect();
        ensure!(keys.len() == 2 && [&first, &third].iter().all(|key| keys.contains(&key.id)), "{keys:?}");
        for key in [&first, &third] {
            works(system, key).await?;
        }
        the_end_leaves_everything(&stage, &rotation, &third).await
    })
}

/// The secrets are the rotation's.
async fn by_hand_nothing_changes(stage: &Stage, rotation: &Rotation, key: &AccessKey) -> Result<()> {
    let at = json!({ "workspaceId": stage.project, "environment": "dev", "secretPath": "/batch" });
    for (method, more) in [
        (Method::PATCH, json!({ "secretValue": "by hand" })),
        (Method::PATCH, json!({ "newSecretName": "OTHER" })),
        (Method::DELETE, json!({})),
    ] {
        let mut body = at.clone();
        body.as_object_mut().into_iter().for_each(|body| {
            body.extend(more.as_object().cloned().unwrap_or_default());
        });
        let path = "/api/v3/secrets/raw/AWS_SECRET_ACCESS_KEY";
        stage.api.send(method, path, Some(&body)).await?.refused(400, "BadRequest")?;
    }
    ensure!(rotation.key().await?.secret == key.secret, "the secret was changed by hand");
    Ok(())
}

/// Without a word about them, keys and secrets stay: the former work, and the latter are anybody's.
async fn the_end_leaves_everything(stage: &Stage, rotation: &Rotation, key: &AccessKey) -> Result<()> {
    stage.api.delete(&rotation.path).await?.ok()?;
    stage.api.get(&rotation.path).await?.refused(404, "NotFound")?;
    works(stage.system(), key).await?;
    ensure!(rotation.key().await?.id == key.id, "the secrets are not what they were");
    stage.change("/batch", "AWS_ACCESS_KEY_ID", "changed by hand").await.map(drop)
}

#[test]
fn names_that_are_taken_are_refused_before_a_key_exists() -> Result<()> {
    run(|system| async move {
        let stage = stage(system, "taken").await?;
        stage.put("/taken", "AWS_ACCESS_KEY_ID", "somebody else's").await?;
        let asked = body(&stage, "/taken", USER, &json!({}));
        let refused = stage.api.post(tests::rotation::ROTATIONS, &asked).await?;
        let message = refused.refused(400, "BadRequest")?;
        ensure!(message.contains("AWS_ACCESS_KEY_ID"), "{message}");
        let keys = stage.account.keys(USER).await?;
        ensure!(keys.is_empty(), "a key was made: {keys:?}");
        Ok(())
    })
}

#[test]
fn a_connection_by_access_key_rotates_its_own_key_and_goes_on_working() -> Result<()> {
    run(|system| async move {
        let mut stage = Stage::new(system).await?;
        let own = stage.account.user("robot").await?;
        system.keep_secret(&own.secret);
        let statement = json!({ "Effect": "Allow", "Action": KEY_ROTATION, "Resource": "*" });
        let policy = json!({ "Version": "2012-10-17", "Statement": [statement] });
        stage.account.allow_user("robot", &policy).await?;
        let body = json!({ "name": unique("robot"), "method": "access-key", "projectId": stage.project,
            "credentials": { "accessKeyId": own.id, "secretAccessKey": own.secret } });
        let made = stage.api.post("/api/v1/app-connections/aws", &body).await?.ok()?["appConnection"].take();
        stage.connection = text(&made["id"])?;
        stage.folder("robot").await?;

        let parameters = json!({ "parameters": { "userName": "robot", "ownKey": true } });
        let rotation = Rotation::create(&stage, "/robot", "robot", &parameters).await?;
        let new = rotation.key().await?;
        let connection = format!("/api/v1/app-connections/aws/{}", stage.connection);
        let read = stage.api.get(&connection).await?.ok()?["appConnection"].take();
        ensure!(read["credentials"]["accessKeyId"] == new.id.as_str(), "{read}");
        ensure!(read["credentialsHash"] != made["credentialsHash"], "{read}");

        rotation.pass(rotation.until_the_previous_key_goes().await?).await?;
        is_refused(system, &own).await?;
        let checked = stage.api.post(&format!("{connection}/check"), &json!({})).await?.ok()?;
        ensure!(!checked.to_string().contains("InvalidClientTokenId"), "{checked}");
        let gone = || async { Ok(!stage.account.keys("robot").await?.contains_key(&own.id)) };
        rotation.pass(tests::rotation::GRACE).await?;
        eventually("the connection deletes its former key with its new one", gone).await
    })
}

/// What a rotation of a user that is not there says.
#[test]
fn a_user_that_does_not_exist_is_refused_and_nothing_is_stored() -> Result<()> {
    run(|system| async move {
        let stage = stage(system, "nobody").await?;
        let asked = body(&stage, "/nobody", "nobody", &json!({}));
        let refused = stage.api.post(tests::rotation::ROTATIONS, &asked).await?;
        let message = refused.refused(400, "BadRequest")?;
        ensure!(message.contains("does not exist"), "{message}");
        let listed = format!("/api/v2/secret-rotations?projectId={}", stage.project);
        let listed = stage.api.get(&listed).await?.ok()?;
        ensure!(listed["secretRotations"] == Value::Array(Vec::new()), "{listed}");
        Ok(())
    })
}
