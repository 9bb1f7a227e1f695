//! What queries of several routes ask for.

use model::form::{Form, Read, rule};
use model::id::ProjectId;

/// `projectId`, which may be absent.
pub(crate) struct OfAnyProject(pub(crate) Option<ProjectId>);

impl Read for OfAnyProject {
    fn read(form: &mut Form<'_>) -> Option<Self> {
        form.optional("projectId", rule::id()).map(Self)
    }
}
