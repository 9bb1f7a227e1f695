//! The `stsEndpoint` of a connection: only ever a host of AWS's own Security Token Service.
//!
//! Whoever may create a connection chooses this URL, and Drawbridge sends a signed request to it. So the host
//! is taken apart and must be one that only AWS can answer for; a suffix alone would admit anybody's load
//! balancer or bucket.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use url::{Host, Url};

use crate::partition::Partition;
use crate::region::Region;

/// What kind of STS host it is.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Kind {
    /// `sts.amazonaws.com`.
    Global,
    /// `sts.<region>.<suffix>`: what the SDK resolves for the region anyway.
    Regional(Region),
    /// `sts-fips.<region>.<suffix>`.
    Fips(Region),
    /// `vpce-….sts.<region>.vpce.<suffix>`.
    VpcEndpoint(Region),
}

/// An STS endpoint: `https`, an STS host of a known partition, nothing else in the URL.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct StsEndpoint {
    /// As the customer wrote it, trimmed: clients compare it literally.
    text: String,
    host: String,
    kind: Kind,
}

impl StsEndpoint {
    /// The global host: STS of the operation's own region.
    #[must_use]
    pub fn global() -> Self {
        let host = "sts.amazonaws.com".to_owned();
        Self { text: format!("https://{host}/"), host, kind: Kind::Global }
    }

    /// The URL as it was given.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The region that requests must be signed for; `None` for the global host, where it is the operation's.
    #[must_use]
    pub const fn region(&self) -> Option<&Region> {
        match &self.kind {
            Kind::Global => None,
            Kind::Regional(region) | Kind::Fips(region) | Kind::VpcEndpoint(region) => Some(region),
        }
    }

    /// The URL to set on the client. `None` for the public global and regional hosts, which mean "this region,
    /// resolved as usual".
    #[must_use]
    pub fn custom_url(&self) -> Option<String> {
        match self.kind {
            Kind::Global | Kind::Regional(_) => None,
            Kind::Fips(_) | Kind::VpcEndpoint(_) => Some(format!("https://{}", self.host)),
        }
    }
}

/// Why a URL is not an STS endpoint. The first group are faults of the field; [`Self::NoRegion`] is an AWS host
/// that is not one of STS in a region we know.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum StsEndpointFault {
    /// It does not parse as a URL with a host.
    #[error("Must be a valid URL")]
    NotAUrl,
    /// Another scheme than `https`.
    #[error("STS endpoint must use HTTPS")]
    NotHttps,
    /// The host is not in a domain of AWS's services.
    #[error("STS endpoint must be an AWS STS host, ending in .amazonaws.com or .amazonaws.com.cn")]
    NotAws,
    /// User name, port, path, query or fragment.
    #[error("STS endpoint must be a host alone, without user name, port, path, query or fragment")]
    Decorated,
    /// An AWS host, but not STS's in a known region.
    #[error(
        "The STS endpoint resolves to no supported region: expected https://sts.<region>.amazonaws.com, \
         https://sts-fips.<region>.amazonaws.com, or https://vpce-….sts.<region>.vpce.amazonaws.com"
    )]
    NoRegion,
}

/// Reads an STS endpoint and says everything that is wrong with it.
///
/// # Errors
/// Each [`StsEndpointFault`] that applies; [`StsEndpointFault::NoRegion`] only alone.
pub fn parse(text: &str) -> Result<StsEndpoint, Vec<StsEndpointFault>> {
    let text = text.trim();
    let Ok(url) = Url::parse(text) else { return Err(vec![StsEndpointFault::NotAUrl]) };
    let Some(host) = url.host() else { return Err(vec![StsEndpointFault::NotAUrl]) };
    let mut faults = Vec::new();
    if url.scheme() != "https" {
        faults.push(StsEndpointFault::NotHttps);
    }
    let host = match host {
        Host::Domain(host) if partition_and_labels(host).is_some() => Some(host.to_owned()),
        Host::Domain(_) | Host::Ipv4(_) | Host::Ipv6(_) => None,
    };
    if host.is_none() {
        faults.push(StsEndpointFault::NotAws);
    }
    if is_decorated(text, &url) {
        faults.push(StsEndpointFault::Decorated);
    }
    match host {
        Some(host) if faults.is_empty() => match kind(&host) {
            Some(kind) => Ok(StsEndpoint { text: text.to_owned(), host, kind }),
            None => Err(vec![StsEndpointFault::NoRegion]),
        },
        Some(_) | None => Err(faults),
    }
}

/// Everything but `https://host` and one closing slash. The text is looked at too: the URL parser drops what it
/// thinks meaningless (an empty user name, tabs, `:443`), and a plain host needs none of it.
fn is_decorated(text: &str, url: &Url) -> bool {
    let host_alone = text.split_once("://").is_some_and(|(scheme, rest)| {
        scheme.bytes().all(|byte| byte.is_ascii_alphanumeric())
            && rest.trim_end_matches('/').chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '.')
    });
    let closed = text.split_once("://").is_some_and(|(_, rest)| rest.ends_with("//"));
    !host_alone || closed || url.path().len() > 1 || url.query().is_some() || url.fragment().is_some()
}

/// The partition whose domain the host is in, and the labels before it. Of two domains that fit, none is the
/// other's ending (`amazonaws.com` is not the end of `amazonaws.com.cn`), so one partition's suffix is enough.
fn partition_and_labels(host: &str) -> Option<(&'static str, Vec<&str>)> {
    Partition::ALL.into_iter().map(Partition::dns_suffix).find_map(|suffix| {
        let labels = host.strip_suffix(suffix)?.strip_suffix('.')?;
        Some((suffix, labels.split('.').collect()))
    })
}

fn kind(host: &str) -> Option<Kind> {
    let (suffix, labels) = partition_and_labels(host)?;
    let region =
        |name: &str| name.parse::<Region>().ok().filter(|region| region.partition().dns_suffix() == suffix);
    match labels.as_slice() {
        ["sts"] if suffix == Partition::Aws.dns_suffix() => Some(Kind::Global),
        ["sts", name] => region(name).map(Kind::Regional),
        ["sts-fips", name] => region(name).map(Kind::Fips),
        [endpoint, "sts", name, "vpce"] if is_vpc_endpoint(endpoint) => region(name).map(Kind::VpcEndpoint),
        _ => None,
    }
}

/// `vpce-0123456789abcdef0-abcd1234`, with or without an availability zone at the end.
fn is_vpc_endpoint(label: &str) -> bool {
    label.strip_prefix("vpce-").is_some_and(|rest| {
        !rest.is_empty() && rest.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
    })
}

impl FromStr for StsEndpoint {
    type Err = StsEndpointFault;

    fn from_str(text: &str) -> Result<Self, StsEndpointFault> {
        parse(text).map_err(|faults| faults.first().copied().unwrap_or(StsEndpointFault::NotAUrl))
    }
}

impl fmt::Display for StsEndpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl Serialize for StsEndpoint {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.text)
    }
}

impl<'de> Deserialize<'de> for StsEndpoint {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::StsEndpointFault::{Decorated, NoRegion, NotAUrl, NotAws, NotHttps};
    use super::*;

    #[test]
    fn hosts_of_sts_are_taken_apart_into_region_and_custom_url() {
        let vpce = "vpce-0123456789abcdef0-abcd1234.sts.eu-west-1.vpce.amazonaws.com";
        let zonal = "vpce-0123456789abcdef0-abcd1234-eu-west-1a.sts.eu-west-1.vpce.amazonaws.com";
        let china = "vpce-0123456789abcdef0-abcd1234.sts.cn-north-1.vpce.amazonaws.com.cn";
        for (host, region, custom) in [
            ("sts.amazonaws.com", None, false),
            ("sts.us-east-1.amazonaws.com", Some("us-east-1"), false),
            ("sts.il-central-1.amazonaws.com", Some("il-central-1"), false),
            ("sts.us-gov-west-1.amazonaws.com", Some("us-gov-west-1"), false),
            ("sts.cn-north-1.amazonaws.com.cn", Some("cn-north-1"), false),
            ("sts.eusc-de-east-1.amazonaws.eu", Some("eusc-de-east-1"), false),
            ("sts.us-iso-east-1.c2s.ic.gov", Some("us-iso-east-1"), false),
            ("sts-fips.us-east-2.amazonaws.com", Some("us-east-2"), true),
            (vpce, Some("eu-west-1"), true),
            (zonal, Some("eu-west-1"), true),
            (china, Some("cn-north-1"), true),
        ] {
            for text in [format!("https://{host}"), format!(" https://{host}/ ")] {
                let endpoint = parse(&text).expect(host);
                assert_eq!(endpoint.region().map(Region::as_str), region, "{text}");
                assert_eq!(endpoint.custom_url(), custom.then(|| format!("https://{host}")), "{text}");
                assert_eq!(endpoint.as_str(), text.trim());
            }
        }
    }

    #[test]
    fn everything_else_is_refused_with_every_fault_it_has() {
        for (text, faults) in [
            ("", vec![NotAUrl]),
            ("sts.amazonaws.com", vec![NotAUrl]),
            ("https://", vec![NotAUrl]),
            ("mailto:sts.amazonaws.com", vec![NotAUrl]),
            ("http://sts.amazonaws.com", vec![NotHttps]),
            ("ftp://evil.example/x", vec![NotHttps, NotAws, Decorated]),
            ("http://169.254.169.254/latest/meta-data/", vec![NotHttps, NotAws, Decorated]),
            ("https://169.254.169.254", vec![NotAws]),
            ("https://2852039166", vec![NotAws]),
            ("https://0x7f.1", vec![NotAws]),
            ("https://[::1]", vec![NotAws, Decorated]),
            ("https://localhost", vec![NotAws]),
            ("https://evil.example", vec![NotAws]),
            ("https://sts.amazonaws.com.evil.example", vec![NotAws]),
            ("https://stsamazonaws.com", vec![NotAws]),
            ("https://amazonaws.com", vec![NotAws]),
            ("https://sts.us-east-1.amazonaws.com.", vec![NotAws]),
            ("https://sts.amazonaws.com@evil.example", vec![NotAws, Decorated]),
            ("https://evil.example#.amazonaws.com", vec![NotAws, Decorated]),
            ("https://evil.example\\.sts.amazonaws.com", vec![NotAws, Decorated]),
            ("https://evil.example/.amazonaws.com", vec![NotAws, Decorated]),
            ("https://user@sts.amazonaws.com", vec![Decorated]),
            ("https://@sts.amazonaws.com", vec![Decorated]),
            ("https://sts.amazonaws.com:443", vec![Decorated]),
            ("https://sts.amazonaws.com:8443", vec![Decorated]),
            ("https://sts.amazonaws.com/path", vec![Decorated]),
            ("https://sts.amazonaws.com//", vec![Decorated]),
            ("https://sts.amazonaws.com?x=1", vec![Decorated]),
            ("https://sts.amazonaws.com#x", vec![Decorated]),
            ("https://sts.amazon\taws.com", vec![Decorated]),
            ("\u{1}https://sts.amazonaws.com", vec![Decorated]),
            ("ht\ntps://sts.amazonaws.com", vec![Decorated]),
            ("https://s3.us-east-1.amazonaws.com", vec![NoRegion]),
            ("https://sts.s3.amazonaws.com", vec![NoRegion]),
            ("https://sts.us-east-1.s3.amazonaws.com", vec![NoRegion]),
            ("https://sts.us-east-1.elb.amazonaws.com", vec![NoRegion]),
            ("https://x.execute-api.us-east-1.amazonaws.com", vec![NoRegion]),
            ("https://x.sts.us-east-1.vpce.amazonaws.com", vec![NoRegion]),
            ("https://vpce-1.s3.us-east-1.vpce.amazonaws.com", vec![NoRegion]),
            ("https://evil.sts.us-east-1.amazonaws.com", vec![NoRegion]),
            ("https://sts.us-esat-1.amazonaws.com", vec![NoRegion]),
            ("https://sts.cn-north-1.amazonaws.com", vec![NoRegion]),
            ("https://sts.us-east-1.amazonaws.com.cn", vec![NoRegion]),
            ("https://sts.amazonaws.com.cn", vec![NoRegion]),
        ] {
            assert_eq!(parse(text), Err(faults), "{text}");
        }
    }

    proptest! {
        #[test]
        fn what_is_accepted_goes_only_to_an_sts_host_of_aws(text in "https?://[a-z@:/.#?]{0,12}(sts|sts-fips)\\.([a-z0-9-]{1,12}\\.)?amazonaws\\.com[a-z./:@#?]{0,8}") {
            if let Ok(endpoint) = parse(&text) {
                let url = Url::parse(endpoint.as_str()).expect("accepted text is a URL");
                let host = url.host_str().unwrap_or_default();
                prop_assert!(host.starts_with("sts.") || host.starts_with("sts-fips."));
                prop_assert!(host.ends_with(".amazonaws.com") || host.ends_with(".amazonaws.com.cn"));
                prop_assert_eq!(url.port(), None);
                prop_assert_eq!(url.username(), "");
            }
        }
    }
}
