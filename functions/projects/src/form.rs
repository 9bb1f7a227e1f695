//! Rules of fields that only projects have.

use model::form::{Fault, Form, Rule, rule};
use model::id::ProjectId;
use model::project::{SLUG_MAX, SLUG_MIN};

/// A project's slug: 5 to 36 characters, and no UUID, so that no slug is ever taken for another project's id.
pub(crate) fn slug() -> impl Rule<Output = String> {
    rule::json("string", |value| {
        let slug = rule::slug(SLUG_MIN, SLUG_MAX).read(value)?;
        if slug.parse::<ProjectId>().is_ok() {
            return Err(vec![Fault::custom("Must not be a UUID")]);
        }
        Ok(slug)
    })
}

/// A slug that may be absent; Terraform sends the empty text for none.
pub(crate) fn optional_slug(form: &mut Form<'_>, name: &str) -> Option<Option<String>> {
    let read = rule::json("string", |value| {
        if value.as_str() == Some("") { Ok(None) } else { slug().read(value).map(Some) }
    });
    form.nullish(name, read).map(Option::flatten)
}

/// A project's name.
pub(crate) fn name() -> impl Rule<Output = String> {
    rule::trimmed(1, 64)
}

/// A project's description.
pub(crate) fn description() -> impl Rule<Output = String> {
    rule::trimmed(0, 256)
}
