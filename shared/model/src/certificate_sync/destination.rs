//! Where a sync carries its certificates.

use serde::{Deserialize, Serialize};

use super::listener::{Listener, LoadBalancerArn};
use crate::region::Region;

/// The kind of a destination, which is part of a sync's address on the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Destination {
    /// AWS Certificate Manager.
    AwsCertificateManager,
    /// Listeners of an Application or Network Load Balancer, through AWS Certificate Manager.
    AwsElasticLoadBalancer,
}

impl Destination {
    /// Each destination with its name on the wire.
    pub const NAMES: &[(&str, Self)] = &[
        ("aws-certificate-manager", Self::AwsCertificateManager),
        ("aws-elastic-load-balancer", Self::AwsElasticLoadBalancer),
    ];

    /// As the wire spells it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::AwsCertificateManager => "aws-certificate-manager",
            Self::AwsElasticLoadBalancer => "aws-elastic-load-balancer",
        }
    }

    /// As people call it.
    #[must_use]
    pub const fn title(self) -> &'static str {
        match self {
            Self::AwsCertificateManager => "AWS Certificate Manager",
            Self::AwsElasticLoadBalancer => "AWS Elastic Load Balancer",
        }
    }

    /// The destination with this name on the wire.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::NAMES.iter().find(|(known, _)| *known == name).map(|(_, destination)| *destination)
    }
}

/// A place at a destination.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "destination", rename_all = "kebab-case")]
pub enum DestinationConfig {
    /// ACM of a region.
    AwsCertificateManager {
        /// The region.
        region: Region,
    },
    /// Listeners of a load balancer.
    AwsElasticLoadBalancer {
        /// The region of both, ACM and load balancer.
        region: Region,
        /// The load balancer, of this region.
        load_balancer_arn: LoadBalancerArn,
        /// Listeners of it, at least one, each once.
        listeners: Vec<Listener>,
    },
}

impl DestinationConfig {
    /// Its kind.
    #[must_use]
    pub const fn destination(&self) -> Destination {
        match self {
            Self::AwsCertificateManager { .. } => Destination::AwsCertificateManager,
            Self::AwsElasticLoadBalancer { .. } => Destination::AwsElasticLoadBalancer,
        }
    }

    /// Its region.
    #[must_use]
    pub const fn region(&self) -> &Region {
        match self {
            Self::AwsCertificateManager { region } | Self::AwsElasticLoadBalancer { region, .. } => region,
        }
    }

    /// The listeners; none of ACM.
    #[must_use]
    pub fn listeners(&self) -> &[Listener] {
        match self {
            Self::AwsCertificateManager { .. } => &[],
            Self::AwsElasticLoadBalancer { listeners, .. } => listeners,
        }
    }
}
