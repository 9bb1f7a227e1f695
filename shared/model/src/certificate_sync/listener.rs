//! Load balancers and their listeners, by their ARNs.
//!
//! <https://docs.aws.amazon.com/service-authorization/latest/reference/list_awselasticloadbalancingv2.html>

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::arn::Arn;
use crate::region::Region;

/// The most listeners of one sync: as many as a load balancer has by AWS's default quota.
/// <https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-limits.html>
pub const MOST_LISTENERS: usize = 50;

/// A load balancer that ends TLS.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct LoadBalancerArn {
    text: String,
    region: Region,
    /// `app/<name>/<id>` or `net/<name>/<id>`.
    path: String,
}

/// Why a text is no load balancer that certificates can be on.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotALoadBalancer {
    /// No ARN of a load balancer at all.
    #[error(
        "Invalid load balancer ARN: expected arn:<partition>:elasticloadbalancing:<region>:<account>:loadbalancer/app|net/<name>/<id>"
    )]
    Other,
    /// It balances what other appliances look at, and has no listeners with certificates.
    #[error("A gateway load balancer does not end TLS: it has no certificates")]
    Gateway,
    /// Classic ones have no listener ARNs.
    #[error("A Classic Load Balancer is not supported: use an Application or Network Load Balancer")]
    Classic,
}

impl FromStr for LoadBalancerArn {
    type Err = NotALoadBalancer;

    fn from_str(text: &str) -> Result<Self, NotALoadBalancer> {
        let arn: Arn = text.parse().map_err(|_| NotALoadBalancer::Other)?;
        let path = arn.resource.strip_prefix("loadbalancer/").ok_or(NotALoadBalancer::Other)?;
        let region = arn.region.clone().ok_or(NotALoadBalancer::Other)?;
        if arn.service != "elasticloadbalancing" || arn.account.is_none() {
            return Err(NotALoadBalancer::Other);
        }
        // Session policies name it: an asterisk would reach other load balancers.
        let is_word = |word: &str| {
            (1..=64).contains(&word.len())
                && word.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
        };
        let mut segments = path.split('/');
        let kind = segments.next().unwrap_or_default();
        let (name, id, end) = (segments.next(), segments.next(), segments.next());
        match (kind, name, id, end) {
            ("app" | "net", Some(name), Some(id), None) if is_word(name) && is_word(id) => {
                Ok(Self { region, path: path.to_owned(), text: text.to_owned() })
            }
            ("gwy", Some(_), Some(_), None) => Err(NotALoadBalancer::Gateway),
            (_, None, None, None) if !kind.is_empty() => Err(NotALoadBalancer::Classic),
            _another => Err(NotALoadBalancer::Other),
        }
    }
}

impl LoadBalancerArn {
    /// The ARN.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Where it is.
    #[must_use]
    pub const fn region(&self) -> &Region {
        &self.region
    }

    /// Whether it is a Network Load Balancer, whose listeners with certificates are TLS; otherwise they are HTTPS.
    #[must_use]
    pub fn is_network(&self) -> bool {
        self.path.starts_with("net/")
    }

    /// Whether a listener with this ARN is one of it.
    #[must_use]
    pub fn has_listener(&self, listener: &str) -> bool {
        let prefix = self.text.replacen(":loadbalancer/", ":listener/", 1);
        let id = listener.strip_prefix(&prefix).and_then(|rest| rest.strip_prefix('/'));
        id.is_some_and(|id| !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_alphanumeric()))
    }
}

impl fmt::Display for LoadBalancerArn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl TryFrom<String> for LoadBalancerArn {
    type Error = NotALoadBalancer;

    fn try_from(text: String) -> Result<Self, NotALoadBalancer> {
        text.parse()
    }
}

impl From<LoadBalancerArn> for String {
    fn from(arn: LoadBalancerArn) -> Self {
        arn.text
    }
}

/// What a listener speaks. Others have no certificates.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Protocol {
    /// Of an Application Load Balancer.
    Https,
    /// Of a Network Load Balancer.
    Tls,
}

impl Protocol {
    /// Each with its name.
    pub const NAMES: &[(&str, Self)] = &[("HTTPS", Self::Https), ("TLS", Self::Tls)];

    /// As AWS spells it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Https => "HTTPS",
            Self::Tls => "TLS",
        }
    }
}

/// A listener that a sync puts its certificates on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Listener {
    /// Its ARN.
    pub listener_arn: String,
    /// Its port, as people said it.
    pub port: u16,
    /// What it speaks.
    pub protocol: Protocol,
    /// Whether the sync's default certificate becomes its default; `None` where nobody said: then it does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub set_as_default: Option<bool>,
}

impl Listener {
    /// Whether the sync's default certificate becomes its default.
    #[must_use]
    pub fn takes_default(&self) -> bool {
        self.set_as_default.unwrap_or(true)
    }
}
