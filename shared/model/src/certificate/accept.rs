//! From what somebody asks for to what the certificate must be: all that can be refused without asking AWS is refused here.

use std::collections::BTreeSet;
use std::fmt;

use super::body::Attributes;
use super::{
    AltName, Attribute, BasicConstraints, ExtendedKeyUsage, KeyAlgorithm, KeyUsage, Lifetime, Spec, Subject,
    Validity, validity,
};
use crate::Timestamp;
use crate::certificate_authority::{AuthorityType, CertificateAuthority, Status};

/// What a certificate signing request says, as far as a certificate can say it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signed {
    /// Whose.
    pub subject: Subject,
    /// For which names.
    pub alt_names: Vec<AltName>,
    /// For which key.
    pub key_algorithm: KeyAlgorithm,
    /// For which uses of the key.
    pub key_usages: BTreeSet<KeyUsage>,
    /// For which uses of the certificate.
    pub extended_key_usages: BTreeSet<ExtendedKeyUsage>,
    /// To sign what.
    pub basic_constraints: BasicConstraints,
}

/// Everything for which a request is refused, in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusals(Vec<String>);

impl fmt::Display for Refusals {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.join("; "))
    }
}

impl std::error::Error for Refusals {}

/// What ACM's public certificates last today, in days
/// (<https://docs.aws.amazon.com/acm/latest/userguide/acm-certificate-characteristics.html>).
pub const ACM_DAYS: u32 = 198;

/// The longest of a private CA of short-lived certificates, in days
/// (<https://docs.aws.amazon.com/privateca/latest/userguide/short-lived-certificates.html>).
const SHORT_LIVED_DAYS: u32 = 7;

/// The most names that ACM gives a certificate, with its quota raised; ten without.
/// <https://docs.aws.amazon.com/acm/latest/userguide/acm-limits.html>
const ACM_NAMES: usize = 100;

/// What somebody asks for.
#[derive(Debug, Clone, Copy)]
pub struct Asked<'a> {
    /// What they say themselves.
    pub given: &'a Attributes,
    /// The same with the profile's defaults.
    pub completed: &'a Attributes,
    /// For so many days, when they say only when it begins.
    pub days: Option<u32>,
    /// What their signing request says, when they have one.
    pub signed: Option<&'a Signed>,
}

impl Asked<'_> {
    /// What the certificate must be, from `authority` at `now`.
    ///
    /// # Errors
    /// [`Refusals`]: everything that the authority's kind, its state or the signing request does not allow.
    pub fn spec(&self, authority: &CertificateAuthority, now: Timestamp) -> Result<Spec, Refusals> {
        let mut refused = Vec::new();
        match authority.status {
            Status::Active => {}
            Status::Disabled => {
                refused.push(format!("the certificate authority {} is disabled", authority.name))
            }
            Status::PendingCertificate => {
                refused.push(format!("the certificate authority {} has no certificate yet", authority.name));
            }
        }
        let kind = authority.configuration.authority_type();
        let validity = match kind {
            AuthorityType::AwsPca => self.validity(authority, now, &mut refused),
            AuthorityType::AwsAcmPublicCa => self.validity_at_acm(&mut refused),
        };
        let spec = validity.map(|validity| match self.signed {
            Some(signed) => self.of_request(signed, validity, &mut refused),
            None => self.of_attributes(validity),
        });
        if let Some(spec) = &spec {
            match kind {
                AuthorityType::AwsPca => private_ca(spec, &mut refused),
                AuthorityType::AwsAcmPublicCa => self.acm(spec, authority, &mut refused),
            }
        }
        match spec {
            Some(spec) if refused.is_empty() => Ok(spec),
            Some(_) | None => Err(Refusals(refused)),
        }
    }

    /// In whole minutes: a beginning is rounded down, and an end as well.
    fn validity(
        &self,
        authority: &CertificateAuthority,
        now: Timestamp,
        refused: &mut Vec<String>,
    ) -> Option<Validity> {
        let asked = self.completed;
        let not_before = validity::whole_minutes(asked.not_before.unwrap_or(now));
        let span = asked.ttl.or(self.days.map(Lifetime::of_days)).map(Lifetime::span);
        let not_after = match (asked.not_after, span) {
            (Some(at), _) => validity::whole_minutes(at),
            (None, Some(span)) => not_before.plus(span),
            (None, None) => {
                refused.push("ttl or notAfter is needed: the profile has no default".to_owned());
                return None;
            }
        };
        if not_after <= now || not_after <= not_before {
            refused.push("the certificate would have ended before it began to hold".to_owned());
        }
        let validity = Validity::Within { not_before, not_after };
        if authority.is_short_lived() && validity.lifetime() > Lifetime::of_days(SHORT_LIVED_DAYS).span() {
            refused.push(format!(
                "the certificate authority {} issues short-lived certificates, of at most {SHORT_LIVED_DAYS} days",
                authority.name
            ));
        }
        Some(validity)
    }

    fn validity_at_acm(&self, refused: &mut Vec<String>) -> Option<Validity> {
        let asked = self.completed;
        if asked.not_before.is_some() || asked.not_after.is_some() {
            refused.push(
                "ACM decides itself when a certificate begins and ends: leave out the dates".to_owned(),
            );
        }
        if asked.ttl.is_some_and(|ttl| ttl != Lifetime::of_days(ACM_DAYS)) {
            refused.push(format!(
                "a certificate of ACM lasts {ACM_DAYS} days: ttl must be {ACM_DAYS}d or absent"
            ));
        }
        Some(Validity::OfAuthority { days: ACM_DAYS })
    }

    fn of_attributes(&self, validity: Validity) -> Spec {
        let asked = self.completed;
        Spec {
            subject: asked.subject.clone(),
            alt_names: asked.alt_names.clone().unwrap_or_default(),
            key_algorithm: asked.key_algorithm.unwrap_or(KeyAlgorithm::Rsa2048),
            signature_algorithm: asked.signature_algorithm,
            key_usages: asked.key_usages.iter().flatten().copied().collect(),
            extended_key_usages: asked.extended_key_usages.iter().flatten().copied().collect(),
            basic_constraints: asked.basic_constraints.unwrap_or_default(),
            validity,
        }
    }

    /// Names and key are the signing request's; attributes may repeat them, and not contradict.
    fn of_request(&self, signed: &Signed, validity: Validity, refused: &mut Vec<String>) -> Spec {
        let given = self.given;
        for attribute in Attribute::ALL {
            let asked = given.subject.values(attribute);
            if !asked.is_empty() && asked != signed.subject.values(attribute) {
                let name = attribute.camel_name();
                refused.push(format!("{name} is not what the certificate signing request says"));
            }
        }
        let names = |names: &[AltName]| names.iter().cloned().collect::<BTreeSet<_>>();
        if given.alt_names.as_ref().is_some_and(|asked| names(asked) != names(&signed.alt_names)) {
            refused.push("altNames are not what the certificate signing request says".to_owned());
        }
        if given.key_algorithm.is_some_and(|asked| asked != signed.key_algorithm) {
            let has = signed.key_algorithm.name();
            refused.push(format!("keyAlgorithm is not that of the certificate signing request, {has}"));
        }
        let asked = self.completed;
        Spec {
            subject: signed.subject.clone(),
            alt_names: signed.alt_names.clone(),
            key_algorithm: signed.key_algorithm,
            signature_algorithm: asked.signature_algorithm,
            key_usages: usages(asked.key_usages.as_ref(), &signed.key_usages),
            extended_key_usages: usages(asked.extended_key_usages.as_ref(), &signed.extended_key_usages),
            basic_constraints: asked.basic_constraints.unwrap_or(signed.basic_constraints),
            validity,
        }
    }

    /// <https://docs.aws.amazon.com/acm/latest/userguide/acm-certificate-characteristics.html>
    fn acm(&self, spec: &Spec, authority: &CertificateAuthority, refused: &mut Vec<String>) {
        if self.signed.is_some() {
            refused.push("ACM makes the key itself, and takes no certificate signing request".to_owned());
        }
        match spec.key_algorithm {
            KeyAlgorithm::Rsa2048 | KeyAlgorithm::EcP256 | KeyAlgorithm::EcP384 => {}
            KeyAlgorithm::Rsa3072 | KeyAlgorithm::Rsa4096 | KeyAlgorithm::EcP521 => refused.push(format!(
                "the key algorithm {} is none of ACM's: RSA_2048, EC_prime256v1, EC_secp384r1",
                spec.key_algorithm.name()
            )),
        }
        for attribute in Attribute::ALL {
            if attribute != Attribute::CommonName && !spec.subject.values(attribute).is_empty() {
                let name = attribute.camel_name();
                refused.push(format!("a certificate of ACM has no {name}: its subject is a common name"));
            }
        }
        if let Some(other) = spec.alt_names.iter().find(|name| name.dns().is_none()) {
            refused.push(format!("a certificate of ACM is for host names alone: {other} is none"));
        }
        if spec.basic_constraints.is_ca {
            refused.push("ACM issues no certificates for certificate authorities".to_owned());
        }
        let common_name = spec.subject.common_name.as_deref();
        if let Some(name) = common_name.filter(|name| !AltName::is_host(name)) {
            refused.push(format!("commonName must be a host name for a certificate of ACM: {name} is none"));
            return;
        }
        let names = spec.dns_names();
        if names.is_empty() {
            refused.push("a certificate of ACM needs a host name, as commonName or in altNames".to_owned());
        }
        if names.len() > ACM_NAMES {
            refused.push(format!("a certificate of ACM has at most {ACM_NAMES} names"));
        }
        let outside: Vec<&str> = names.into_iter().filter(|name| authority.zone_of(name).is_none()).collect();
        if !outside.is_empty() {
            refused.push(format!(
                "no hosted zone of the certificate authority {} holds {}",
                authority.name,
                outside.join(", ")
            ));
        }
    }
}

/// Usages that are asked for. Without any, Private CA copies those of the signing request into the certificate: then they are
/// what is asked for, and a policy is to see them.
fn usages<T: Copy + Ord>(asked: Option<&Vec<T>>, signed: &BTreeSet<T>) -> BTreeSet<T> {
    match asked {
        Some(usages) if !usages.is_empty() => usages.iter().copied().collect(),
        Some(_) | None => signed.clone(),
    }
}

fn private_ca(spec: &Spec, refused: &mut Vec<String>) {
    if spec.subject.is_empty() && spec.alt_names.is_empty() {
        refused.push("a certificate needs a subject or a name in altNames".to_owned());
    }
}
