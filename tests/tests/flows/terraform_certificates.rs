//! The calls of Infisical's Terraform provider for certificates, in its order and with its bodies.

use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use serde_json::{Value, json};
use tests::LONGEST_WAIT;
use tests::api::Api;
use tests::certificates::{CERT_MANAGER, PRIVATE_CA};
use tests::stage::Stage;
use tests::system::{run, text, unique};

#[test]
fn a_policy_a_profile_an_application_and_a_certificate() -> Result<()> {
    run(|system| async move {
        let stage = Stage::new(system).await?;
        stage.allow(&PRIVATE_CA).await?;
        let arn = stage.account.private_ca().await?;
        let api = system.admin.with_agent("terraform");
        // There is no resource of Terraform's for this kind of authority: somebody else made it.
        let configuration = json!({ "appConnectionId": stage.connection, "certificateAuthorityArn": arn, "region": "us-east-1" });
        let ca = json!({ "name": unique("ca"), "projectId": stage.project, "status": "active", "configuration": configuration });
        let ca = text(&api.post(&format!("{CERT_MANAGER}/ca/aws-pca"), &ca).await?.ok()?["id"])?;

        let policy = json!({
            "projectId": stage.project, "name": unique("tf-policy"), "description": "servers",
            "subject": [{ "type": "common_name", "allowed": ["*.example.com"] }],
            "sans": [{ "type": "dns_name", "allowed": ["*.example.com"] }],
            "keyUsages": { "required": ["digital_signature"], "allowed": ["key_encipherment"] },
            "extendedKeyUsages": { "allowed": ["server_auth", "client_auth"] },
            "algorithms": { "signature": ["SHA256-ECDSA"], "keyAlgorithm": ["ECDSA-P256"] },
            "validity": { "max": "90d" },
        });
        let policies = format!("{CERT_MANAGER}/certificate-policies");
        let policy = made(&api, &policies, &policy, "certificatePolicy").await?;
        let profile = json!({
            "projectId": stage.project, "caId": ca, "certificatePolicyId": policy, "slug": unique("tf-profile"),
            "description": "servers", "issuerType": "ca",
            "defaults": { "ttlDays": 30, "keyAlgorithm": "EC_prime256v1", "keyUsages": ["digital_signature"] },
        });
        let profile =
            made(&api, &format!("{CERT_MANAGER}/certificate-profiles"), &profile, "certificateProfile")
                .await?;
        let application =
            json!({ "projectId": stage.project, "name": unique("tf-application"), "description": "" });
        let applications = format!("{CERT_MANAGER}/applications");
        let application = made(&api, &applications, &application, "application").await?;

        // application_profile: attach, set its enrolment, read both back.
        let attached = format!("{applications}/{application}/profiles");
        let told = api.post(&attached, &json!({ "profileIds": [profile] })).await?.ok()?;
        ensure!(told["profiles"][0]["profileId"] == profile.as_str(), "{told}");
        let enrollment = format!("{attached}/{profile}/enrollment");
        api.put(&format!("{enrollment}/api"), &json!({ "autoRenew": true, "renewBeforeDays": 10 }))
            .await?
            .ok()?;
        let told = api.get(&attached).await?.ok()?;
        ensure!(told["profiles"][0]["apiConfigId"].is_string(), "{told}");
        let told = api.get(&enrollment).await?.ok()?;
        ensure!(told["api"]["autoRenew"] == true && told["api"]["renewBeforeDays"] == 10, "{told}");

        // certificate: ask, look until it is issued, and read it.
        let certificates = format!("{CERT_MANAGER}/certificates");
        let ask = json!({
            "profileId": profile, "applicationId": application,
            "attributes": { "commonName": "tf.example.com", "ou": "", "province": "", "domainComponents": [],
                "altNames": [{ "type": "dns_name", "value": "tf.example.com" }], "keyUsages": ["digital_signature"],
                "extendedKeyUsages": ["server_auth"], "keyAlgorithm": "EC_prime256v1", "signatureAlgorithm": "ECDSA-SHA256",
                "ttl": "30d" },
        });
        let asked = api.post(&certificates, &ask).await?.ok()?;
        ensure!(asked["certificate"].is_null(), "the provider would take it for issued: {asked}");
        let request = text(&asked["certificateRequestId"])?;
        let request = format!("{certificates}/certificate-requests/{request}");
        let until = Instant::now() + LONGEST_WAIT;
        let issued = loop {
            let seen = api.get(&request).await?.ok()?;
            match seen["status"].as_str() {
                Some("issued") => break seen,
                Some("pending") => ensure!(Instant::now() < until, "{seen}"),
                other => anyhow::bail!("the request is {other:?}: {seen}"),
            }
            tokio::time::sleep(Duration::from_secs(2)).await;
        };
        let key = issued["privateKey"].as_str().and_then(|key| key.lines().nth(1));
        key.into_iter().for_each(|line| system.keep_secret(line));
        for field in ["certificate", "certificateChain", "certificateId", "privateKey", "serialNumber"] {
            ensure!(issued[field].as_str().is_some_and(|text| !text.is_empty()), "no {field}: {issued}");
        }
        let one = format!("{certificates}/{}", text(&issued["certificateId"])?);
        let read = api.get(&one).await?.ok()?["certificate"].take();
        for (field, expected) in [
            ("status", json!("active")),
            ("commonName", json!("tf.example.com")),
            ("keyAlgorithm", json!("EC_prime256v1")),
            ("profileId", json!(profile)),
            ("applicationId", json!(application)),
            ("serialNumber", issued["serialNumber"].clone()),
        ] {
            ensure!(read[field] == expected, "{field} is {}", read[field]);
        }
        for field in ["notBefore", "notAfter", "createdAt", "updatedAt"] {
            let time = text(&read[field])?;
            ensure!(time.ends_with('Z') && time.as_bytes()[10] == b'T', "{field} is {time}");
        }

        // What the policy does not allow is an error of the plan's apply, in words.
        let mut outside = ask.clone();
        outside["attributes"]["commonName"] = json!("tf.elsewhere.org");
        api.post(&certificates, &outside).await?.refused(400, "BadRequest")?;

        // Destroy: the certificate's is no call; the others go in the order of their dependencies.
        api.delete(&format!("{enrollment}/api")).await?.ok()?;
        api.delete(&format!("{attached}/{profile}")).await?.ok()?;
        for path in [
            format!("{applications}/{application}"),
            format!("{CERT_MANAGER}/certificate-profiles/{profile}"),
            format!("{policies}/{policy}"),
        ] {
            api.delete(&path).await?.ok()?;
            api.get(&path).await?.refused(404, "NotFound")?;
        }
        Ok(())
    })
}

/// Makes a thing, reads it back the same, and changes its description: its id.
async fn made(api: &Api, path: &str, body: &Value, noun: &str) -> Result<String> {
    let made = api.post(path, body).await?.ok()?[noun].take();
    let id = text(&made["id"])?;
    for (field, sent) in body.as_object().into_iter().flatten() {
        ensure!(
            made[field] == *sent || sent.is_object(),
            "{noun}: {field} is {} and not {sent}",
            made[field]
        );
    }
    let one = format!("{path}/{id}");
    ensure!(api.get(&one).await?.ok()?[noun] == made, "{noun}: it reads back differently");
    let changed = api.patch(&one, &json!({ "description": "changed" })).await?.ok()?[noun].take();
    ensure!(changed["description"] == "changed" && changed["id"] == id.as_str(), "{noun}: {changed}");
    Ok(id)
}
