//! Another name or description of a folder. Its id stays, and with it everything in it.

use axum::Json;
use axum::extract::State;
use model::Timestamp;
use model::environment::Environment;
use model::folder::{FolderChange, FolderRefused, FolderTree};
use model::form::{Form, ReadWith};
use model::id::FolderId;
use model::permission::{Action, Subject};
use model::secret::SecretPath;
use vault::Edit;
use web::{Caller, JsonBody, Path, Problem};

use crate::Ctx;
use crate::amend::{Refusal, amend};
use crate::error;
use crate::folder_form;
use crate::folder_get::shown;
use crate::folder_view::One;
use crate::place::{self, Place, Wording};

/// Where a folder is, and what is to become of it.
pub(crate) struct Change {
    place: Place,
    change: FolderChange,
}

impl ReadWith for Change {
    type Known<'k> = Wording;

    fn read_with(form: &mut Form<'_>, wording: Wording) -> Option<Self> {
        let place = Place::read_with(form, wording);
        let change = folder_form::change(form);
        Some(Self { place: place?, change: change? })
    }

    #[cfg(debug_assertions)]
    fn each_known(mut with: impl FnMut(Wording)) {
        with(Wording::Workspace);
        with(Wording::Project);
    }
}

/// `PATCH /api/v1/folders/{folderId}`, and the same under `v2`: by its id, or as older clients do, by its name.
pub(crate) async fn update(
    State(ctx): State<Ctx>,
    caller: Caller,
    wording: Wording,
    Path(named): Path<String>,
    body: JsonBody<Change>,
) -> Result<Json<One>, Problem> {
    let Change { place, change } = body.read_with(wording)?;
    let (project, environment) =
        place::environment(&ctx, &caller, &place, Action::Edit, Subject::Folders).await?;
    let edit = |tree: &mut FolderTree| {
        let id = find(tree, &environment, &place.path, &named)?;
        let changed = apply(tree, id, &change, caller.now)?;
        Ok(Edit {
            action: "folder.update",
            resource_id: id.to_string(),
            resource_name: changed.path.to_string(),
            details: changed.details(&environment),
            outcome: id,
        })
    };
    let (id, tree) = amend(&ctx, &caller, &project, environment.id, edit).await?;
    shown(&ctx, &environment, &tree, id).await
}

/// The folder of this id or this name in the folder at `path`.
pub(crate) fn find(
    tree: &FolderTree,
    environment: &Environment,
    path: &SecretPath,
    named: &str,
) -> Result<FolderId, Refusal> {
    let absent_path = || Refusal::Absent(error::absent_path(path, &environment.slug));
    let parent = tree.at(path).ok_or_else(absent_path)?;
    let by_id = named.parse().ok().and_then(|id| tree.folder(id)).filter(|folder| folder.parent_id == parent);
    let folder = by_id.or_else(|| tree.child(parent, named));
    folder.map(|folder| folder.id).ok_or_else(|| Refusal::Absent(error::absent_in_path(named, path)))
}

/// What a change did to a folder.
pub(crate) struct Changed {
    before: SecretPath,
    pub(crate) path: SecretPath,
    described: bool,
}

impl Changed {
    /// For the audit trail.
    pub(crate) fn details(&self, environment: &Environment) -> Vec<String> {
        let mut words = vec![format!("environment: {}", environment.slug)];
        if self.before != self.path {
            words.push(format!("path: {} to {}", self.before, self.path));
        }
        if self.described {
            words.push(format!("description of {}", self.path));
        }
        words
    }
}

/// Changes one folder of the tree.
pub(crate) fn apply(
    tree: &mut FolderTree,
    id: FolderId,
    change: &FolderChange,
    now: Timestamp,
) -> Result<Changed, FolderRefused> {
    let description = |tree: &FolderTree| tree.folder(id).and_then(|folder| folder.description.clone());
    let (before, was) = (tree.path_of(id).unwrap_or_default(), description(tree));
    tree.change(id, change.clone(), now)?;
    let described = was != description(tree);
    Ok(Changed { before, path: tree.path_of(id).unwrap_or_default(), described })
}
