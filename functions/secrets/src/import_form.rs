//! What requests about imports say.

use model::form::{Form, ReadWith, Rule, rule};
use model::secret::SecretPath;

use crate::place::{self, Place, Wording};

/// A new import.
pub(crate) struct Create {
    /// The folder that imports.
    pub(crate) place: Place,
    /// The slug of the environment that is imported from.
    pub(crate) environment: String,
    /// The folder that is imported. It need not be there yet.
    pub(crate) path: SecretPath,
    pub(crate) is_replication: bool,
}

impl ReadWith for Create {
    type Known<'k> = Wording;

    fn read_with(form: &mut Form<'_>, wording: Wording) -> Option<Self> {
        let place = Place::read_with(form, wording);
        let from = form.object("import", |form| {
            let environment = place::slug(form);
            let path = form.required("path", rule::parsed());
            Some((environment?, path?))
        });
        let is_replication = form.nullish("isReplication", rule::boolean());
        let (environment, path) = from?;
        Some(Self { place: place?, environment, path, is_replication: is_replication?.unwrap_or(false) })
    }

    #[cfg(debug_assertions)]
    fn each_known(mut with: impl FnMut(Wording)) {
        with(Wording::Workspace);
        with(Wording::Project);
    }
}

/// What is to become of an import; what is absent stays.
pub(crate) struct Update {
    /// The folder that imports.
    pub(crate) place: Place,
    pub(crate) environment: Option<String>,
    pub(crate) path: Option<SecretPath>,
    /// From 1.
    pub(crate) position: Option<usize>,
}

impl ReadWith for Update {
    type Known<'k> = Wording;

    fn read_with(form: &mut Form<'_>, wording: Wording) -> Option<Self> {
        let place = Place::read_with(form, wording);
        let change = form.object("import", |form| {
            // Go's clients leave what they do not mean empty, or zero.
            let environment = form.nullish("environment", rule::trimmed(0, 64));
            let path = form.nullish("path", path_or_nothing());
            let position = form.nullish("position", rule::integer(0, u64::from(u32::MAX)));
            Some((environment?, path?, position?))
        });
        let (environment, path, position) = change?;
        let position = position.and_then(|position| usize::try_from(position).ok());
        Some(Self {
            place: place?,
            environment: environment.filter(|slug| !slug.is_empty()),
            path: path.flatten(),
            position: position.filter(|position| *position > 0),
        })
    }

    #[cfg(debug_assertions)]
    fn each_known(mut with: impl FnMut(Wording)) {
        with(Wording::Workspace);
        with(Wording::Project);
    }
}

/// A path, where the empty text is none.
fn path_or_nothing() -> impl Rule<Output = Option<SecretPath>> {
    rule::json("string", |value| match value.as_str() {
        Some("") => Ok(None),
        Some(_) | None => rule::parsed().read(value).map(Some),
    })
}
