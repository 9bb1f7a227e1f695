//! The seeded user, month by month.

use anyhow::{Result, ensure};
use serde_json::json;
use tests::account::AccessKey;
use tests::canaries::Places;
use tests::rotation::{AN_HOUR, BETWEEN_PROOFS, GRACE, Rotation};
use tests::stage::{Stage, eventually};
use tests::system::{System, run};

use super::events::Heard;
use super::{Copies, is_refused, works};

const FOLDER: &str = "legacy";

#[test]
fn the_seeded_user_gets_a_new_key_every_month_and_its_previous_ones_go_gently() -> Result<()> {
    run(|system| async move {
        let stage = Stage::seeded(system).await?;
        let heard = Heard::from_now_on(system).await?;
        stage.folder(FOLDER).await?;
        let copies = Copies::new(&stage, FOLDER).await?;
        let (user, before) =
            (system.ready.seeded("rotationUserName"), system.ready.seeded("rotationUserAccessKeyId"));

        let take_over = json!({ "takeOverExistingKeys": [before] });
        let rotation = Rotation::create(&stage, &format!("/{FOLDER}"), user, &take_over).await?;
        let first = rotation.key().await?;
        works(system, &first).await?;
        copies.hold(&stage, &first).await?;
        has_keys(&stage, user, &[(before, "Active"), (&first.id, "Active")]).await?;
        ensure!(rotation.phase(before).await? == "superseded", "the key that was there still works");

        rotation.pass(rotation.until_the_previous_key_goes().await?).await?;
        has_keys(&stage, user, &[(before, "Inactive"), (&first.id, "Active")]).await?;
        rotation.pass(GRACE).await?;
        has_keys(&stage, user, &[(&first.id, "Active")]).await?;

        let second = a_month_is_over(&stage, &rotation, &first).await?;
        copies.hold(&stage, &second).await?;
        works(system, &first).await?;

        the_previous_key_goes(system, &rotation, &first, &second).await?;
        copies.hold(&stage, &second).await?;
        rotation.pass(GRACE).await?;
        has_keys(&stage, user, &[(&second.id, "Active")]).await?;
        heard.told(&rotation.id, &["KeyRotated", "KeyDeactivated", "KeyRotated", "KeyDeactivated"]).await?;

        let gone = format!("{}?deleteSecrets=true&revokeGeneratedCredentials=true", rotation.path);
        stage.api.delete(&gone).await?.ok()?;
        is_refused(system, &second).await?;
        has_keys(&stage, user, &[]).await?;
        copies.are_gone(&stage).await?;
        Places::read(system).await?.hold_none_of(&[first.secret, second.secret])
    })
}

/// It is time, and nobody tells the worker but the deployment's own schedule: another key is in the secrets.
async fn a_month_is_over(stage: &Stage, rotation: &Rotation, first: &AccessKey) -> Result<AccessKey> {
    rotation.pass_alone(AN_HOUR).await?;
    // In the order in which they come true.
    let (key, told) = (rotation.key().await?, rotation.read().await?);
    let is_proved = told["rotationStatus"] == "success";
    ensure!(key.id == first.id || is_proved, "a key that worked once is in the secrets: {told}");
    rotation.pass(BETWEEN_PROOFS).await?;
    let second = rotation.key().await?;
    ensure!(second.id != first.id && second.secret != first.secret, "the key is the same");
    works(stage.system(), &second).await?;
    let told = rotation.read().await?;
    ensure!(told["rotationStatus"] == "success" && told["isLastRotationManual"] == false, "{told}");
    ensure!(told["activeIndex"] == 1 && told["lastRotationMessage"].is_null(), "{told}");
    Ok(second)
}

/// A previous key that is used is left alone, until its owner says otherwise.
async fn the_previous_key_goes(
    system: &System,
    rotation: &Rotation,
    previous: &AccessKey,
    current: &AccessKey,
) -> Result<()> {
    rotation.pass(rotation.until_the_previous_key_goes().await?).await?;
    ensure!(rotation.phase(&previous.id).await? == "superseded", "it was used a moment ago");
    works(system, previous).await?;

    system.admin.patch(&rotation.path, &json!({ "timings": { "quietHours": 0 } })).await?.ok()?;
    let is_done = || async { Ok(rotation.phase(&previous.id).await? == "deactivated") };
    eventually("the previous key is deactivated", is_done).await?;
    is_refused(system, previous).await?;
    works(system, current).await
}

/// The user has exactly these keys.
async fn has_keys(stage: &Stage, user: &str, expected: &[(&str, &str)]) -> Result<()> {
    let expected = expected.iter().map(|(id, status)| ((*id).to_owned(), (*status).to_owned())).collect();
    let found = stage.account.keys(user).await?;
    ensure!(found == expected, "{user} has {found:?} instead of {expected:?}");
    Ok(())
}
