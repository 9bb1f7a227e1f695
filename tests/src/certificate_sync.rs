//! Certificate syncs as their users see them.

use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use http::Method;
use serde_json::{Value, json};

use crate::LONGEST_WAIT;
use crate::api::{Answer, Api};
use crate::certificates::CERT_MANAGER;
use crate::stage::{Stage, eventually};
use crate::system::{System, text, unique};

/// Where everything of certificate syncs is.
pub const SYNCS: &str = "/api/v1/cert-manager/syncs";
/// The destination ACM, as paths name it.
pub const TO_ACM: &str = "aws-certificate-manager";
/// The destination that also puts certificates onto listeners, as paths name it.
pub const TO_LOAD_BALANCER: &str = "aws-elastic-load-balancer";

const LOOK_AGAIN: Duration = Duration::from_millis(300);

/// A certificate sync.
#[derive(Clone, Debug)]
pub struct CertificateSync {
    /// Its id.
    pub id: String,
    /// Where to.
    pub destination: &'static str,
    api: Api,
}

/// The body that makes a sync, with everything that a client says.
#[must_use]
pub fn body(connection: &str, application: &str, config: &Value) -> Value {
    json!({
        "name": unique("certificate-sync"), "connectionId": connection, "applicationId": application,
        "syncOptions": { "canRemoveCertificates": true, "certificateNameSchema": "tests-{{shortCertificateId}}" },
        "destinationConfig": config,
    })
}

impl CertificateSync {
    /// A sync to ACM, with the stage's connection.
    ///
    /// # Errors
    /// When the API refuses.
    pub async fn to_acm(stage: &Stage, application: &str) -> Result<Self> {
        let body = body(&stage.connection, application, &json!({ "region": "us-east-1" }));
        Self::create(&stage.api, TO_ACM, &body).await
    }

    /// A sync to listeners of a load balancer, with the stage's connection.
    ///
    /// # Errors
    /// When the API refuses.
    pub async fn to_listeners(stage: &Stage, application: &str, config: &Value) -> Result<Self> {
        Self::create(&stage.api, TO_LOAD_BALANCER, &body(&stage.connection, application, config)).await
    }

    /// A sync with this body.
    ///
    /// # Errors
    /// When the API refuses.
    pub async fn create(api: &Api, destination: &'static str, body: &Value) -> Result<Self> {
        let made = api.post(&format!("{SYNCS}/{destination}"), body).await?.ok()?;
        Ok(Self { id: text(&made["id"])?, destination, api: api.clone() })
    }

    /// One that was made.
    #[must_use]
    pub fn made(api: &Api, destination: &'static str, id: &str) -> Self {
        Self { id: id.to_owned(), destination, api: api.clone() }
    }

    /// Its path, and what follows.
    #[must_use]
    pub fn path(&self, what: &str) -> String {
        format!("{SYNCS}/{}/{}{what}", self.destination, self.id)
    }

    /// Itself, as it is now.
    ///
    /// # Errors
    /// When the API refuses.
    pub async fn read(&self) -> Result<Value> {
        self.api.get(&self.path("")).await?.ok()
    }

    /// Attaches a certificate: what was added.
    ///
    /// # Errors
    /// When the API refuses.
    pub async fn attach(&self, certificate: &str) -> Result<Vec<Value>> {
        let told = self.attached(Method::POST, certificate).await?.ok()?;
        told["addedCertificates"].as_array().cloned().with_context(|| format!("no list: {told}"))
    }

    /// Detaches a certificate: how many were removed.
    ///
    /// # Errors
    /// When the API refuses.
    pub async fn detach(&self, certificate: &str) -> Result<u64> {
        let told = self.attached(Method::DELETE, certificate).await?.ok()?;
        told["removedCount"].as_u64().with_context(|| format!("no count: {told}"))
    }

    /// `POST` or `DELETE` of a certificate that is to be, or is, attached.
    ///
    /// # Errors
    /// When the API does not answer.
    pub async fn attached(&self, method: Method, certificate: &str) -> Result<Answer> {
        let path = format!("{SYNCS}/{}/certificates", self.id);
        self.api.send(method, &path, Some(&json!({ "certificateIds": [certificate] }))).await
    }

    /// What is attached.
    ///
    /// # Errors
    /// When the API refuses.
    pub async fn certificates(&self) -> Result<Vec<Value>> {
        let told = self.api.get(&format!("{SYNCS}/{}/certificates?limit=100", self.id)).await?.ok()?;
        told["certificates"].as_array().cloned().with_context(|| format!("no list: {told}"))
    }

    /// `POST` below its path, without a body: `sync`, `plan`, `certificates/{id}/rollback`, ….
    ///
    /// # Errors
    /// When the API refuses.
    pub async fn post(&self, what: &str) -> Result<Value> {
        self.api.send(Method::POST, &self.path(&format!("/{what}")), None).await?.ok()
    }

    /// `DELETE` below its path, or of itself.
    ///
    /// # Errors
    /// When the API refuses.
    pub async fn delete(&self, what: &str) -> Result<Value> {
        self.api.delete(&self.path(what)).await?.ok()
    }

    /// A certificate that is attached, once it is where it should be.
    ///
    /// # Errors
    /// When that takes too long, or it failed.
    pub async fn carried(&self, certificate: &str) -> Result<Value> {
        let ended = self.ended(certificate).await?;
        ensure!(ended["syncStatus"] == "succeeded", "it was not carried: {ended}");
        Ok(ended)
    }

    /// A certificate that is attached, once nothing more is done for it.
    ///
    /// # Errors
    /// When that takes too long, or it is not attached.
    pub async fn ended(&self, certificate: &str) -> Result<Value> {
        let until = Instant::now() + LONGEST_WAIT;
        loop {
            let all = self.certificates().await?;
            let one = all.into_iter().find(|one| one["certificateId"] == certificate);
            let one = one.with_context(|| format!("{certificate} is not attached"))?;
            if matches!(one["syncStatus"].as_str(), Some("succeeded" | "failed")) {
                return Ok(one);
            }
            ensure!(Instant::now() < until, "after {LONGEST_WAIT:?}: {one} of {}", self.read().await?);
            tokio::time::sleep(LOOK_AGAIN).await;
        }
    }

    /// Itself, once nothing is wanted and nothing runs any more.
    ///
    /// # Errors
    /// When that takes too long.
    pub async fn settled(&self) -> Result<Value> {
        let until = Instant::now() + LONGEST_WAIT;
        loop {
            let sync = self.read().await?;
            let busy = |field: &str| matches!(sync[field].as_str(), Some("pending" | "running" | "syncing"));
            if !["syncStatus", "removeStatus"].into_iter().any(busy) {
                return Ok(sync);
            }
            ensure!(Instant::now() < until, "after {LONGEST_WAIT:?} it is still not settled: {sync}");
            tokio::time::sleep(LOOK_AGAIN).await;
        }
    }
}

/// Renews a certificate: the new one's id.
///
/// # Errors
/// When the API refuses, or that takes too long.
pub async fn renewed(system: &System, api: &Api, certificate: &str) -> Result<String> {
    let one = format!("{CERT_MANAGER}/certificates/{certificate}");
    api.post(&format!("{one}/renew"), &json!({})).await?.ok()?;
    let read = async || Ok(api.get(&one).await?.ok()?["certificate"].take());
    let is_renewed = || async { read().await.map(|read: Value| read["renewedByCertificateId"].is_string()) };
    eventually("it is renewed", is_renewed).await?;
    let next = text(&read().await?["renewedByCertificateId"])?;
    let bundle = api.get(&format!("{CERT_MANAGER}/certificates/{next}/bundle")).await?.ok()?;
    text(&bundle["privateKey"])?.lines().nth(1).into_iter().for_each(|line| system.keep_secret(line));
    Ok(next)
}

/// The serial number of a certificate of ours.
///
/// # Errors
/// When the API refuses.
pub async fn serial_of(api: &Api, certificate: &str) -> Result<String> {
    let read = api.get(&format!("{CERT_MANAGER}/certificates/{certificate}")).await?.ok()?;
    Ok(crate::load_balancers::serial(&text(&read["certificate"]["serialNumber"])?))
}
