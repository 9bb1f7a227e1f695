//! Whether what an authority issued is what it was asked for.

use std::fmt;
use std::time::Duration;

use model::Timestamp;
use model::certificate::{
    AltName, Attribute, ExtendedKeyUsage, KeyAlgorithm, KeyUsage, SignatureAlgorithm, Spec, Validity,
};

use crate::certificate::Certificate;
use crate::chain::{BrokenChain, Chain};
use crate::public_key::PublicKey;

mod path;

/// How far a bound may lie from the one that was asked for.
const MINUTE: Duration = Duration::from_secs(60);

/// What came back.
#[derive(Debug, Clone, Copy)]
pub struct Issued<'a> {
    /// The certificate.
    pub certificate: &'a Certificate,
    /// The certificates that came with it, in any order.
    pub chain: &'a [Certificate],
    /// The certificate of the authority that was asked, when it is known: no other may have issued it.
    pub authority: Option<&'a Certificate>,
}

/// One way in which a certificate is not what was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Difference {
    /// A name is missing.
    MissingName(AltName),
    /// A name is there that nobody asked for.
    OtherName(String),
    /// The subject says something else.
    Subject {
        /// Where.
        attribute: Attribute,
        /// What was asked for.
        asked: String,
        /// What it says.
        found: String,
    },
    /// The subject says something that nobody asked for.
    OtherSubject(String),
    /// The key is another one: whoever has the private key could not use the certificate.
    Key,
    /// The key is of another kind than was asked for.
    KeyAlgorithm(KeyAlgorithm),
    /// It is signed in another way than was asked for.
    SignatureAlgorithm(SignatureAlgorithm),
    /// It begins to hold at another time.
    NotBefore {
        /// What was asked for.
        asked: Timestamp,
        /// What it says.
        found: Timestamp,
    },
    /// It ends to hold at another time.
    NotAfter {
        /// What was asked for.
        asked: Timestamp,
        /// What it says.
        found: Timestamp,
    },
    /// It does not hold any longer.
    Expired(Timestamp),
    /// A use of the key is missing.
    MissingKeyUsage(KeyUsage),
    /// A use of the key is there that nobody asked for.
    OtherKeyUsage(KeyUsage),
    /// What it should be for is missing.
    MissingExtendedKeyUsage(ExtendedKeyUsage),
    /// It is for something that nobody asked for.
    OtherExtendedKeyUsage(String),
    /// It is an authority's and should not be, or the other way around, or for another depth.
    BasicConstraints,
    /// Its chain does not carry it.
    Chain(BrokenChain),
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::MissingName(name) => write!(f, "the name {name} is missing"),
            Self::OtherName(name) => write!(f, "the name {name} was not asked for"),
            Self::Subject { attribute, asked, found } => {
                write!(f, "the subject's {} is \"{found}\" instead of \"{asked}\"", attribute.camel_name())
            }
            Self::OtherSubject(text) => write!(f, "the subject's {text} was not asked for"),
            Self::Key => f.write_str("it is for another key"),
            Self::KeyAlgorithm(asked) => write!(f, "its key is not {}", asked.name()),
            Self::SignatureAlgorithm(asked) => write!(f, "it is not signed with {}", asked.name()),
            Self::NotBefore { asked, found } => write!(f, "it holds from {found} on instead of {asked}"),
            Self::NotAfter { asked, found } => write!(f, "it holds until {found} instead of {asked}"),
            Self::Expired(at) => write!(f, "it expired at {at}"),
            Self::MissingKeyUsage(usage) => write!(f, "the key usage {} is missing", usage.name()),
            Self::OtherKeyUsage(usage) => write!(f, "the key usage {} was not asked for", usage.name()),
            Self::MissingExtendedKeyUsage(usage) => {
                write!(f, "the extended key usage {} is missing", usage.name())
            }
            Self::OtherExtendedKeyUsage(usage) => {
                write!(f, "the extended key usage {usage} was not asked for")
            }
            Self::BasicConstraints => {
                f.write_str("its basic constraints (whether it is an authority's) are others")
            }
            Self::Chain(problem) => problem.fmt(f),
        }
    }
}

/// Checks a certificate against what was asked for, and its chain link by link and by the independent verifier. The chain comes
/// back in order, with the root if it was there; what is given beside it and does not belong to it is left out. The last
/// authority that is known is believed, a root or not: who asks has chosen whom they ask.
///
/// Where the authority decides how long the certificate holds ([`Validity::OfAuthority`]: a public one) it also decides about
/// the subject and the uses, of which ACM takes none in a request. There the names must be those asked for, the common name among
/// them, and a server must be able to use it.
///
/// A spec of an authority that says nothing about the uses of its key leaves them to the authority's template.
///
/// # Errors
/// Every [`Difference`].
pub fn verify(
    issued: Issued<'_>,
    spec: &Spec,
    key: &PublicKey,
    now: Timestamp,
) -> Result<Chain, Vec<Difference>> {
    let mut found = Vec::new();
    match spec.validity {
        Validity::Within { not_before, not_after } => {
            subject(issued, spec, &mut found);
            names(issued, &spec.alt_names, &mut found);
            bounds(issued, not_before, not_after, &mut found);
            usages(issued, spec, &mut found);
        }
        Validity::OfAuthority { .. } => {
            names(issued, &public_names(spec), &mut found);
            for_servers(issued, &mut found);
        }
    }
    key_fits(issued, spec, key, &mut found);
    let facts = issued.certificate.facts();
    if facts.basic_constraints != spec.basic_constraints {
        found.push(Difference::BasicConstraints);
    }
    if facts.not_after <= now {
        found.push(Difference::Expired(facts.not_after));
    }
    match path::checked(issued, now) {
        Ok(chain) if found.is_empty() => Ok(chain),
        Ok(_) => Err(found),
        Err(problem) => {
            found.push(Difference::Chain(problem));
            Err(found)
        }
    }
}

fn subject(issued: Issued<'_>, spec: &Spec, found: &mut Vec<Difference>) {
    let facts = issued.certificate.facts();
    for attribute in Attribute::ALL {
        let (asked, says) = (spec.subject.values(attribute), facts.subject.values(attribute));
        if asked != says {
            found.push(Difference::Subject { attribute, asked: asked.join(", "), found: says.join(", ") });
        }
    }
    found.extend(facts.other_subject.iter().cloned().map(Difference::OtherSubject));
}

fn names(issued: Issued<'_>, asked: &[AltName], found: &mut Vec<Difference>) {
    let facts = issued.certificate.facts();
    let missing = asked.iter().filter(|name| !facts.alt_names.contains(name));
    found.extend(missing.cloned().map(Difference::MissingName));
    let others = facts.alt_names.iter().filter(|name| !asked.contains(name)).map(ToString::to_string);
    found.extend(others.chain(facts.other_alt_names.iter().cloned()).map(Difference::OtherName));
}

/// The names of a certificate by a public authority: the common name is always one of them.
fn public_names(spec: &Spec) -> Vec<AltName> {
    let dns = spec.dns_names().into_iter().map(|name| AltName::Dns(name.to_ascii_lowercase()));
    let mut names: Vec<AltName> = dns.collect();
    names.extend(spec.alt_names.iter().filter(|name| name.dns().is_none()).cloned());
    names
}

fn bounds(issued: Issued<'_>, not_before: Timestamp, not_after: Timestamp, found: &mut Vec<Difference>) {
    let facts = issued.certificate.facts();
    let is_near = |one: Timestamp, other: Timestamp| one.since(other).max(other.since(one)) < MINUTE;
    if !is_near(facts.not_before, not_before) {
        found.push(Difference::NotBefore { asked: not_before, found: facts.not_before });
    }
    if !is_near(facts.not_after, not_after) {
        found.push(Difference::NotAfter { asked: not_after, found: facts.not_after });
    }
}

/// What the key of an authority is for.
const AUTHORITYS_USAGES: [KeyUsage; 3] =
    [KeyUsage::DigitalSignature, KeyUsage::KeyCertSign, KeyUsage::CrlSign];

fn usages(issued: Issued<'_>, spec: &Spec, found: &mut Vec<Difference>) {
    let facts = issued.certificate.facts();
    found.extend(spec.key_usages.difference(&facts.key_usages).copied().map(Difference::MissingKeyUsage));
    let is_of_template = |usage: &&KeyUsage| {
        spec.key_usages.is_empty() && spec.basic_constraints.is_ca && AUTHORITYS_USAGES.contains(usage)
    };
    let others = facts.key_usages.difference(&spec.key_usages).filter(|usage| !is_of_template(usage));
    found.extend(others.copied().map(Difference::OtherKeyUsage));
    let missing = spec.extended_key_usages.difference(&facts.extended_key_usages);
    found.extend(missing.copied().map(Difference::MissingExtendedKeyUsage));
    let others =
        facts.extended_key_usages.difference(&spec.extended_key_usages).map(|usage| usage.name().to_owned());
    let others = others.chain(facts.other_extended_key_usages.iter().cloned());
    found.extend(others.map(Difference::OtherExtendedKeyUsage));
}

fn for_servers(issued: Issued<'_>, found: &mut Vec<Difference>) {
    let facts = issued.certificate.facts();
    let says_nothing = facts.extended_key_usages.is_empty() && facts.other_extended_key_usages.is_empty();
    if !says_nothing && !facts.extended_key_usages.contains(&ExtendedKeyUsage::ServerAuth) {
        found.push(Difference::MissingExtendedKeyUsage(ExtendedKeyUsage::ServerAuth));
    }
}

fn key_fits(issued: Issued<'_>, spec: &Spec, key: &PublicKey, found: &mut Vec<Difference>) {
    let its = issued.certificate.public_key();
    if its.as_ref() != Ok(key) {
        found.push(Difference::Key);
    }
    if its.map(|key| key.algorithm()) != Ok(spec.key_algorithm) {
        found.push(Difference::KeyAlgorithm(spec.key_algorithm));
    }
    if let Some(asked) = spec.signature_algorithm
        && issued.certificate.facts().signature_algorithm != Some(asked)
    {
        found.push(Difference::SignatureAlgorithm(asked));
    }
}
