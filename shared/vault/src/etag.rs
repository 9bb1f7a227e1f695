//! What a reader read.

use std::collections::BTreeSet;

use model::id::{EnvironmentId, FolderId, SecretId, SecretImportId};
use model::secret::{Secret, SecretPath};
use model::secret_sync::Watched;
use sha2::{Digest, Sha256};
use store::Stored;

/// What was read for a result: folders, for whoever watches them, and versions, for an entity tag. Never a value, nor anything
/// made of one.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Read {
    folders: BTreeSet<Watched>,
    /// What is in the result, in its order.
    shown: Vec<String>,
    /// What its values refer to.
    referred: BTreeSet<(SecretId, u64)>,
}

impl Read {
    /// Every folder whose change can change the result.
    #[must_use]
    pub const fn folders(&self) -> &BTreeSet<Watched> {
        &self.folders
    }

    /// A strong entity tag with its quotes: another one whenever ids, versions, paths or their order are others, or `extra`,
    /// which is what else the answer is made of.
    ///
    /// <https://www.rfc-editor.org/rfc/rfc9110#section-8.8.3>
    #[must_use]
    pub fn etag(&self, extra: impl IntoIterator<Item = impl AsRef<str>>) -> String {
        let mut hash = Sha256::new();
        let mut part = |text: &str| {
            hash.update((text.len() as u64).to_be_bytes());
            hash.update(text.as_bytes());
        };
        self.shown.iter().for_each(|line| part(line));
        part("");
        self.referred.iter().for_each(|(id, version)| part(&format!("{id} {version}")));
        part("");
        extra.into_iter().for_each(|text| part(text.as_ref()));
        format!("\"{}\"", hex::encode(&hash.finalize()[..16]))
    }

    pub(crate) fn folder(&mut self, environment_id: EnvironmentId, folder_id: FolderId) {
        self.folders.insert(Watched { environment_id, folder_id });
    }

    pub(crate) fn shows_folder(&mut self, environment: &str, path: &SecretPath) {
        self.shown.push(format!("folder {environment} {path}"));
    }

    pub(crate) fn shows_import(&mut self, id: SecretImportId) {
        self.shown.push(format!("import {id}"));
    }

    pub(crate) fn shows(&mut self, secret: &Stored<Secret>) {
        self.shown.push(format!("secret {} {}", secret.id, secret.version));
    }

    pub(crate) fn refers_to(&mut self, secret: &Stored<Secret>) {
        self.referred.insert((secret.id, secret.version));
    }
}
