//! Which addresses may use a credential: single addresses and CIDR blocks.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use ipnet::IpNet;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// The text is neither an IP address nor a CIDR block.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be an IPv4 or IPv6 address, or a CIDR block such as 10.0.0.0/8")]
pub struct NotAnAddress;

/// One address or block. What was written is kept as it was (`10.1.2.3/8` stays so), because clients compare
/// what they sent with what they read back.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum TrustedIp {
    /// One address, without a prefix length.
    Address(IpAddr),
    /// All addresses with the same leading bits.
    Block(IpNet),
}

impl TrustedIp {
    /// `0.0.0.0/0` and `::/0`: everywhere, the default of every login method.
    pub const EVERYWHERE: [Self; 2] = [
        Self::Block(IpNet::V4(ipnet::Ipv4Net::new_assert(std::net::Ipv4Addr::UNSPECIFIED, 0))),
        Self::Block(IpNet::V6(ipnet::Ipv6Net::new_assert(std::net::Ipv6Addr::UNSPECIFIED, 0))),
    ];

    /// The address as it was written, without its prefix length.
    #[must_use]
    pub const fn address(&self) -> IpAddr {
        match self {
            Self::Address(address) => *address,
            Self::Block(IpNet::V4(block)) => IpAddr::V4(block.addr()),
            Self::Block(IpNet::V6(block)) => IpAddr::V6(block.addr()),
        }
    }

    /// The prefix length, when one was written.
    #[must_use]
    pub fn prefix(&self) -> Option<u8> {
        match self {
            Self::Address(_) => None,
            Self::Block(block) => Some(block.prefix_len()),
        }
    }

    /// Whether `caller` is that address or inside that block.
    fn covers(&self, caller: IpAddr) -> bool {
        match self {
            Self::Address(address) => address.to_canonical() == caller,
            Self::Block(block) => block.contains(&caller),
        }
    }
}

/// Whether `caller` may pass. An IPv4 address that arrives as IPv6 (`::ffff:192.0.2.1`) counts as IPv4.
#[must_use]
pub fn allows(trusted: &[TrustedIp], caller: IpAddr) -> bool {
    let caller = caller.to_canonical();
    trusted.iter().any(|ip| ip.covers(caller))
}

impl FromStr for TrustedIp {
    type Err = NotAnAddress;

    fn from_str(text: &str) -> Result<Self, NotAnAddress> {
        let text = text.trim();
        if text.contains('/') {
            text.parse().map(Self::Block).map_err(|_| NotAnAddress)
        } else {
            text.parse().map(Self::Address).map_err(|_| NotAnAddress)
        }
    }
}

impl fmt::Display for TrustedIp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Address(address) => address.fmt(f),
            Self::Block(block) => write!(f, "{}/{}", block.addr(), block.prefix_len()),
        }
    }
}

impl fmt::Debug for TrustedIp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Serialize for TrustedIp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for TrustedIp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn ip(text: &str) -> IpAddr {
        text.parse().expect("a valid address")
    }

    fn trusted(texts: &[&str]) -> Vec<TrustedIp> {
        texts.iter().map(|text| text.parse().expect("a valid address or block")).collect()
    }

    #[test]
    fn an_address_passes_when_any_entry_covers_it() {
        for (entries, caller, passes) in [
            (&["10.0.0.0/8"][..], "10.255.255.255", true),
            (&["10.0.0.0/8"], "11.0.0.0", false),
            (&["10.1.2.3/8"], "10.9.9.9", true),
            (&["192.0.2.1"], "192.0.2.1", true),
            (&["192.0.2.1"], "192.0.2.2", false),
            (&["192.0.2.1", "2001:db8::/32"], "2001:db8:ffff::1", true),
            (&["0.0.0.0/0"], "2001:db8::1", false),
            (&["::/0"], "192.0.2.1", false),
            (&["192.0.2.0/24"], "::ffff:192.0.2.9", true),
            (&[], "192.0.2.1", false),
        ] {
            assert_eq!(allows(&trusted(entries), ip(caller)), passes, "{entries:?} {caller}");
        }
        assert!(allows(&TrustedIp::EVERYWHERE, ip("192.0.2.1")));
        assert!(allows(&TrustedIp::EVERYWHERE, ip("::1")));
    }

    #[test]
    fn what_is_not_an_address_is_refused() {
        for text in [
            "",
            "localhost",
            "10.0.0.0/33",
            "::/129",
            "10.0.0.0/-1",
            "10.0.0/8",
            "1.2.3.4.5",
            "/8",
            "10.0.0.0/",
        ] {
            assert_eq!(text.parse::<TrustedIp>(), Err(NotAnAddress), "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn what_was_written_is_what_is_read_back(bits: u32, prefix in proptest::option::of(0_u8..=32)) {
            let address = std::net::Ipv4Addr::from_bits(bits);
            let text = prefix.map_or_else(|| address.to_string(), |prefix| format!("{address}/{prefix}"));
            let parsed: TrustedIp = text.parse().expect("a valid entry");
            prop_assert_eq!(parsed.to_string(), text);
            prop_assert_eq!(parsed.prefix(), prefix);
            prop_assert!(allows(&[parsed], IpAddr::V4(address)));
        }
    }
}
