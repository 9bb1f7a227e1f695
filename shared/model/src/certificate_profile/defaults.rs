//! What a request that says less means.

use serde::{Deserialize, Serialize};

use crate::certificate::body::Attributes;
use crate::certificate::{
    Attribute, ExtendedKeyUsage, KeyAlgorithm, KeyUsage, Lifetime, SignatureAlgorithm, Subject,
};
use crate::form::{Fault, Form, Rule, rule};

/// The longest default, in days: no authority of AWS gives a certificate ten years that a person uses.
const LONGEST_DAYS: u64 = 3_650;

/// What a request that says less means.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Defaults {
    /// For how many days.
    pub ttl_days: Option<u32>,
    /// Whose.
    pub subject: Subject,
    /// With which key.
    pub key_algorithm: Option<KeyAlgorithm>,
    /// With which signature.
    pub signature_algorithm: Option<SignatureAlgorithm>,
    /// For which uses of the key.
    pub key_usages: Option<Vec<KeyUsage>>,
    /// For which uses of the certificate.
    pub extended_key_usages: Option<Vec<ExtendedKeyUsage>>,
}

impl Defaults {
    /// The request with what it leaves out. The days count when it says nothing at all about its time.
    #[must_use]
    pub fn onto(&self, asked: Attributes) -> Attributes {
        let of = self.subject.clone();
        let subject = asked.subject;
        let timeless = asked.ttl.is_none() && asked.not_before.is_none() && asked.not_after.is_none();
        let ttl = self.ttl_days.filter(|_| timeless).map(Lifetime::of_days);
        Attributes {
            subject: Subject {
                common_name: subject.common_name.or(of.common_name),
                organization: subject.organization.or(of.organization),
                organizational_unit: subject.organizational_unit.or(of.organizational_unit),
                country: subject.country.or(of.country),
                state: subject.state.or(of.state),
                locality: subject.locality.or(of.locality),
                domain_components: if subject.domain_components.is_empty() {
                    of.domain_components
                } else {
                    subject.domain_components
                },
            },
            key_usages: asked.key_usages.or_else(|| self.key_usages.clone().map(sorted)),
            extended_key_usages: asked
                .extended_key_usages
                .or_else(|| self.extended_key_usages.clone().map(sorted)),
            signature_algorithm: asked.signature_algorithm.or(self.signature_algorithm),
            key_algorithm: asked.key_algorithm.or(self.key_algorithm),
            ttl: asked.ttl.or(ttl),
            ..asked
        }
    }

    /// Reads the fields.
    pub(super) fn fields(form: &mut Form<'_>) -> Option<Self> {
        let ttl_days = form.nullish("ttlDays", rule::integer(1, LONGEST_DAYS));
        let mut text = |attribute: Attribute| form.nullish(attribute.camel_name(), value(attribute));
        let common_name = text(Attribute::CommonName);
        let organization = text(Attribute::Organization);
        let organizational_unit = text(Attribute::OrganizationalUnit);
        let country = text(Attribute::Country);
        let state = text(Attribute::State);
        let locality = text(Attribute::Locality);
        let component = value(Attribute::DomainComponent);
        let components = form.nullish(Attribute::DomainComponent.camel_name(), rule::list(0, 20, component));
        let keys = word(KeyAlgorithm::named, KeyAlgorithm::ALL.map(KeyAlgorithm::name));
        let key_algorithm = form.nullish("keyAlgorithm", keys);
        let signatures =
            word(SignatureAlgorithm::named, SignatureAlgorithm::ALL.map(SignatureAlgorithm::name));
        let signature_algorithm = form.nullish("signatureAlgorithm", signatures);
        let usages = word(KeyUsage::named, KeyUsage::ALL.map(KeyUsage::name));
        let key_usages = form.nullish("keyUsages", rule::list(0, KeyUsage::ALL.len(), usages));
        let usages = word(ExtendedKeyUsage::named, ExtendedKeyUsage::ALL.map(ExtendedKeyUsage::name));
        let extended_key_usages =
            form.nullish("extendedKeyUsages", rule::list(0, ExtendedKeyUsage::ALL.len(), usages));
        Some(Self {
            ttl_days: ttl_days?.and_then(|days| u32::try_from(days).ok()),
            subject: Subject {
                common_name: common_name?.flatten(),
                organization: organization?.flatten(),
                organizational_unit: organizational_unit?.flatten(),
                country: country?.flatten(),
                state: state?.flatten(),
                locality: locality?.flatten(),
                domain_components: components?.unwrap_or_default().into_iter().flatten().collect(),
            },
            key_algorithm: key_algorithm?.flatten(),
            signature_algorithm: signature_algorithm?.flatten(),
            key_usages: key_usages?.map(|all| all.into_iter().flatten().collect()),
            extended_key_usages: extended_key_usages?.map(|all| all.into_iter().flatten().collect()),
        })
    }
}

/// Each once, in the order of the nouns.
fn sorted<T: Ord>(mut usages: Vec<T>) -> Vec<T> {
    usages.sort_unstable();
    usages.dedup();
    usages
}

/// A text of a subject; the empty one is none.
fn value(attribute: Attribute) -> impl Rule<Output = Option<String>> {
    rule::text(move |text| {
        if text.trim().is_empty() {
            return Ok(None);
        }
        attribute.read(text).map(Some).map_err(|error| vec![Fault::custom(error.to_string())])
    })
}

/// One of these words, in whichever spelling its noun knows; the empty one is none.
fn word<T: Copy, const N: usize>(
    named: fn(&str) -> Option<T>,
    names: [&'static str; N],
) -> impl Rule<Output = Option<T>> {
    rule::text(move |text| match (text, named(text)) {
        ("", _) => Ok(None),
        (_, Some(found)) => Ok(Some(found)),
        (_, None) => Err(vec![Fault::not_an_option(&names)]),
    })
}
