//! A customer's private CAs and hosted zones, and certificates as those see them who ask for them.

use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use crate::LONGEST_WAIT;
use crate::account::{Account, element};
use crate::api::Api;
use crate::stage::Stage;
use crate::system::{System, text, unique};

/// Where everything of certificates is.
pub const CERT_MANAGER: &str = "/api/v1/cert-manager";
/// The actions that the documentation asks for, for a private CA.
pub const PRIVATE_CA: [&str; 5] = [
    "acm-pca:DescribeCertificateAuthority",
    "acm-pca:GetCertificateAuthorityCertificate",
    "acm-pca:IssueCertificate",
    "acm-pca:GetCertificate",
    "acm-pca:RevokeCertificate",
];
/// Those for public certificates.
pub const PUBLIC_CA: [&str; 6] = [
    "acm:RequestCertificate",
    "acm:DescribeCertificate",
    "acm:ExportCertificate",
    "acm:RenewCertificate",
    "acm:RevokeCertificate",
    "acm:ListCertificates",
];
/// Those for the zone that proves names to ACM.
pub const HOSTED_ZONE: [&str; 2] = ["route53:GetHostedZone", "route53:ChangeResourceRecordSets"];

const LOOK_AGAIN: Duration = Duration::from_millis(300);

impl Account {
    /// A private root CA that issues, with a P-256 key; its ARN.
    ///
    /// # Errors
    /// When Private CA refuses.
    pub async fn private_ca(&self) -> Result<String> {
        let ask = async |action: &str, body: Value| {
            self.json("acm-pca", &format!("ACMPrivateCA.{action}"), &body)
                .await
                .with_context(|| action.to_owned())
        };
        let configuration = json!({ "KeyAlgorithm": "EC_prime256v1", "SigningAlgorithm": "SHA256WITHECDSA",
            "Subject": { "CommonName": unique("Root") } });
        let create =
            json!({ "CertificateAuthorityType": "ROOT", "CertificateAuthorityConfiguration": configuration });
        let arn = text(&ask("CreateCertificateAuthority", create).await?["CertificateAuthorityArn"])?;
        let named = json!({ "CertificateAuthorityArn": arn });
        let csr = text(&ask("GetCertificateAuthorityCsr", named).await?["Csr"])?;
        let issue = json!({ "CertificateAuthorityArn": arn, "Csr": STANDARD.encode(csr), "SigningAlgorithm": "SHA256WITHECDSA",
            "TemplateArn": "arn:aws:acm-pca:::template/RootCACertificate/V1", "Validity": { "Type": "DAYS", "Value": 3650 } });
        let own = text(&ask("IssueCertificate", issue).await?["CertificateArn"])?;
        let get = json!({ "CertificateAuthorityArn": arn, "CertificateArn": own });
        let pem = text(&ask("GetCertificate", get).await?["Certificate"])?;
        let import = json!({ "CertificateAuthorityArn": arn, "Certificate": STANDARD.encode(pem) });
        ask("ImportCertificateAuthorityCertificate", import).await?;
        Ok(arn)
    }

    /// A private CA's own certificate.
    ///
    /// # Errors
    /// When Private CA refuses.
    pub async fn root_certificate(&self, ca: &str) -> Result<String> {
        let named = json!({ "CertificateAuthorityArn": ca });
        let got = self.json("acm-pca", "ACMPrivateCA.GetCertificateAuthorityCertificate", &named).await?;
        text(&got["Certificate"])
    }

    /// Turns a private CA off, or on again.
    ///
    /// # Errors
    /// When Private CA refuses.
    pub async fn set_private_ca(&self, ca: &str, status: &str) -> Result<()> {
        let update = json!({ "CertificateAuthorityArn": ca, "Status": status });
        self.json("acm-pca", "ACMPrivateCA.UpdateCertificateAuthority", &update).await.map(drop)
    }

    /// A public hosted zone; its id.
    ///
    /// # Errors
    /// When Route 53 refuses.
    pub async fn hosted_zone(&self, name: &str) -> Result<String> {
        self.zone(name, "").await
    }

    /// A private hosted zone; its id.
    ///
    /// # Errors
    /// When Route 53 refuses.
    pub async fn private_zone(&self, name: &str) -> Result<String> {
        let more = "<VPC><VPCRegion>us-east-1</VPCRegion><VPCId>vpc-1</VPCId></VPC><HostedZoneConfig>\
                    <PrivateZone>true</PrivateZone></HostedZoneConfig>";
        self.zone(name, more).await
    }

    async fn zone(&self, name: &str, more: &str) -> Result<String> {
        let body = format!(
            "<CreateHostedZoneRequest xmlns=\"https://route53.amazonaws.com/doc/2013-04-01/\"><Name>{name}</Name>\
             <CallerReference>{}</CallerReference>{more}</CreateHostedZoneRequest>",
            unique("zone")
        );
        let made =
            self.post_xml("route53", "/2013-04-01/hostedzone", &body).await.context("make a hosted zone")?;
        let id = element(&made, "Id").context("no id of a zone")?;
        Ok(id.trim_start_matches("/hostedzone/").to_owned())
    }

    /// Puts a record into a zone.
    ///
    /// # Errors
    /// When Route 53 refuses.
    pub async fn record(&self, zone: &str, name: &str, kind: &str, value: &str) -> Result<()> {
        let body = format!(
            "<ChangeResourceRecordSetsRequest xmlns=\"https://route53.amazonaws.com/doc/2013-04-01/\"><ChangeBatch><Changes>\
             <Change><Action>UPSERT</Action><ResourceRecordSet><Name>{name}</Name><Type>{kind}</Type><TTL>60</TTL>\
             <ResourceRecords><ResourceRecord><Value>{value}</Value></ResourceRecord></ResourceRecords></ResourceRecordSet>\
             </Change></Changes></ChangeBatch></ChangeResourceRecordSetsRequest>"
        );
        self.post_xml("route53", &format!("/2013-04-01/hostedzone/{zone}/rrset"), &body).await.map(drop)
    }

    /// The names of a zone's CNAMEs, in order.
    ///
    /// # Errors
    /// When Route 53 refuses.
    pub async fn cnames(&self, zone: &str) -> Result<Vec<String>> {
        let xml = self.get_xml("route53", &format!("/2013-04-01/hostedzone/{zone}/rrset")).await?;
        let sets = xml.split("<ResourceRecordSet>").skip(1);
        let cnames = sets.filter(|set| element(set, "Type").as_deref() == Some("CNAME"));
        let mut names: Vec<String> = cnames.filter_map(|set| element(set, "Name")).collect();
        names.sort();
        Ok(names)
    }
}

/// A profile of certificates, with all that it stands on.
#[derive(Debug, Clone)]
pub struct Profile {
    /// Its id.
    pub id: String,
    /// The authority's id.
    pub ca: String,
    /// The policy's id.
    pub policy: String,
    /// The id of an application that the profile is attached to.
    pub application: String,
    api: Api,
    system: &'static System,
}

impl Profile {
    /// One whose authority is this private CA.
    ///
    /// # Errors
    /// When the API refuses.
    pub async fn private(stage: &Stage, arn: &str) -> Result<Self> {
        let configuration = json!({ "appConnectionId": stage.connection, "certificateAuthorityArn": arn, "region": "us-east-1" });
        Self::of(stage, "aws-pca", configuration, json!({ "ttlDays": 30 })).await
    }

    /// One whose authority is ACM, with this zone.
    ///
    /// # Errors
    /// When the API refuses.
    pub async fn public(stage: &Stage, zone: &str) -> Result<Self> {
        let configuration = json!({ "appConnectionId": stage.connection, "dnsAppConnectionId": stage.connection,
            "hostedZoneId": zone, "region": "us-east-1" });
        Self::of(stage, "aws-acm-public-ca", configuration, json!({ "ttlDays": 198 })).await
    }

    async fn of(stage: &Stage, kind: &str, configuration: Value, defaults: Value) -> Result<Self> {
        let api = stage.api.clone();
        let made =
            async |what: &str, body: Value| api.post(&format!("{CERT_MANAGER}/{what}"), &body).await?.ok();
        let project = &stage.project;
        let ca = json!({ "name": unique("ca"), "projectId": project, "status": "active", "configuration": configuration });
        let ca = text(&made(&format!("ca/{kind}"), ca).await?["id"])?;
        let mut policy = rules();
        policy["name"] = json!(unique("policy"));
        policy["projectId"] = json!(project);
        let policy = text(&made("certificate-policies", policy).await?["certificatePolicy"]["id"])?;
        let profile = json!({ "projectId": project, "caId": ca, "certificatePolicyId": policy, "slug": unique("profile"),
            "issuerType": "ca", "defaults": defaults });
        let id = text(&made("certificate-profiles", profile).await?["certificateProfile"]["id"])?;
        let application = json!({ "name": unique("application"), "projectId": project, "profileIds": [id] });
        let application = text(&made("applications", application).await?["application"]["id"])?;
        Ok(Self { id, ca, policy, application, api, system: stage.system() })
    }

    /// One that was made.
    #[must_use]
    pub fn made(stage: &Stage, id: &str, application: &str) -> Self {
        let [id, application] = [id, application].map(str::to_owned);
        Self {
            id,
            ca: String::new(),
            policy: String::new(),
            application,
            api: stage.api.clone(),
            system: stage.system(),
        }
    }

    /// Asks for a certificate; the answer's status may be anything.
    ///
    /// # Errors
    /// When the API does not answer.
    pub async fn ask(&self, more: &Value) -> Result<crate::api::Answer> {
        let mut body = json!({ "profileId": self.id, "applicationId": self.application });
        for (field, value) in more.as_object().into_iter().flatten() {
            body[field] = value.clone();
        }
        self.api.post(&format!("{CERT_MANAGER}/certificates"), &body).await
    }

    /// Asks for a certificate; the id of the request.
    ///
    /// # Errors
    /// When the API refuses.
    pub async fn request(&self, more: &Value) -> Result<String> {
        let asked = self.ask(more).await?.ok()?;
        ensure!(asked["certificate"].is_null() && asked["status"] == "pending", "{asked}");
        text(&asked["certificateRequestId"])
    }

    /// A server's certificate for these names; the request as it ended.
    ///
    /// # Errors
    /// When it is not issued.
    pub async fn issued(&self, names: &[&str]) -> Result<Value> {
        let request = self.request(&json!({ "attributes": attributes(names) })).await?;
        let ended = self.ended(&request).await?;
        ensure!(ended["status"] == "issued", "{ended}");
        Ok(ended)
    }

    /// A request, once it is issued or has failed. Its key is looked for in all logs.
    ///
    /// # Errors
    /// When that takes too long.
    pub async fn ended(&self, request: &str) -> Result<Value> {
        let until = Instant::now() + LONGEST_WAIT;
        loop {
            let seen = self.seen(request).await?;
            if seen["status"] != "pending" {
                // The text of a key is looked for by a line of it: in a log its line breaks would be written otherwise.
                let key = seen["privateKey"].as_str().and_then(|key| key.lines().nth(1));
                key.into_iter().for_each(|line| self.system.keep_secret(line));
                return Ok(seen);
            }
            ensure!(Instant::now() < until, "after {LONGEST_WAIT:?} it is still pending: {seen}");
            tokio::time::sleep(LOOK_AGAIN).await;
        }
    }

    /// A request as it is now.
    ///
    /// # Errors
    /// When the API refuses.
    pub async fn seen(&self, request: &str) -> Result<Value> {
        self.api.get(&format!("{CERT_MANAGER}/certificates/certificate-requests/{request}")).await?.ok()
    }
}

/// A policy that allows whatever a server may ask for. What a policy does not name, nobody may ask for.
#[must_use]
pub fn rules() -> Value {
    json!({
        "subject": [{ "type": "common_name", "allowed": ["*"] }], "sans": [{ "type": "dns_name", "allowed": ["*"] }],
        "keyUsages": { "allowed": ["digital_signature"] }, "extendedKeyUsages": { "allowed": ["server_auth"] },
    })
}

/// What a server asks for: the first name is the common name, too.
#[must_use]
pub fn attributes(names: &[&str]) -> Value {
    let alt_names: Vec<_> = names.iter().map(|name| json!({ "type": "dns_name", "value": name })).collect();
    json!({ "commonName": names.first(), "altNames": alt_names, "keyAlgorithm": "EC_prime256v1",
        "keyUsages": ["digital_signature"], "extendedKeyUsages": ["server_auth"] })
}
