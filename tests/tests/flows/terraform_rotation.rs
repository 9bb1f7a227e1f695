//! The calls of Infisical's Terraform provider for its rotation of an IAM user's keys, in its order and with its bodies.

use anyhow::{Result, ensure};
use http::Method;
use serde_json::{Value, json};
use tests::keys::KEY_ROTATION;
use tests::rotation::{ROTATIONS, Rotation};
use tests::stage::Stage;
use tests::system::{run, text, unique};

#[test]
fn a_rotation_of_a_users_keys() -> Result<()> {
    run(|system| async move {
        let api = system.admin.with_agent("terraform");
        let stage = Stage::new(system).await?;
        stage.allow(&KEY_ROTATION).await?;
        stage.account.user_without_keys("svc").await?;
        let folder = stage.folder("api").await?;
        let body = json!({
            "name": unique("tf-rotation"), "description": "", "projectId": stage.project,
            "connectionId": stage.connection, "environment": "dev", "secretPath": "/api",
            "isAutoRotationEnabled": true, "rotationInterval": 30, "rotateAtUtc": { "hours": 0, "minutes": 0 },
            "parameters": { "userName": "svc", "region": "us-east-1" },
            "secretsMapping": { "accessKeyId": "KEY_ID", "secretAccessKey": "KEY_SECRET" },
        });
        let mut made = api.post(ROTATIONS, &body).await?.ok()?["secretRotation"].take();
        let id = text(&made["id"])?;
        if made["rotationStatus"] == "pending" {
            // The answer waits six seconds for the first key; on a slow machine the worker goes on.
            made = Rotation::made(&stage, "/api", "svc", &id).published().await?;
        }
        for field in ["createdAt", "updatedAt", "lastRotationAttemptedAt", "lastRotatedAt", "nextRotationAt"]
        {
            let time = text(&made[field])?;
            ensure!(
                time.len() == 24 && time.ends_with('Z') && time.as_bytes()[10] == b'T',
                "{field} is {time}"
            );
        }
        for (field, expected) in [
            ("/name", body["name"].clone()),
            ("/description", json!("")),
            ("/type", json!("aws-iam-user-secret")),
            ("/parameters", body["parameters"].clone()),
            ("/secretsMapping", body["secretsMapping"].clone()),
            ("/isAutoRotationEnabled", json!(true)),
            ("/activeIndex", json!(0)),
            ("/projectId", json!(stage.project)),
            ("/folderId", json!(folder)),
            ("/connectionId", json!(stage.connection)),
            ("/rotationInterval", json!(30)),
            ("/rotateAtUtc", json!({ "hours": 0, "minutes": 0 })),
            ("/rotationStatus", json!("success")),
            ("/lastRotationJobId", Value::Null),
            ("/isLastRotationManual", json!(false)),
            ("/lastRotationMessage", Value::Null),
            ("/connection/app", json!("aws")),
            ("/connection/id", json!(stage.connection)),
            ("/environment/slug", json!("dev")),
            ("/folder", json!({ "id": folder, "path": "/api" })),
        ] {
            ensure!(made.pointer(field) == Some(&expected), "{field} is {:?}", made.pointer(field));
        }
        let key = one_key(&stage).await?;

        // The refresh after it; the same create sent again is the same rotation, and another of its name is refused.
        let one = format!("{ROTATIONS}/{id}");
        ensure!(api.get(&one).await?.ok()?["secretRotation"] == made, "it reads back differently");
        ensure!(api.post(ROTATIONS, &body).await?.ok()?["secretRotation"]["id"] == id, "made twice");
        let mut other = body.clone();
        other["secretsMapping"] = json!({ "accessKeyId": "A", "secretAccessKey": "B" });
        api.post(ROTATIONS, &other).await?.refused(400, "BadRequest")?;
        ensure!(one_key(&stage).await? == key, "a refused create made a key");

        // A change: what cannot change is sent along, and Go leaves `false` out.
        let mut change = body.clone();
        let name = unique("tf-renamed");
        for (field, value) in [
            ("name", json!(name)),
            ("description", json!("changed")),
            ("rotationInterval", json!(7)),
            ("rotateAtUtc", json!({ "hours": 3, "minutes": 30 })),
            ("secretsMapping", json!({ "accessKeyId": "ID", "secretAccessKey": "SECRET" })),
        ] {
            change[field] = value;
        }
        change.as_object_mut().map(|fields| fields.remove("isAutoRotationEnabled"));
        let changed = api.patch(&one, &change).await?.ok()?["secretRotation"].take();
        let read = api.get(&one).await?.ok()?["secretRotation"].take();
        for field in
            ["name", "description", "rotationInterval", "rotateAtUtc", "secretsMapping", "parameters"]
        {
            ensure!(
                changed[field] == change[field] && read[field] == change[field],
                "{field}: {changed} {read}"
            );
        }
        ensure!(read["isAutoRotationEnabled"] == true && read["nextRotationAt"].is_string(), "{read}");
        let named = |name: &str| {
            format!(
                "/api/v3/secrets/raw/{name}?workspaceId={}&environment=dev&secretPath=%2Fapi",
                stage.project
            )
        };
        let secret = api.get(&named("ID")).await?.ok()?["secret"].take();
        ensure!(secret["secretValue"] == key.as_str(), "the secret was not renamed: {}", secret["secretKey"]);
        api.get(&named("KEY_ID")).await?.refused(404, "NotFound")?;
        ensure!(one_key(&stage).await? == key, "a change of names made a key");

        // Its destroy has a body and no query: secrets and key stay.
        let delete = json!({ "ID": id, "ProjectID": stage.project });
        let gone = api.send(Method::DELETE, &one, Some(&delete)).await?.ok()?;
        ensure!(gone["secretRotation"]["id"] == id, "{gone}");
        api.get(&one).await?.refused(404, "NotFound")?;
        ensure!(
            api.get(&named("ID")).await?.ok()?["secret"]["secretValue"] == key.as_str(),
            "the secret went"
        );
        ensure!(one_key(&stage).await? == key, "the key went");
        Ok(())
    })
}

/// The one key that the user has.
async fn one_key(stage: &Stage) -> Result<String> {
    let keys: Vec<_> = stage.account.keys("svc").await?.into_keys().collect();
    ensure!(keys.len() == 1, "{keys:?}");
    Ok(keys.concat())
}
