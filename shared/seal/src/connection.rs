//! The secret access keys of connections: sealed in one place, opened by whoever uses the connection.

use model::connection::{Connection, Way};
use secrecy::SecretString;
use store::Entity as _;

use crate::{Aad, Error, SealedBlob, Sealer};

const ATTRIBUTE: &str = "secret_access_key";

impl Sealer {
    /// Seals the secret half of a connection's access key for the place that the connection has: its item, its attribute,
    /// its credentials version.
    ///
    /// # Errors
    /// As [`Sealer::seal`].
    pub async fn seal_access_key(
        &self,
        connection: &Connection,
        secret: &SecretString,
    ) -> Result<SealedBlob, Error> {
        let table_key = connection.keys().pk;
        self.seal(connection.scope, &place(&table_key, connection), secret).await
    }

    /// Opens the secret half of a stored connection's access key; `None` for a connection by role.
    ///
    /// # Errors
    /// As [`Sealer::open`].
    pub async fn open_access_key(&self, connection: &Connection) -> Result<Option<SecretString>, Error> {
        let Way::AccessKey { secret_access_key, .. } = &connection.way else { return Ok(None) };
        let table_key = connection.keys().pk;
        let blob = secret_access_key.clone().into();
        self.open(connection.scope, &place(&table_key, connection), &blob).await.map(Some)
    }
}

const fn place<'a>(table_key: &'a str, connection: &Connection) -> Aad<'a> {
    Aad { table_key, attribute: ATTRIBUTE, version: connection.credentials_version }
}
