//! What Elastic Load Balancing says.

use std::collections::BTreeSet;
use std::fmt;

use aws_sdk_elasticloadbalancingv2::types::{
    Certificate, Listener as ListenerOfAws, LoadBalancer as LoadBalancerOfAws, LoadBalancerSchemeEnum,
};

/// A load balancer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoadBalancer {
    /// Its ARN.
    pub arn: String,
    /// Its name.
    pub name: String,
    /// What kind it is.
    pub kind: Kind,
    /// Whether its addresses are of a private network.
    pub is_internal: bool,
    /// The name by which it is reached.
    pub dns_name: String,
}

/// What kind a load balancer is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind {
    /// HTTP and HTTPS.
    Application,
    /// TCP, UDP and TLS.
    Network,
    /// One that AWS has thought of since, or that has no certificates, in AWS's word.
    Other(String),
}

/// A listener.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listener {
    /// Its ARN.
    pub arn: String,
    /// Where it listens.
    pub port: u16,
    /// What it speaks.
    pub protocol: Protocol,
    /// Its default certificate, where it has one.
    pub default: Option<String>,
}

/// What a listener speaks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Protocol {
    /// HTTP over TLS, of an Application Load Balancer.
    Https,
    /// TLS, of a Network Load Balancer.
    Tls,
    /// One without certificates, in AWS's word.
    Other(String),
}

/// The certificates on a listener, by their ARNs.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ListenerCertificates {
    /// For clients that name no host, or one that no other is for.
    pub default: Option<String>,
    /// Those that are chosen by name. The default may be among them.
    pub others: BTreeSet<String>,
}

impl LoadBalancer {
    pub(super) fn of(told: &LoadBalancerOfAws) -> Option<Self> {
        Some(Self {
            arn: told.load_balancer_arn.clone()?,
            name: told.load_balancer_name.clone().unwrap_or_default(),
            kind: Kind::of(told.r#type.as_ref().map_or("", |kind| kind.as_str())),
            is_internal: told.scheme == Some(LoadBalancerSchemeEnum::Internal),
            dns_name: told.dns_name.clone().unwrap_or_default(),
        })
    }
}

impl Kind {
    fn of(text: &str) -> Self {
        match text {
            "application" => Self::Application,
            "network" => Self::Network,
            other => Self::Other(other.to_owned()),
        }
    }

    /// In AWS's word.
    #[must_use]
    pub fn name(&self) -> &str {
        match self {
            Self::Application => "application",
            Self::Network => "network",
            Self::Other(name) => name,
        }
    }

    /// Whether its listeners can have certificates.
    #[must_use]
    pub const fn has_certificates(&self) -> bool {
        match self {
            Self::Application | Self::Network => true,
            Self::Other(_) => false,
        }
    }
}

impl Listener {
    pub(super) fn of(told: &ListenerOfAws) -> Option<Self> {
        Some(Self {
            arn: told.listener_arn.clone()?,
            port: told.port.and_then(|port| u16::try_from(port).ok()).unwrap_or_default(),
            protocol: Protocol::of(told.protocol.as_ref().map_or("", |protocol| protocol.as_str())),
            default: told.certificates().iter().find_map(|one| one.certificate_arn.clone()),
        })
    }
}

impl Protocol {
    fn of(text: &str) -> Self {
        match text {
            "HTTPS" => Self::Https,
            "TLS" => Self::Tls,
            other => Self::Other(other.to_owned()),
        }
    }

    /// Whether a listener that speaks it has certificates.
    #[must_use]
    pub const fn has_certificates(&self) -> bool {
        match self {
            Self::Https | Self::Tls => true,
            Self::Other(_) => false,
        }
    }
}

impl fmt::Display for Protocol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Https => "HTTPS",
            Self::Tls => "TLS",
            Self::Other(name) => name,
        })
    }
}

impl ListenerCertificates {
    /// One that is both is told twice.
    pub(super) fn take(&mut self, told: &[Certificate]) {
        for one in told {
            let Some(arn) = one.certificate_arn.clone() else { continue };
            if one.is_default == Some(true) {
                self.default = Some(arn);
            } else {
                self.others.insert(arn);
            }
        }
    }

    /// Whether a certificate is on the listener at all.
    #[must_use]
    pub fn has(&self, arn: &str) -> bool {
        self.default.as_deref() == Some(arn) || self.others.contains(arn)
    }
}
