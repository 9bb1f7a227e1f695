//! The secret halves of a rotation's keys: sealed for its record, and opened for proofs, for the secrets, and for whoever
//! may read what was generated.

use model::key_rotation::{AccessKeyId, RotationState};
use model::permission::Scope;
use seal::Aad;
use secrecy::SecretString;
use store::{Entity as _, RotationAndState};

use crate::{Error, Rotations};

/// A key that a rotation made, whole.
#[derive(Debug)]
pub struct Credential {
    /// The public half.
    pub access_key_id: AccessKeyId,
    /// The secret half.
    pub secret_access_key: SecretString,
    /// Its place on the wire: the published one's is `activeIndex`.
    pub slot: u8,
}

impl Rotations {
    pub(crate) async fn seal_key(
        &self,
        state: &RotationState,
        id: &AccessKeyId,
        secret: &SecretString,
    ) -> Result<String, Error> {
        let (table_key, attribute) = (state.keys().pk, attribute(id.as_str()));
        let place = place(&table_key, &attribute);
        let sealed = self.sealer.seal(Scope::Project(state.project_id), &place, secret).await?;
        Ok(sealed.as_str().to_owned())
    }

    /// Makes sure that something can be sealed, before there is something that must be: the data key is at hand from then on.
    pub(crate) async fn can_seal(&self, state: &RotationState) -> Result<(), Error> {
        let (table_key, attribute) = (state.keys().pk, attribute("none"));
        let place = place(&table_key, &attribute);
        let nothing = SecretString::default();
        self.sealer.seal(Scope::Project(state.project_id), &place, &nothing).await?;
        Ok(())
    }

    /// The secret half of a key; `None` when it is not the rotation's to know.
    pub(crate) async fn open_key(
        &self,
        state: &RotationState,
        id: &AccessKeyId,
    ) -> Result<Option<SecretString>, Error> {
        let Some(sealed) = state.secrets.get(id) else { return Ok(None) };
        let (table_key, attribute) = (state.keys().pk, attribute(id.as_str()));
        let place = place(&table_key, &attribute);
        let scope = Scope::Project(state.project_id);
        Ok(Some(self.sealer.open(scope, &place, &sealed.clone().into()).await?))
    }

    /// The keys that the rotation made and still has, by their place. At most one KMS call.
    ///
    /// # Errors
    /// [`Error::Seal`] when one cannot be opened.
    pub async fn credentials(&self, read: &RotationAndState) -> Result<Vec<Credential>, Error> {
        let mut credentials = Vec::new();
        for key in &read.state.progress.keys {
            if let Some(secret_access_key) = self.open_key(&read.state, &key.id).await? {
                let access_key_id = key.id.clone();
                credentials.push(Credential { access_key_id, secret_access_key, slot: key.slot });
            }
        }
        credentials.sort_by_key(|credential| credential.slot);
        Ok(credentials)
    }
}

/// A key's secret half never changes: the attribute has the key's id, and one version is enough.
fn attribute(id: &str) -> String {
    format!("secrets.{id}")
}

const fn place<'a>(table_key: &'a str, attribute: &'a str) -> Aad<'a> {
    Aad { table_key, attribute, version: 1 }
}
