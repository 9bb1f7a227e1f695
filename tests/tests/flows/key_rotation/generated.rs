//! The keys that a rotation made, for those who may see them.

use anyhow::{Result, ensure};
use serde_json::json;
use tests::keys::KEY_ROTATION;
use tests::rotation::Rotation;
use tests::stage::Stage;
use tests::system::{run, unique};

#[test]
fn the_generated_keys_are_shown_to_who_may_see_them_and_to_nobody_who_only_sees_the_rotation() -> Result<()> {
    run(|system| async move {
        let stage = Stage::new(system).await?;
        stage.allow(&KEY_ROTATION).await?;
        stage.account.user_without_keys("shown").await?;
        stage.folder("shown").await?;
        let rotation = Rotation::create(&stage, "/shown", "shown", &json!({})).await?;
        let first = rotation.key().await?;
        rotation.ask("rotate-secrets").await?.ok()?;
        rotation.published().await?;
        let second = rotation.key().await?;

        let viewer = system.machine(&unique("viewer"), "no-access").await?;
        system.join(&stage.project, &viewer, "viewer").await?;
        let seen = viewer.api.get(&rotation.path).await?.ok()?.to_string();
        ensure!(
            ![&first, &second].iter().any(|key| seen.contains(&key.secret)),
            "a secret half is in {seen}"
        );
        let generated = format!("{}/generated-credentials", rotation.path);
        let refused = viewer.api.get(&generated).await?;
        refused.refused(403, "PermissionDenied")?;
        ensure!(
            refused.body["details"][0]["action"] == json!(["read-generated-credentials"]),
            "{}",
            refused.body
        );
        let refused = viewer.api.post(&format!("{}/rotate-secrets", rotation.path), &json!({})).await?;
        refused.refused(403, "PermissionDenied")?;

        let member = system.machine(&unique("member"), "no-access").await?;
        system.join(&stage.project, &member, "member").await?;
        let shown = member.api.with_agent(&unique("looks-at-keys")).get(&generated).await?;
        ensure!(shown.headers.get("cache-control").is_some_and(|kept| kept == "no-store"), "it may be kept");
        let shown = shown.ok()?;
        let key =
            |key: &tests::account::AccessKey| json!({ "accessKeyId": key.id, "secretAccessKey": key.secret });
        ensure!(shown["generatedCredentials"] == json!([key(&first), key(&second)]), "other keys are shown");
        ensure!(
            shown["activeIndex"] == 1 && shown["type"] == "aws-iam-user-secret",
            "which of them is in use"
        );
        ensure!(shown["rotationId"] == rotation.id.as_str(), "of another rotation");
        let trail = system.state.audit().await?;
        let looked = trail.iter().find(|line| {
            line["action"] == "key-rotation.read-credentials" && line["resource_id"] == rotation.id.as_str()
        });
        ensure!(
            looked.is_some_and(|line| line["actor"]["id"] == member.id.as_str()),
            "nobody looked: {looked:?}"
        );
        Ok(())
    })
}
