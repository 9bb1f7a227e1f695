//! Certificates of a private CA: issued, renewed, revoked; and carried to ACM and to a listener.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use futures::future::BoxFuture;
use serde_json::{Value, json};
use testkit::fleet::documented::{CERTIFICATE_MANAGER, LOAD_BALANCER};

use super::Capability;
use super::certificate_syncs::CertificateSyncs;
use super::client::Client;
use crate::LONGEST_WAIT;
use crate::certificates::{CERT_MANAGER, PRIVATE_CA, Profile, attributes};
use crate::load_balancers::serial;
use crate::stage::Stage;
use crate::system::text;

/// At most so many that are neither revoked nor replaced.
const AT_ONCE: usize = 8;
const LOOK_AGAIN: Duration = Duration::from_secs(1);

/// A project with an authority, and the syncs of its certificates.
pub(super) struct Certificates {
    client: Client,
    stage: Stage,
    profile: Profile,
    ca: String,
    /// What the CA had issued before: its own certificate.
    root: BTreeSet<String>,
    dice: fastrand::Rng,
    syncs: CertificateSyncs,
    count: u32,
}

impl Certificates {
    pub(super) async fn new(stage: Stage, client: Client, mut dice: fastrand::Rng) -> Result<Self> {
        stage.allow(&[&PRIVATE_CA[..], &CERTIFICATE_MANAGER, &LOAD_BALANCER].concat()).await?;
        let ca = stage.account.private_ca().await?;
        let profile = Profile::private(&stage, &ca).await?;
        let root = issued(&stage, &ca).await?.into_keys().collect();
        let syncs = CertificateSyncs::new(&stage, client.clone(), &profile.application, dice.fork()).await?;
        Ok(Self { client, stage, profile, ca, root, dice, syncs, count: 0 })
    }

    async fn step(&mut self) -> Result<()> {
        let all = self.listed().await?;
        let live: Vec<_> =
            all.iter().filter(|one| is_live(one)).map(|one| text(&one["id"])).collect::<Result<_>>()?;
        match self.dice.u8(..20) {
            0..5 if live.len() < AT_ONCE => self.issue().await,
            5..8 => self.renew(&live).await,
            8 => self.revoke(&live).await,
            _ => self.syncs.step(&live).await,
        }
    }

    async fn issue(&mut self) -> Result<()> {
        self.count += 1;
        let name = format!("soak-{}.example.com", self.count);
        let body = json!({ "profileId": self.profile.id, "applicationId": self.profile.application,
            "attributes": attributes(&[&name]) });
        self.client.post("certificate.request", &format!("{CERT_MANAGER}/certificates"), &body).await;
        Ok(())
    }

    async fn renew(&mut self, live: &[String]) -> Result<()> {
        let Some(id) = self.dice.choice(live) else { return self.issue().await };
        let path = format!("{CERT_MANAGER}/certificates/{id}/renew");
        self.client.post("certificate.renew", &path, &json!({})).await;
        Ok(())
    }

    async fn revoke(&mut self, live: &[String]) -> Result<()> {
        let Some(id) = self.dice.choice(live) else { return self.issue().await };
        let path = format!("{CERT_MANAGER}/certificates/{id}/revoke");
        self.client.post("certificate.revoke", &path, &json!({ "revocationReason": "SUPERSEDED" })).await;
        Ok(())
    }

    async fn pages(&self, what: &str, list: &str) -> Result<Vec<Value>> {
        let mut all = Vec::new();
        loop {
            let path = format!(
                "{CERT_MANAGER}/{what}?projectId={}&limit=100&offset={}",
                self.stage.project,
                all.len()
            );
            let mut told = self.client.read(&path).await?;
            let page = told[list].as_array_mut().with_context(|| format!("a list of {what}"))?;
            if page.is_empty() {
                return Ok(all);
            }
            all.append(page);
        }
    }

    async fn listed(&self) -> Result<Vec<Value>> {
        self.pages("certificates", "certificates").await
    }

    /// Once no request is under way any more: how many there were, and what those say that failed.
    async fn ended(&self) -> Result<(usize, Vec<String>)> {
        let until = Instant::now() + LONGEST_WAIT;
        loop {
            let all = self.pages("certificates/certificate-requests", "certificateRequests").await?;
            let failed =
                all.iter().filter(|one| one["status"] == "failed").map(|one| one["errorMessage"].to_string());
            let failed: Vec<_> = failed.collect();
            let pending: Vec<_> = all.iter().filter(|one| one["status"] == "pending").collect();
            if pending.is_empty() {
                return Ok((all.len(), failed));
            }
            ensure!(Instant::now() < until, "after {LONGEST_WAIT:?} these are pending: {pending:?}");
            tokio::time::sleep(LOOK_AGAIN).await;
        }
    }

    async fn compare(&mut self) -> Result<()> {
        let (requests, failed) = self.ended().await?;
        if !failed.is_empty() {
            self.client
                .tally
                .finding(format!("of {requests} requests for certificates these failed: {failed:?}"));
        }
        let until = Instant::now() + LONGEST_WAIT;
        // A revocation that was asked for is done in a while.
        let (wanted, found) = loop {
            let wanted = issued(&self.stage, &self.ca).await?;
            let wanted = wanted.into_iter().filter(|(serial, _)| !self.root.contains(serial));
            let wanted = wanted.collect::<BTreeMap<_, _>>();
            let known = |one: &Value| Ok((serial(&text(&one["serialNumber"])?), one["status"] == "revoked"));
            let found = self.listed().await?.iter().map(known).collect::<Result<BTreeMap<_, _>>>()?;
            if wanted == found || Instant::now() > until {
                break (wanted, found);
            }
            tokio::time::sleep(LOOK_AGAIN).await;
        };
        if wanted != found {
            self.client
                .tally
                .finding(format!("the CA issued (and revoked) {wanted:?}, and these are known: {found:?}"));
        }
        let revoked = found.values().filter(|is_revoked| **is_revoked).count();
        self.client.tally.verified(format!(
            "{} certificates of {requests} requests are those that the CA issued, {revoked} of them revoked",
            found.len()
        ));
        self.syncs.compare().await
    }
}

impl Capability for Certificates {
    fn act(&mut self) -> BoxFuture<'_, Result<()>> {
        Box::pin(self.step())
    }

    fn verify(&mut self) -> BoxFuture<'_, Result<()>> {
        Box::pin(self.compare())
    }
}

fn is_live(certificate: &Value) -> bool {
    certificate["status"] == "active" && certificate["renewedByCertificateId"].is_null()
}

/// What the CA has issued, by serial number: whether it is revoked.
async fn issued(stage: &Stage, ca: &str) -> Result<BTreeMap<String, bool>> {
    let told = stage.system().guard.issued().await?;
    let all = told[ca].as_array().with_context(|| format!("the guard does not know {ca}"))?;
    all.iter().map(|one| Ok((serial(&text(&one["serial"])?), !one["revoked"].is_null()))).collect()
}
