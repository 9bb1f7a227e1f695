//! What clients send to make and change an application, and to attach profiles to it.

use super::{Application, MOST_PROFILES};
use crate::form::{Form, Read, Rule, rule};
use crate::id::CertificateProfileId;
use crate::project::Asked;

/// The body of a create.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Create {
    /// The name.
    pub name: String,
    /// The project.
    pub project: Asked,
    /// The description, as it was given.
    pub description: Option<String>,
    /// The profiles that are attached at once, each once.
    pub profile_ids: Vec<CertificateProfileId>,
}

/// The body of a change. What is absent stays as it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Update {
    /// The new name.
    pub name: Option<String>,
    /// The new description: `Some(None)` removes it.
    pub description: Option<Option<String>>,
}

impl Read for Create {
    fn read(form: &mut Form<'_>) -> Option<Self> {
        let name = form.required("name", name());
        let project = Asked::read(form);
        let description = form.nullish("description", rule::string(0, 1_000));
        let profile_ids = form.nullish("profileIds", rule::list(0, MOST_PROFILES, rule::id()));
        Some(Self {
            name: name?,
            project: project?,
            description: description?,
            profile_ids: once(profile_ids?.unwrap_or_default()),
        })
    }
}

impl Read for Update {
    fn read(form: &mut Form<'_>) -> Option<Self> {
        let name = form.optional("name", name());
        let described = form.names("description");
        let description = form.nullish("description", rule::string(0, 1_000));
        Some(Self { name: name?, description: described.then_some(description?) })
    }
}

impl Update {
    /// The application with this change.
    #[must_use]
    pub fn onto(&self, read: &Application) -> Application {
        let change = self.clone();
        Application {
            name: change.name.unwrap_or_else(|| read.name.clone()),
            description: change.description.unwrap_or_else(|| read.description.clone()),
            ..read.clone()
        }
    }
}

/// The body of an attachment: the profiles, each once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProfileIds(pub Vec<CertificateProfileId>);

impl Read for ProfileIds {
    fn read(form: &mut Form<'_>) -> Option<Self> {
        form.required("profileIds", rule::list(1, MOST_PROFILES, rule::id())).map(once).map(Self)
    }
}

fn name() -> impl Rule<Output = String> {
    rule::trimmed(1, 255)
}

fn once(ids: Vec<CertificateProfileId>) -> Vec<CertificateProfileId> {
    let mut known = Vec::with_capacity(ids.len());
    for id in ids {
        if !known.contains(&id) {
            known.push(id);
        }
    }
    known
}
