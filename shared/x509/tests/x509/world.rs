//! Authorities that issue what they are told to, good or bad.

use std::time::Duration;

use model::Timestamp;
use model::certificate::{AltName, AltNameKind, ExtendedKeyUsage, KeyAlgorithm, KeyUsage, Spec, Validity};
use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer,
    KeyPair, KeyUsagePurpose, SanType, date_time_ymd,
};
use secrecy::ExposeSecret as _;
use x509::{Certificate, PrivateKey};

/// A moment in the words of `rcgen`.
macro_rules! moment {
    ($at:expr) => {
        date_time_ymd(1970, 1, 1) + std::time::Duration::from_secs(u64::try_from($at.unix_seconds()).unwrap())
    };
}
pub(crate) use moment;

pub(crate) const DAY: Duration = Duration::from_secs(86_400);

/// When the tests happen.
pub(crate) fn now() -> Timestamp {
    "2026-11-22T12:00:00.000Z".parse().unwrap()
}

/// An authority with its certificate.
pub(crate) struct Authority {
    pub(crate) certificate: Certificate,
    issuer: Issuer<'static, KeyPair>,
}

impl Authority {
    pub(crate) fn root(name: &str) -> Self {
        Self::root_with(name, |_| {})
    }

    pub(crate) fn root_with(name: &str, change: impl FnOnce(&mut CertificateParams)) -> Self {
        let (params, key) = authority(name, change);
        let certificate = read(&params.self_signed(&key).unwrap().pem());
        Self { certificate, issuer: Issuer::new(params, key) }
    }

    pub(crate) fn below(&self, name: &str) -> Self {
        self.below_with(name, |_| {})
    }

    pub(crate) fn below_with(&self, name: &str, change: impl FnOnce(&mut CertificateParams)) -> Self {
        let (params, key) = authority(name, change);
        let certificate = read(&params.signed_by(&key, &self.issuer).unwrap().pem());
        Self { certificate, issuer: Issuer::new(params, key) }
    }

    /// This authority's key and name once more, certified by another: a cross-certificate.
    pub(crate) fn certified_by(&self, other: &Self, name: &str) -> Certificate {
        let (params, _) = authority(name, |_| {});
        read(&params.signed_by(self.issuer.key(), &other.issuer).unwrap().pem())
    }

    /// Exactly what is asked for.
    pub(crate) fn issue(&self, spec: &Spec, key: &PrivateKey) -> Certificate {
        self.issue_with(spec, key, |_| {})
    }

    /// What is asked for, but for a change.
    pub(crate) fn issue_with(
        &self,
        spec: &Spec,
        key: &PrivateKey,
        change: impl FnOnce(&mut CertificateParams),
    ) -> Certificate {
        read(&self.written(spec, key, change))
    }

    /// The same as text, for what must not be readable.
    pub(crate) fn written(
        &self,
        spec: &Spec,
        key: &PrivateKey,
        change: impl FnOnce(&mut CertificateParams),
    ) -> String {
        let mut params = leaf(spec);
        change(&mut params);
        let key = KeyPair::from_pem(key.to_pem().expose_secret()).unwrap();
        params.signed_by(&key, &self.issuer).unwrap().pem()
    }
}

pub(crate) fn read(pem: &str) -> Certificate {
    Certificate::from_pem(pem).unwrap()
}

/// A key that is cheap to make.
pub(crate) fn key() -> PrivateKey {
    PrivateKey::generate(KeyAlgorithm::EcP256).unwrap()
}

/// What the tests ask for when they have no wish of their own.
pub(crate) fn spec() -> Spec {
    let names = [
        (AltNameKind::DnsName, "www.example.com"),
        (AltNameKind::DnsName, "*.example.com"),
        (AltNameKind::IpAddress, "192.0.2.7"),
        (AltNameKind::IpAddress, "2001:db8::7"),
        (AltNameKind::Email, "ops@example.com"),
        (AltNameKind::Uri, "spiffe://example.com/web"),
    ];
    Spec {
        subject: model::certificate::Subject {
            common_name: Some("www.example.com".to_owned()),
            organization: Some("Beispiel GmbH".to_owned()),
            organizational_unit: Some("Betrieb".to_owned()),
            country: Some("DE".to_owned()),
            state: Some("Bayern".to_owned()),
            locality: Some("München".to_owned()),
            domain_components: Vec::new(),
        },
        alt_names: names.map(|(kind, text)| AltName::read(kind, text).unwrap()).to_vec(),
        key_algorithm: KeyAlgorithm::EcP256,
        signature_algorithm: None,
        key_usages: [KeyUsage::DigitalSignature, KeyUsage::KeyAgreement].into(),
        extended_key_usages: [ExtendedKeyUsage::ServerAuth, ExtendedKeyUsage::ClientAuth].into(),
        basic_constraints: model::certificate::BasicConstraints::default(),
        validity: Validity::lasting(30 * DAY, now()),
    }
}

fn authority(name: &str, change: impl FnOnce(&mut CertificateParams)) -> (CertificateParams, KeyPair) {
    let mut params = CertificateParams::default();
    params.distinguished_name = DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, name);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    params.not_before = date_time_ymd(2020, 1, 1);
    params.not_after = date_time_ymd(2040, 1, 1);
    change(&mut params);
    (params, KeyPair::generate().unwrap())
}

/// The spec in the words of `rcgen`.
fn leaf(spec: &Spec) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name = DistinguishedName::new();
    let subject = &spec.subject;
    let texts = [
        (DnType::CountryName, &subject.country),
        (DnType::StateOrProvinceName, &subject.state),
        (DnType::LocalityName, &subject.locality),
        (DnType::OrganizationName, &subject.organization),
        (DnType::OrganizationalUnitName, &subject.organizational_unit),
        (DnType::CommonName, &subject.common_name),
    ];
    for (kind, text) in texts {
        if let Some(text) = text {
            params.distinguished_name.push(kind, text.as_str());
        }
    }
    params.subject_alt_names = spec.alt_names.iter().map(san).collect();
    params.key_usages = spec.key_usages.iter().copied().map(key_usage).collect();
    params.extended_key_usages = spec.extended_key_usages.iter().copied().map(purpose).collect();
    params.is_ca = match (spec.basic_constraints.is_ca, spec.basic_constraints.path_length) {
        (false, _) => IsCa::NoCa,
        (true, None) => IsCa::Ca(BasicConstraints::Unconstrained),
        (true, Some(length)) => IsCa::Ca(BasicConstraints::Constrained(length)),
    };
    match spec.validity {
        Validity::Within { not_before, not_after } => {
            params.not_before = moment!(not_before);
            params.not_after = moment!(not_after);
        }
        Validity::OfAuthority { days } => {
            params.not_before = moment!(now());
            params.not_after = moment!(now().plus(DAY * days));
        }
    }
    params
}

fn san(name: &AltName) -> SanType {
    match name {
        AltName::Dns(text) => SanType::DnsName(text.as_str().try_into().unwrap()),
        AltName::Email(text) => SanType::Rfc822Name(text.as_str().try_into().unwrap()),
        AltName::Uri(text) => SanType::URI(text.as_str().try_into().unwrap()),
        AltName::Ip(address) => SanType::IpAddress(*address),
    }
}

fn key_usage(usage: KeyUsage) -> KeyUsagePurpose {
    match usage {
        KeyUsage::DigitalSignature => KeyUsagePurpose::DigitalSignature,
        KeyUsage::NonRepudiation => KeyUsagePurpose::ContentCommitment,
        KeyUsage::KeyEncipherment => KeyUsagePurpose::KeyEncipherment,
        KeyUsage::DataEncipherment => KeyUsagePurpose::DataEncipherment,
        KeyUsage::KeyAgreement => KeyUsagePurpose::KeyAgreement,
        KeyUsage::KeyCertSign => KeyUsagePurpose::KeyCertSign,
        KeyUsage::CrlSign => KeyUsagePurpose::CrlSign,
        KeyUsage::EncipherOnly => KeyUsagePurpose::EncipherOnly,
        KeyUsage::DecipherOnly => KeyUsagePurpose::DecipherOnly,
    }
}

fn purpose(usage: ExtendedKeyUsage) -> ExtendedKeyUsagePurpose {
    match usage {
        ExtendedKeyUsage::ServerAuth => ExtendedKeyUsagePurpose::ServerAuth,
        ExtendedKeyUsage::ClientAuth => ExtendedKeyUsagePurpose::ClientAuth,
        ExtendedKeyUsage::CodeSigning => ExtendedKeyUsagePurpose::CodeSigning,
        ExtendedKeyUsage::EmailProtection => ExtendedKeyUsagePurpose::EmailProtection,
        ExtendedKeyUsage::TimeStamping => ExtendedKeyUsagePurpose::TimeStamping,
        ExtendedKeyUsage::OcspSigning => ExtendedKeyUsagePurpose::OcspSigning,
    }
}
