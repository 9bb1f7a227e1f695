//! The model of folders: what each should hold, and what a sync should carry of it.

use std::collections::BTreeMap;

/// A key that each folder has from the beginning, and that references lead to.
pub(super) const ANCHOR: &str = "ANCHOR";

/// Names and values.
pub(super) type Secrets = BTreeMap<String, String>;

/// A folder below the root of `dev`.
#[derive(Clone, Debug)]
pub(super) struct Folder {
    /// Its id.
    pub(super) id: String,
    /// Its name; its path is that below the root.
    pub(super) name: String,
    /// Its own secrets, with their references.
    pub(super) own: Secrets,
    /// Its imports in their order: their ids, and the folders' places in the list.
    pub(super) imports: Vec<(String, usize)>,
}

impl Folder {
    pub(super) fn path(&self) -> String {
        format!("/{}", self.name)
    }
}

/// A folder's secrets with all that it imports, and every reference replaced: its own over its imports', of which the last
/// one wins.
pub(super) fn resolved(folders: &[Folder], at: usize) -> Secrets {
    let mut all = Secrets::new();
    for (_, imported) in &folders[at].imports {
        all.extend(resolved(folders, *imported));
    }
    let expand = |value: &String| expanded(folders, at, value);
    all.extend(folders[at].own.iter().map(|(name, value)| (name.clone(), expand(value))));
    all
}

fn expanded(folders: &[Folder], at: usize, value: &str) -> String {
    let anchor = |folder: &Folder| folder.own.get(ANCHOR).cloned().unwrap_or_default();
    let mut text = value.replace(&format!("${{{ANCHOR}}}"), &anchor(&folders[at]));
    for folder in folders {
        text = text.replace(&reference(folder), &anchor(folder));
    }
    text
}

/// How another folder's value names this one's anchor.
pub(super) fn reference(folder: &Folder) -> String {
    format!("${{dev.{}.{ANCHOR}}}", folder.name)
}

#[cfg(test)]
mod tests {
    use super::{Folder, resolved};

    fn folder(name: &str, own: &[(&str, &str)], imports: &[usize]) -> Folder {
        let own = own.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let imports = imports.iter().map(|at| (String::new(), *at)).collect();
        Folder { id: String::new(), name: name.to_owned(), own, imports }
    }

    #[test]
    fn a_folders_own_come_over_its_imports_and_the_last_import_wins() {
        let folders = [
            folder("a", &[("ANCHOR", "a"), ("X", "${ANCHOR}"), ("Y", "1")], &[]),
            folder("b", &[("ANCHOR", "b"), ("Y", "2"), ("Z", "${dev.a.ANCHOR}${ANCHOR}")], &[]),
            folder("c", &[("ANCHOR", "c")], &[0, 1]),
        ];
        let found: Vec<_> = resolved(&folders, 2).into_iter().collect();
        let expected = [("ANCHOR", "c"), ("X", "a"), ("Y", "2"), ("Z", "ab")];
        assert_eq!(found, expected.map(|(name, value)| (name.to_owned(), value.to_owned())));
    }
}
