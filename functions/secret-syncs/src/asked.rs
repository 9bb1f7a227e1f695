//! What queries of several routes ask for.

use model::form::{Form, Read, rule};

/// Whether the deletion guard is off for this once.
pub(crate) struct AllowDeletions(pub(crate) bool);

impl Read for AllowDeletions {
    fn read(form: &mut Form<'_>) -> Option<Self> {
        form.or("allowDeletions", rule::flag(), false).map(Self)
    }
}
