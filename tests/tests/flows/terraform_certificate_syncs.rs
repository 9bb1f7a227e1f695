//! The calls of Infisical's Terraform provider for certificate syncs, in its order and with its bodies.

use anyhow::{Context as _, Result, ensure};
use http::Method;
use serde_json::{Value, json};
use testkit::fleet::documented::CERTIFICATE_MANAGER;
use tests::api::Api;
use tests::certificate_sync::{CertificateSync, SYNCS, TO_ACM, renewed};
use tests::certificates::{PRIVATE_CA, Profile};
use tests::stage::{Stage, eventually};
use tests::system::{run, text, unique};

/// What the provider reads of an answer; what it sent must be there again.
fn ensure_read_back(read: &Value, sent: &Value) -> Result<()> {
    for field in ["name", "description", "isAutoSyncEnabled", "connectionId", "applicationId"] {
        ensure!(read[field] == sent[field], "{field} is {} and not {}", read[field], sent[field]);
    }
    ensure!(read["destination"] == TO_ACM, "the provider would not import it: {read}");
    for field in ["certificateNameSchema", "canRemoveCertificates", "includeRootCa", "preserveArn"] {
        let (told, said) = (&read["syncOptions"][field], &sent["syncOptions"][field]);
        ensure!(told == said, "{field} is {told} and not {said}");
    }
    ensure!(read["destinationConfig"] == sent["destinationConfig"], "{}", read["destinationConfig"]);
    text(&read["id"]).map(drop)
}

/// The pages that the provider turns until it finds an attachment.
async fn attachment(api: &Api, sync: &str, certificate: &str) -> Result<Option<Value>> {
    let (mut offset, size) = (0, 100);
    loop {
        let path = format!("{SYNCS}/{sync}/certificates?offset={offset}&limit={size}");
        let page = api.get(&path).await?.ok()?;
        let total = page["totalCount"].as_u64().context("no total")?;
        let all = page["certificates"].as_array().context("no certificates")?;
        if let Some(found) = all.iter().find(|one| one["certificateId"] == certificate) {
            return Ok(Some(found.clone()));
        }
        offset += size;
        if offset >= total {
            return Ok(None);
        }
    }
}

#[test]
fn a_sync_to_acm_and_a_certificate_of_it() -> Result<()> {
    run(|system| async move {
        let stage = Stage::new(system).await?;
        stage.allow(&[&PRIVATE_CA[..], &CERTIFICATE_MANAGER].concat()).await?;
        let ca = stage.account.private_ca().await?;
        let profile = Profile::private(&stage, &ca).await?;
        let certificate = text(&profile.issued(&["tf.example.com"]).await?["certificateId"])?;
        let api = system.admin.with_agent("terraform");

        // infisical_certificate_sync_aws_certificate_manager: POST, GET by id alone, PATCH.
        let mut sent = json!({
            "name": unique("tf-sync"), "description": "by Terraform", "connectionId": stage.connection,
            "applicationId": profile.application, "isAutoSyncEnabled": true,
            "syncOptions": { "canImportCertificates": false, "canRemoveCertificates": true, "includeRootCa": false,
                "preserveArn": true, "certificateNameSchema": "tf-{{certificateId}}" },
            "destinationConfig": { "region": "us-east-1" },
        });
        let made = api.post(&format!("{SYNCS}/{TO_ACM}"), &sent).await?.ok()?;
        ensure_read_back(&made, &sent)?;
        let id = text(&made["id"])?;
        let (by_id, one) = (format!("{SYNCS}/{id}"), format!("{SYNCS}/{TO_ACM}/{id}"));
        ensure_read_back(&api.get(&by_id).await?.ok()?, &sent)?;
        let mut change = sent.clone();
        change["description"] = json!("");
        change["isAutoSyncEnabled"] = json!(false);
        change["syncOptions"]["includeRootCa"] = json!(true);
        change.as_object_mut().context("no object")?.remove("applicationId");
        ensure_read_back(&api.patch(&one, &change).await?.ok()?, &with_application(&change, &profile))?;
        ensure_read_back(&api.get(&by_id).await?.ok()?, &with_application(&change, &profile))?;
        sent["syncOptions"]["includeRootCa"] = json!(false);
        api.patch(&one, &sent).await?.ok()?;
        let mut taken = sent.clone();
        taken["description"] = json!("another of that name");
        api.post(&format!("{SYNCS}/{TO_ACM}"), &taken).await?.refused(400, "BadRequest")?;

        // infisical_certificate_sync_certificate: POST, whose echo is only what was added; pages; DELETE with a body.
        let attached = format!("{by_id}/certificates");
        let ids = json!({ "certificateIds": [certificate] });
        let told = api.post(&attached, &ids).await?.ok()?;
        let added = told["addedCertificates"].as_array().context("no list")?;
        ensure!(added.len() == 1 && added[0]["pkiSyncId"] == id.as_str(), "{told}");
        let again = api.post(&attached, &ids).await?.ok()?;
        ensure!(again["addedCertificates"] == json!([]), "{again}");
        let read = attachment(&api, &id, &certificate).await?.context("the provider does not find it")?;
        ensure!(read["id"] == added[0]["id"] && read["pkiSyncId"] == id.as_str(), "{read}");
        let sync = CertificateSync::made(&api, TO_ACM, &id);
        let arn = text(&sync.carried(&certificate).await?["externalIdentifier"])?;

        // A renewal takes the certificate's place: the provider drops the old attachment from its state.
        let next = renewed(system, &stage.api, &certificate).await?;
        ensure!(attachment(&api, &id, &certificate).await?.is_none(), "the old one is still attached");
        ensure!(attachment(&api, &id, &next).await?.is_some(), "the new one is not attached");
        api.post(&attached, &ids).await?.refused(400, "BadRequest")?;

        let ids = json!({ "certificateIds": [next] });
        let removed = api.send(Method::DELETE, &attached, Some(&ids)).await?.ok()?;
        ensure!(removed["removedCount"] == 1, "{removed}");
        let is_gone = || async { Ok(!stage.account.acm_arns().await?.contains(&arn)) };
        eventually("ACM is as before", is_gone).await?;

        // Destroyed, and gone for whoever asks.
        api.delete(&one).await?.ok()?;
        let is_gone = || async { Ok(api.get(&by_id).await?.status == 404) };
        eventually("the sync is gone", is_gone).await?;
        api.get(&attached).await?.refused(404, "NotFound")?;
        api.send(Method::DELETE, &attached, Some(&ids)).await?.refused(404, "NotFound")?;
        Ok(())
    })
}

fn with_application(body: &Value, profile: &Profile) -> Value {
    let mut body = body.clone();
    body["applicationId"] = json!(profile.application);
    body
}
