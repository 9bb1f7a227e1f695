//! Keys that a rotation did not make are in its way: they are named, and left as they are.

use anyhow::{Result, ensure};
use serde_json::json;
use tests::keys::{KEY_ROTATION, LAST_USE};
use tests::rotation::{AN_HOUR, BETWEEN_PROOFS, GRACE, ROTATIONS, Rotation, body};
use tests::stage::{Stage, eventually};
use tests::system::{run, text};

use super::events::Heard;
use super::works;

const USER: &str = "crowded";

async fn stage(system: &'static tests::system::System) -> Result<Stage> {
    let stage = Stage::new(system).await?;
    stage.allow(&[&KEY_ROTATION[..], &[LAST_USE]].concat()).await?;
    stage.account.user_without_keys(USER).await?;
    stage.folder("keys").await?;
    Ok(stage)
}

/// The last four characters of a key's id.
fn end(id: &str) -> &str {
    id.get(id.len() - 4..).unwrap_or_default()
}

#[test]
fn two_keys_of_others_are_told_by_their_ends_ages_and_last_uses_before_anything_is_made() -> Result<()> {
    run(|system| async move {
        let stage = stage(system).await?;
        let (used, idle) = (stage.account.make_key(USER).await?, stage.account.make_key(USER).await?);
        system.keep_secret(&used.secret);
        works(system, &used).await?;
        let before = stage.account.keys(USER).await?;
        let asked = body(&stage, "/keys", USER, &json!({}));
        let refused = stage.api.post(ROTATIONS, &asked).await?.refused(400, "BadRequest")?;
        for told in [
            format!("…{} (0 days old, last used 20", end(&used.id)),
            format!("…{} (0 days old, never used)", end(&idle.id)),
            "takeOverExistingKeys".to_owned(),
        ] {
            ensure!(refused.contains(&told), "{told} is not in: {refused}");
        }
        ensure!(!refused.contains(&used.id) && !refused.contains(&idle.id), "a whole id is in: {refused}");
        ensure!(stage.account.keys(USER).await? == before, "a key was touched");
        let listed = stage.api.get(&format!("{ROTATIONS}?projectId={}", stage.project)).await?.ok()?;
        ensure!(listed["secretRotations"] == json!([]), "{listed}");

        // The one that nobody uses is named, and only that one goes: inactive for a day, and then for good.
        let take_over = json!({ "takeOverExistingKeys": [idle.id] });
        let rotation = Rotation::begin(&stage, "/keys", USER, &take_over).await?;
        let is_out = || async { Ok(rotation.phase(&idle.id).await? == "deactivated") };
        eventually("the key that was named is deactivated", is_out).await?;
        // It stays so for a day, and the first key has no place before.
        let told = rotation.read().await?;
        ensure!(told["rotationStatus"] == "pending", "{told}");
        ensure!(stage.account.keys(USER).await?.get(&idle.id).is_some_and(|is| is == "Inactive"), "it works");
        rotation.pass(GRACE).await?;
        rotation.published().await?;
        let made = rotation.key().await?;
        let keys: Vec<_> = stage.account.keys(USER).await?.into_keys().collect();
        ensure!(keys.len() == 2 && keys.contains(&used.id) && keys.contains(&made.id), "{keys:?}");
        works(system, &used).await
    })
}

#[test]
fn a_rotation_without_a_place_for_its_next_key_fails_in_words_touches_nothing_and_recovers() -> Result<()> {
    run(|system| async move {
        let stage = stage(system).await?;
        let heard = Heard::from_now_on(system).await?;
        let rotation = Rotation::create(&stage, "/keys", USER, &json!({})).await?;
        let first = rotation.key().await?;
        let theirs = stage.account.make_key(USER).await?;
        system.keep_secret(&theirs.secret);
        let before = stage.account.keys(USER).await?;

        let refused = rotation.ask("rotate-secrets").await?.refused(400, "BadRequest")?;
        let told = rotation.read().await?;
        let message = text(&told["lastRotationMessage"])?;
        ensure!(told["rotationStatus"] == "failed" && refused.contains(&message), "{refused}: {told}");
        let expected = format!("…{} (0 days old, never used)", end(&theirs.id));
        ensure!(message.contains(&expected) && message.len() <= 1_024, "{message}");
        ensure!(!message.contains(end(&first.id)), "its own key is not in its way: {message}");
        ensure!(stage.account.keys(USER).await? == before, "a key was touched");
        works(system, &theirs).await?;
        works(system, &first).await?;
        ensure!(rotation.key().await?.id == first.id, "the secrets were touched");

        // Its owner makes room, and it goes on by itself.
        stage.account.delete_key(USER, &theirs.id).await?;
        rotation.pass(AN_HOUR).await?;
        rotation.pass(BETWEEN_PROOFS).await?;
        let told = rotation.read().await?;
        ensure!(told["rotationStatus"] == "success" && told["lastRotationMessage"].is_null(), "{told}");
        let second = rotation.key().await?;
        ensure!(second.id != first.id, "there is no new key");
        works(system, &first).await?;
        works(system, &second).await?;
        heard.told(&rotation.id, &["KeyRotated", "KeyRotationFailed", "KeyRotated"]).await
    })
}
