//! What stands in a certificate's way is said in words, and nothing of anybody's is touched.

use anyhow::{Result, ensure};
use http::Method;
use serde_json::json;
use tests::certificate_sync::{CertificateSync, SYNCS, TO_LOAD_BALANCER, body};
use tests::certificates::Profile;
use tests::system::{run, text};

use super::{served, stage};

#[test]
fn listeners_that_serve_no_certificates_and_balancers_elsewhere_are_refused_at_once() -> Result<()> {
    run(|system| async move {
        let (stage, profile) = stage(system).await?;
        let foreign = stage.account.foreign_certificate("www.example.com").await?;
        let balancer = stage.account.load_balancer(&foreign, &[(443, "HTTPS"), (80, "HTTP")]).await?;
        let make = async |config: serde_json::Value| {
            let body = body(&stage.connection, &profile.application, &config);
            stage.api.post(&format!("{SYNCS}/{TO_LOAD_BALANCER}"), &body).await
        };
        // Said to be HTTPS, it is HTTP all the same.
        let mut config = balancer.config(&[1]);
        config["listeners"][0]["protocol"] = json!("HTTPS");
        let refused = make(config).await?;
        ensure!(matches!(refused.status, 400 | 422), "{refused:?}");
        ensure!(refused.body.to_string().contains("HTTP"), "{}", refused.body);
        let mut config = balancer.config(&[0]);
        config["region"] = json!("eu-west-1");
        let refused = make(config).await?;
        ensure!(matches!(refused.status, 400 | 422), "{refused:?}");
        ensure!(refused.body.to_string().contains("eu-west-1"), "{}", refused.body);
        let mut config = balancer.config(&[0]);
        config["listeners"][0]["listenerArn"] = json!(format!("{}0", balancer.listeners[0].0));
        ensure!(matches!(make(config).await?.status, 400 | 422), "a listener that is not there");
        Ok(())
    })
}

#[test]
fn a_load_balancer_that_is_full_stays_as_it_is() -> Result<()> {
    run(|system| async move {
        let (stage, profile) = stage(system).await?;
        let foreign = stage.account.foreign_certificate("www.example.com").await?;
        let balancer = stage.account.load_balancer(&foreign, &[(443, "HTTPS")]).await?;
        let listener = balancer.listeners[0].0.as_str();
        for n in 0..25 {
            let arn = stage.account.foreign_certificate(&format!("n{n}.example.com")).await?;
            stage.account.serve(listener, &arn).await?;
        }
        let before = (stage.account.acm_arns().await?, served(system, listener).await?);
        let certificate = text(&profile.issued(&["shop.example.com"]).await?["certificateId"])?;
        let sync =
            CertificateSync::to_listeners(&stage, &profile.application, &balancer.config(&[0])).await?;
        sync.attach(&certificate).await?;
        let failed = sync.ended(&certificate).await?;
        ensure!(failed["syncStatus"] == "failed", "{failed}");
        ensure!(text(&failed["lastSyncMessage"])?.contains("25"), "{failed}");
        sync.settled().await?;
        ensure!(served(system, listener).await? == before.1, "somebody's certificate was touched");
        ensure!(stage.account.acm_arns().await? == before.0, "it was imported for nothing");
        Ok(())
    })
}

#[test]
fn certificates_of_others_and_those_without_a_key_are_not_attached() -> Result<()> {
    run(|system| async move {
        let (stage, profile) = stage(system).await?;
        let sync = CertificateSync::to_acm(&stage, &profile.application).await?;
        let (_, others) = super::stage(system).await?;
        let foreign = text(&others.issued(&["shop.example.com"]).await?["certificateId"])?;
        let refused = sync.attached(Method::POST, &foreign).await?;
        ensure!(matches!(refused.status, 400 | 404), "another project's: {refused:?}");
        let csr =
            json!({ "csr": include_str!("../certificates/request.pem"), "attributes": { "ttl": "12h" } });
        let keyless = signed(&profile, &csr).await?;
        let refused = sync.attached(Method::POST, &keyless).await?.refused(400, "BadRequest")?;
        ensure!(refused.contains("key"), "{refused}");
        let old = text(&profile.issued(&["old.example.com"]).await?["certificateId"])?;
        let next = tests::certificate_sync::renewed(system, &stage.api, &old).await?;
        let refused = sync.attached(Method::POST, &old).await?.refused(400, "BadRequest")?;
        ensure!(refused.contains(&next), "it does not say which is the newest: {refused}");
        ensure!(sync.certificates().await?.is_empty(), "something was attached");
        Ok(())
    })
}

async fn signed(profile: &Profile, request: &serde_json::Value) -> Result<String> {
    let ended = profile.ended(&profile.request(request).await?).await?;
    ensure!(ended["status"] == "issued", "{ended}");
    text(&ended["certificateId"])
}
