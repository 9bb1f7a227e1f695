//! The calls of Infisical's Terraform provider for folders, tags, secrets and secret syncs, in its order and with its
//! bodies: what comes back is what it compares with its state, so nothing may be added, dropped or respelled.

use anyhow::{Result, ensure};
use http::Method;
use serde_json::{Value, json};
use tests::api::Api;
use tests::stage::{PARAMETER_STORE_SYNCS, SECRETS_MANAGER_SYNCS, Stage};
use tests::system::{System, run, text, unique};

fn terraform(system: &System) -> Api {
    system.admin.with_agent("terraform")
}

/// Go reads these as times.
fn times(value: &Value) -> Result<()> {
    for field in ["createdAt", "updatedAt"] {
        let text = text(&value[field])?;
        ensure!(text.len() == 24 && text.ends_with('Z') && text.as_bytes()[10] == b'T', "{field} is {text}");
    }
    Ok(())
}

#[test]
fn a_folder() -> Result<()> {
    run(|system| async move {
        let api = terraform(system);
        let (project, _) = system.project(&unique("tf-folders")).await?;
        let body = json!({ "workspaceId": project, "environment": "dev", "name": "api", "path": "/", "ID": "",
            "description": "made by a machine" });
        let made = api.post("/api/v1/folders", &body).await?.ok()?["folder"].take();
        times(&made)?;
        let id = text(&made["id"])?;
        ensure!(made["path"] == "/api" && made["name"] == "api" && made["version"] == 1, "{made}");
        ensure!(made["isReserved"] == false && made["envId"].is_string(), "{made}");
        api.post("/api/v1/folders", &body).await?.refused(400, "BadRequest")?;
        let read = api.get(&format!("/api/v1/folders/{id}")).await?.ok()?["folder"].take();
        ensure!(read["environment"]["envSlug"] == "dev" && read["projectId"] == project, "{read}");
        ensure!(read["path"] == "/api" && read["description"] == "made by a machine", "{read}");

        let change =
            json!({ "workspaceId": project, "environment": "dev", "name": "backend", "path": "/", "ID": id });
        let changed = api.patch(&format!("/api/v1/folders/{id}"), &change).await?.ok()?["folder"].take();
        ensure!(changed["name"] == "backend" && changed["id"] == id, "{changed}");
        let below =
            json!({ "workspaceId": project, "environment": "dev", "name": "deep", "path": "/backend/below" });
        let below = api.post("/api/v1/folders", &below).await?.ok()?["folder"].take();
        ensure!(below["path"] == "/backend/below/deep", "a missing parent is made: {below}");
        let listed = format!("/api/v1/folders?environment=dev&workspaceId={project}&path=%2Fbackend");
        let listed = api.get(&listed).await?.ok()?;
        ensure!(listed["folders"][0]["name"] == "below", "{listed}");
        let by_path = api.get(&format!("/api/v1/folders/{project}/dev/%2Fbackend%2Fbelow")).await?.ok()?;
        ensure!(by_path["folder"]["name"] == "below", "{by_path}");

        let delete = json!({ "projectId": project, "environment": "dev", "path": "/", "forceDelete": true });
        api.send(Method::DELETE, &format!("/api/v2/folders/{id}"), Some(&delete)).await?.ok()?;
        api.get(&format!("/api/v1/folders/{id}")).await?.refused(404, "NotFound").map(drop)
    })
}

#[test]
fn a_tag() -> Result<()> {
    run(|system| async move {
        let api = terraform(system);
        let (project, _) = system.project(&unique("tf-tags")).await?;
        let at = format!("/api/v1/workspace/{project}/tags");
        let body =
            json!({ "slug": "payments", "color": "#ff8800", "name": "Payments", "projectID": project });
        let made = api.post(&at, &body).await?.ok()?["workspaceTag"].take();
        let one = format!("{at}/{}", text(&made["id"])?);
        ensure!(
            made["slug"] == "payments" && made["name"] == "Payments" && made["color"] == "#ff8800",
            "{made}"
        );
        let read = api.get(&one).await?.ok()?["workspaceTag"].take();
        ensure!(read["id"] == made["id"] && read["projectId"] == project, "{read}");
        let change = json!({ "slug": "billing", "color": "", "name": "Billing", "projectID": project, "tagID": made["id"] });
        let changed = api.patch(&one, &change).await?.ok()?["workspaceTag"].take();
        ensure!(changed["slug"] == "billing" && changed["id"] == made["id"], "{changed}");
        api.delete(&one).await?.ok()?;
        api.get(&one).await?.refused(404, "NotFound").map(drop)
    })
}

#[test]
fn a_secret_is_read_by_its_id_which_survives_changes_and_renames() -> Result<()> {
    run(|system| async move {
        let api = terraform(system);
        let (project, _) = system.project(&unique("tf-secrets")).await?;
        let tag = json!({ "slug": "team", "color": "#000000", "name": "Team" });
        let tag =
            api.post(&format!("/api/v1/workspace/{project}/tags"), &tag).await?.ok()?["workspaceTag"].take();
        let raw = |name: &str| format!("/api/v3/secrets/raw/{name}");
        let mut body = json!({
            "workspaceId": project, "environment": "dev", "secretPath": "/", "type": "shared", "secretKey": "DB_URL",
            "secretValue": "terraform-canary-a1b2c3", "secretComment": "", "secretReminderNote": "",
            "secretReminderRepeatDays": 0, "tagIds": [tag["id"]],
            "secretMetadata": [{ "key": "owner", "value": "platform", "isEncrypted": false }],
        });
        system.keep_secret("terraform-canary-a1b2c3");
        let made = api.post(&raw("DB_URL"), &body).await?.ok()?["secret"].take();
        let id = text(&made["id"])?;
        times(&made)?;
        for (field, expected) in [
            ("_id", json!(id)),
            ("workspace", json!(project)),
            ("environment", json!("dev")),
            ("version", json!(1)),
            ("type", json!("shared")),
            ("secretKey", json!("DB_URL")),
            ("secretValue", json!("terraform-canary-a1b2c3")),
            ("secretComment", json!("")),
        ] {
            ensure!(made[field] == expected, "{field} is {}", made[field]);
        }
        api.post(&raw("DB_URL"), &body).await?.refused(400, "BadRequest")?;
        let by_id = format!("/api/v3/secrets/raw/id/{id}");
        let read = api.get(&by_id).await?.ok()?["secret"].take();
        ensure!(read["secretPath"] == "/" && read["secretValue"] == "terraform-canary-a1b2c3", "{read}");
        ensure!(
            read["tags"][0]["id"] == tag["id"] && read["secretMetadata"][0]["value"] == "platform",
            "{read}"
        );

        body["newSecretName"] = json!("DATABASE_URL");
        body["secretValue"] = json!("terraform-canary-d4e5f6");
        body["tagIds"] = json!([]);
        system.keep_secret("terraform-canary-d4e5f6");
        let changed = api.patch(&raw("DB_URL"), &body).await?.ok()?["secret"].take();
        ensure!(
            changed["id"] == id && changed["secretKey"] == "DATABASE_URL" && changed["version"] == 2,
            "{changed}"
        );
        let read = api.get(&by_id).await?.ok()?["secret"].take();
        ensure!(read["secretKey"] == "DATABASE_URL" && read["tags"] == json!([]), "{read}");

        let data = format!(
            "/api/v3/secrets/raw?environment=dev&workspaceId={project}&expandSecretReferences=true&secretPath=%2F"
        );
        let listed = api.get(&data).await?;
        ensure!(listed.headers.contains_key("etag"), "no ETag");
        ensure!(listed.ok()?["secrets"][0]["id"] == id, "not listed");
        let ephemeral = format!(
            "{}?workspaceId={project}&environment=dev&type=shared&secretPath=%2F&viewSecretValue=true",
            raw("DATABASE_URL")
        );
        ensure!(
            api.get(&ephemeral).await?.ok()?["secret"]["secretValue"] == "terraform-canary-d4e5f6",
            "not read"
        );
        let hidden = ephemeral.replace("viewSecretValue=true", "viewSecretValue=false");
        let hidden = api.get(&hidden).await?.ok()?["secret"].take();
        ensure!(
            hidden["secretValueHidden"] == true && hidden["secretValue"] != "terraform-canary-d4e5f6",
            "shown"
        );

        let delete =
            json!({ "workspaceId": project, "environment": "dev", "type": "shared", "secretPath": "/" });
        api.send(Method::DELETE, &raw("DATABASE_URL"), Some(&delete)).await?.ok()?;
        api.get(&by_id).await?.refused(404, "NotFound").map(drop)
    })
}

/// What the provider sends of a sync and reads back, with the sending's own stray keys.
async fn a_sync(system: &'static System, at: &str, config: Value, echoed: Value) -> Result<()> {
    let stage = Stage::new(system).await?;
    stage.folder("api").await?;
    let api = terraform(system);
    let check = json!({ "destinationConfig": config, "excludeSyncId": "", "projectId": stage.project });
    let mut check = check;
    // Absent on create: Go leaves an empty pointer out.
    check.as_object_mut().map(|fields| fields.remove("excludeSyncId"));
    let told = api.post(&format!("{at}/check-destination"), &check).await?.ok()?;
    ensure!(told["hasDuplicate"] == false, "{told}");

    let name = unique("tf-sync");
    let options = json!({
        "initialSyncBehavior": "overwrite-destination", "disableSecretDeletion": false,
        "syncSecretMetadataAsTags": false, "keySchema": "",
    });
    let body = json!({
        "name": name, "description": "", "projectId": stage.project, "connectionId": stage.connection,
        "environment": "dev", "secretPath": "/api", "isAutoSyncEnabled": true, "syncOptions": options,
        "destinationConfig": config, "App": "aws", "Destination": "",
    });
    let made = api.post(at, &body).await?.ok()?["secretSync"].take();
    times(&made)?;
    ensure!(made["syncStatus"] == "pending", "{made}");
    let one = format!("{at}/{}", text(&made["id"])?);
    for read in [&made, &api.get(&one).await?.ok()?["secretSync"]] {
        for (field, expected) in [
            ("/name", json!(name)),
            ("/projectId", json!(stage.project)),
            ("/isAutoSyncEnabled", json!(true)),
            ("/connection/id", json!(stage.connection)),
            ("/connection/app", json!("aws")),
            ("/environment/slug", json!("dev")),
            ("/folder/path", json!("/api")),
            ("/syncOptions", options.clone()),
            ("/destinationConfig", echoed.clone()),
        ] {
            ensure!(read.pointer(field) == Some(&expected), "{field} is {:?}", read.pointer(field));
        }
        ensure!(read["description"] == "" || read["description"].is_null(), "{read}");
    }
    // A request that is sent again is the same request; another one of that name is refused.
    ensure!(api.post(at, &body).await?.ok()?["secretSync"]["id"] == made["id"], "sent again it made another");
    let mut other = body.clone();
    other["secretPath"] = json!("/");
    api.post(at, &other).await?.refused(400, "BadRequest")?;
    check["excludeSyncId"] = made["id"].clone();
    let own = api.post(&format!("{at}/check-destination"), &check).await?.ok()?;
    ensure!(own["hasDuplicate"] == false, "a sync is in its own way: {own}");

    let mut options = options;
    options["disableSecretDeletion"] = json!(true);
    options["keySchema"] = json!("tf_{{secretKey}}");
    options["tags"] = json!([{ "key": "team", "value": "platform" }]);
    options["keyId"] =
        json!(if at == PARAMETER_STORE_SYNCS { "alias/aws/ssm" } else { "alias/aws/secretsmanager" });
    // Go leaves `false` out: automatic syncing stays as it is.
    let change = json!({
        "ID": made["id"], "name": name, "description": "two", "projectId": stage.project,
        "connectionId": stage.connection, "environment": "dev", "secretPath": "/", "syncOptions": options,
        "destinationConfig": config,
    });
    let changed = api.patch(&one, &change).await?.ok()?["secretSync"].take();
    ensure!(changed["syncOptions"] == options && changed["folder"]["path"] == "/", "{changed}");
    ensure!(changed["isAutoSyncEnabled"] == true && changed["description"] == "two", "{changed}");
    ensure!(api.get(&one).await?.ok()?["secretSync"]["syncOptions"] == options, "read back");
    api.delete(&one).await?.ok()?;
    api.get(&one).await?.refused(404, "NotFound").map(drop)
}

#[test]
fn a_sync_to_secrets_manager_one_to_one_whose_empty_secret_name_is_dropped() -> Result<()> {
    run(|system| async move {
        let sent = json!({ "region": "us-east-1", "mappingBehavior": "one-to-one", "secretName": "" });
        let echoed = json!({ "region": "us-east-1", "mappingBehavior": "one-to-one" });
        a_sync(system, SECRETS_MANAGER_SYNCS, sent, echoed).await
    })
}

#[test]
fn a_sync_to_secrets_manager_many_to_one() -> Result<()> {
    run(|system| async move {
        let config =
            json!({ "region": "us-east-1", "mappingBehavior": "many-to-one", "secretName": "terraform/all" });
        a_sync(system, SECRETS_MANAGER_SYNCS, config.clone(), config).await
    })
}

#[test]
fn a_sync_to_parameter_store() -> Result<()> {
    run(|system| async move {
        let config = json!({ "region": "us-east-1", "path": "/terraform/" });
        a_sync(system, PARAMETER_STORE_SYNCS, config.clone(), config).await
    })
}
