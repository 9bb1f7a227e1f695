//! AWS regions by their naming rule, so that a region opened tomorrow works today and a typing error does not.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, de};

use crate::partition::Partition;

/// The compass words that region names end in before their number.
const DIRECTIONS: [&str; 9] =
    ["central", "east", "north", "northeast", "northwest", "south", "southeast", "southwest", "west"];

/// The name of an AWS region: a partition's prefix, a compass direction, one digit (`us-gov-west-1`).
///
/// The rule is that of AWS's `partitions.json`, with the direction spelt out so that `us-esat-1` is refused.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct Region(String);

impl Region {
    /// `us-east-1`.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The partition that the region belongs to.
    #[must_use]
    pub fn partition(&self) -> Partition {
        // A value exists only if its prefix was found once.
        partition_of(&self.0).unwrap_or(Partition::Aws)
    }

    /// For names that stand in our own table, which a test reads back.
    pub(crate) fn of_table(name: &'static str) -> Self {
        Self(name.to_owned())
    }
}

fn partition_of(name: &str) -> Option<Partition> {
    let (rest, number) = name.rsplit_once('-')?;
    let (prefix, direction) = rest.rsplit_once('-')?;
    let numbered = number.len() == 1 && number.bytes().all(|digit| digit.is_ascii_digit() && digit != b'0');
    (numbered && DIRECTIONS.contains(&direction)).then(|| Partition::of_region_prefix(prefix)).flatten()
}

/// The text does not name an AWS region.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("Invalid AWS region: expected a name such as us-east-1")]
pub struct NotARegion;

impl FromStr for Region {
    type Err = NotARegion;

    fn from_str(name: &str) -> Result<Self, NotARegion> {
        partition_of(name).map(|_| Self(name.to_owned())).ok_or(NotARegion)
    }
}

impl fmt::Display for Region {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Region {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_region_of_the_peers_list_and_those_it_lacks_are_regions() {
        let peers = "us-east-1, us-east-2, us-west-1, us-west-2, us-gov-east-1, us-gov-west-1, af-south-1, ap-east-1, \
            ap-south-1, ap-south-2, ap-northeast-1, ap-northeast-2, ap-northeast-3, ap-southeast-1, ap-southeast-2, \
            ap-southeast-3, ap-southeast-4, ca-central-1, eu-central-1, eu-central-2, eu-west-1, eu-west-2, eu-west-3, \
            eu-south-1, eu-south-2, eu-north-1, me-south-1, me-central-1, sa-east-1";
        let others = "cn-north-1, cn-northwest-1, il-central-1, mx-central-1, ca-west-1, ap-southeast-5, ap-southeast-7, \
            ap-east-2, us-iso-east-1, us-iso-west-1, us-isob-east-1, eu-isoe-west-1, us-isof-south-1, us-isof-east-1, \
            eusc-de-east-1";
        for name in peers.split(", ").chain(others.split(", ")) {
            assert!(name.parse::<Region>().is_ok(), "{name}");
        }
    }

    #[test]
    fn a_typing_error_or_another_hosts_label_is_no_region() {
        for name in [
            "",
            "us",
            "us-east",
            "us-east-",
            "us-east-0",
            "us-east-10",
            "us-esat-1",
            "us-east-1a",
            "US-EAST-1",
            "global",
            "us-gov-1",
            "xx-east-1",
            "us-east-1.evil",
            "us_east_1",
            " us-east-1",
            "vpce",
            "-east-1",
        ] {
            assert_eq!(name.parse::<Region>(), Err(NotARegion), "{name:?}");
        }
    }

    #[test]
    fn the_longest_prefix_decides_the_partition() {
        for (name, partition) in [
            ("us-west-2", Partition::Aws),
            ("us-gov-west-1", Partition::AwsUsGov),
            ("us-iso-east-1", Partition::AwsIso),
            ("us-isob-east-1", Partition::AwsIsoB),
            ("eu-isoe-west-1", Partition::AwsIsoE),
            ("us-isof-south-1", Partition::AwsIsoF),
            ("eusc-de-east-1", Partition::AwsEusc),
            ("cn-northwest-1", Partition::AwsCn),
        ] {
            assert_eq!(name.parse::<Region>().map(|region| region.partition()), Ok(partition), "{name}");
        }
    }
}
