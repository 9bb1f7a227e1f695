//! What clients send to make and change a policy.

use super::CertificatePolicy;
use super::rules::{
    Algorithms, AuthorityRule, ConstraintsRule, Lists, Rules, SanRule, SubjectRule, ValidityRule,
};
use crate::certificate::{
    AltNameKind, Attribute, ExtendedKeyUsage, KeyAlgorithm, KeyUsage, SignatureAlgorithm,
};
use crate::form::{Fault, Form, Read, Rule, rule};
use crate::project::Asked;

/// The most patterns of one list, and the most characters of one: all lists of a policy fit into an item of the table.
const MOST_PATTERNS: usize = 100;
const LONGEST_PATTERN: usize = 255;

/// The body of a create.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Create {
    /// The name, a slug.
    pub name: String,
    /// The project.
    pub project: Asked,
    /// The description, as it was given.
    pub description: Option<String>,
    /// What certificates may say.
    pub rules: Rules,
}

/// The body of a change. What is absent stays as it is, `null` removes a section.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Update {
    /// The new name.
    pub name: Option<String>,
    /// The new description: `Some(None)` removes it.
    pub description: Option<Option<String>>,
    subject: Option<Option<Vec<SubjectRule>>>,
    sans: Option<Option<Vec<SanRule>>>,
    key_usages: Option<Option<Lists<KeyUsage>>>,
    extended_key_usages: Option<Option<Lists<ExtendedKeyUsage>>>,
    algorithms: Option<Option<Algorithms>>,
    validity: Option<Option<ValidityRule>>,
    basic_constraints: Option<Option<ConstraintsRule>>,
}

impl Read for Create {
    fn read(form: &mut Form<'_>) -> Option<Self> {
        let name = form.required("name", rule::slug(1, 255));
        let project = Asked::read(form);
        let description = form.nullish("description", rule::string(0, 1_000));
        let rules = rules(form);
        Some(Self { name: name?, project: project?, description: description?, rules: rules? })
    }
}

impl Read for Update {
    fn read(form: &mut Form<'_>) -> Option<Self> {
        let name = form.optional("name", rule::slug(1, 255));
        let description = form.nullish("description", rule::string(0, 1_000));
        let rules = rules(form);
        let (description, rules) = (description?, rules?);
        Some(Self {
            name: name?,
            description: form.names("description").then_some(description),
            subject: form.names("subject").then_some(rules.subject),
            sans: form.names("sans").then_some(rules.sans),
            key_usages: form.names("keyUsages").then_some(rules.key_usages),
            extended_key_usages: form.names("extendedKeyUsages").then_some(rules.extended_key_usages),
            algorithms: form.names("algorithms").then_some(rules.algorithms),
            validity: form.names("validity").then_some(rules.validity),
            basic_constraints: form.names("basicConstraints").then_some(rules.basic_constraints),
        })
    }
}

impl Update {
    /// The policy with this change.
    #[must_use]
    pub fn onto(&self, read: &CertificatePolicy) -> CertificatePolicy {
        let (change, read) = (self.clone(), read.clone());
        CertificatePolicy {
            name: change.name.unwrap_or(read.name),
            description: change.description.unwrap_or(read.description),
            rules: Rules {
                subject: change.subject.unwrap_or(read.rules.subject),
                sans: change.sans.unwrap_or(read.rules.sans),
                key_usages: change.key_usages.unwrap_or(read.rules.key_usages),
                extended_key_usages: change.extended_key_usages.unwrap_or(read.rules.extended_key_usages),
                algorithms: change.algorithms.unwrap_or(read.rules.algorithms),
                validity: change.validity.unwrap_or(read.rules.validity),
                basic_constraints: change.basic_constraints.unwrap_or(read.rules.basic_constraints),
            },
            ..read
        }
    }
}

fn rules(form: &mut Form<'_>) -> Option<Rules> {
    let subject = attributes(form, "subject", word(Attribute::named, Attribute::ALL.map(Attribute::name)));
    let sans = attributes(form, "sans", word(AltNameKind::named, AltNameKind::ALL.map(AltNameKind::name)));
    let key_usages = form.nullish_object("keyUsages", |form| {
        lists(form, word(KeyUsage::named, KeyUsage::ALL.map(KeyUsage::name)))
    });
    let extended_key_usages = form.nullish_object("extendedKeyUsages", |form| {
        lists(form, word(ExtendedKeyUsage::named, ExtendedKeyUsage::ALL.map(ExtendedKeyUsage::name)))
    });
    let algorithms = form.nullish_object("algorithms", algorithms);
    let validity = form.nullish_object("validity", |form| {
        form.nullish("max", rule::parsed()).map(|max| ValidityRule { max })
    });
    let basic_constraints = form.nullish_object("basicConstraints", constraints);
    let subject = subject?
        .map(|rules| rules.into_iter().map(|(r#type, patterns)| SubjectRule { r#type, patterns }).collect());
    let sans =
        sans?.map(|rules| rules.into_iter().map(|(r#type, patterns)| SanRule { r#type, patterns }).collect());
    Some(Rules {
        subject,
        sans,
        key_usages: key_usages?,
        extended_key_usages: extended_key_usages?,
        algorithms: algorithms?,
        validity: validity?,
        basic_constraints: basic_constraints?,
    })
}

/// Rules about subjects or names: what they are about, and the patterns.
type PatternRules<T> = Vec<(T, Lists<String>)>;

/// A list of rules about subjects or names: one for each type.
fn attributes<T: Copy + PartialEq, R: Rule<Output = T> + Copy>(
    form: &mut Form<'_>,
    section: &str,
    types: R,
) -> Option<Option<PatternRules<T>>> {
    if !form.has(section) {
        return Some(None);
    }
    let rules = form.optional_objects(section, 0, |form| {
        let r#type = form.required("type", types);
        let patterns = lists(form, pattern());
        Some((r#type?, patterns?))
    })?;
    let rules = rules.unwrap_or_default();
    let twice = rules
        .iter()
        .enumerate()
        .any(|(index, (one, _))| rules[..index].iter().any(|(other, _)| one == other));
    if twice {
        return form.refuse(section, "Each type may appear only once");
    }
    Some(Some(rules))
}

/// What is allowed, required and denied: at least one of them, and nothing twice.
fn lists<T: PartialEq, R: Rule<Output = T> + Copy>(form: &mut Form<'_>, values: R) -> Option<Lists<T>> {
    let mut list = |name: &str| {
        let list = form.nullish(name, rule::list(0, MOST_PATTERNS, values))?;
        let twice = list.as_ref().is_some_and(|list: &Vec<T>| {
            list.iter().enumerate().any(|(index, one)| list[..index].contains(one))
        });
        if twice { form.refuse(name, "Each value may appear only once") } else { Some(list) }
    };
    let (allowed, required, denied) = (list("allowed"), list("required"), list("denied"));
    let lists = Lists { allowed: allowed?, required: required?, denied: denied? };
    if lists.allowed.is_none() && lists.required.is_none() && lists.denied.is_none() {
        return form.refuse("allowed", "At least one of allowed, required and denied must be given");
    }
    Some(lists)
}

fn algorithms(form: &mut Form<'_>) -> Option<Algorithms> {
    let signatures =
        word(SignatureAlgorithm::named, SignatureAlgorithm::ALL.map(SignatureAlgorithm::policy_name));
    let signature = form.nullish("signature", rule::list(1, SignatureAlgorithm::ALL.len(), signatures));
    let keys = word(KeyAlgorithm::named, KeyAlgorithm::ALL.map(KeyAlgorithm::policy_name));
    let key_algorithm = form.nullish("keyAlgorithm", rule::list(1, KeyAlgorithm::ALL.len(), keys));
    Some(Algorithms { signature: signature?, key_algorithm: key_algorithm? })
}

fn constraints(form: &mut Form<'_>) -> Option<ConstraintsRule> {
    let is_ca = form.nullish("isCA", rule::one_of(AuthorityRule::NAMES));
    let max_path_length = form.nullish("maxPathLength", path_length());
    Some(ConstraintsRule { is_ca: is_ca?, max_path_length: max_path_length? })
}

/// One of these words, in whichever spelling its noun knows.
fn word<T: Copy, const N: usize>(
    named: fn(&str) -> Option<T>,
    names: [&'static str; N],
) -> impl Rule<Output = T> + Copy {
    rule::text(move |text| named(text).ok_or_else(|| vec![Fault::not_an_option(&names)]))
}

/// A pattern: text in which `*` stands for any characters.
fn pattern() -> impl Rule<Output = String> + Copy {
    rule::text(|text| {
        let text = text.trim();
        let sound =
            (1..=LONGEST_PATTERN).contains(&text.chars().count()) && !text.chars().any(char::is_control);
        if sound {
            Ok(text.to_owned())
        } else {
            Err(vec![Fault::custom(format!(
                "Must be 1 to {LONGEST_PATTERN} characters without control characters"
            ))])
        }
    })
}

/// -1 for any number, or a number that fits into a certificate's byte.
fn path_length() -> impl Rule<Output = i16> {
    rule::json("number", |value| {
        let length = value.as_i64().and_then(|length| i16::try_from(length).ok());
        length
            .filter(|length| (-1..=255).contains(length))
            .ok_or_else(|| vec![Fault::custom("Must be -1 (unlimited) or a whole number from 0 to 255")])
    })
}
