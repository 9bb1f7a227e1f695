//! Changing the folders of an environment: what every change of a folder or an import has in common.

use model::folder::{FolderRefused, FolderTree};
use model::id::EnvironmentId;
use model::project::Project;
use vault::{Amended, Edit, Error};
use web::{Caller, Problem};

use crate::Ctx;
use crate::place::author;
use crate::vault_error::problem;

/// Why an edit was not made.
pub(crate) enum Refusal {
    /// A rule of folders or imports.
    Rule(FolderRefused),
    /// What the request names is not there.
    Absent(Problem),
}

impl From<FolderRefused> for Refusal {
    fn from(refused: FolderRefused) -> Self {
        Self::Rule(refused)
    }
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Rule(refused) => problem(Error::Folder(refused)),
            Refusal::Absent(absent) => absent,
        }
    }
}

/// Edits the folders of an environment, anew on what others make of them meanwhile, and wakes the syncs that see it. Answers
/// what the edit did and the folders as they are now.
pub(crate) async fn amend<T>(
    ctx: &Ctx,
    caller: &Caller,
    project: &Project,
    environment: EnvironmentId,
    edit: impl Fn(&mut FolderTree) -> Result<Edit<T>, Refusal>,
) -> Result<(T, FolderTree), Problem> {
    let author = author(caller);
    let edit = |tree: &mut FolderTree| {
        let mut next = tree.clone();
        match edit(&mut next) {
            Ok(Edit { action, resource_id, resource_name, details, outcome }) => {
                *tree = next;
                Ok(Edit { action, resource_id, resource_name, details, outcome: Ok(outcome) })
            }
            Err(Refusal::Rule(refused)) => Err(refused),
            // The tree is as it was: nothing is written, and nothing goes to the audit trail.
            Err(Refusal::Absent(absent)) => Ok(untouched(Err(absent))),
        }
    };
    let amended = ctx.vault.amend_folders(project, environment, &author, edit).await.map_err(problem)?;
    let Amended { outcome, tree, syncs } = amended;
    ctx.queue.wake(syncs).await;
    Ok((outcome?, tree))
}

fn untouched<T>(outcome: T) -> Edit<T> {
    let (resource_id, resource_name) = (String::new(), String::new());
    Edit { action: "", resource_id, resource_name, details: Vec::new(), outcome }
}
