//! Secrets as plans and imports of syncs take them: keys with what they hold.

use std::collections::{BTreeMap, BTreeSet};

use model::secret::Unresolved;
use model::secret_sync::Tag;
use model::secret_sync::plan::Content;
use model::secret_sync::plan::import::Own;
use secrecy::ExposeSecret as _;

use crate::{Error, Listing, Metadata, OpenSecret, Place, Source, SourceSecret, Vault};

impl Vault {
    /// A folder's own shared secrets, neither those that it imports nor those below it. The calls of [`Vault::list`].
    ///
    /// # Errors
    /// As [`Vault::list`].
    pub async fn own_keys(&self, place: &Place<'_>) -> Result<BTreeMap<String, Own>, Error> {
        let listing = Listing { values: true, ..Listing::default() };
        let own = |OpenSecret { stored, value, .. }: OpenSecret| {
            let rotation = stored.rotation_id;
            Some((stored.value.name.to_string(), Own { value: value?, rotation }))
        };
        Ok(self.list(place, &listing).await?.secrets.into_iter().filter_map(own).collect())
    }
}

impl Source {
    /// The keys with what they hold, or in public words why that is not known: a reference that leads nowhere is its own
    /// key's matter.
    #[must_use]
    pub fn into_keys(self) -> Vec<(String, Result<Content, String>)> {
        self.secrets.into_iter().map(key).collect()
    }
}

fn key(secret: SourceSecret) -> (String, Result<Content, String>) {
    let (metadata, version) = (secret.metadata.into_iter().filter_map(tag).collect(), secret.version);
    let content = match secret.value {
        Ok(value) => Ok(Content { value, metadata, version }),
        Err(unresolved) => Err(in_words(&unresolved)),
    };
    (secret.name.to_string(), content)
}

/// A tag is readable for many: encrypted metadata never become one.
fn tag(metadata: Metadata) -> Option<Tag> {
    let value = metadata.value.filter(|_| !metadata.is_encrypted)?;
    Some(Tag { key: metadata.key, value: value.expose_secret().to_owned() })
}

fn in_words(unresolved: &BTreeSet<Unresolved>) -> String {
    let reasons: Vec<String> = unresolved.iter().map(ToString::to_string).collect();
    reasons.join("; ")
}
