//! Folders and secrets: what is in a folder that is not there, versions that are missing, watchers that nobody would find.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use model::folder::FolderTree;
use model::id::{EnvironmentId, FolderId, ProjectId};
use model::project::Project;
use model::secret::{KEPT_VERSIONS, Secret, SecretVersion};
use model::secret_sync::{SecretSyncRun, SecretSyncWatches, Watched};
use store::{Entity as _, FolderState};

use super::Books;

pub(super) fn faults(books: &Books) -> Vec<String> {
    let trees: HashMap<_, _> =
        books.all::<FolderTree>().into_iter().map(|tree| (tree.environment_id, tree)).collect();
    let environments: HashMap<EnvironmentId, ProjectId> = books
        .all::<Project>()
        .iter()
        .flat_map(|project| project.environments.iter().map(|environment| (environment.id, project.id)))
        .collect();
    let mut faults = Vec::new();
    for (id, tree) in &trees {
        let living = environments.get(id) == Some(&tree.project_id);
        if living == tree.gone_at().is_some() {
            let (is, says) = if living { ("there", "gone") } else { ("gone", "there") };
            faults.push(format!("environment {id} is {is}, and its folders say that it is {says}"));
        }
    }
    let places = Places { trees, environments };
    faults.extend(secrets(books, &places));
    faults.extend(versions(books));
    faults.extend(states(books, &places));
    faults
}

struct Places {
    trees: HashMap<EnvironmentId, FolderTree>,
    environments: HashMap<EnvironmentId, ProjectId>,
}

impl Places {
    /// Whether people can go there.
    fn is_there(&self, environment: EnvironmentId, folder: FolderId) -> bool {
        let root = folder == FolderId::root_of(environment) && self.environments.contains_key(&environment);
        root || self.trees.get(&environment).is_some_and(|tree| tree.folder(folder).is_some())
    }

    /// Whether a worker will go there to clean up.
    fn is_leaving(&self, environment: EnvironmentId, folder: FolderId) -> bool {
        self.trees.get(&environment).is_some_and(|tree| tree.purging().contains(&folder))
    }
}

fn secrets(books: &Books, places: &Places) -> Vec<String> {
    let mut faults = Vec::new();
    for secret in books.all::<Secret>() {
        let (environment, folder) = (secret.environment_id, secret.folder_id);
        if !places.is_there(environment, folder) && !places.is_leaving(environment, folder) {
            faults.push(format!("secret {} is left of folder {folder} in {environment}", secret.id));
        }
        let project = places.environments.get(&environment);
        if project.is_some_and(|project| *project != secret.project_id) {
            faults.push(format!("secret {} is in an environment of another project", secret.id));
        }
    }
    faults
}

/// Each secret has exactly the earlier versions that are kept.
fn versions(books: &Books) -> Vec<String> {
    let mut archived: BTreeMap<_, BTreeSet<u64>> = BTreeMap::new();
    for version in books.all::<SecretVersion>() {
        archived.entry(version.secret.id).or_default().insert(version.number);
    }
    let mut faults = Vec::new();
    for secret in books.all::<Secret>() {
        let keys = secret.keys();
        let item = books.items.get(&(keys.pk, keys.sk));
        let newest = item.and_then(|item| item.get("version")).and_then(|version| version.as_n().ok());
        let newest: u64 = newest.and_then(|version| version.parse().ok()).unwrap_or_default();
        let kept: BTreeSet<u64> = (newest.saturating_sub(KEPT_VERSIONS).max(1)..newest).collect();
        let found = archived.remove(&secret.id).unwrap_or_default();
        if found != kept {
            faults
                .push(format!("secret {} at version {newest} has the earlier versions {found:?}", secret.id));
        }
    }
    faults
        .extend(archived.into_iter().map(|(id, left)| format!("versions {left:?} are left of secret {id}")));
    faults
}

fn states(books: &Books, places: &Places) -> Vec<String> {
    let living: HashSet<_> =
        books.all::<SecretSyncRun>().into_iter().filter(|run| !run.deleted).map(|run| run.id).collect();
    let lists: HashMap<_, _> =
        books.all::<SecretSyncWatches>().into_iter().map(|list| (list.id, list.folders)).collect();
    let mut faults = Vec::new();
    for state in books.all::<FolderState>() {
        let (environment_id, folder_id) = (state.environment_id, state.folder_id);
        let there = places.is_there(environment_id, folder_id);
        if there == state.closed {
            let says =
                if state.closed { "takes no writes, and is there" } else { "takes writes, and is gone" };
            // Until a worker comes by, a folder that goes is open to those who have read that it was there.
            if there || !places.is_leaving(environment_id, folder_id) {
                faults.push(format!("folder {folder_id} in {environment_id} {says}"));
            }
        }
        // Whoever takes a sync away looks in its list for the folders that name it.
        let watched = Watched { environment_id, folder_id };
        let unknown = state.watchers.iter().filter(|id| living.contains(id));
        for id in unknown.filter(|id| lists.get(id).is_none_or(|list| !list.contains(&watched))) {
            faults.push(format!("folder {folder_id} wakes secret sync {id}, whose list does not say so"));
        }
    }
    faults
}
