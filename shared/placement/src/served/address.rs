//! Which names and addresses a load balancer can have.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Whether Elastic Load Balancing gives such names: `<name>.<region>.elb.<suffix>`, or `<name>.elb.<region>.<suffix>` for
/// Network Load Balancers, the first label of which it ends with an id of its own.
///
/// `suffix` is the partition's (`amazonaws.com`). Its whole labels are compared, so that nobody's domain passes for it.
pub(super) fn is_of_a_load_balancer(name: &str, suffix: &str) -> bool {
    let Some(rest) = name.strip_suffix(suffix).and_then(|rest| rest.strip_suffix('.')) else { return false };
    let labels: Vec<&str> = rest.split('.').collect();
    let is_label = |label: &&str| {
        !label.is_empty() && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    };
    let is_region = |label: &str| label.parse::<model::region::Region>().is_ok();
    labels.iter().all(is_label)
        && match labels.as_slice() {
            [_, region, "elb"] | [_, "elb", region] => is_region(region),
            _ => false,
        }
}

/// Whether a load balancer can have this address. An internal one's are of private networks; of another one's they are not.
pub(super) fn is_admitted(address: IpAddr, is_internal: bool) -> bool {
    let address = match address {
        IpAddr::V6(six) => six.to_ipv4_mapped().map_or(IpAddr::V6(six), IpAddr::V4),
        IpAddr::V4(four) => IpAddr::V4(four),
    };
    match address {
        IpAddr::V4(four) => !is_nobodys_v4(four) && (is_internal || !is_private_v4(four)),
        IpAddr::V6(six) => !is_nobodys_v6(six) && (is_internal || !six.is_unique_local()),
    }
}

/// This machine's own, its link's, and what is nobody's.
fn is_nobodys_v4(address: Ipv4Addr) -> bool {
    let [first, second, third, _] = address.octets();
    address.is_unspecified()
        || address.is_loopback()
        || address.is_link_local()
        || address.is_broadcast()
        || address.is_multicast()
        || address.is_documentation()
        || first == 0
        // Reserved, for benchmarks, and for protocols.
        || first >= 240
        || (first == 198 && (second & 0xFE) == 18)
        || (first == 192 && second == 0 && third == 0)
}

/// Of private networks, and of carriers' networks, which VPCs may have.
fn is_private_v4(address: Ipv4Addr) -> bool {
    let [first, second, ..] = address.octets();
    address.is_private() || (first == 100 && (second & 0xC0) == 64)
}

fn is_nobodys_v6(address: Ipv6Addr) -> bool {
    // Instances reach the metadata service and others of AWS's own at fd00:ec2::/32.
    let is_metadata = address.segments()[0] == 0xFD00 && address.segments()[1] == 0x0EC2;
    // What is written in another way of the internet's, and may stand for any address.
    let is_translated = matches!(address.segments(), [0x0064, 0xFF9B, ..] | [0x2002, ..] | [0x2001, 0, ..]);
    address.is_unspecified()
        || address.is_loopback()
        || address.is_unicast_link_local()
        || address.is_multicast()
        || is_metadata
        || is_translated
        || matches!(address.segments(), [0, 0, 0, 0, 0, 0, ..] | [0x2001, 0x0DB8, ..])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_of_elastic_load_balancing_is_one_in_every_partition_and_nobody_elses_is() {
        for name in [
            "web-1234567890.eu-west-1.elb.amazonaws.com",
            "internal-web-1.us-gov-west-1.elb.amazonaws.com",
            "tls-0123456789abcdef.elb.eu-central-1.amazonaws.com",
        ] {
            assert!(is_of_a_load_balancer(name, "amazonaws.com"), "{name}");
        }
        assert!(is_of_a_load_balancer("web-1.cn-north-1.elb.amazonaws.com.cn", "amazonaws.com.cn"));
        for name in [
            "",
            "localhost",
            "169.254.169.254",
            "example.com",
            "web.eu-west-1.elb.amazonaws.com.example.com",
            "web.eu-west-1.elb.notamazonaws.com",
            "eu-west-1.elb.amazonaws.com",
            "elb.amazonaws.com",
            "a.b.eu-west-1.elb.amazonaws.com",
            "web.nowhere.elb.amazonaws.com",
            "s3.eu-west-1.amazonaws.com",
            "web_1.eu-west-1.elb.amazonaws.com",
            "ec2-1-2-3-4.eu-west-1.compute.amazonaws.com",
        ] {
            assert!(!is_of_a_load_balancer(name, "amazonaws.com"), "{name}");
        }
    }

    #[test]
    fn no_address_is_connected_to_that_no_load_balancer_has() {
        let is_admitted =
            |text: &str, is_internal| is_admitted(text.parse().expect("an address"), is_internal);
        for public in ["52.95.110.1", "2a05:d018::1", "100.128.0.1"] {
            assert!(is_admitted(public, false) && is_admitted(public, true), "{public}");
        }
        for private in
            ["10.0.0.1", "172.16.5.4", "192.168.1.1", "100.64.0.1", "fd12:3456::1", "::ffff:10.0.0.1"]
        {
            assert!(!is_admitted(private, false) && is_admitted(private, true), "{private}");
        }
        for never in [
            "127.0.0.1",
            "127.8.8.8",
            "0.0.0.0",
            "0.1.2.3",
            "169.254.169.254",
            "169.254.170.2",
            "224.0.0.1",
            "255.255.255.255",
            "240.0.0.1",
            "198.18.0.1",
            "192.0.0.1",
            "192.0.2.1",
            "::",
            "::1",
            "::ffff:127.0.0.1",
            "::ffff:169.254.169.254",
            "::127.0.0.1",
            "fe80::1",
            "ff02::1",
            "fd00:ec2::254",
            "64:ff9b::a9fe:a9fe",
            "2002:7f00:1::",
            "2001:0:1::",
            "2001:db8::1",
        ] {
            assert!(!is_admitted(never, false) && !is_admitted(never, true), "{never}");
        }
    }
}
