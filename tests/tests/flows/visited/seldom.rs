//! What functions do on days that a tour of the routes does not have.

use anyhow::{Result, ensure};
use serde_json::json;
use testkit::fleet::documented::CERTIFICATE_MANAGER;
use tests::certificate_sync::{CertificateSync, renewed};
use tests::certificates::{PRIVATE_CA, Profile};
use tests::keys::KEY_ROTATION;
use tests::rotation::{AN_HOUR, GRACE, Rotation};
use tests::stage::{Stage, eventually};
use tests::system::{System, text};

const USER: &str = "crowded";

/// A rotation whose first key has no place on its first day, and whose keys cannot be deleted at first when it ends: the
/// worker makes the project's data key, and deletes what is left of the rotation.
pub(super) async fn rotation(system: &'static System) -> Result<()> {
    let stage = Stage::new(system).await?;
    stage.allow(&KEY_ROTATION).await?;
    stage.account.user_without_keys(USER).await?;
    stage.folder("keys").await?;
    let [theirs, idle] = [stage.account.make_key(USER).await?, stage.account.make_key(USER).await?];
    [&theirs, &idle].into_iter().for_each(|key| system.keep_secret(&key.secret));
    let take_over = json!({ "takeOverExistingKeys": [idle.id] });
    let rotation = Rotation::begin(&stage, "/keys", USER, &take_over).await?;
    let is_out = || async { Ok(rotation.phase(&idle.id).await? == "deactivated") };
    eventually("the key that was named is deactivated", is_out).await?;
    rotation.pass(GRACE).await?;
    rotation.published().await?;
    let made = rotation.key().await?;

    let less: Vec<_> = KEY_ROTATION.into_iter().filter(|action| *action != "iam:DeleteAccessKey").collect();
    stage.allow(&less).await?;
    let end = format!("{}?deleteSecrets=true&revokeGeneratedCredentials=true", rotation.path);
    stage.api.delete(&end).await?.ok()?;
    ensure!(stage.account.keys(USER).await?.contains_key(&made.id), "it was deleted without the permission");
    stage.allow(&KEY_ROTATION).await?;
    // With its keys, all that could be looked at goes.
    rotation.pass(AN_HOUR).await.ok();
    let left: Vec<_> = stage.account.keys(USER).await?.into_keys().collect();
    ensure!(left == [theirs.id], "the keys that are left: {left:?}");
    Ok(())
}

/// A certificate of a project whose data key another function made, renewed twice while a sync carries it: the worker opens
/// that key, and deletes the list of syncs of the first certificate, which no sync has any more.
pub(super) async fn certificate(system: &'static System) -> Result<()> {
    let stage = Stage::new(system).await?;
    stage.allow(&[&PRIVATE_CA[..], &CERTIFICATE_MANAGER].concat()).await?;
    stage.put("/", "BEFORE", "sealed-before-any-certificate").await?;
    let ca = stage.account.private_ca().await?;
    let profile = Profile::private(&stage, &ca).await?;
    let first = text(&profile.issued(&["twice.example.com"]).await?["certificateId"])?;
    let sync = CertificateSync::to_acm(&stage, &profile.application).await?;
    sync.attach(&first).await?;
    let second = renewed(system, &stage.api, &first).await?;
    let third = renewed(system, &stage.api, &second).await?;
    sync.carried(&third).await.map(drop)
}
