//! What requests about folders say.

use model::Timestamp;
use model::folder::{FolderChange, FolderName, LONGEST_DESCRIPTION};
use model::form::{Form, ReadWith, rule};

use crate::place::{self, Place, Wording};

/// A new folder.
pub(crate) struct Create {
    /// Where; the path is that of the folder that it will be in.
    pub(crate) place: Place,
    pub(crate) name: FolderName,
    pub(crate) description: Option<String>,
}

impl ReadWith for Create {
    type Known<'k> = Wording;

    fn read_with(form: &mut Form<'_>, wording: Wording) -> Option<Self> {
        let place = Place::read_with(form, wording);
        let name = form.required("name", rule::parsed());
        let description = form.nullish("description", rule::string(0, LONGEST_DESCRIPTION));
        Some(Self { place: place?, name: name?, description: description? })
    }

    #[cfg(debug_assertions)]
    fn each_known(mut with: impl FnMut(Wording)) {
        with(Wording::Workspace);
        with(Wording::Project);
    }
}

/// What is to become of a folder. An absent description stays, `null` removes it.
pub(crate) fn change(form: &mut Form<'_>) -> Option<FolderChange> {
    let name = form.required("name", rule::parsed());
    let named = form.names("description");
    let description = form.nullish("description", rule::string(0, LONGEST_DESCRIPTION));
    Some(FolderChange { name: Some(name?), description: named.then_some(description?) })
}

/// Which folders to list.
pub(crate) struct List {
    /// Where; the path is that of the folder whose folders are listed.
    pub(crate) place: Place,
    /// Also the folders in these folders, and so on.
    pub(crate) recursive: bool,
    /// Only folders in which a secret was written at this moment or later.
    pub(crate) modified_since: Option<Timestamp>,
}

impl ReadWith for List {
    type Known<'k> = Wording;

    fn read_with(form: &mut Form<'_>, wording: Wording) -> Option<Self> {
        let (project, environment) = (wording.project(form), place::slug(form));
        let path = match wording {
            Wording::Workspace => place::path(form),
            // The second version has no default here.
            Wording::Project => form.required("path", rule::parsed()),
        };
        let recursive = form.or("recursive", rule::flag(), false);
        let modified_since = form.nullish("lastSecretModified", rule::parsed());
        let place = Place { project: project?, environment: environment?, path: path? };
        Some(Self { place, recursive: recursive?, modified_since: modified_since? })
    }

    #[cfg(debug_assertions)]
    fn each_known(mut with: impl FnMut(Wording)) {
        with(Wording::Workspace);
        with(Wording::Project);
    }
}
