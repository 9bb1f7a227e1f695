//! What a request says, as types: each knows its reader, so that a route's types tell which fields it takes.

use super::Form;

/// Read from a form alone.
///
/// ```
/// use model::form::{self, Form, Read, rule};
///
/// struct Create { name: String, description: Option<String> }
///
/// impl Read for Create {
///     fn read(form: &mut Form<'_>) -> Option<Self> {
///         let name = form.required("name", rule::slug(1, 64));
///         let description = form.nullish("description", rule::string(0, 256));
///         Some(Self { name: name?, description: description? })
///     }
/// }
///
/// let create = form::read(&serde_json::json!({ "name": "production" }), Create::read)?;
/// assert_eq!(create.name, "production");
/// # Ok::<(), form::Issues>(())
/// ```
pub trait Read: Sized {
    /// Reads every field; `None` once an issue was noted.
    fn read(form: &mut Form<'_>) -> Option<Self>;
}

/// Read from a form by somebody who knows something already: which destination the path names, or what is stored.
pub trait ReadWith: Sized {
    /// What is known beforehand.
    type Known<'k>;

    /// Reads every field; `None` once an issue was noted.
    fn read_with(form: &mut Form<'_>, known: Self::Known<'_>) -> Option<Self>;

    /// Calls `with` for everything known that makes the reader take other fields, so that they can be described.
    #[cfg(debug_assertions)]
    fn each_known(with: impl FnMut(Self::Known<'_>));
}

impl<T: Read> ReadWith for T {
    type Known<'k> = ();

    fn read_with(form: &mut Form<'_>, (): ()) -> Option<Self> {
        Self::read(form)
    }

    #[cfg(debug_assertions)]
    fn each_known(mut with: impl FnMut(())) {
        with(());
    }
}
