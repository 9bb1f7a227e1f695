//! Which STS answers for a call.

use model::partition::Partition;
use model::region::Region;
use model::sts_endpoint::StsEndpoint;

/// A region to sign for, and its STS when that is not the region's usual one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Sts {
    pub(crate) region: Region,
    pub(crate) custom_url: Option<String>,
}

/// The STS for a call: that of the connection's endpoint, else of the region that the work is in, else our own region's
/// if the role is in our partition, else that of the partition's default region.
pub(crate) fn sts(
    endpoint: Option<&StsEndpoint>,
    work: Option<&Region>,
    partition: Partition,
    own: &Region,
) -> Sts {
    let region = endpoint.and_then(StsEndpoint::region).or(work).cloned().unwrap_or_else(|| {
        if own.partition() == partition { own.clone() } else { partition.default_region() }
    });
    Sts { region, custom_url: endpoint.and_then(StsEndpoint::custom_url) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_endpoint_decides_then_the_work_then_our_own_region_then_the_partition() {
        let region = |name: &str| name.parse::<Region>().expect("a region");
        let own = region("eu-west-1");
        for (endpoint, work, partition, expected, custom) in [
            (None, None, Partition::Aws, "eu-west-1", None),
            (None, None, Partition::AwsUsGov, "us-gov-west-1", None),
            (None, Some("us-east-2"), Partition::Aws, "us-east-2", None),
            (Some("https://sts.amazonaws.com"), None, Partition::Aws, "eu-west-1", None),
            (Some("https://sts.amazonaws.com"), Some("us-east-2"), Partition::Aws, "us-east-2", None),
            (
                Some("https://sts.us-west-2.amazonaws.com"),
                Some("us-east-2"),
                Partition::Aws,
                "us-west-2",
                None,
            ),
            (Some("https://sts.cn-north-1.amazonaws.com.cn"), None, Partition::AwsCn, "cn-north-1", None),
            (
                Some("https://sts-fips.us-east-1.amazonaws.com/"),
                None,
                Partition::Aws,
                "us-east-1",
                Some("https://sts-fips.us-east-1.amazonaws.com"),
            ),
            (
                Some("https://vpce-0a-1b.sts.eu-west-3.vpce.amazonaws.com"),
                Some("us-east-2"),
                Partition::Aws,
                "eu-west-3",
                Some("https://vpce-0a-1b.sts.eu-west-3.vpce.amazonaws.com"),
            ),
        ] {
            let parsed = endpoint.map(|text| text.parse::<StsEndpoint>().expect("an STS endpoint"));
            let place = sts(parsed.as_ref(), work.map(region).as_ref(), partition, &own);
            assert_eq!(
                (place.region.as_str(), place.custom_url.as_deref()),
                (expected, custom),
                "{endpoint:?} {work:?}"
            );
        }
    }
}
