//! What a read of secrets asks for. The two families of routes differ in what they do where a request does not say.

use model::form::{Form, ReadWith, rule};

use crate::secret_filter::Filter;
use crate::secret_form::{flag, personal};
use crate::secret_place::SecretPlace;

/// Which family of routes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Family {
    /// `/api/v3/secrets/raw`: imports and references only when asked for, by one spelling.
    V3,
    /// `/api/v4/secrets`: imports and references unless asked not to, by two spellings.
    V4,
}

impl Family {
    const fn reads_all(self) -> bool {
        match self {
            Self::V3 => false,
            Self::V4 => true,
        }
    }

    /// `include_imports`, and in the newer family also `includeImports`.
    fn imports(self, form: &mut Form<'_>) -> Option<bool> {
        let old = form.optional("include_imports", flag());
        match self {
            Self::V3 => old.map(|old| old.unwrap_or(false)),
            Self::V4 => {
                let new = form.optional("includeImports", flag());
                Some(new?.or(old?).unwrap_or(true))
            }
        }
    }
}

/// What of the secrets that are found is answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Sight {
    /// Their values, or a placeholder.
    pub(crate) values: bool,
    /// With references followed.
    pub(crate) expanded: bool,
    /// Those of imported folders too.
    pub(crate) imports: bool,
}

impl Sight {
    fn form(form: &mut Form<'_>, family: Family) -> Option<Self> {
        let values = form.or("viewSecretValue", flag(), true);
        let expanded = form.or("expandSecretReferences", flag(), family.reads_all());
        let imports = family.imports(form);
        Some(Self { values: values?, expanded: expanded?, imports: imports? })
    }
}

/// A list of a folder's secrets.
#[derive(Debug)]
pub(crate) struct ListQuery {
    pub(crate) place: SecretPlace,
    pub(crate) sight: Sight,
    /// The folders below it too.
    pub(crate) recursive: bool,
    /// The caller's own secrets in place of the shared ones.
    pub(crate) personal: bool,
    pub(crate) filter: Filter,
}

impl ReadWith for ListQuery {
    type Known<'k> = Family;

    fn read_with(form: &mut Form<'_>, family: Family) -> Option<Self> {
        let place = SecretPlace::query(form);
        let sight = Sight::form(form, family);
        let recursive = form.or("recursive", flag(), false);
        let personal = form.or("includePersonalOverrides", flag(), false);
        let filter = Filter::form(form);
        Some(Self {
            place: place?,
            sight: sight?,
            recursive: recursive?,
            personal: personal?,
            filter: filter?,
        })
    }

    #[cfg(debug_assertions)]
    fn each_known(mut with: impl FnMut(Family)) {
        with(Family::V3);
        with(Family::V4);
    }
}

/// One secret of a folder.
#[derive(Debug)]
pub(crate) struct GetQuery {
    pub(crate) place: SecretPlace,
    pub(crate) sight: Sight,
    /// An earlier version.
    pub(crate) version: Option<u64>,
    /// The caller's own secret of the name.
    pub(crate) personal: bool,
}

impl ReadWith for GetQuery {
    type Known<'k> = Family;

    fn read_with(form: &mut Form<'_>, family: Family) -> Option<Self> {
        let place = SecretPlace::query(form);
        let sight = Sight::form(form, family);
        let version = form.optional("version", rule::numeral(1, u64::from(u32::MAX)));
        let personal = personal(form);
        Some(Self { place: place?, sight: sight?, version: version?, personal: personal? })
    }

    #[cfg(debug_assertions)]
    fn each_known(mut with: impl FnMut(Family)) {
        with(Family::V3);
        with(Family::V4);
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

    use model::form::{self, Issues};
    use serde_json::{Value, json};

    use super::*;

    fn list(family: Family, query: Value) -> Result<ListQuery, Issues> {
        form::read(&query, |form| ListQuery::read_with(form, family))
    }

    #[test]
    fn the_newer_routes_read_imports_and_references_unless_asked_not_to() {
        for (family, all) in [(Family::V3, false), (Family::V4, true)] {
            let read = list(family, json!({})).unwrap();
            assert_eq!(read.sight, Sight { values: true, expanded: all, imports: all }, "{family:?}");
            assert!(!read.recursive && !read.personal && read.filter == Filter::default());
            let get = form::read(&json!({}), |form| GetQuery::read_with(form, family)).unwrap();
            assert_eq!(get.sight, Sight { values: true, expanded: all, imports: all }, "{family:?}");
            assert!(get.version.is_none() && !get.personal);
        }
    }

    #[test]
    fn imports_have_two_spellings_of_which_the_older_routes_know_one() {
        for (family, query, imports) in [
            (Family::V3, json!({ "include_imports": "true" }), true),
            (Family::V3, json!({ "includeImports": "true" }), false),
            (Family::V3, json!({ "include_imports": "false", "includeImports": "true" }), false),
            (Family::V4, json!({ "include_imports": "false" }), false),
            (Family::V4, json!({ "includeImports": "false" }), false),
            (Family::V4, json!({ "includeImports": "true", "include_imports": "false" }), true),
        ] {
            assert_eq!(list(family, query.clone()).unwrap().sight.imports, imports, "{family:?} {query}");
        }
    }

    #[test]
    fn flags_are_true_or_false_in_no_other_spelling() {
        for name in [
            "viewSecretValue",
            "expandSecretReferences",
            "recursive",
            "include_imports",
            "includeImports",
            "includePersonalOverrides",
        ] {
            for value in ["True", "1", "yes", "TRUE"] {
                assert!(list(Family::V4, json!({ name: value })).is_err(), "{name}={value}");
            }
            for value in ["true", "false"] {
                assert!(list(Family::V4, json!({ name: value })).is_ok(), "{name}={value}");
            }
        }
    }

    #[test]
    fn one_secret_is_asked_for_by_version_and_type() {
        let get = |query: Value| form::read(&query, |form| GetQuery::read_with(form, Family::V3));
        let read = get(json!({ "version": "3", "type": "personal" })).unwrap();
        assert_eq!((read.version, read.personal), (Some(3), true));
        for query in [json!({ "version": "0" }), json!({ "version": "x" }), json!({ "type": "Personal" })] {
            assert!(get(query.clone()).is_err(), "{query}");
        }
    }
}
