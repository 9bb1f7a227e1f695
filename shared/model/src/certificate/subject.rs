//! Whose certificate it is.

use serde::{Deserialize, Serialize};

/// The subject of a certificate. Every text is trimmed, not empty, and not longer than X.520 allows.
///
/// <https://www.rfc-editor.org/rfc/rfc5280#appendix-A.1>
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Subject {
    /// `CN`.
    pub common_name: Option<String>,
    /// `O`.
    pub organization: Option<String>,
    /// `OU`.
    pub organizational_unit: Option<String>,
    /// `C`: two capital letters.
    pub country: Option<String>,
    /// `ST`, also called province.
    pub state: Option<String>,
    /// `L`.
    pub locality: Option<String>,
    /// `DC`, the outermost domain last.
    pub domain_components: Vec<String>,
}

/// One kind of text in a subject.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Attribute {
    /// `CN`.
    CommonName,
    /// `O`.
    Organization,
    /// `OU`.
    OrganizationalUnit,
    /// `C`.
    Country,
    /// `ST`.
    State,
    /// `L`.
    Locality,
    /// `DC`.
    DomainComponent,
}

/// The text cannot stand in a subject.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotASubject {
    /// Too long, or with control characters.
    #[error("must be 1 to {0} characters without control characters")]
    Text(usize),
    /// No country.
    #[error("must be a country's code of two capital letters")]
    Country,
}

impl Attribute {
    /// Every one.
    pub const ALL: [Self; 7] = [
        Self::CommonName,
        Self::Organization,
        Self::OrganizationalUnit,
        Self::Country,
        Self::State,
        Self::Locality,
        Self::DomainComponent,
    ];

    /// As policies spell it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::CommonName => "common_name",
            Self::Organization => "organization",
            Self::OrganizationalUnit => "organizational_unit",
            Self::Country => "country",
            Self::State => "state",
            Self::Locality => "locality",
            Self::DomainComponent => "domain_component",
        }
    }

    /// As requests and certificates spell it.
    #[must_use]
    pub const fn camel_name(self) -> &'static str {
        match self {
            Self::CommonName => "commonName",
            Self::Organization => "organization",
            Self::OrganizationalUnit => "organizationalUnit",
            Self::Country => "country",
            Self::State => "state",
            Self::Locality => "locality",
            Self::DomainComponent => "domainComponents",
        }
    }

    /// The one of this name, in either spelling.
    #[must_use]
    pub fn named(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| [one.name(), one.camel_name()].contains(&text))
    }

    /// The text as it may stand in a subject.
    ///
    /// # Errors
    /// [`NotASubject`] when X.520 does not allow it there.
    pub fn read(self, text: &str) -> Result<String, NotASubject> {
        let text = text.trim();
        let longest = match self {
            Self::CommonName | Self::Organization | Self::OrganizationalUnit => 64,
            Self::Country => {
                let is_code = text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_uppercase());
                return if is_code { Ok(text.to_owned()) } else { Err(NotASubject::Country) };
            }
            Self::State | Self::Locality => 128,
            Self::DomainComponent => 63,
        };
        let is_sound = (1..=longest).contains(&text.chars().count()) && !text.chars().any(char::is_control);
        if is_sound { Ok(text.to_owned()) } else { Err(NotASubject::Text(longest)) }
    }
}

impl Subject {
    /// The texts of one kind; none when it has none.
    #[must_use]
    pub fn values(&self, attribute: Attribute) -> Vec<&str> {
        let one = match attribute {
            Attribute::CommonName => &self.common_name,
            Attribute::Organization => &self.organization,
            Attribute::OrganizationalUnit => &self.organizational_unit,
            Attribute::Country => &self.country,
            Attribute::State => &self.state,
            Attribute::Locality => &self.locality,
            Attribute::DomainComponent => {
                return self.domain_components.iter().map(String::as_str).collect();
            }
        };
        one.iter().map(String::as_str).collect()
    }

    /// Whether it says nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        Attribute::ALL.into_iter().all(|attribute| self.values(attribute).is_empty())
    }
}
