//! The routes of key rotations.

use anyhow::{Result, ensure};
use serde_json::json;
use tests::keys::KEY_ROTATION;
use tests::rotation::Rotation;
use tests::stage::Stage;
use tests::system::{text, unique};

use super::{Outsider, Tour, delete, get, patch, post};

const ALL: &str = "/api/v2/secret-rotations/aws-iam-user-secret";
const ONE: &str = "/api/v2/secret-rotations/aws-iam-user-secret/{rotationId}";

pub(super) async fn walk(tour: &mut Tour) -> Result<()> {
    let stage = Stage::new(tour.system).await?;
    stage.allow(&KEY_ROTATION).await?;
    stage.account.user_without_keys("tour").await?;
    stage.folder("keys").await?;
    let of_project = format!("projectId={}", stage.project);
    let name = unique("tour");
    let body = json!({
        "name": name, "projectId": stage.project, "connectionId": stage.connection, "environment": "dev",
        "secretPath": "/keys", "isAutoRotationEnabled": true, "rotationInterval": 30,
        "parameters": { "userName": "tour", "region": "us-east-1" },
        "secretsMapping": { "accessKeyId": "AWS_ACCESS_KEY_ID", "secretAccessKey": "AWS_SECRET_ACCESS_KEY" },
    });
    let create = post(ALL, &[], body).outsider(Outsider::Denied).audited("key-rotation.create");
    let made = tour.step(create).await?;
    let id = text(&made["secretRotation"]["id"])?;
    // It has to work twice, some seconds apart.
    let rotation = Rotation::made(&stage, "/keys", "tour", &id);
    rotation.published().await?;

    for list in ["/api/v2/secret-rotations", ALL] {
        tour.step(get(list, &[]).query(&of_project).outsider(Outsider::Denied)).await?;
    }
    tour.step(get("/api/v2/secret-rotations/options", &[]).outsider(Outsider::Anything)).await?;
    let place = format!("{of_project}&environment=dev&secretPath=%2Fkeys");
    let named = get("/api/v2/secret-rotations/aws-iam-user-secret/rotation-name/{name}", &[&name]);
    tour.step(named.query(&place).outsider(Outsider::Denied)).await?;
    tour.step(get(ONE, &[&id])).await?;
    let change = json!({ "description": "changed", "rotationInterval": 60 });
    tour.step(patch(ONE, &[&id], change).audited("key-rotation.update")).await?;

    for (what, action) in [("rotate-secrets", "key-rotation.rotate"), ("rollback", "key-rotation.rollback")] {
        let path = match what {
            "rollback" => "/api/v2/secret-rotations/aws-iam-user-secret/{rotationId}/rollback",
            _ => "/api/v2/secret-rotations/aws-iam-user-secret/{rotationId}/rotate-secrets",
        };
        tour.step(post(path, &[&id], json!({})).audited(action)).await?;
        rotation.published().await?;
    }
    let generated =
        get("/api/v2/secret-rotations/aws-iam-user-secret/{rotationId}/generated-credentials", &[&id]);
    let generated = tour.step(generated.audited("key-rotation.read-credentials")).await?;
    let keys = generated["generatedCredentials"].as_array().into_iter().flatten();
    for key in keys {
        tour.system.keep_secret(&text(&key["secretAccessKey"])?);
    }
    ensure!(generated["rotationId"] == id.as_str(), "of another rotation");
    let opened = format!("{ALL}/{id}/generated-credentials");
    tour.by_processes_that_know_nothing("KeyRotationsRole", &[&opened]).await?;
    let gone = delete(ONE, &[&id]).query("deleteSecrets=true&revokeGeneratedCredentials=true");
    tour.step(gone.audited("key-rotation.delete")).await?;
    Ok(())
}
