//! Certificates for tests: of a root, an authority below it, and leaves.
#![expect(clippy::expect_used, reason = "a mistake of the test's")]

use std::time::Duration;

use model::Timestamp;
use rcgen::{DnType, ExtendedKeyUsagePurpose, IsCa, KeyUsagePurpose, SanType};

use crate::pki::CaKey;
use crate::pki::x509::{Issuing, blank, serial_text};

const DAY: Duration = Duration::from_hours(24);

/// Makes certificates. Its root is of P-384, its issuing authority of P-256.
#[derive(Debug, Clone)]
pub struct Maker {
    issuing: Issuing,
    now: Timestamp,
}

/// A certificate with its key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Made {
    /// Itself, PEM.
    pub certificate: String,
    /// What issued it, without the root, PEM.
    pub chain: String,
    /// The root, PEM.
    pub root: String,
    /// Its key, PKCS#8, PEM.
    pub key: String,
    /// SHA-256, hexadecimal in lower case.
    pub fingerprint: String,
    /// Its number: hexadecimal, lower case, without colons.
    pub serial: String,
    /// Its names.
    pub names: Vec<String>,
    /// Since when it holds.
    pub not_before: Timestamp,
    /// Until when.
    pub not_after: Timestamp,
}

impl Maker {
    /// Authorities that have been there for a month at `now`, and stay for ten years.
    #[must_use]
    pub fn at(now: Timestamp) -> Self {
        let (from, until) = (now.minus(DAY * 30), now.plus(DAY * 3_650));
        let root = Issuing::root("Fleet Root", CaKey::EcP384, from, until);
        Self { issuing: root.below("Fleet Issuing", CaKey::EcP256, from, until), now }
    }

    /// A certificate of P-256 for these names, from a day ago for ninety days.
    #[must_use]
    pub fn make(&self, names: &[&str]) -> Made {
        self.make_of(names, CaKey::EcP256, self.now.minus(DAY), self.now.plus(DAY * 90))
    }

    /// A certificate with this key and time.
    #[must_use]
    pub fn make_of(&self, names: &[&str], key: CaKey, from: Timestamp, until: Timestamp) -> Made {
        // Certificates know no smaller time.
        let [from, until] = [from, until].map(|at| Timestamp::from_unix_seconds(at.unix_seconds()));
        let pair = key.generate();
        let mut params = blank(from, until);
        params.distinguished_name.push(DnType::CommonName, *names.first().expect("a name"));
        let alt = |name: &&str| SanType::DnsName((*name).to_owned().try_into().expect("a name"));
        params.subject_alt_names = names.iter().map(alt).collect();
        params.is_ca = IsCa::ExplicitNoCa;
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        let serial = serial_text(&params).replace(':', "");
        let signed = self.issuing.sign(params, &pair, "SHA256WITHECDSA").expect("an elliptic curve");
        let fingerprint = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, signed.der());
        Made {
            certificate: signed.pem(),
            chain: self.issuing.pem.clone(),
            root: self.issuing.above.clone(),
            key: pair.serialize_pem(),
            fingerprint: hex::encode(fingerprint),
            serial,
            names: names.iter().map(|name| (*name).to_owned()).collect(),
            not_before: from,
            not_after: until,
        }
    }
}
