//! Whether a certificate may be as it was asked for.

use std::collections::BTreeSet;
use std::fmt;
use std::net::IpAddr;
use std::time::Duration;

use super::rules::{AuthorityRule, Lists, Rules, SubjectRule};
use crate::certificate::{
    AltNameKind, Attribute, ExtendedKeyUsage, KeyAlgorithm, KeyUsage, SignatureAlgorithm, Spec, Validity,
};
use crate::certificate_profile::Defaults;
use crate::glob::matches_value;

/// Everything about a certificate that a policy does not allow, in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violations(Vec<String>);

impl Violations {
    /// One after the other; at least one.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }
}

impl fmt::Display for Violations {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.join("; "))
    }
}

impl std::error::Error for Violations {}

impl Rules {
    /// Whether a certificate may be so.
    ///
    /// # Errors
    /// [`Violations`]: all of them, in the order of the sections.
    pub fn check(&self, spec: &Spec) -> Result<(), Violations> {
        let mut found = Vec::new();
        self.check_subject(spec, &mut found);
        self.check_names(spec, &mut found);
        let names: BTreeSet<&str> = spec.key_usages.iter().map(|usage| usage.name()).collect();
        let lists = self.key_usages.as_ref().map(|lists| named(lists, KeyUsage::name));
        check_usages("keyUsages", &names, lists.as_ref(), &mut found);
        let names: BTreeSet<&str> = spec.extended_key_usages.iter().map(|usage| usage.name()).collect();
        let lists = self.extended_key_usages.as_ref().map(|lists| named(lists, ExtendedKeyUsage::name));
        check_usages("extendedKeyUsages", &names, lists.as_ref(), &mut found);
        self.check_algorithms(Some(spec.key_algorithm), spec.signature_algorithm, &mut found);
        self.check_lifetime(spec.validity.lifetime(), &mut found);
        self.check_constraints(spec, &mut found);
        if found.is_empty() { Ok(()) } else { Err(Violations(found)) }
    }

    /// Whether a request that says nothing else than these defaults says nothing that is not allowed. What a policy requires
    /// may still come with the request.
    ///
    /// # Errors
    /// [`Violations`]: all of them, in the order of the sections.
    pub fn check_defaults(&self, defaults: &Defaults) -> Result<(), Violations> {
        let mut found = Vec::new();
        let rules = self.subject.as_deref().unwrap_or_default();
        for attribute in Attribute::ALL {
            let rule = rules.iter().find(|rule| rule.r#type == attribute);
            check_attribute(attribute, &defaults.subject.values(attribute), rule, &mut found);
        }
        let usages = defaults.key_usages.iter().flatten().map(|usage| usage.name()).collect();
        let lists = self.key_usages.as_ref().map(|lists| named(lists, KeyUsage::name));
        check_asked("keyUsages", &usages, lists.as_ref(), &mut found);
        let usages = defaults.extended_key_usages.iter().flatten().map(|usage| usage.name()).collect();
        let lists = self.extended_key_usages.as_ref().map(|lists| named(lists, ExtendedKeyUsage::name));
        check_asked("extendedKeyUsages", &usages, lists.as_ref(), &mut found);
        self.check_algorithms(defaults.key_algorithm, defaults.signature_algorithm, &mut found);
        let day = Duration::from_secs(86_400);
        self.check_lifetime(defaults.ttl_days.map_or(Duration::ZERO, |days| day * days), &mut found);
        if found.is_empty() { Ok(()) } else { Err(Violations(found)) }
    }

    fn check_subject(&self, spec: &Spec, found: &mut Vec<String>) {
        let rules = self.subject.as_deref().unwrap_or_default();
        for attribute in Attribute::ALL {
            let values = spec.subject.values(attribute);
            let name = attribute.name();
            let rule = rules.iter().find(|rule| rule.r#type == attribute);
            let required = rule.map(|rule| rule.patterns.required()).unwrap_or_default();
            let one = |pattern: &String| values.iter().any(|value| matches_value(pattern, value));
            match attribute {
                // There may be several: each pattern wants one of them.
                Attribute::DomainComponent => {
                    for pattern in required.iter().filter(|pattern| !one(pattern)) {
                        found.push(format!("{name} matching '{pattern}' is required"));
                    }
                }
                Attribute::CommonName
                | Attribute::Organization
                | Attribute::OrganizationalUnit
                | Attribute::Country
                | Attribute::State
                | Attribute::Locality => {
                    if !required.is_empty() && !required.iter().any(one) {
                        found.push(format!("{name} must match {}", quoted(required)));
                    }
                }
            }
            check_attribute(attribute, &values, rule, found);
        }
    }

    fn check_names(&self, spec: &Spec, found: &mut Vec<String>) {
        let rules = self.sans.as_deref().unwrap_or_default();
        for kind in AltNameKind::ALL {
            let mut values: Vec<String> =
                spec.alt_names.iter().filter(|name| name.kind() == kind).map(ToString::to_string).collect();
            let name = kind.name();
            let rule = rules.iter().find(|rule| rule.r#type == kind);
            // A public authority makes a name of the common name. Where nothing is said about names, the rules for the common
            // name are those for it.
            if let (AltNameKind::DnsName, Some(_), Validity::OfAuthority { .. }) = (kind, rule, spec.validity)
            {
                values = spec.dns_names().into_iter().map(str::to_ascii_lowercase).collect();
            }
            let Some(rule) = rule else {
                if !values.is_empty() {
                    let listed = quoted(&values);
                    found.push(format!(
                        "{name} {listed} is not allowed: the policy's sans do not name {name}"
                    ));
                }
                continue;
            };
            let matches = |pattern: &str, value: &str| matches_name(kind, pattern, value);
            for pattern in rule.patterns.required() {
                if !values.iter().any(|value| matches(pattern, value)) {
                    found.push(format!("{name} matching '{pattern}' is required"));
                }
            }
            for value in &values {
                check_value(name, value, &rule.patterns, matches, found);
            }
        }
    }

    fn check_algorithms(
        &self,
        key: Option<KeyAlgorithm>,
        signature: Option<SignatureAlgorithm>,
        found: &mut Vec<String>,
    ) {
        let Some(algorithms) = &self.algorithms else { return };
        if let (Some(allowed), Some(asked)) = (&algorithms.key_algorithm, key)
            && !allowed.contains(&asked)
        {
            found.push(format!("the key algorithm {} is not allowed", asked.name()));
        }
        // A signature that is left to the authority is the one that goes with the authority's key.
        if let (Some(allowed), Some(asked)) = (&algorithms.signature, signature)
            && !allowed.contains(&asked)
        {
            found.push(format!("the signature algorithm {} is not allowed", asked.name()));
        }
    }

    fn check_lifetime(&self, lifetime: Duration, found: &mut Vec<String>) {
        if let Some(longest) = self.validity.as_ref().and_then(|rule| rule.max.as_ref())
            && lifetime > longest.span()
        {
            found.push(format!("it would hold longer than {}", longest.as_str()));
        }
    }

    fn check_constraints(&self, spec: &Spec, found: &mut Vec<String>) {
        let constraints = self.basic_constraints;
        let rule = constraints.and_then(|rule| rule.is_ca).unwrap_or(AuthorityRule::Denied);
        let asked = spec.basic_constraints;
        match (rule, asked.is_ca) {
            (AuthorityRule::Denied, true) => {
                found.push("a certificate of an authority is not allowed".to_owned());
                return;
            }
            (AuthorityRule::Required, false) => {
                found.push("it must be a certificate of an authority (basicConstraints.isCA)".to_owned());
            }
            (AuthorityRule::Denied | AuthorityRule::Allowed, false)
            | (AuthorityRule::Allowed | AuthorityRule::Required, true) => {}
        }
        let longest = constraints.and_then(|rule| rule.max_path_length).filter(|longest| *longest >= 0);
        if let (true, Some(longest)) = (asked.is_ca, longest)
            && asked.path_length.is_none_or(|length| i16::from(length) > longest)
        {
            found.push(format!("the path length must be given, and at most {longest}"));
        }
    }
}

/// What an attribute of a subject says: that it may be there, and say that.
fn check_attribute(
    attribute: Attribute,
    values: &[&str],
    rule: Option<&SubjectRule>,
    found: &mut Vec<String>,
) {
    let name = attribute.name();
    match rule {
        Some(rule) => {
            for value in values {
                check_value(name, value, &rule.patterns, matches_value, found);
            }
        }
        None if values.is_empty() => {}
        None => found.push(format!("{name} is not allowed: the policy's subject does not name it")),
    }
}

/// A value that is there: not denied, and allowed or required.
fn check_value(
    name: &str,
    value: &str,
    patterns: &Lists<String>,
    matches: impl Fn(&str, &str) -> bool,
    found: &mut Vec<String>,
) {
    let among = |patterns: &[String]| patterns.iter().any(|pattern| matches(pattern, value));
    // In any case: a common name may be a host, and hosts have none.
    let folded = value.to_ascii_lowercase();
    if patterns.denied().iter().any(|pattern| matches(&pattern.to_ascii_lowercase(), &folded)) {
        found.push(format!("{name} '{value}' is denied"));
        return;
    }
    let allowed = patterns.allowed();
    if !allowed.is_empty() && !among(allowed) && !among(patterns.required()) {
        found.push(format!("{name} '{value}' does not match {}", quoted(allowed)));
    }
}

/// The usages of a section by name.
fn named<T: Copy>(lists: &Lists<T>, name: impl Fn(T) -> &'static str) -> Lists<&'static str> {
    let names = |list: &Option<Vec<T>>| {
        list.as_ref().map(|list| list.iter().map(|usage| name(*usage)).collect::<Vec<_>>())
    };
    Lists { allowed: names(&lists.allowed), required: names(&lists.required), denied: names(&lists.denied) }
}

fn check_usages(section: &str, asked: &BTreeSet<&str>, lists: Option<&Lists<&str>>, found: &mut Vec<String>) {
    let required = lists.map(Lists::required).unwrap_or_default();
    for missing in required.iter().filter(|usage| !asked.contains(*usage)) {
        found.push(format!("{section} must have {missing}"));
    }
    check_asked(section, asked, lists, found);
}

/// Usages that are asked for: that they may be.
fn check_asked(section: &str, asked: &BTreeSet<&str>, lists: Option<&Lists<&str>>, found: &mut Vec<String>) {
    let Some(lists) = lists else {
        if !asked.is_empty() {
            found.push(format!("{section} are not allowed: the policy does not name any"));
        }
        return;
    };
    // A section that only denies allows the others.
    let closed = lists.allowed.is_some() || lists.required.is_some();
    for usage in asked {
        if lists.denied().contains(usage) {
            found.push(format!("{section} must not have {usage}"));
        } else if closed && !lists.allowed().contains(usage) && !lists.required().contains(usage) {
            found.push(format!("{section} may not have {usage}"));
        }
    }
}

/// Whether an alternative name matches a pattern: hosts and mailboxes in any case, addresses however they are written.
fn matches_name(kind: AltNameKind, pattern: &str, value: &str) -> bool {
    match kind {
        AltNameKind::DnsName | AltNameKind::Email => {
            matches_value(&pattern.to_ascii_lowercase(), &value.to_ascii_lowercase())
        }
        AltNameKind::IpAddress => match (pattern.parse::<IpAddr>(), value.parse::<IpAddr>()) {
            (Ok(pattern), Ok(value)) => pattern == value,
            (Ok(_) | Err(_), Ok(_) | Err(_)) => matches_value(pattern, value),
        },
        AltNameKind::Uri => matches_value(pattern, value),
    }
}

fn quoted(values: &[String]) -> String {
    values.iter().map(|value| format!("'{value}'")).collect::<Vec<_>>().join(" or ")
}
