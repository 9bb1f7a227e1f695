//! The documented permissions suffice, and each that is missing is named.

use std::collections::BTreeSet;

use anyhow::{Context as _, Result, ensure};
use futures::future::try_join_all;
use serde_json::{Value, json};
use testkit::fleet::documented::{CERTIFICATE_MANAGER, LOAD_BALANCER};
use tests::account::{Account, trust};
use tests::certificate_sync::{CertificateSync, TO_ACM, TO_LOAD_BALANCER, body, renewed};
use tests::stage::{Stage, eventually};
use tests::system::{System, run, text, unique};

use super::stage;

/// A customer's account whose role lacks one action, and a sync to it.
struct Lacking {
    action: &'static str,
    account: Account,
    sync: CertificateSync,
    before: BTreeSet<String>,
    told: String,
}

const ROLE: &str = "lacking";

async fn allow(account: &Account, actions: &[&str]) -> Result<()> {
    let statement = json!({ "Effect": "Allow", "Action": actions, "Resource": "*" });
    account.allow(ROLE, &json!({ "Version": "2012-10-17", "Statement": [statement] })).await
}

impl Lacking {
    /// The action is there while the sync is made, which looks at its load balancer, and not afterwards.
    async fn new(
        system: &'static System,
        stage: &Stage,
        application: &str,
        destination: &'static str,
        action: &'static str,
    ) -> Result<Self> {
        let account = system.account();
        let condition = json!({ "StringEquals": { "sts:ExternalId": stage.project } });
        let role = account.role(ROLE, &trust("arn:aws:iam::111111111111:root", &condition)).await?;
        let connection = json!({ "name": unique("lacking"), "method": "assume-role", "projectId": stage.project,
            "credentials": { "roleArn": role } });
        let connection = stage.api.post("/api/v1/app-connections/aws", &connection).await?.ok()?;
        let connection = text(&connection["appConnection"]["id"])?;
        let foreign = account.foreign_certificate("www.example.com").await?;
        let config = match destination {
            TO_ACM => json!({ "region": "us-east-1" }),
            _ => account.load_balancer(&foreign, &[(443, "HTTPS")]).await?.config(&[0]),
        };
        let all = documented(destination);
        allow(&account, &all).await?;
        let body = body(&connection, application, &config);
        let sync = CertificateSync::create(&stage.api, destination, &body).await?;
        let without: Vec<_> = all.into_iter().filter(|one| *one != action).collect();
        allow(&account, &without).await?;
        let before = account.acm_arns().await?;
        Ok(Self { action, account, sync, before, told: String::new() })
    }

    /// Once nothing more is done: what the sync and its certificates say of it.
    async fn listen(&mut self) -> Result<()> {
        let sync = self.sync.settled().await?;
        let all = self.sync.certificates().await?;
        let said = all.iter().chain([&sync]).map(|one| one["lastSyncMessage"].as_str().unwrap_or_default());
        let said = said.collect::<Vec<_>>().join("\n");
        let failed = all.iter().chain([&sync]).any(|one| one["syncStatus"] == "failed");
        ensure!(!failed || said.contains(self.action), "without {} it says: {said}", self.action);
        self.told += &said;
        Ok(())
    }

    /// Whether a run named what is missing.
    fn named(&self) -> Option<&'static str> {
        self.told.contains(self.action).then_some(self.action)
    }
}

fn documented(destination: &str) -> Vec<&'static str> {
    if destination == TO_ACM { CERTIFICATE_MANAGER.to_vec() } else { LOAD_BALANCER.to_vec() }
}

async fn is_carried(sync: &CertificateSync) -> Result<bool> {
    let all = sync.certificates().await?;
    let [one] = all.as_slice() else { return Ok(false) };
    Ok(one["syncStatus"] == "succeeded" && one["externalIdentifier"].is_string())
}

/// A certificate is attached, renewed, made the default and detached by syncs that lack one action each; and once they have
/// all again, they converge. The answer is what they named.
async fn named_when_missing(
    system: &'static System,
    destination: &'static str,
) -> Result<BTreeSet<&'static str>> {
    let (stage, profile) = stage(system).await?;
    let certificate = text(&profile.issued(&["shop.example.com"]).await?["certificateId"])?;
    let made = documented(destination)
        .into_iter()
        .map(|action| Lacking::new(system, &stage, &profile.application, destination, action));
    let mut all = try_join_all(made).await?;
    for one in &all {
        one.sync.attach(&certificate).await?;
    }
    for one in &mut all {
        one.listen().await?;
    }
    let next = renewed(system, &stage.api, &certificate).await?;
    for one in &mut all {
        one.listen().await?;
    }
    if destination == TO_LOAD_BALANCER {
        for one in &all {
            one.sync.post(&format!("certificates/{next}/default")).await?;
        }
        for one in &mut all {
            one.listen().await?;
        }
        for one in &all {
            one.sync.delete("/certificates/default").await?;
        }
        for one in &mut all {
            one.listen().await?;
        }
    }
    for one in &all {
        one.sync.detach(&next).await?;
    }
    for one in &mut all {
        one.listen().await?;
    }
    for one in &all {
        allow(&one.account, &documented(destination)).await?;
        one.sync.attach(&next).await?;
    }
    for one in &all {
        let what = format!("with {} again it is carried", one.action);
        eventually(&what, || async {
            if is_carried(&one.sync).await? {
                return Ok(true);
            }
            let settled = one.sync.settled().await?;
            if settled["syncStatus"] == "failed" {
                one.sync.post("sync").await?;
            }
            Ok(false)
        })
        .await?;
        one.sync.detach(&next).await?;
    }
    for one in &all {
        let what = format!("without {} at first, all is as before in the end", one.action);
        eventually(&what, || async { Ok(one.account.acm_arns().await? == one.before) }).await?;
    }
    Ok(all.iter().filter_map(Lacking::named).collect())
}

fn ensure_named(named: &BTreeSet<&'static str>, expected: &[&'static str]) -> Result<()> {
    let unnamed: Vec<_> = expected.iter().filter(|action| !named.contains(*action)).collect();
    ensure!(unnamed.is_empty(), "missing and not named: {unnamed:?}; named: {named:?}");
    Ok(())
}

#[test]
fn each_documented_action_for_acm_that_is_missing_is_named() -> Result<()> {
    run(|system| async move {
        let named = named_when_missing(system, TO_ACM).await?;
        let expected = [
            "acm:AddTagsToCertificate",
            "acm:DeleteCertificate",
            "acm:ImportCertificate",
            "acm:ListCertificates",
            "acm:ListTagsForCertificate",
        ];
        ensure_named(&named, &expected)
    })
}

#[test]
fn each_documented_action_for_load_balancers_that_is_missing_is_named() -> Result<()> {
    run(|system| async move {
        let named = named_when_missing(system, TO_LOAD_BALANCER).await?;
        let expected = [
            "acm:DeleteCertificate",
            "acm:ImportCertificate",
            "acm:ListCertificates",
            "elasticloadbalancing:AddListenerCertificates",
            "elasticloadbalancing:DescribeListenerCertificates",
            "elasticloadbalancing:DescribeListeners",
            "elasticloadbalancing:ModifyListener",
            "elasticloadbalancing:RemoveListenerCertificates",
        ];
        ensure_named(&named, &expected)
    })
}

#[test]
fn a_connection_that_no_longer_opens_fails_the_run_in_awss_words_and_leaves_everything() -> Result<()> {
    run(|system| async move {
        let (stage, profile) = stage(system).await?;
        let certificate = text(&profile.issued(&["shop.example.com"]).await?["certificateId"])?;
        let sync = CertificateSync::to_acm(&stage, &profile.application).await?;
        sync.attach(&certificate).await?;
        let arn = text(&sync.carried(&certificate).await?["externalIdentifier"])?;
        let nobody = json!({ "StringEquals": { "sts:ExternalId": "another" } });
        stage.account.trust("secrets", &trust("arn:aws:iam::111111111111:root", &nobody)).await?;
        // Sessions that live already are used on; a sync to another region needs one of its own.
        let config = json!({ "region": "eu-west-1" });
        let body = body(&stage.connection, &profile.application, &config);
        let other = CertificateSync::create(&stage.api, TO_ACM, &body).await?;
        other.attach(&certificate).await?;
        let failed: Value = other.ended(&certificate).await?;
        let told = failed["lastSyncMessage"].as_str().context("no message")?;
        ensure!(failed["syncStatus"] == "failed" && told.contains("sts:AssumeRole"), "{failed}");
        ensure!(stage.account.acm_arns().await?.contains(&arn), "something is gone");
        Ok(())
    })
}
