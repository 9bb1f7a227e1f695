//! Names, subjects and words in all their spellings.

use proptest::prelude::*;

use crate::certificate::{
    AltName, AltNameKind, Attribute, ExtendedKeyUsage, KeyAlgorithm, KeyUsage, Lifetime, NotASubject,
    SignatureAlgorithm,
};

fn read(kind: AltNameKind, text: &str) -> Option<String> {
    AltName::read(kind, text).ok().map(|name| name.to_string())
}

#[test]
fn hosts_are_read_in_lower_case_and_what_is_none_is_refused() {
    for (given, host) in [
        ("api.example.com", "api.example.com"),
        (" API.Example.COM ", "api.example.com"),
        ("*.example.com", "*.example.com"),
        ("_acme.example.com", "_acme.example.com"),
        ("xn--bcher-kva.example", "xn--bcher-kva.example"),
        ("localhost", "localhost"),
    ] {
        assert_eq!(read(AltNameKind::DnsName, given).as_deref(), Some(host), "{given}");
    }
    let long = format!("{}.example.com", "a".repeat(64));
    for given in [
        "",
        "*",
        "*.com",
        "a.*.example.com",
        "*a.example.com",
        "a..b",
        ".a",
        "a.",
        "-a.example",
        "a-.example",
        "bücher.example",
        "a b",
        "10.0.0.1",
        "a.1",
        "http://a",
        "a/b",
        "a:1",
        "a@b",
        long.as_str(),
    ] {
        assert_eq!(read(AltNameKind::DnsName, given), None, "{given}");
    }
}

#[test]
fn the_other_kinds_have_their_grammars() {
    for (kind, given, name) in [
        (AltNameKind::IpAddress, "10.0.0.1", Some("10.0.0.1")),
        (AltNameKind::IpAddress, "2001:DB8:0::1", Some("2001:db8::1")),
        (AltNameKind::IpAddress, "10.0.0.0/8", None),
        (AltNameKind::IpAddress, "010.0.0.1", None),
        (AltNameKind::Email, "Ops+tls@Example.com", Some("Ops+tls@example.com")),
        (AltNameKind::Email, "ops@*.example.com", None),
        (AltNameKind::Email, "ops", None),
        (AltNameKind::Email, "a b@example.com", None),
        (AltNameKind::Uri, "spiffe://prod/api", Some("spiffe://prod/api")),
        (AltNameKind::Uri, "urn:uuid:1", Some("urn:uuid:1")),
        (AltNameKind::Uri, "/relative", None),
        (AltNameKind::Uri, "https://a/ b", None),
    ] {
        assert_eq!(read(kind, given).as_deref(), name, "{given}");
    }
}

#[test]
fn every_word_is_found_in_both_spellings() {
    for one in KeyAlgorithm::ALL {
        assert_eq!([one.name(), one.policy_name()].map(KeyAlgorithm::named), [Some(one); 2]);
        assert_eq!(one.is_rsa(), one.signature().is_rsa());
        assert_eq!(serde_json::to_value(one).unwrap(), one.name());
    }
    for one in SignatureAlgorithm::ALL {
        assert_eq!([one.name(), one.policy_name()].map(SignatureAlgorithm::named), [Some(one); 2]);
        assert_eq!(serde_json::to_value(one).unwrap(), one.name());
    }
    for one in KeyUsage::ALL {
        assert_eq!([one.name(), one.camel_name()].map(KeyUsage::named), [Some(one); 2]);
        assert_eq!(serde_json::to_value(one).unwrap(), one.name());
    }
    for one in ExtendedKeyUsage::ALL {
        assert_eq!([one.name(), one.camel_name()].map(ExtendedKeyUsage::named), [Some(one); 2]);
        assert_eq!(ExtendedKeyUsage::with_oid(one.oid()), Some(one));
    }
    for one in Attribute::ALL {
        assert_eq!([one.name(), one.camel_name()].map(Attribute::named), [Some(one); 2]);
    }
}

#[test]
fn texts_of_a_subject_are_as_long_as_x520_allows() {
    assert_eq!(Attribute::CommonName.read(&"a".repeat(65)), Err(NotASubject::Text(64)));
    assert_eq!(Attribute::CommonName.read(&"ü".repeat(64)).map(|text| text.chars().count()), Ok(64));
    assert_eq!(Attribute::Organization.read("a\nb"), Err(NotASubject::Text(64)));
    assert_eq!(Attribute::Country.read(" DE "), Ok("DE".to_owned()));
    for none in ["de", "DEU", "", "D1"] {
        assert_eq!(Attribute::Country.read(none), Err(NotASubject::Country), "{none}");
    }
}

#[test]
fn spans_are_what_people_and_programs_write() {
    for (text, minutes) in [("30d", 43_200), ("12h", 720), ("90m", 90), ("1y", 525_600), ("2w", 20_160)] {
        assert_eq!(text.parse::<Lifetime>().map(|span| span.span().as_secs() / 60), Ok(minutes), "{text}");
    }
    for text in
        ["", "d", "0d", "-1d", "1.5d", "30", "30 d", "30s", "30D", "101y", "99999999999d", "1d2h", "ü"]
    {
        assert!(text.parse::<Lifetime>().is_err(), "{text}");
    }
}

proptest! {
    #[test]
    fn what_is_stored_of_a_name_reads_back_the_same(host in "[a-z]{1,10}\\.[a-z]{2,5}", wild in any::<bool>()) {
        let host = if wild { format!("*.x.{host}") } else { host };
        let name = AltName::read(AltNameKind::DnsName, &host).unwrap();
        let stored = serde_json::to_value(&name).unwrap();
        prop_assert_eq!(serde_json::from_value::<AltName>(stored).unwrap(), name);
    }

    #[test]
    fn no_text_panics_a_reader(text in "\\PC{0,40}") {
        for kind in AltNameKind::ALL {
            let _ = AltName::read(kind, &text);
        }
        let _ = text.parse::<Lifetime>();
        for attribute in Attribute::ALL {
            let _ = attribute.read(&text);
        }
    }

    #[test]
    fn a_span_reads_back_the_same(minutes in 1_u32..50_000_000) {
        let span: Lifetime = format!("{minutes}m").parse().unwrap();
        prop_assert_eq!(span.to_string().parse(), Ok(span));
    }
}
