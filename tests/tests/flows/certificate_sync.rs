//! Certificates in ACM and on listeners, from the first import to the day on which everything is as before.

mod in_the_way;
mod permissions;

use anyhow::{Context as _, Result, ensure};
use serde_json::json;
use testkit::fleet::documented::{CERTIFICATE_MANAGER, LOAD_BALANCER};
use tests::certificate_sync::{CertificateSync, SYNCS, TO_ACM, TO_LOAD_BALANCER, renewed, serial_of};
use tests::certificates::{PRIVATE_CA, Profile};
use tests::load_balancers::Served;
use tests::stage::{Stage, eventually};
use tests::system::{System, run, text};

/// The tag that holds the name by the schema.
const NAME: &str = "InfisicalCertificate";

/// A stage whose role has exactly the documented permissions for certificates and their syncs, and a profile.
async fn stage(system: &'static System) -> Result<(Stage, Profile)> {
    let stage = Stage::new(system).await?;
    stage.allow(&[&PRIVATE_CA[..], &CERTIFICATE_MANAGER, &LOAD_BALANCER].concat()).await?;
    let ca = stage.account.private_ca().await?;
    let profile = Profile::private(&stage, &ca).await?;
    Ok((stage, profile))
}

/// What the listener serves now.
async fn served(system: &System, listener: &str) -> Result<Served> {
    system.guard.served_by(listener).await?.pop().context("it never served anything")
}

/// Looks until the listener serves this.
async fn serves(system: &System, listener: &str, wanted: &Served) -> Result<()> {
    let what = format!("{listener} serves {wanted:?}");
    eventually(&what, || async { Ok(served(system, listener).await? == *wanted) }).await
}

/// Looks until the certificate in ACM has this serial number.
async fn has_serial(stage: &Stage, arn: &str, wanted: &str) -> Result<()> {
    let what = format!("{arn} has the serial number {wanted}");
    eventually(&what, || async { Ok(stage.account.acm_serial(arn).await? == wanted) }).await
}

#[test]
fn a_certificate_is_carried_renewed_in_place_made_default_rolled_back_and_leaves_all_as_before() -> Result<()>
{
    run(|system| async move {
        let stage = Stage::new(system).await?;
        let account = &stage.account;
        let foreign = account.foreign_certificate("www.example.com").await?;
        let balancer = account.load_balancer(&foreign, &[(443, "HTTPS"), (80, "HTTP")]).await?;
        let listener = balancer.listeners[0].0.as_str();
        let ca = account.private_ca().await?;
        // Nothing but what the API prints, as narrow as it prints it.
        let query = format!(
            "capability=certificate-manager,load-balancer,private-ca&projectId={}&accountId={}&region=us-east-1\
             &loadBalancerArn={}&certificateAuthorityArn={ca}",
            stage.project, account.number, balancer.arn
        );
        let printed = stage.api.get(&format!("/api/v1/app-connections/aws/policies?{query}")).await?.ok()?;
        account.allow("secrets", &printed["permissionPolicy"]).await?;
        let before = (account.acm_arns().await?, served(system, listener).await?);

        let profile = Profile::private(&stage, &ca).await?;
        let first = text(&profile.issued(&["shop.example.com"]).await?["certificateId"])?;
        let to_acm = CertificateSync::to_acm(&stage, &profile.application).await?;
        let to_listener =
            CertificateSync::to_listeners(&stage, &profile.application, &balancer.config(&[0])).await?;
        let mut carried = Vec::new();
        for sync in [&to_acm, &to_listener] {
            let added = sync.attach(&first).await?;
            ensure!(added.len() == 1 && added[0]["certificateId"] == first.as_str(), "{added:?}");
            ensure!(sync.attach(&first).await?.is_empty(), "attached again is nothing new");
        }
        for sync in [&to_acm, &to_listener] {
            let one = sync.carried(&first).await?;
            carried.push((text(&one["id"])?, text(&one["externalIdentifier"])?));
        }
        let [(in_acm, acm_arn), (on_listener, listener_arn)] = carried.as_slice() else { unreachable!() };
        ensure!(acm_arn != listener_arn, "two syncs share a certificate of ACM's");
        let serial = serial_of(&stage.api, &first).await?;
        for arn in [acm_arn, listener_arn] {
            ensure!(account.acm_serial(arn).await? == serial, "another certificate is at {arn}");
        }
        let tags = account.acm_tags(acm_arn).await?;
        ensure!(tags.get("drawbridge:certificate-sync") == Some(&to_acm.id), "{tags:?}");
        ensure!(tags.get(NAME).is_some_and(|name| name.starts_with("tests-")), "{tags:?}");
        ensure!(served(system, listener).await? == Served::of(&foreign, &[listener_arn]), "not for SNI");

        // Renewed: the same ARNs, another serial number; and what is attached is the same slot.
        let next = renewed(system, &stage.api, &first).await?;
        for (sync, slot, arn) in [(&to_acm, in_acm, acm_arn), (&to_listener, on_listener, listener_arn)] {
            let one = sync.carried(&next).await?;
            ensure!(one["id"] == slot.as_str() && one["externalIdentifier"] == arn.as_str(), "{one}");
            ensure!(sync.certificates().await?.len() == 1, "the old one is still attached");
            ensure!(account.acm_serial(arn).await? == serial_of(&stage.api, &next).await?, "not renewed");
        }
        // The name is the certificate's own; all else that was put on says the same as before.
        let mut now = account.acm_tags(acm_arn).await?;
        let name = now.insert(NAME.into(), tags[NAME].clone()).context("a renewal took the name away")?;
        ensure!(now == tags && name.starts_with("tests-") && name != tags[NAME], "{name}, {now:?}, {tags:?}");

        to_listener.post(&format!("certificates/{next}/default")).await?;
        serves(system, listener, &Served::of(listener_arn, &[listener_arn, &foreign])).await?;
        let one = to_listener.carried(&next).await?;
        ensure!(one["syncMetadata"]["isDefault"] == true, "{one}");

        for (sync, arn) in [(&to_acm, acm_arn), (&to_listener, listener_arn)] {
            sync.post(&format!("certificates/{next}/rollback")).await?;
            has_serial(&stage, arn, &serial).await?;
            let one = sync.carried(&first).await?;
            ensure!(one["externalIdentifier"] == arn.as_str(), "rolled back to another ARN: {one}");
        }
        ensure!(
            served(system, listener).await?.default.as_ref() == Some(listener_arn),
            "no default any more"
        );

        to_listener.delete("/certificates/default").await?;
        serves(system, listener, &Served::of(&foreign, &[listener_arn])).await?;
        for sync in [&to_acm, &to_listener] {
            ensure!(sync.detach(&first).await? == 1, "nothing was detached");
            ensure!(sync.detach(&first).await? == 0, "it was detached twice");
        }
        serves(system, listener, &before.1).await?;
        eventually("ACM is as before", || async { Ok(account.acm_arns().await? == before.0) }).await?;

        // Nobody's name ever stopped being served.
        let history = system.guard.served_by(listener).await?;
        ensure!(history.iter().all(|moment| moment.has(&foreign)), "{history:?}");
        let ours: Vec<_> = history.iter().map(|moment| moment.has(listener_arn)).collect();
        let gaps = ours.windows(2).filter(|pair| pair[0] && !pair[1]).count();
        ensure!(gaps == 1, "it was gone before it was detached: {history:?}");
        for (sync, path) in [(&to_acm, TO_ACM), (&to_listener, TO_LOAD_BALANCER)] {
            sync.delete("").await?;
            stage.api.get(&format!("{SYNCS}/{path}/{}", sync.id)).await?.refused(404, "NotFound")?;
        }
        Ok(())
    })
}

#[test]
fn another_key_takes_another_arn_and_the_listener_is_never_without_one() -> Result<()> {
    run(|system| async move {
        let (stage, profile) = stage(system).await?;
        let account = &stage.account;
        let foreign = account.foreign_certificate("www.example.com").await?;
        let balancer = account.load_balancer(&foreign, &[(443, "TLS")]).await?;
        let listener = balancer.listeners[0].0.as_str();
        let first = text(&profile.issued(&["shop.example.com"]).await?["certificateId"])?;
        // Every renewal takes an ARN of its own.
        let mut body =
            tests::certificate_sync::body(&stage.connection, &profile.application, &balancer.config(&[0]));
        body["syncOptions"]["preserveArn"] = json!(false);
        let sync = CertificateSync::create(&stage.api, TO_LOAD_BALANCER, &body).await?;
        sync.attach(&first).await?;
        let old = text(&sync.carried(&first).await?["externalIdentifier"])?;
        sync.post(&format!("certificates/{first}/default")).await?;
        serves(system, listener, &Served::of(&old, &[&old, &foreign])).await?;
        let next = renewed(system, &stage.api, &first).await?;
        let new = text(&sync.carried(&next).await?["externalIdentifier"])?;
        ensure!(new != old, "the renewal has the old ARN");
        serves(system, listener, &Served::of(&new, &[&new, &foreign])).await?;
        let is_gone = || async { Ok(!account.acm_arns().await?.contains(&old)) };
        eventually("what is not served any more is deleted", is_gone).await?;
        let history = system.guard.served_by(listener).await?;
        let since =
            history.iter().position(|moment| moment.has(&old)).context("the old one was never served")?;
        let served = history[since..].iter().all(|moment| moment.has(&old) || moment.has(&new));
        ensure!(served && history.iter().all(|moment| moment.has(&foreign)), "{history:?}");
        Ok(())
    })
}

#[test]
fn a_revoked_certificate_and_one_that_is_attached_are_said_to_be_so() -> Result<()> {
    run(|system| async move {
        let (stage, profile) = stage(system).await?;
        let first = text(&profile.issued(&["shop.example.com"]).await?["certificateId"])?;
        let sync = CertificateSync::to_acm(&stage, &profile.application).await?;
        sync.attach(&first).await?;
        let arn = text(&sync.carried(&first).await?["externalIdentifier"])?;
        let one = format!("{}/certificates/{first}", tests::certificates::CERT_MANAGER);
        let refused = stage.api.delete(&one).await?.refused(400, "BadRequest")?;
        let name = text(&sync.read().await?["name"])?;
        ensure!(refused.contains(&name), "it does not say which sync carries it: {refused}");
        let reason = json!({ "revocationReason": "KEY_COMPROMISE" });
        let before = sync.read().await?;
        stage.api.post(&format!("{one}/revoke"), &reason).await?.ok()?;
        let has_run = || async { Ok(sync.read().await?["lastSyncJobId"] != before["lastSyncJobId"]) };
        eventually("its sync looks at it", has_run).await?;
        let settled = sync.settled().await?;
        let told = format!("{} {settled}", sync.ended(&first).await?);
        ensure!(told.contains("revoked"), "nobody says that it is revoked: {told}");
        ensure!(stage.account.acm_arns().await?.contains(&arn), "an outage is nobody's wish");
        Ok(())
    })
}

#[test]
fn the_demonstrations_syncs_carry_a_certificate_of_the_demonstrations_private_ca() -> Result<()> {
    run(|system| async move {
        let (stage, ready) = (Stage::seeded(system).await?, &system.ready);
        let profile =
            Profile::made(&stage, ready.seeded("privateProfileId"), ready.seeded("certificateApplicationId"));
        let listener = ready.seeded("listenerArn");
        let before = (stage.account.acm_arns().await?, served(system, listener).await?);
        let certificate = text(&profile.issued(&["shop.demo.example.com"]).await?["certificateId"])?;
        let syncs = [
            CertificateSync::made(&stage.api, TO_ACM, ready.seeded("acmSyncId")),
            CertificateSync::made(&stage.api, TO_LOAD_BALANCER, ready.seeded("loadBalancerSyncId")),
        ];
        for sync in &syncs {
            sync.attach(&certificate).await?;
        }
        let arn = text(&syncs[1].carried(&certificate).await?["externalIdentifier"])?;
        syncs[0].carried(&certificate).await?;
        let foreign = ready.seeded("foreignCertificateArn");
        ensure!(served(system, listener).await? == Served::of(foreign, &[&arn]), "not on the listener");
        for sync in &syncs {
            sync.detach(&certificate).await?;
        }
        serves(system, listener, &before.1).await?;
        // Other flows carry certificates in this account, too.
        let is_gone = || async { Ok(!stage.account.acm_arns().await?.contains(&arn)) };
        eventually("ACM is as before", is_gone).await?;
        ensure!(
            stage.account.acm_arns().await?.is_superset(&before.0),
            "something of somebody else's is gone"
        );
        Ok(())
    })
}
