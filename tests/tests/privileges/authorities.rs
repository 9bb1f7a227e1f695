//! Certificates from Private CA and from ACM, and what each action is for.

use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail, ensure};
use serde_json::{Value, json};
use tests::LONGEST_WAIT;
use tests::certificates::{CERT_MANAGER, Profile, attributes};
use tests::stage::{Stage, eventually};
use tests::system::{System, text, unique};

use super::life::{Attempt, Beside, Capability, Level, Life, Told, printed};
use super::trial::Without;

const CONFIGURE: &str = "configure the authority";
const ISSUE: &str = "issue";
const RENEW: &str = "renew";
const REVOKE: &str = "revoke";

/// So long it is believed what an authority is.
const A_MINUTE: Duration = Duration::from_secs(61);
const AN_HOUR: Duration = Duration::from_secs(3_600);
/// Private CA and ACM take a second or so in the stand-in.
const LOOK_AGAIN: Duration = Duration::from_secs(3);

/// What both authorities do.
pub(super) struct Issuing {
    stage: Stage,
    printed: Value,
    profile: Profile,
    /// How an authority is configured: its type, and with what.
    authority: (&'static str, Value),
    attributes: Value,
    certificate: String,
    /// The request that AWS has taken, and whose end is not here.
    pending: Option<String>,
    /// Where the records stand that prove the names.
    zone: Option<String>,
}

impl Issuing {
    async fn does(&mut self, deed: &'static str, attempt: Attempt) -> Result<Told> {
        match deed {
            CONFIGURE => {
                let (kind, configuration) = &self.authority;
                let body = json!({ "name": unique("ca"), "projectId": self.stage.project, "status": "active",
                    "configuration": configuration });
                let answer = self.stage.api.post(&format!("{CERT_MANAGER}/ca/{kind}"), &body).await?;
                if answer.status != 200 {
                    return Ok(Told::Failed(text(&answer.body["message"])?));
                }
                Ok(Told::Done(String::new()))
            }
            ISSUE => {
                let request = match self.pending.clone() {
                    Some(request) => request,
                    None => self.profile.request(&json!({ "attributes": self.attributes })).await?,
                };
                let takes_hours = attempt == Attempt::Again || self.authority.0 == "aws-acm-public-ca";
                self.ended(&request, takes_hours).await
            }
            RENEW => {
                if let Some(request) = self.pending.clone() {
                    return self.ended(&request, true).await;
                }
                let path = format!("{CERT_MANAGER}/certificates/{}/renew", self.certificate);
                let answer = self.stage.api.post(&path, &json!({})).await?;
                if answer.status != 200 {
                    return Ok(Told::Failed(text(&answer.body["message"])?));
                }
                self.ended(&text(&answer.body["certificateRequestId"])?, true).await
            }
            REVOKE => {
                let path = format!("{CERT_MANAGER}/certificates/{}", self.certificate);
                let reason = json!({ "revocationReason": "SUPERSEDED" });
                let answer = self.stage.api.post(&format!("{path}/revoke"), &reason).await?;
                if answer.status != 200 {
                    return Ok(Told::Failed(text(&answer.body["message"])?));
                }
                let is_revoked = || async {
                    Ok(self.stage.api.get(&path).await?.ok()?["certificate"]["status"] == "revoked")
                };
                eventually("it is revoked", is_revoked).await?;
                Ok(Told::Done(String::new()))
            }
            other => bail!("nobody does {other}"),
        }
    }

    /// How a request ended. What AWS has taken is paid for, and does not end with a refusal: that is told
    /// of it meanwhile. Where it `takes_hours`, as renewals by ACM and patience do, they pass.
    async fn ended(&mut self, request: &str, takes_hours: bool) -> Result<Told> {
        let (system, key) = (self.stage.system(), format!("CERTIFICATE_REQUEST#{request}"));
        let was_told = self.pending.take().is_some();
        let until = Instant::now() + LONGEST_WAIT;
        while Instant::now() < until {
            let seen = self.profile.seen(request).await?;
            if seen["status"] != "pending" {
                return self.judged(request).await;
            }
            let words = seen["message"].as_str().unwrap_or_default();
            if words.contains("was refused") && !was_told {
                self.pending = Some(request.to_owned());
                return Ok(Told::Failed(words.to_owned()));
            }
            tokio::time::sleep(LOOK_AGAIN).await;
            if takes_hours {
                system.state.let_pass(&key, &key, AN_HOUR).await?;
                system.invoke("CertificateWorkerFunction", &json!({ "tick": true })).await?;
            }
        }
        bail!("it does not end: {}", self.profile.seen(request).await?)
    }

    async fn judged(&mut self, request: &str) -> Result<Told> {
        let ended = self.profile.ended(request).await?;
        if ended["status"] != "issued" {
            return Ok(Told::Failed(text(&ended["errorMessage"])?));
        }
        let (certificate, key) = (text(&ended["certificate"])?, text(&ended["privateKey"])?);
        tests::pem::fits(&certificate, &key).context("the key is another certificate's")?;
        self.certificate = text(&ended["certificateId"])?;
        Ok(Told::Done(String::new()))
    }
}

impl Life for Issuing {
    fn stage(&self) -> &Stage {
        &self.stage
    }

    fn printed(&self) -> &Value {
        &self.printed
    }

    async fn deed(&mut self, deed: &'static str, attempt: Attempt) -> Result<Told> {
        let told = self.does(deed, attempt).await?;
        if let Some(zone) = &self.zone
            && deed == ISSUE
            && matches!(told, Told::Done(_))
        {
            let names = self.stage.account.cnames(zone).await?;
            ensure!(!names.is_empty(), "it was issued without a proof");
        }
        Ok(told)
    }

    async fn there(&self) -> Result<Value> {
        Ok(match &self.zone {
            Some(zone) => json!(self.stage.account.cnames(zone).await?),
            None => Value::Null,
        })
    }
}

/// An AWS Private CA.
pub(super) struct PrivateCa;

impl Capability for PrivateCa {
    const NAME: &'static str = "private-ca";
    const DEEDS: &'static [&'static str] = &[CONFIGURE, ISSUE, RENEW, REVOKE];
    type Life = Issuing;

    async fn begin(system: &'static System, level: Level) -> Result<Issuing> {
        let stage = Stage::new(system).await?;
        let ca = stage.account.private_ca().await?;
        let query = format!(
            "capability=private-ca,parameter-store&certificateAuthorityArn={ca}&{}",
            Beside::query(Self::NAME)
        );
        let printed = printed(&stage, level, &query).await?;
        stage.allow_exactly(&printed).await?;
        let profile = Profile::private(&stage, &ca).await?;
        let configuration = json!({ "appConnectionId": stage.connection, "certificateAuthorityArn": ca, "region": "us-east-1" });
        let authority = ("aws-pca", configuration);
        let attributes = attributes(&["shop.internal.example.com"]);
        Ok(Issuing {
            stage,
            printed,
            profile,
            authority,
            attributes,
            certificate: String::new(),
            pending: None,
            zone: None,
        })
    }
}

impl PrivateCa {
    /// Asked only where GetCertificate leaves the chain out, as a root CA's own answer may; the stand-in never does.
    pub(super) const ELSEWHERE: &'static [&'static str] = &["acm-pca:GetCertificateAuthorityCertificate"];

    /// What each action is for.
    pub(super) const WITHOUT: &'static [Without] = &[
        Without::action("acm-pca:DescribeCertificateAuthority", &[CONFIGURE, ISSUE, RENEW])
            .believed(A_MINUTE),
        Without::action("acm-pca:IssueCertificate", &[ISSUE, RENEW]).short(),
        Without::action("acm-pca:GetCertificate", &[ISSUE, RENEW]),
        Without::action("acm-pca:RevokeCertificate", &[REVOKE]),
    ];
}

/// ACM, with a zone that proves the names.
pub(super) struct PublicCa;

impl Capability for PublicCa {
    const NAME: &'static str = "public-ca";
    const DEEDS: &'static [&'static str] = &[CONFIGURE, ISSUE, RENEW, REVOKE];
    // The records that prove the names stay, for the renewals.
    const STEPWISE: &'static [&'static str] = &[ISSUE];
    type Life = Issuing;

    async fn begin(system: &'static System, level: Level) -> Result<Issuing> {
        let stage = Stage::new(system).await?;
        let domain = format!("{}.example.com", unique("privileges"));
        let zone = stage.account.hosted_zone(&domain).await?;
        let query = format!(
            "capability=public-ca,parameter-store&hostedZoneId={zone}&region=us-east-1&{}",
            Beside::query(Self::NAME)
        );
        let printed = printed(&stage, level, &query).await?;
        stage.allow_exactly(&printed).await?;
        let profile = Profile::public(&stage, &zone).await?;
        let configuration = json!({ "appConnectionId": stage.connection, "dnsAppConnectionId": stage.connection,
            "hostedZoneId": zone, "region": "us-east-1" });
        let authority = ("aws-acm-public-ca", configuration);
        let attributes = json!({ "commonName": domain, "altNames": [{ "type": "dns_name", "value": domain }],
            "keyAlgorithm": "EC_prime256v1", "ttl": "198d" });
        Ok(Issuing {
            stage,
            printed,
            profile,
            authority,
            attributes,
            certificate: String::new(),
            pending: None,
            zone: Some(zone),
        })
    }
}

impl PublicCa {
    /// What each action is for.
    pub(super) const WITHOUT: &'static [Without] = &[
        Without::action("acm:ListCertificates", &[CONFIGURE]),
        Without::action("route53:GetHostedZone", &[CONFIGURE, ISSUE, RENEW]),
        Without::action("acm:RequestCertificate", &[ISSUE]),
        Without::action("acm:DescribeCertificate", &[ISSUE, RENEW, REVOKE]),
        Without::action("route53:ChangeResourceRecordSets", &[ISSUE, RENEW]),
        Without::action("acm:ExportCertificate", &[ISSUE, RENEW]),
        Without::action("acm:RenewCertificate", &[RENEW]),
        Without::action("acm:RevokeCertificate", &[REVOKE]),
    ];
}
