//! Imports that would lead back to where they start.
//!
//! Reading survives them, for two changes at the same moment can still close a cycle; but nobody means one.

use std::collections::HashMap;

use model::folder::{FolderTree, SecretImport};
use model::id::EnvironmentId;
use model::project::Project;
use model::secret::SecretPath;
use web::Problem;

use crate::Ctx;

/// A folder, as imports name it.
type Node = (EnvironmentId, SecretPath);

/// Refuses `import` (new, or as it is going to be) into the folder at `path` of the environment whose tree this is, when
/// its way leads back there. One GetItem for each other environment on the way.
pub(crate) async fn refuse(
    ctx: &Ctx,
    project: &Project,
    tree: &FolderTree,
    path: &SecretPath,
    import: &SecretImport,
) -> Result<(), Problem> {
    let start: Node = (tree.environment_id, path.clone());
    let mut trees: HashMap<EnvironmentId, Option<FolderTree>> =
        HashMap::from([(tree.environment_id, Some(tree.clone()))]);
    // Each with the position of the one that imports it.
    let mut reached: Vec<(Node, Option<usize>)> = vec![((import.environment_id, import.path.clone()), None)];
    let mut next = 0;
    while let Some(((environment, at), _)) = reached.get(next).cloned() {
        if (environment, &at) == (start.0, &start.1) {
            let way = in_words(project, &start, &reached, next);
            return Err(Problem::bad_request(format!("Cyclic import not allowed: {way}")));
        }
        if !trees.contains_key(&environment) {
            let read = ctx.store.folder_tree(environment).await?.map(|stored| stored.value);
            trees.insert(environment, read);
        }
        if let Some(Some(tree)) = trees.get(&environment)
            && let Some(folder) = tree.at(&at)
        {
            for other in tree.imports_of(folder).filter(|other| other.id != import.id) {
                let node = (other.environment_id, other.path.clone());
                if !reached.iter().any(|(known, _)| *known == node) {
                    reached.push((node, Some(next)));
                }
            }
        }
        next += 1;
    }
    Ok(())
}

/// The cycle: `dev:/a → dev:/b → dev:/a`.
fn in_words(project: &Project, start: &Node, reached: &[(Node, Option<usize>)], last: usize) -> String {
    let name = |(environment, path): &Node| {
        let slug = project.environments.find(*environment).map_or("?", |(_, found)| found.slug.as_str());
        format!("{slug}:{path}")
    };
    let (mut way, mut at) = (Vec::new(), Some(last));
    while let Some((node, from)) = at.and_then(|at| reached.get(at)) {
        way.push(name(node));
        at = *from;
    }
    way.push(name(start));
    way.reverse();
    way.join(" → ")
}
