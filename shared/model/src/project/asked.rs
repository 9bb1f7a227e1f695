//! The project that a request about certificates names, or not.

use crate::form::{Fault, Form, Read, Rule, rule};
use crate::id::ProjectId;

/// How a request about certificates says which project it means. Most say nothing, and mean the organisation's one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Asked {
    /// Not at all: [`super::certificate_manager_id`].
    Nothing,
    /// By its id.
    Id(ProjectId),
    /// By its slug.
    Slug(String),
}

impl Read for Asked {
    /// `projectId` and `projectSlug`; the empty text is none, and the id wins.
    fn read(form: &mut Form<'_>) -> Option<Self> {
        let id = form.nullish("projectId", id());
        let slug = form.nullish("projectSlug", rule::string(0, 64));
        let slug = slug?.map(|slug| slug.trim().to_owned()).filter(|slug| !slug.is_empty());
        Some(match (id?.flatten(), slug) {
            (Some(id), _) => Self::Id(id),
            (None, Some(slug)) => Self::Slug(slug),
            (None, None) => Self::Nothing,
        })
    }
}

/// The one project that a request must name, by its id.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OfProject(pub ProjectId);

impl Read for OfProject {
    fn read(form: &mut Form<'_>) -> Option<Self> {
        form.required("projectId", rule::id()).map(Self)
    }
}

fn id() -> impl Rule<Output = Option<ProjectId>> {
    rule::text(|text| match text.trim() {
        "" => Ok(None),
        id => id.parse().map(Some).map_err(|_| vec![Fault::invalid("uuid", "Invalid uuid")]),
    })
}
