//! Listing a path.

use std::collections::HashMap;

use model::folder::SecretImport;
use model::id::FolderId;
use model::secret::{Owner, Secret, SecretKind, SecretName};
use store::Stored;

use crate::expand::Root;
use crate::get::spot_of;
use crate::reading::{Missing, Reading, Spot};
use crate::{Error, OpenSecret, Place, Read, Vault};

/// What is to be listed, and how.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Listing<'a> {
    /// Whether values are opened.
    pub values: bool,
    /// Whether references in them are followed.
    pub expand: bool,
    /// Whether the folders below are listed, too.
    pub recursive: bool,
    /// Whether imports are listed.
    pub imports: bool,
    /// Whose personal secrets stand in place of shared ones.
    pub personal: Option<&'a Owner>,
}

/// What is in a path.
#[derive(Debug)]
pub struct Listed {
    /// The secrets of the folder by name, then those of the folders below.
    pub secrets: Vec<OpenSecret>,
    /// The imports in order, the folder's own first; those of folders that are not there are left out.
    pub imports: Vec<Imported>,
    /// What was read for it.
    pub read: Read,
}

/// What an import brings: the imported folder's secrets over those that it imports itself.
#[derive(Debug)]
pub struct Imported {
    /// The import.
    pub import: SecretImport,
    /// The slug of the environment that is imported.
    pub environment_slug: String,
    /// The folder that is imported.
    pub folder_id: FolderId,
    /// Its secrets, by name.
    pub secrets: Vec<OpenSecret>,
}

/// A secret that is to be shown, and where it is.
type Shown = (Spot, Stored<Secret>);

impl Vault {
    /// The secrets of a path. One GetItem and one Query; one Query more for personal secrets and for each folder below or
    /// imported; one GetItem for each other environment. While the project's data key is held no call of KMS, else one.
    ///
    /// # Errors
    /// [`Error::NoEnvironment`], [`Error::NoFolder`], [`Error::Unreadable`], [`Error::Read`].
    pub async fn list(&self, place: &Place<'_>, listing: &Listing<'_>) -> Result<Listed, Error> {
        let mut reading = Reading::new(self, place.project, Missing::Skipped);
        let spot = reading.folder(place.environment, place.path).await?;
        let tree = reading.tree(place.environment).await?;
        let below = tree.descendants(spot.folder).into_iter().filter(|_| listing.recursive);
        let spots: Vec<Spot> =
            std::iter::once(spot).chain(below.map(|folder| Spot { folder: folder.id, ..spot })).collect();
        reading.load(spots.iter().copied()).await?;

        let mut shown: Vec<Shown> = Vec::new();
        for spot in &spots {
            shown.extend(self.own(&mut reading, *spot, listing).await?);
        }
        let own = shown.len();
        let mut imports = Vec::new();
        for spot in spots.iter().filter(|_| listing.imports) {
            for import in tree.imports_of(spot.folder) {
                let Some(imported) = reading.imported(import).await? else { continue };
                reading.read.shows_import(import.id);
                let before = shown.len();
                let view = reading.view(imported).await?;
                view.iter().for_each(|(_, secret)| reading.read.shows(secret));
                shown.extend(view);
                imports.push((import.clone(), imported, shown.len() - before));
            }
        }

        let mut opened = self.open_all(&mut reading, shown, listing).await?.into_iter();
        let secrets: Vec<OpenSecret> = opened.by_ref().take(own).collect();
        let mut listed = Vec::with_capacity(imports.len());
        for (import, imported, count) in imports {
            listed.push(Imported {
                environment_slug: reading.environment(imported.environment)?.slug.clone(),
                folder_id: imported.folder,
                secrets: opened.by_ref().take(count).collect(),
                import,
            });
        }
        Ok(Listed { secrets, imports: listed, read: reading.read })
    }

    /// A folder's own secrets, with one person's in place of those that everybody has.
    async fn own(
        &self,
        reading: &mut Reading<'_>,
        spot: Spot,
        listing: &Listing<'_>,
    ) -> Result<Vec<Shown>, Error> {
        let path = reading.path_of(spot).await?;
        let slug = &reading.environment(spot.environment)?.slug;
        reading.read.shows_folder(slug, &path);
        let shared = reading.secrets(spot).await?;
        let mut personal: HashMap<SecretName, Stored<Secret>> = match listing.personal {
            Some(owner) => {
                let found = self.store.personal_secrets_in(spot.environment, spot.folder, owner).await?;
                found.into_iter().map(|secret| (secret.name.clone(), secret)).collect()
            }
            None => HashMap::new(),
        };
        let secrets =
            shared.iter().map(|shared| personal.remove(&shared.name).unwrap_or_else(|| shared.clone()));
        let secrets: Vec<_> = secrets.map(|secret| (spot, secret)).collect();
        secrets.iter().for_each(|(_, secret)| reading.read.shows(secret));
        Ok(secrets)
    }

    async fn open_all(
        &self,
        reading: &mut Reading<'_>,
        shown: Vec<Shown>,
        listing: &Listing<'_>,
    ) -> Result<Vec<OpenSecret>, Error> {
        let mut opened = Vec::with_capacity(shown.len());
        for (spot, secret) in shown {
            let path = reading.path_of(spot).await?;
            opened.push(self.open_secret(secret, &path, listing.values).await?);
        }
        if listing.values && listing.expand {
            expand(reading, &mut opened).await?;
        }
        Ok(opened)
    }
}

/// Follows the references in opened values; those that lead nowhere stay as they are written.
pub(crate) async fn expand(reading: &mut Reading<'_>, opened: &mut [OpenSecret]) -> Result<(), Error> {
    let expanded = reading.expand(opened.iter().map(expandable).collect()).await?;
    for (secret, expanded) in opened.iter_mut().zip(expanded) {
        secret.value = Some(expanded.value);
    }
    Ok(())
}

pub(crate) fn expandable(secret: &OpenSecret) -> Root {
    Root {
        spot: spot_of(&secret.stored),
        name: secret.stored.name.clone(),
        is_shared: secret.stored.kind == SecretKind::Shared,
        value: secret.value.clone().unwrap_or_default(),
    }
}
