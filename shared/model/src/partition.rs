//! AWS partitions: separate worlds with their own accounts, ARNs, host names and sign-in pages.
//!
//! One table says everything that differs between them. Names and suffixes are those of the AWS SDKs' own
//! `partitions.json`; sign-in and console hosts those of
//! <https://docs.aws.amazon.com/general/latest/gr/signin-service.html>.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::region::Region;

/// One AWS partition. Roles of one partition cannot be assumed from another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Partition {
    /// The commercial regions.
    Aws,
    /// China: Beijing and Ningxia.
    AwsCn,
    /// AWS GovCloud (US).
    AwsUsGov,
    /// AWS European Sovereign Cloud.
    AwsEusc,
    /// US Top Secret.
    AwsIso,
    /// US Secret.
    AwsIsoB,
    /// European isolated cloud.
    AwsIsoE,
    /// US isolated cloud of the intelligence community.
    AwsIsoF,
}

/// What is known of a partition.
struct Facts {
    name: &'static str,
    dns_suffix: &'static str,
    /// The first part of each region's name, up to the compass direction.
    region_prefixes: &'static [&'static str],
    /// Where its IAM and the answers for "no region given" live.
    default_region: &'static str,
    /// `None` where AWS does not publish it.
    sign_in_host: Option<&'static str>,
    console_host: Option<&'static str>,
}

impl Partition {
    /// Every partition known.
    pub const ALL: [Self; 8] = [
        Self::Aws,
        Self::AwsCn,
        Self::AwsUsGov,
        Self::AwsEusc,
        Self::AwsIso,
        Self::AwsIsoB,
        Self::AwsIsoE,
        Self::AwsIsoF,
    ];

    const fn facts(self) -> Facts {
        match self {
            Self::Aws => Facts {
                name: "aws",
                dns_suffix: "amazonaws.com",
                region_prefixes: &["us", "eu", "ap", "sa", "ca", "me", "af", "il", "mx"],
                default_region: "us-east-1",
                sign_in_host: Some("signin.aws.amazon.com"),
                console_host: Some("console.aws.amazon.com"),
            },
            Self::AwsCn => Facts {
                name: "aws-cn",
                dns_suffix: "amazonaws.com.cn",
                region_prefixes: &["cn"],
                default_region: "cn-north-1",
                sign_in_host: Some("signin.amazonaws.cn"),
                console_host: Some("console.amazonaws.cn"),
            },
            Self::AwsUsGov => Facts {
                name: "aws-us-gov",
                dns_suffix: "amazonaws.com",
                region_prefixes: &["us-gov"],
                default_region: "us-gov-west-1",
                sign_in_host: Some("signin.amazonaws-us-gov.com"),
                console_host: Some("console.amazonaws-us-gov.com"),
            },
            Self::AwsEusc => Facts {
                name: "aws-eusc",
                dns_suffix: "amazonaws.eu",
                region_prefixes: &["eusc-de"],
                default_region: "eusc-de-east-1",
                sign_in_host: Some("signin.amazonaws-eusc.eu"),
                console_host: Some("console.amazonaws-eusc.eu"),
            },
            Self::AwsIso => Facts {
                name: "aws-iso",
                dns_suffix: "c2s.ic.gov",
                region_prefixes: &["us-iso"],
                default_region: "us-iso-east-1",
                sign_in_host: None,
                console_host: None,
            },
            Self::AwsIsoB => Facts {
                name: "aws-iso-b",
                dns_suffix: "sc2s.sgov.gov",
                region_prefixes: &["us-isob"],
                default_region: "us-isob-east-1",
                sign_in_host: None,
                console_host: None,
            },
            Self::AwsIsoE => Facts {
                name: "aws-iso-e",
                dns_suffix: "cloud.adc-e.uk",
                region_prefixes: &["eu-isoe"],
                default_region: "eu-isoe-west-1",
                sign_in_host: None,
                console_host: None,
            },
            Self::AwsIsoF => Facts {
                name: "aws-iso-f",
                dns_suffix: "csp.hci.ic.gov",
                region_prefixes: &["us-isof"],
                default_region: "us-isof-south-1",
                sign_in_host: None,
                console_host: None,
            },
        }
    }

    /// The second part of each of its ARNs: `aws`, `aws-cn`, ….
    #[must_use]
    pub const fn name(self) -> &'static str {
        self.facts().name
    }

    /// The domain of its service hosts: `amazonaws.com`, `amazonaws.com.cn`, ….
    #[must_use]
    pub const fn dns_suffix(self) -> &'static str {
        self.facts().dns_suffix
    }

    /// The region that global services and callers without a region use.
    #[must_use]
    pub fn default_region(self) -> Region {
        Region::of_table(self.facts().default_region)
    }

    /// The host that turns credentials into a sign-in URL; `None` where AWS does not publish it.
    #[must_use]
    pub const fn sign_in_host(self) -> Option<&'static str> {
        self.facts().sign_in_host
    }

    /// The host of the management console; `None` where AWS does not publish it.
    #[must_use]
    pub const fn console_host(self) -> Option<&'static str> {
        self.facts().console_host
    }

    /// The partition of a region by its name: the longest prefix decides, so that `us-gov-west-1` is not `us`.
    #[must_use]
    pub(crate) fn of_region_prefix(prefix: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|partition| partition.facts().region_prefixes.contains(&prefix))
    }
}

impl fmt::Display for Partition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// No partition of that name is known.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not an AWS partition (aws, aws-cn, aws-us-gov, aws-eusc, aws-iso, aws-iso-b, aws-iso-e, aws-iso-f)")]
pub struct UnknownPartition;

impl FromStr for Partition {
    type Err = UnknownPartition;

    fn from_str(name: &str) -> Result<Self, UnknownPartition> {
        Self::ALL.into_iter().find(|partition| partition.name() == name).ok_or(UnknownPartition)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_partition_reads_back_from_its_name_and_owns_its_default_region() {
        for partition in Partition::ALL {
            assert_eq!(partition.name().parse(), Ok(partition));
            assert_eq!(partition.default_region().partition(), partition);
            assert_eq!(serde_json::json!(partition), partition.name());
        }
        assert_eq!("aws-mars".parse::<Partition>(), Err(UnknownPartition));
    }

    #[test]
    fn no_region_prefix_belongs_to_two_partitions() {
        let mut prefixes: Vec<_> =
            Partition::ALL.into_iter().flat_map(|partition| partition.facts().region_prefixes).collect();
        let all = prefixes.len();
        prefixes.sort_unstable();
        prefixes.dedup();
        assert_eq!(prefixes.len(), all);
    }

    #[test]
    fn sign_in_and_console_hosts_are_those_that_aws_publishes() {
        let hosts: Vec<_> = Partition::ALL
            .into_iter()
            .map(|p| (p.name(), p.sign_in_host(), p.console_host()))
            .take(4)
            .collect();
        assert_eq!(
            hosts,
            [
                ("aws", Some("signin.aws.amazon.com"), Some("console.aws.amazon.com")),
                ("aws-cn", Some("signin.amazonaws.cn"), Some("console.amazonaws.cn")),
                ("aws-us-gov", Some("signin.amazonaws-us-gov.com"), Some("console.amazonaws-us-gov.com")),
                ("aws-eusc", Some("signin.amazonaws-eusc.eu"), Some("console.amazonaws-eusc.eu")),
            ]
        );
    }
}
