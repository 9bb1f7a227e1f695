//! A customer's ACM, and load balancers that serve from it.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context as _, Result};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rcgen::{CertificateParams, DnType, KeyPair};
use serde_json::{Value, json};

use crate::account::{Account, element};
use crate::system::{text, unique};

const ELB: &str = "2015-12-01";
const EC2: &str = "2016-11-15";

/// A load balancer with its listeners.
#[derive(Clone, Debug)]
pub struct LoadBalancer {
    /// Its ARN.
    pub arn: String,
    /// The listeners' ARNs, ports and protocols, in the order in which they were asked for.
    pub listeners: Vec<(String, u16, &'static str)>,
}

impl LoadBalancer {
    /// What a certificate sync is configured with, for some of its listeners.
    #[must_use]
    pub fn config(&self, listeners: &[usize]) -> Value {
        let chosen = listeners.iter().filter_map(|at| self.listeners.get(*at));
        let chosen: Vec<_> = chosen
            .map(|(arn, port, protocol)| json!({ "listenerArn": arn, "port": port, "protocol": protocol }))
            .collect();
        json!({ "region": "us-east-1", "loadBalancerArn": self.arn, "listeners": chosen })
    }
}

/// What a listener serves.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Served {
    /// What clients without SNI get.
    pub default: Option<String>,
    /// The list for SNI.
    pub for_sni: BTreeSet<String>,
}

impl Served {
    /// This default, and this list.
    #[must_use]
    pub fn of(default: &str, for_sni: &[&str]) -> Self {
        let for_sni = for_sni.iter().map(|arn| (*arn).to_owned()).collect();
        Self { default: Some(default.to_owned()), for_sni }
    }

    /// Whether clients get this certificate, by its name or without one.
    #[must_use]
    pub fn has(&self, arn: &str) -> bool {
        self.default.as_deref() == Some(arn) || self.for_sni.contains(arn)
    }

    pub(crate) fn read(told: &Value) -> Self {
        let list = told["sni"].as_array().into_iter().flatten();
        Self {
            default: told["default"].as_str().map(str::to_owned),
            for_sni: list.filter_map(|arn| Some(arn.as_str()?.to_owned())).collect(),
        }
    }
}

impl Account {
    /// An action of ACM as the account's root.
    ///
    /// # Errors
    /// When ACM refuses.
    pub async fn acm(&self, action: &str, request: &Value) -> Result<Value> {
        let target = format!("CertificateManager.{action}");
        self.json("acm", &target, request).await.with_context(|| action.to_owned())
    }

    /// The ARNs of all certificates of ACM, whatever their keys.
    ///
    /// # Errors
    /// When ACM refuses.
    pub async fn acm_arns(&self) -> Result<BTreeSet<String>> {
        let keys = ["RSA_2048", "RSA_3072", "RSA_4096", "EC_prime256v1", "EC_secp384r1", "EC_secp521r1"];
        let told = self.acm("ListCertificates", &json!({ "Includes": { "keyTypes": keys } })).await?;
        let all = told["CertificateSummaryList"].as_array().context("no list of certificates")?;
        all.iter().map(|one| text(&one["CertificateArn"])).collect()
    }

    /// A certificate as ACM describes it.
    ///
    /// # Errors
    /// When ACM refuses.
    pub async fn acm_certificate(&self, arn: &str) -> Result<Value> {
        Ok(self.acm("DescribeCertificate", &json!({ "CertificateArn": arn })).await?["Certificate"].take())
    }

    /// The serial number of a certificate in ACM, as [`serial`] writes it.
    ///
    /// # Errors
    /// When ACM refuses.
    pub async fn acm_serial(&self, arn: &str) -> Result<String> {
        Ok(serial(&text(&self.acm_certificate(arn).await?["Serial"])?))
    }

    /// The tags of a certificate in ACM.
    ///
    /// # Errors
    /// When ACM refuses.
    pub async fn acm_tags(&self, arn: &str) -> Result<BTreeMap<String, String>> {
        let told = self.acm("ListTagsForCertificate", &json!({ "CertificateArn": arn })).await?;
        let tags = told["Tags"].as_array().context("no tags")?;
        tags.iter().map(|tag| Ok((text(&tag["Key"])?, text(&tag["Value"])?))).collect()
    }

    /// A certificate in ACM that somebody else imported; its ARN.
    ///
    /// # Errors
    /// When ACM refuses.
    pub async fn foreign_certificate(&self, name: &str) -> Result<String> {
        let mut params = CertificateParams::new(vec![name.to_owned()]).context("name a certificate")?;
        params.distinguished_name.push(DnType::CommonName, name);
        let key = KeyPair::generate().context("make a key")?;
        let made = params.self_signed(&key).context("sign a certificate")?;
        let import = json!({ "Certificate": STANDARD.encode(made.pem()), "PrivateKey": STANDARD.encode(key.serialize_pem()),
            "Tags": [{ "Key": "owner", "Value": "somebody else" }] });
        text(&self.acm("ImportCertificate", &import).await?["CertificateArn"])
    }

    /// A load balancer with listeners on these ports; those of TLS serve this certificate.
    ///
    /// # Errors
    /// When AWS refuses.
    pub async fn load_balancer(
        &self,
        default: &str,
        listeners: &[(u16, &'static str)],
    ) -> Result<LoadBalancer> {
        let is_network = listeners.iter().any(|(_, protocol)| matches!(*protocol, "TLS" | "TCP"));
        let (kind, backend) = if is_network { ("network", "TCP") } else { ("application", "HTTP") };
        let ec2 = async |fields: &[(&str, &str)], name| self.made("ec2", EC2, fields, name).await;
        let elb =
            async |fields: &[(&str, &str)], name| self.made("elasticloadbalancing", ELB, fields, name).await;
        let vpc = ec2(&[("Action", "CreateVpc"), ("CidrBlock", "10.0.0.0/16")], "vpcId").await?;
        let subnet = [("Action", "CreateSubnet"), ("VpcId", &vpc), ("CidrBlock", "10.0.0.0/24")];
        let subnet = ec2(&subnet, "subnetId").await?;
        let name = unique("web");
        let balancer = [
            ("Action", "CreateLoadBalancer"),
            ("Name", &name),
            ("Type", kind),
            ("Subnets.member.1", &subnet),
        ];
        let arn = elb(&balancer, "LoadBalancerArn").await?;
        let group = [
            ("Action", "CreateTargetGroup"),
            ("Name", &name),
            ("Protocol", backend),
            ("Port", "80"),
            ("VpcId", &vpc),
        ];
        let group = elb(&group, "TargetGroupArn").await?;
        let mut made = Vec::with_capacity(listeners.len());
        for (port, protocol) in listeners {
            let number = port.to_string();
            let mut fields = vec![
                ("Action", "CreateListener"),
                ("LoadBalancerArn", &arn),
                ("Port", &number),
                ("Protocol", protocol),
                ("DefaultActions.member.1.Type", "forward"),
                ("DefaultActions.member.1.TargetGroupArn", &group),
            ];
            if matches!(*protocol, "TLS" | "HTTPS") {
                fields.push(("Certificates.member.1.CertificateArn", default));
            }
            made.push((elb(&fields, "ListenerArn").await?, *port, *protocol));
        }
        Ok(LoadBalancer { arn, listeners: made })
    }

    /// Puts somebody else's certificate into a listener's list.
    ///
    /// # Errors
    /// When AWS refuses.
    pub async fn serve(&self, listener: &str, arn: &str) -> Result<()> {
        let fields = [
            ("Action", "AddListenerCertificates"),
            ("ListenerArn", listener),
            ("Certificates.member.1.CertificateArn", arn),
        ];
        self.query("elasticloadbalancing", ELB, &fields).await.map(drop)
    }

    async fn made(
        &self,
        service: &str,
        version: &str,
        fields: &[(&str, &str)],
        name: &str,
    ) -> Result<String> {
        let answer = self.query(service, version, fields).await?;
        element(&answer, name).with_context(|| format!("no {name} in {answer}"))
    }
}

/// A serial number without colons and leading zeros, as lower-case hexadecimal.
#[must_use]
pub fn serial(told: &str) -> String {
    told.replace(':', "").trim_start_matches('0').to_lowercase()
}
