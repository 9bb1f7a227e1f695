//! What a batch finds: read anew for each transaction and each attempt.

use std::collections::HashMap;

use model::id::SecretSyncId;
use model::secret::{Secret, SecretKind, SecretName, SecretPath};
use store::{FolderState, Stored};

use crate::reading::{Missing, Reading, Spot};
use crate::{Error, Place, Vault};

pub(crate) struct Scene {
    pub(crate) spot: Spot,
    pub(crate) path: SecretPath,
    pub(crate) state: FolderState,
    /// Watchers of the folder that are no more.
    pub(crate) gone: Vec<SecretSyncId>,
    /// Those secrets of the batch's kind that it names.
    pub(crate) secrets: HashMap<SecretName, Stored<Secret>>,
    /// Of a batch of personal secrets, the shared ones of the same names.
    pub(crate) shared: HashMap<SecretName, Stored<Secret>>,
    /// Of a batch that renames or deletes shared secrets, everybody's personal ones by name.
    pub(crate) personal: HashMap<SecretName, Vec<Stored<Secret>>>,
}

/// What is to be read.
pub(crate) struct Wanted<'a> {
    pub(crate) place: &'a Place<'a>,
    pub(crate) kind: &'a SecretKind,
    pub(crate) names: Vec<SecretName>,
    /// Whether everybody's personal secrets are wanted.
    pub(crate) overrides: bool,
    /// Whether a watcher was missing at the last attempt.
    pub(crate) doubts_watchers: bool,
}

impl Vault {
    pub(crate) async fn scene(&self, wanted: &Wanted<'_>) -> Result<Scene, Error> {
        let Wanted { place, kind, names, overrides, doubts_watchers } = wanted;
        let mut reading = Reading::new(self, place.project, Missing::Skipped);
        let spot = reading.folder(place.environment, place.path).await?;
        let (environment, folder) = (spot.environment, spot.folder);
        let shared = async {
            match kind {
                SecretKind::Shared => Ok(Vec::new()),
                SecretKind::Personal(_) => {
                    self.store.secrets_named(environment, folder, &SecretKind::Shared, names).await
                }
            }
        };
        let personal = async {
            match (kind, overrides) {
                (SecretKind::Shared, true) => self.store.all_personal_secrets_in(environment, folder).await,
                (SecretKind::Shared, false) | (SecretKind::Personal(_), _) => Ok(Vec::new()),
            }
        };
        let secrets = self.store.secrets_named(environment, folder, kind, names);
        let state = self.store.folder_state(environment, folder);
        let (state, secrets, shared, personal) = match overrides {
            // The state says which changes of personal secrets are in what is read after it.
            true => {
                let state = state.await?;
                let (secrets, shared, personal) = tokio::try_join!(secrets, shared, personal)?;
                (state, secrets, shared, personal)
            }
            false => tokio::try_join!(state, secrets, shared, personal)?,
        };
        if state.closed {
            let slug = reading.environment(environment)?.slug.clone();
            return Err(Error::NoFolder { environment: slug, path: place.path.to_string() });
        }
        let gone = match doubts_watchers {
            true => {
                let living = self.store.living_secret_syncs(&state.watchers).await?;
                state.watchers.iter().copied().filter(|watcher| !living.contains(watcher)).collect()
            }
            false => Vec::new(),
        };
        let mut overrides: HashMap<SecretName, Vec<Stored<Secret>>> = HashMap::new();
        for secret in personal {
            overrides.entry(secret.name.clone()).or_default().push(secret);
        }
        Ok(Scene {
            spot,
            path: place.path.clone(),
            state,
            gone,
            secrets: by_name(secrets),
            shared: by_name(shared),
            personal: overrides,
        })
    }
}

fn by_name(secrets: Vec<Stored<Secret>>) -> HashMap<SecretName, Stored<Secret>> {
    secrets.into_iter().map(|secret| (secret.name.clone(), secret)).collect()
}
