//! What clients send for a certificate.

use serde_json::Value;

use super::{
    AltName, AltNameKind, Attribute, BasicConstraints, ExtendedKeyUsage, KeyAlgorithm, KeyUsage, Lifetime,
    SignatureAlgorithm, Subject,
};
use crate::Timestamp;
use crate::form::{Fault, Form, Read, Rule, rule};
use crate::id::{ApplicationId, CertificateProfileId};

/// The body of a request for a certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Issue {
    /// By which profile.
    pub profile_id: CertificateProfileId,
    /// In which application.
    pub application_id: Option<ApplicationId>,
    /// For a key that is elsewhere: its certificate signing request, PEM.
    pub csr: Option<String>,
    /// What the certificate is to be, as far as the caller says.
    pub attributes: Attributes,
    /// Whether the chain that comes with it ends before the root.
    pub removes_roots: bool,
}

/// What the caller says that the certificate is to be. What is absent is the profile's.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Attributes {
    /// Whose it is.
    pub subject: Subject,
    /// The names that it is for.
    pub alt_names: Option<Vec<AltName>>,
    /// What the key may be used for.
    pub key_usages: Option<Vec<KeyUsage>>,
    /// What the certificate is for.
    pub extended_key_usages: Option<Vec<ExtendedKeyUsage>>,
    /// How it is signed.
    pub signature_algorithm: Option<SignatureAlgorithm>,
    /// The key.
    pub key_algorithm: Option<KeyAlgorithm>,
    /// How long it holds. Not beside the dates.
    pub ttl: Option<Lifetime>,
    /// From when on.
    pub not_before: Option<Timestamp>,
    /// Until when.
    pub not_after: Option<Timestamp>,
    /// What it may sign.
    pub basic_constraints: Option<BasicConstraints>,
}

/// The longest CSR that the contract takes, in characters.
const LONGEST_CSR: usize = 4_096;

/// More names than an authority takes: ACM's most, when its quota was raised, and Private CA's.
const MOST_NAMES: usize = 100;

impl Read for Issue {
    fn read(form: &mut Form<'_>) -> Option<Self> {
        let profile_id = form.required("profileId", rule::id());
        // Terraform's framework writes an absent application as an empty text at times.
        let application_id = form.nullish("applicationId", or_empty(rule::id()));
        let csr = form.nullish("csr", or_empty(rule::trimmed(1, LONGEST_CSR)));
        let attributes = form.nullish_object("attributes", |form| {
            // The CLI has it here.
            let removes_roots = form.nullish("removeRootsFromChain", rule::boolean());
            Some((Attributes::fields(form)?, removes_roots?))
        });
        let removes_roots = form.nullish("removeRootsFromChain", rule::boolean());
        let (attributes, inner) = attributes?.unwrap_or_default();
        Some(Self {
            profile_id: profile_id?,
            application_id: application_id?.flatten(),
            csr: csr?.flatten(),
            attributes,
            removes_roots: removes_roots?.or(inner).unwrap_or(false),
        })
    }
}

impl Attributes {
    /// Reads the fields, under every name that clients give them.
    pub fn fields(form: &mut Form<'_>) -> Option<Self> {
        let common_name = text(form, &["commonName"], Attribute::CommonName);
        let organization = text(form, &["organization"], Attribute::Organization);
        let organizational_unit = text(form, &["organizationalUnit", "ou"], Attribute::OrganizationalUnit);
        let country = text(form, &["country"], Attribute::Country);
        let state = text(form, &["state", "province"], Attribute::State);
        let locality = text(form, &["locality"], Attribute::Locality);
        let domain_components = form
            .nullish("domainComponents", rule::list(0, MOST_NAMES, of_subject(Attribute::DomainComponent)));
        let alt_names = alt_names(form);
        let key_usages =
            form.nullish("keyUsages", words(KeyUsage::named, &KeyUsage::ALL.map(KeyUsage::name)));
        let extended_key_usages = form.nullish(
            "extendedKeyUsages",
            words(ExtendedKeyUsage::named, &ExtendedKeyUsage::ALL.map(ExtendedKeyUsage::name)),
        );
        let signature_algorithm = form.nullish(
            "signatureAlgorithm",
            or_empty(word(SignatureAlgorithm::named, &SignatureAlgorithm::ALL.map(SignatureAlgorithm::name))),
        );
        let key_algorithm = form.nullish(
            "keyAlgorithm",
            or_empty(word(KeyAlgorithm::named, &KeyAlgorithm::ALL.map(KeyAlgorithm::name))),
        );
        let ttl = form.nullish("ttl", or_empty(rule::parsed()));
        let not_before = form.nullish("notBefore", or_empty(rule::parsed()));
        let not_after = form.nullish("notAfter", or_empty(rule::parsed()));
        let basic_constraints = form.nullish_object("basicConstraints", basic_constraints);
        let (ttl, not_before, not_after) = (ttl?.flatten(), not_before?.flatten(), not_after?.flatten());
        dates(form, ttl, not_before, not_after)?;
        Some(Self {
            subject: Subject {
                common_name: common_name?,
                organization: organization?,
                organizational_unit: organizational_unit?,
                country: country?,
                state: state?,
                locality: locality?,
                domain_components: domain_components?.unwrap_or_default(),
            },
            alt_names: alt_names?,
            key_usages: key_usages?,
            extended_key_usages: extended_key_usages?,
            signature_algorithm: signature_algorithm?.flatten(),
            key_algorithm: key_algorithm?.flatten(),
            ttl,
            not_before,
            not_after,
            basic_constraints: basic_constraints?,
        })
    }
}

/// The span or the dates, and the dates in their order.
fn dates(
    form: &mut Form<'_>,
    ttl: Option<Lifetime>,
    not_before: Option<Timestamp>,
    not_after: Option<Timestamp>,
) -> Option<()> {
    if ttl.is_some() && (not_before.is_some() || not_after.is_some()) {
        return form.refuse("ttl", "Give either ttl or notBefore and notAfter, not both");
    }
    match (not_before, not_after) {
        (Some(from), Some(until)) if until <= from => {
            form.refuse("notAfter", "notAfter must be later than notBefore")
        }
        (Some(_) | None, Some(_) | None) => Some(()),
    }
}

/// A text of the subject by the first of its names that is there; an empty one is none.
fn text(form: &mut Form<'_>, names: &[&str], attribute: Attribute) -> Option<Option<String>> {
    let name = names.iter().copied().find(|name| form.has(name)).or(names.first().copied())?;
    Some(form.nullish(name, or_empty(of_subject(attribute)))?.flatten())
}

fn of_subject(attribute: Attribute) -> impl Rule<Output = String> {
    rule::text(move |text| attribute.read(text).map_err(|error| vec![Fault::custom(error.to_string())]))
}

/// What `rule` reads, and none for a text without anything in it: clients send `""` for what is not set.
fn or_empty<R: Rule>(rule: R) -> impl Rule<Output = Option<R::Output>> {
    rule::json(rule.expects(), move |value| match value {
        Value::String(text) if text.trim().is_empty() => Ok(None),
        Value::Null
        | Value::Bool(_)
        | Value::Number(_)
        | Value::String(_)
        | Value::Array(_)
        | Value::Object(_) => rule.read(value).map(Some),
    })
}

fn word<T>(named: fn(&str) -> Option<T>, options: &[&'static str]) -> impl Rule<Output = T> {
    let options = options.to_vec();
    rule::text(move |text| named(text.trim()).ok_or_else(|| vec![Fault::not_an_option(&options)]))
}

fn words<T: Copy + Ord>(
    named: fn(&str) -> Option<T>,
    options: &[&'static str],
) -> impl Rule<Output = Vec<T>> {
    let rule = rule::list(0, 32, word(named, options));
    rule::json("array", move |value| {
        let mut read = rule.read(value)?;
        read.sort_unstable();
        read.dedup();
        Ok(read)
    })
}

/// The names, each once.
fn alt_names(form: &mut Form<'_>) -> Option<Option<Vec<AltName>>> {
    if !form.has("altNames") {
        return Some(None);
    }
    let read = form.optional_objects("altNames", 0, |form| {
        let kinds = AltNameKind::ALL.map(AltNameKind::name);
        let kind = form.required("type", word(AltNameKind::named, &kinds));
        let value = form.required("value", rule::trimmed(1, 1_024));
        let (kind, value) = (kind?, value?);
        match AltName::read(kind, &value) {
            Ok(name) => Some(name),
            Err(error) => form.refuse("value", error.to_string()),
        }
    })??;
    let mut names: Vec<AltName> = Vec::with_capacity(read.len());
    for name in read {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    if names.len() > MOST_NAMES {
        return form.refuse("altNames", format!("A certificate has at most {MOST_NAMES} names"));
    }
    Some(Some(names))
}

fn basic_constraints(form: &mut Form<'_>) -> Option<BasicConstraints> {
    let is_ca = form.nullish("isCA", rule::boolean());
    let path_length = form.nullish("pathLength", rule::integer(0, 255));
    let (is_ca, path_length) = (is_ca?.unwrap_or(false), path_length?);
    if !is_ca && path_length.is_some() {
        return form.refuse("pathLength", "Only the certificate of an authority has a path length");
    }
    Some(BasicConstraints { is_ca, path_length: path_length.and_then(|length| u8::try_from(length).ok()) })
}
