//! Several folders changed with one request.

use axum::Json;
use axum::extract::State;
use model::Timestamp;
use model::environment::Environment;
use model::folder::{FolderChange, FolderTree};
use model::form::{Form, ReadWith, rule};
use model::id::{FolderId, ProjectId};
use model::permission::{Action, Subject};
use model::project::Project;
use model::secret::SecretPath;
use store::Stored;
use vault::Edit;
use web::{Caller, JsonBody, Problem};

use crate::amend::{Refusal, amend};
use crate::error;
use crate::folder_get::modified;
use crate::folder_update::{apply, find};
use crate::folder_view::{FolderView, Many};
use crate::place::{self, Wording};
use crate::vault_error::problem;
use crate::{Ctx, folder_form};

/// The most folders of one request.
const MOST: usize = 100;

/// One change.
struct Item {
    /// Id or name.
    named: String,
    /// Slug.
    environment: String,
    /// The path of the folder that it is in.
    path: SecretPath,
    change: FolderChange,
}

impl Item {
    fn form(form: &mut Form<'_>) -> Option<Self> {
        let named = form.required("id", rule::trimmed(1, 255));
        let environment = place::slug(form);
        let path = place::path(form);
        let change = folder_form::change(form);
        Some(Self { named: named?, environment: environment?, path: path?, change: change? })
    }
}

/// How the request names the project: the first version's documentation wants the slug here, and here alone.
enum Which {
    Id(ProjectId),
    Slug(String),
}

/// What is to become of several folders.
pub(crate) struct Batch {
    project: Which,
    items: Vec<Item>,
}

impl ReadWith for Batch {
    type Known<'k> = Wording;

    fn read_with(form: &mut Form<'_>, wording: Wording) -> Option<Self> {
        let by_slug = form.has("projectSlug") && !form.has("projectId") && !form.has("workspaceId");
        let project = if by_slug {
            form.required("projectSlug", rule::trimmed(1, 64)).map(Which::Slug)
        } else {
            wording.project(form).map(Which::Id)
        };
        let items = match form.optional_objects("folders", 1, Item::form) {
            Some(Some(items)) if items.len() > MOST => {
                form.refuse("folders", format!("Array must contain at most {MOST} element(s)"))
            }
            Some(Some(items)) => Some(items),
            // Absent: the rule only says so.
            Some(None) => form.required("folders", rule::list(1, MOST, rule::boolean())).map(|_| Vec::new()),
            None => None,
        };
        Some(Self { project: project?, items: items? })
    }

    #[cfg(debug_assertions)]
    fn each_known(mut with: impl FnMut(Wording)) {
        with(Wording::Workspace);
        with(Wording::Project);
    }
}

/// `PATCH /api/v1/folders/batch`, and the same under `v2`.
///
/// All changes are tried before the first is made, so that a mistake in one leaves all as they are. Those of one environment
/// then happen together, in one transaction; environments one after the other.
pub(crate) async fn update(
    State(ctx): State<Ctx>,
    caller: Caller,
    wording: Wording,
    body: JsonBody<Batch>,
) -> Result<Json<Many>, Problem> {
    let Batch { project, items } = body.read_with(wording)?;
    let project = find_project(&ctx, &caller, &project).await?;
    let groups = groups(&project, items)?;
    if groups.len() > 1 {
        for (environment, items) in &groups {
            let mut tree = ctx.vault.tree(&project, environment.id).await.map_err(problem)?;
            changed(&mut tree, environment, items, caller.now)?;
        }
    }
    let mut shown: Vec<(usize, FolderView)> = Vec::new();
    for (environment, items) in &groups {
        let edit = |tree: &mut FolderTree| changed(tree, environment, items, caller.now);
        let (ids, tree) = amend(&ctx, &caller, &project, environment.id, edit).await?;
        let modified = modified(&ctx, environment, &ids).await?;
        for ((id, modified), (place, _)) in ids.into_iter().zip(modified).zip(items) {
            let view = FolderView::of(&tree, environment, id, modified);
            shown.extend(view.map(|view| (*place, view.placed(&tree, environment))));
        }
    }
    shown.sort_by_key(|(place, _)| *place);
    Ok(Json(Many { folders: shown.into_iter().map(|(_, folder)| folder).collect() }))
}

async fn find_project(ctx: &Ctx, caller: &Caller, which: &Which) -> Result<Stored<Project>, Problem> {
    match which {
        Which::Id(id) => place::project(ctx, caller, *id, Action::Edit, Subject::Folders).await,
        Which::Slug(slug) => {
            let project = ctx.store.project_by_slug(ctx.organization, slug);
            let (permissions, project) = tokio::try_join!(caller.permissions(&ctx.store), project)?;
            permissions.open(Action::Edit, Subject::Folders, project, || error::absent_project_slug(slug))
        }
    }
}

/// The changes of one environment, each with its place in the request.
type Group = (Environment, Vec<(usize, Item)>);

fn groups(project: &Project, items: Vec<Item>) -> Result<Vec<Group>, Problem> {
    let mut groups: Vec<Group> = Vec::new();
    for (place, item) in items.into_iter().enumerate() {
        let environment = place::environment_of(project, &item.environment)?;
        match groups.iter_mut().find(|(known, _)| known.id == environment.id) {
            Some((_, items)) => items.push((place, item)),
            None => groups.push((environment.clone(), vec![(place, item)])),
        }
    }
    Ok(groups)
}

/// Makes the changes of one environment; answers the folders in their order.
fn changed(
    tree: &mut FolderTree,
    environment: &Environment,
    items: &[(usize, Item)],
    now: Timestamp,
) -> Result<Edit<Vec<FolderId>>, Refusal> {
    let (mut ids, mut paths, mut details) = (Vec::new(), Vec::new(), Vec::new());
    for (_, item) in items {
        let id = find(tree, environment, &item.path, &item.named)?;
        if ids.contains(&id) {
            return Err(Refusal::Absent(error::named_twice(id)));
        }
        let changed = apply(tree, id, &item.change, now)?;
        details.extend(changed.details(environment));
        paths.push(changed.path.to_string());
        ids.push(id);
    }
    details.dedup();
    Ok(Edit {
        action: "folder.update",
        resource_id: ids.iter().map(FolderId::to_string).collect::<Vec<_>>().join(", "),
        resource_name: paths.join(", "),
        details,
        outcome: ids,
    })
}
