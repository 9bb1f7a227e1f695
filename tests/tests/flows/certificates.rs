//! Certificates from private CAs and from ACM, from a request to a key that fits, and to their end.

use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use serde_json::{Value, json};
use tests::certificates::{CERT_MANAGER, HOSTED_ZONE, PRIVATE_CA, PUBLIC_CA, Profile, attributes};
use tests::guard::Call;
use tests::pem;
use tests::stage::{Stage, eventually};
use tests::system::{System, run, text, unique};

/// A CSR of a P-256 key for `csr.internal.example.com`, made once with OpenSSL; nobody has its key any more.
const CSR: &str = include_str!("certificates/request.pem");
const DAY: Duration = Duration::from_secs(86_400);

/// A stage whose role has exactly the documented permissions for certificates.
async fn stage(system: &'static System) -> Result<Stage> {
    let stage = Stage::new(system).await?;
    stage.allow(&[&PRIVATE_CA[..], &PUBLIC_CA, &HOSTED_ZONE].concat()).await?;
    Ok(stage)
}

/// Whether a call was made in the account of this stage: other flows run at the same time.
fn is_about(call: &Call, stage: &Stage) -> bool {
    let by = call.principal.as_ref().map(|principal| principal.arn.as_str());
    by.is_some_and(|arn| arn.contains(&format!("::{}:", stage.account.number)))
}

/// The first call of this name.
fn first<'a>(calls: &'a [Call], action: &str) -> Result<&'a Call> {
    calls.iter().find(|call| call.action == action).with_context(|| format!("nobody called {action}"))
}

fn now() -> Result<u64> {
    let now = std::time::SystemTime::UNIX_EPOCH.elapsed().context("the clock is before 1970")?;
    Ok(now.as_secs())
}

/// Verifies a certificate that was issued, against its root and its key.
fn check(issued: &Value, root: &str, name: &str) -> Result<()> {
    let (certificate, chain) = (text(&issued["certificate"])?, text(&issued["certificateChain"])?);
    pem::verified(&certificate, &chain, root, name, now()?)?;
    pem::fits(&certificate, &text(&issued["privateKey"])?)
}

#[test]
fn a_private_ca_issues_a_key_with_its_certificate_and_revokes_it() -> Result<()> {
    run(|system| async move {
        let stage = stage(system).await?;
        let ca = stage.account.private_ca().await?;
        let profile = Profile::private(&stage, &ca).await?;
        let mark = system.guard.mark().await?;
        let name = "a.internal.example.com";
        let issued = profile.issued(&[name, "b.internal.example.com"]).await?;
        let root = stage.account.root_certificate(&ca).await?;
        check(&issued, &root, name)?;
        check(&issued, &root, "b.internal.example.com")?;
        let calls = system.guard.calls_after(mark).await?;
        let calls: Vec<_> = calls.into_iter().filter(|call| is_about(call, &stage)).collect();
        let paid = calls.iter().filter(|call| call.action == "IssueCertificate").count();
        ensure!(paid == 1, "{paid} certificates were paid for");
        let (asked, looked) = (first(&calls, "IssueCertificate")?, first(&calls, "GetCertificate")?);
        // The stand-in takes a second: who asks sooner has had to wait.
        let is_early = looked.at < asked.began() + 900;
        let waits = looked.error.as_deref() == Some("RequestInProgressException");
        ensure!(waits || !is_early, "the stand-in was not at work any more: {looked:?}");

        let id = text(&issued["certificateId"])?;
        let one = format!("{CERT_MANAGER}/certificates/{id}");
        let read = stage.api.get(&one).await?.ok()?["certificate"].take();
        ensure!(read["status"] == "active" && read["commonName"] == name, "{read}");
        ensure!(read["serialNumber"] == issued["serialNumber"], "{read}");
        let bundle = stage.api.get(&format!("{one}/bundle")).await?.ok()?;
        ensure!(bundle["privateKey"] == issued["privateKey"], "the bundle has another key");
        let reason = json!({ "revocationReason": "KEY_COMPROMISE" });
        let revoked = stage.api.post(&format!("{one}/revoke"), &reason).await?.ok()?;
        ensure!(text(&revoked["revokedAt"])?.ends_with('Z'), "{revoked}");
        ensure!(stage.api.get(&one).await?.ok()?["certificate"]["status"] == "revoked");
        let serial = text(&issued["serialNumber"])?;
        let again = json!({ "CertificateAuthorityArn": ca, "CertificateSerial": serial, "RevocationReason": "SUPERSEDED" });
        let again = stage.account.json("acm-pca", "ACMPrivateCA.RevokeCertificate", &again).await;
        ensure!(
            format!("{again:?}").contains("RequestAlreadyProcessed"),
            "AWS has not revoked it: {again:?}"
        );
        Ok(())
    })
}

#[test]
fn a_csr_is_signed_and_nobody_here_has_its_key() -> Result<()> {
    run(|system| async move {
        let stage = stage(system).await?;
        let ca = stage.account.private_ca().await?;
        let profile = Profile::private(&stage, &ca).await?;
        let request =
            json!({ "csr": CSR, "attributes": { "ttl": "12h", "extendedKeyUsages": ["server_auth"] } });
        let issued = profile.ended(&profile.request(&request).await?).await?;
        ensure!(issued["status"] == "issued" && issued["privateKey"].is_null(), "{issued}");
        let (certificate, chain) = (text(&issued["certificate"])?, text(&issued["certificateChain"])?);
        let root = stage.account.root_certificate(&ca).await?;
        pem::verified(&certificate, &chain, &root, "csr.internal.example.com", now()?)?;
        let later = now()? + 13 * 3_600;
        let ended = pem::verified(&certificate, &chain, &root, "csr.internal.example.com", later);
        ensure!(ended.is_err(), "it lives longer than twelve hours");
        let key = format!("{CERT_MANAGER}/certificates/{}/private-key", text(&issued["certificateId"])?);
        ensure!(stage.api.get(&key).await?.status >= 400, "a key that nobody has");
        let broken = json!({ "csr": CSR.replace("MII", "MIJ"), "attributes": { "ttl": "12h" } });
        ensure!(matches!(profile.ask(&broken).await?.status, 400 | 422), "a CSR that is none");
        Ok(())
    })
}

#[test]
fn a_public_certificate_proves_its_names_in_the_zone_and_comes_with_its_key() -> Result<()> {
    run(|system| async move {
        let stage = stage(system).await?;
        let domain = format!("{}.example.com", unique("public"));
        let zone = stage.account.hosted_zone(&domain).await?;
        let profile = Profile::public(&stage, &zone).await?;
        let (wildcard, elsewhere) = (format!("*.{domain}"), format!("not{domain}"));

        // A name that lies in no zone is refused before anything is paid for.
        let mark = system.guard.mark().await?;
        let request = json!({ "attributes": public(&[domain.as_str(), elsewhere.as_str()]) });
        let refused = match profile.ask(&request).await? {
            answer if answer.status == 200 => {
                profile.ended(&text(&answer.body["certificateRequestId"])?).await?["errorMessage"].take()
            }
            answer => answer.body["message"].clone(),
        };
        ensure!(refused.to_string().contains(&elsewhere), "{refused}");
        let paid = async || -> Result<usize> {
            let calls = system.guard.calls_after(mark).await?;
            let requests = calls.iter().filter(|call| call.action == "RequestCertificate");
            Ok(requests.filter(|call| is_about(call, &stage)).count())
        };
        ensure!(paid().await? == 0, "it was requested all the same");

        let request = json!({ "attributes": public(&[domain.as_str(), wildcard.as_str()]) });
        let issued = profile.ended(&profile.request(&request).await?).await?;
        ensure!(issued["status"] == "issued", "{issued}");
        let names = stage.account.cnames(&zone).await?;
        ensure!(
            names.len() == 1 && names[0].ends_with(&format!(".{domain}.")),
            "one record for both: {names:?}"
        );
        let chain = text(&issued["certificateChain"])?;
        let root =
            chain.rfind("-----BEGIN CERTIFICATE-----").and_then(|at| chain.get(at..)).context("a root")?;
        check(&issued, root, &domain)?;
        check(&issued, root, &format!("shop.{domain}"))?;
        ensure!(paid().await? == 1, "{} requests", paid().await?);

        // Somebody's records keep Amazon out: ACM's own word for it.
        stage.account.record(&zone, &domain, "CAA", "0 issue &quot;letsencrypt.org&quot;").await?;
        let request = json!({ "attributes": public(&[&format!("shop.{domain}")]) });
        let failed = profile.ended(&profile.request(&request).await?).await?;
        ensure!(failed["status"] == "failed", "{failed}");
        ensure!(text(&failed["errorMessage"])?.contains("CAA_ERROR"), "{failed}");
        Ok(())
    })
}

#[test]
fn a_private_zone_and_a_ca_that_is_off_are_refused_by_name() -> Result<()> {
    run(|system| async move {
        let stage = stage(system).await?;
        let zone = stage.account.private_zone("inside.example.com").await?;
        let configuration = json!({ "appConnectionId": stage.connection, "dnsAppConnectionId": stage.connection,
            "hostedZoneId": zone, "region": "us-east-1" });
        let body = json!({ "name": unique("ca"), "projectId": stage.project, "status": "active", "configuration": configuration });
        let refused = stage.api.post(&format!("{CERT_MANAGER}/ca/aws-acm-public-ca"), &body).await?;
        let refused = refused.refused(400, "BadRequest")?;
        ensure!(refused.contains("private"), "{refused}");

        let ca = stage.account.private_ca().await?;
        let profile = Profile::private(&stage, &ca).await?;
        stage.account.set_private_ca(&ca, "DISABLED").await?;
        let request = profile.request(&json!({ "attributes": attributes(&["a.example.com"]) })).await?;
        // It may be turned on again, so it is not given up at once; the request says what it waits for.
        let configuration = json!({ "appConnectionId": stage.connection, "certificateAuthorityArn": ca, "region": "us-east-1" });
        let body = json!({ "name": unique("ca"), "projectId": stage.project, "status": "active", "configuration": configuration });
        let off =
            stage.api.post(&format!("{CERT_MANAGER}/ca/aws-pca"), &body).await?.refused(400, "BadRequest")?;
        ensure!(off.contains("DISABLED"), "{off}");
        let seen = profile.seen(&request).await?;
        ensure!(seen["status"] != "issued", "{seen}");
        Ok(())
    })
}

#[test]
fn a_certificate_is_renewed_by_the_clock_with_a_key_of_its_own() -> Result<()> {
    run(|system| async move {
        let stage = stage(system).await?;
        let ca = stage.account.private_ca().await?;
        let profile = Profile::private(&stage, &ca).await?;
        let enrollment = format!(
            "{CERT_MANAGER}/applications/{}/profiles/{}/enrollment/api",
            profile.application, profile.id
        );
        let settings = json!({ "autoRenew": true, "renewBeforeDays": 5 });
        stage.api.put(&enrollment, &settings).await?.ok()?;
        let name = "renewed.internal.example.com";
        let first = profile.issued(&[name]).await?;
        let id = text(&first["certificateId"])?;
        let one = format!("{CERT_MANAGER}/certificates/{id}");

        let key = format!("CERTIFICATE#{id}");
        system.state.let_pass(&key, &key, 26 * DAY).await?;
        system.invoke("CertificateWorkerFunction", &json!({ "tick": true })).await?;
        let read = async || Ok(stage.api.get(&one).await?.ok()?["certificate"].take());
        let is_renewed = || async { read().await.map(|read| read["renewedByCertificateId"].is_string()) };
        eventually("it is renewed", is_renewed).await?;
        let next = text(&read().await?["renewedByCertificateId"])?;
        let read =
            stage.api.get(&format!("{CERT_MANAGER}/certificates/{next}")).await?.ok()?["certificate"].take();
        ensure!(read["renewedFromCertificateId"] == id.as_str() && read["status"] == "active", "{read}");
        let bundle = stage.api.get(&format!("{CERT_MANAGER}/certificates/{next}/bundle")).await?.ok()?;
        let new_key = text(&bundle["privateKey"])?;
        new_key.lines().nth(1).into_iter().for_each(|line| system.keep_secret(line));
        ensure!(bundle["privateKey"] != first["privateKey"], "the old key");
        check(&bundle, &stage.account.root_certificate(&ca).await?, name)
    })
}

#[test]
fn the_printed_policies_suffice_for_both_authorities() -> Result<()> {
    run(|system| async move {
        let stage = Stage::new(system).await?;
        let query = format!(
            "capability=private-ca,public-ca&projectId={}&accountId={}",
            stage.project, stage.account.number
        );
        let printed = stage.api.get(&format!("/api/v1/app-connections/aws/policies?{query}")).await?.ok()?;
        stage.account.allow("secrets", &printed["permissionPolicy"]).await?;
        let ca = stage.account.private_ca().await?;
        let issued = Profile::private(&stage, &ca).await?.issued(&["printed.example.com"]).await?;
        check(&issued, &stage.account.root_certificate(&ca).await?, "printed.example.com")?;
        let domain = format!("{}.example.com", unique("printed"));
        let profile = Profile::public(&stage, &stage.account.hosted_zone(&domain).await?).await?;
        let request = profile.request(&json!({ "attributes": public(&[domain.as_str()]) })).await?;
        let ended = profile.ended(&request).await?;
        ensure!(ended["status"] == "issued", "{ended}");
        Ok(())
    })
}

/// What a server asks of ACM, which has usages and a life of its own.
fn public(names: &[&str]) -> Value {
    let mut attributes = attributes(names);
    if let Some(fields) = attributes.as_object_mut() {
        fields.remove("keyUsages");
        fields.remove("extendedKeyUsages");
    }
    attributes["ttl"] = json!("198d");
    attributes
}

#[test]
fn what_is_not_allowed_is_told_by_action_and_resource() -> Result<()> {
    run(|system| async move {
        let stage = Stage::new(system).await?;
        let ca = stage.account.private_ca().await?;
        stage.allow(&["acm-pca:DescribeCertificateAuthority", "acm-pca:GetCertificate"]).await?;
        let profile = Profile::private(&stage, &ca).await?;
        let failed = profile.request(&json!({ "attributes": attributes(&["a.example.com"]) })).await?;
        let failed = profile.ended(&failed).await?;
        let told = text(&failed["errorMessage"])?;
        ensure!(failed["status"] == "failed" && told.contains("acm-pca:IssueCertificate"), "{failed}");
        ensure!(told.contains(&ca), "{told}");
        // Who mends it asks again.
        stage.allow(&PRIVATE_CA).await?;
        profile.issued(&["a.example.com"]).await?;
        Ok(())
    })
}
