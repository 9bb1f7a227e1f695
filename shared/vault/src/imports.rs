//! Imports that lead back to where they start.

use std::collections::{HashMap, VecDeque};

use model::folder::{FolderTree, SecretImport};
use model::project::Project;

use crate::reading::{Missing, Reading, Spot};
use crate::{Error, Vault};

impl Vault {
    /// Refuses `tree` when one of these imports of it closes a circle, and says which one.
    pub(crate) async fn refuse_import_cycles(
        &self,
        project: &Project,
        tree: &FolderTree,
        imports: &[SecretImport],
    ) -> Result<(), Error> {
        if imports.is_empty() {
            return Ok(());
        }
        let mut reading = Reading::new(self, project, Missing::Skipped);
        reading.pretend(tree.clone());
        for import in imports {
            let importer = Spot { environment: tree.environment_id, folder: import.folder_id };
            let Some(first) = reading.imported(import).await? else { continue };
            if let Some(names) = way_back(&mut reading, importer, first).await? {
                return Err(Error::ImportCycle { names });
            }
        }
        Ok(())
    }
}

/// The shortest way through imports from `first` to `importer`, as the folders on it, `importer` at both ends.
async fn way_back(
    reading: &mut Reading<'_>,
    importer: Spot,
    first: Spot,
) -> Result<Option<Vec<String>>, Error> {
    let (mut came_from, mut waiting) = (HashMap::from([(first, importer)]), VecDeque::from([first]));
    while let Some(at) = waiting.pop_front() {
        if at == importer {
            let (mut names, mut step) = (vec![reading.label(at, "").await?], at);
            while let Some(before) = came_from.get(&step).copied() {
                names.push(reading.label(before, "").await?);
                step = before;
                if step == importer {
                    break;
                }
            }
            names.reverse();
            return Ok(Some(names));
        }
        let tree = reading.tree(at.environment).await?;
        for import in tree.imports_of(at.folder) {
            if let Some(next) = reading.imported(import).await?
                && !came_from.contains_key(&next)
            {
                came_from.insert(next, at);
                waiting.push_back(next);
            }
        }
    }
    Ok(None)
}
