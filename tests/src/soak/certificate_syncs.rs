//! Certificate syncs to ACM and to a listener that serves somebody else's certificates, too.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use http::Method;
use serde_json::{Value, json};

use super::client::Client;
use super::still_busy;
use crate::LONGEST_WAIT;
use crate::account::Account;
use crate::certificate_sync::{SYNCS, TO_ACM, TO_LOAD_BALANCER, body, serial_of};
use crate::load_balancers::{LoadBalancer, Served};
use crate::stage::Stage;
use crate::system::{System, text};

const LOOK_AGAIN: Duration = Duration::from_secs(1);

/// One sync for each destination at a time.
pub(super) struct CertificateSyncs {
    client: Client,
    system: &'static System,
    account: Account,
    connection: String,
    application: String,
    balancer: LoadBalancer,
    /// Somebody else's certificates in ACM, and what the listener served before.
    others: BTreeSet<String>,
    served: Served,
    dice: fastrand::Rng,
    kept: BTreeMap<&'static str, String>,
}

impl CertificateSyncs {
    pub(super) async fn new(
        stage: &Stage,
        client: Client,
        application: &str,
        dice: fastrand::Rng,
    ) -> Result<Self> {
        let account = stage.account.clone();
        let foreign = account.foreign_certificate("www.example.com").await?;
        let by_name = account.foreign_certificate("other.example.com").await?;
        let balancer = account.load_balancer(&foreign, &[(443, "HTTPS")]).await?;
        account.serve(&balancer.listeners[0].0, &by_name).await?;
        let served = Served::of(&foreign, &[&by_name]);
        Ok(Self {
            client,
            system: stage.system(),
            others: account.acm_arns().await?,
            account,
            connection: stage.connection.clone(),
            application: application.to_owned(),
            balancer,
            served,
            dice,
            kept: BTreeMap::new(),
        })
    }

    pub(super) async fn step(&mut self, live: &[String]) -> Result<()> {
        let destination = if self.dice.bool() { TO_ACM } else { TO_LOAD_BALANCER };
        let Some(sync) = self.kept.get(destination).cloned() else { return self.create(destination).await };
        let path = format!("{SYNCS}/{destination}/{sync}");
        let slots: Vec<_> = self.slots(&sync).await?;
        let attached = self.dice.choice(slots).map(|slot| text(&slot["certificateId"])).transpose()?;
        match self.dice.u8(..12) {
            0..5 => {
                let Some(id) = self.dice.choice(live) else { return Ok(()) };
                let body = json!({ "certificateIds": [id] });
                self.client
                    .post("certificate-sync.attach", &format!("{SYNCS}/{sync}/certificates"), &body)
                    .await;
            }
            5..7 => {
                let Some(id) = attached else { return Ok(()) };
                let body = json!({ "certificateIds": [id] });
                let path = format!("{SYNCS}/{sync}/certificates");
                self.client.ask("certificate-sync.detach", Method::DELETE, &path, &body).await;
            }
            7..9 if destination == TO_LOAD_BALANCER => {
                let Some(id) = attached else { return Ok(()) };
                let path = format!("{path}/certificates/{id}/default");
                self.client.post("certificate-sync.default", &path, &json!({})).await;
            }
            9 if destination == TO_LOAD_BALANCER => {
                self.client
                    .delete("certificate-sync.no-default", &format!("{path}/certificates/default"))
                    .await;
            }
            10 if self.dice.bool() => return self.delete(destination, &path).await,
            _ => {
                self.client.post("certificate-sync.trigger", &format!("{path}/sync"), &json!({})).await;
            }
        }
        Ok(())
    }

    async fn create(&mut self, destination: &'static str) -> Result<()> {
        let config =
            if destination == TO_ACM { json!({ "region": "us-east-1" }) } else { self.balancer.config(&[0]) };
        let mut body = body(&self.connection, &self.application, &config);
        body["syncOptions"]["disableDeletionGuard"] = json!(true);
        let asked =
            self.client.post("certificate-sync.create", &format!("{SYNCS}/{destination}"), &body).await;
        let id = if asked.is_murky() {
            let told =
                self.client.read(&format!("{SYNCS}?applicationId={}&limit=100", self.application)).await?;
            let all = told["certificateSyncs"].as_array().or_else(|| told["syncs"].as_array());
            let mut all = all.with_context(|| format!("a list of syncs: {told}"))?.iter();
            all.find(|one| one["name"] == body["name"]).map(|one| text(&one["id"])).transpose()?
        } else {
            asked.done().map(|made| text(&made["id"])).transpose()?
        };
        self.kept.extend(id.map(|id| (destination, id)));
        Ok(())
    }

    /// With everything that it brought; another one is made when it is gone.
    async fn delete(&mut self, destination: &'static str, path: &str) -> Result<()> {
        self.client.delete("certificate-sync.delete", &format!("{path}?removeCertificates=true")).await;
        let until = Instant::now() + LONGEST_WAIT;
        loop {
            let answer = self.client.look(path).await?;
            if answer.status == 404 {
                self.kept.remove(destination);
                return Ok(());
            }
            // It may have been refused, or not have been heard.
            if !still_busy(&answer.body["removeStatus"]) {
                return Ok(());
            }
            ensure!(Instant::now() < until, "it should be gone: {}", answer.body);
            tokio::time::sleep(LOOK_AGAIN).await;
        }
    }

    async fn slots(&self, sync: &str) -> Result<Vec<Value>> {
        let answer = self.client.look(&format!("{SYNCS}/{sync}/certificates?limit=100")).await?;
        if answer.status == 404 {
            return Ok(Vec::new());
        }
        let told = answer.ok()?;
        told["certificates"].as_array().cloned().with_context(|| format!("no list: {told}"))
    }

    /// ACM and the listener have what is attached, and what others put there.
    pub(super) async fn compare(&mut self) -> Result<()> {
        let mut in_acm = self.others.clone();
        let mut served = self.served.clone();
        let mut count = 0;
        for (destination, sync) in &self.kept {
            let slots = match self.settled(destination, sync).await {
                Ok(slots) => slots,
                Err(failure) => {
                    self.client.tally.finding(format!("the sync to {destination}: {failure:#}"));
                    continue;
                }
            };
            for slot in slots {
                let id = text(&slot["certificateId"])?;
                let Some(arn) = slot["externalIdentifier"].as_str() else {
                    self.client.tally.finding(format!("attached to {destination}, and not there: {slot}"));
                    continue;
                };
                // One that was revoked before its turn is not carried: what was there stays, and the attachment says why.
                let is_kept_back = slot["syncStatus"] == "failed" && slot["certificateStatus"] == "revoked";
                let wanted = if is_kept_back {
                    text(&slot["syncMetadata"]["deployedSerialNumber"])?
                } else {
                    serial_of(&self.client.api, &id).await?
                };
                let found = self.account.acm_serial(arn).await?;
                if wanted != found {
                    self.client
                        .tally
                        .finding(format!("{arn} has the serial number {found} instead of {wanted}"));
                }
                in_acm.insert(arn.to_owned());
                count += 1;
                if *destination == TO_LOAD_BALANCER {
                    served.for_sni.insert(arn.to_owned());
                    if slot["syncMetadata"]["isDefault"] == true {
                        served.for_sni.extend(served.default.replace(arn.to_owned()));
                    }
                }
            }
        }
        // What is detached leaves ACM some time after the listener.
        let until = Instant::now() + LONGEST_WAIT;
        let found = loop {
            let found = self.account.acm_arns().await?;
            if found == in_acm || Instant::now() > until {
                break found;
            }
            tokio::time::sleep(LOOK_AGAIN).await;
        };
        if found != in_acm {
            self.client.tally.finding(format!("ACM has {found:?} instead of {in_acm:?}"));
        }
        let listener = &self.balancer.listeners[0].0;
        let now = self.system.guard.served_by(listener).await?.pop().context("it never served anything")?;
        if now != served {
            self.client.tally.finding(format!("the listener serves {now:?} instead of {served:?}"));
        }
        let others = self.others.len();
        let told = format!(
            "ACM and the listener have {count} attached certificates and {others} of others, no more"
        );
        self.client.tally.verified(told);
        Ok(())
    }

    async fn settled(&self, destination: &str, sync: &str) -> Result<Vec<Value>> {
        let until = Instant::now() + LONGEST_WAIT;
        loop {
            let read = self.client.read(&format!("{SYNCS}/{destination}/{sync}")).await?;
            let slots = self.slots(sync).await?;
            let is_busy =
                still_busy(&read["syncStatus"]) || slots.iter().any(|slot| still_busy(&slot["syncStatus"]));
            if !is_busy {
                let revoked = |slot: &Value| slot.to_string().contains("revoked");
                let wrong: Vec<_> =
                    slots.iter().filter(|slot| slot["syncStatus"] != "succeeded" && !revoked(slot)).collect();
                ensure!(wrong.is_empty(), "these were not carried: {wrong:?}");
                return Ok(slots);
            }
            ensure!(Instant::now() < until, "after {LONGEST_WAIT:?} it is not settled: {read} {slots:?}");
            tokio::time::sleep(LOOK_AGAIN).await;
        }
    }
}
