//! Opening a stored connection, whichever way it gets in.

use model::Timestamp;
use model::connection::{Connection, Way};
use secrecy::SecretString;

use crate::{Access, AccessKey, ConnectionRole, Error, Purpose, Session};

/// Why a connection did not open; `E` is why the secret half of its access key did not.
#[derive(Debug)]
pub enum OpenError<E> {
    /// AWS did not open the role.
    Role(Error),
    /// The secret half of the access key could not be opened.
    Key(E),
    /// There is no secret half to open.
    NoKey,
}

impl Access {
    /// A session of a stored connection. By role it may do what the purpose says, and comes from memory as that of
    /// [`Access::session`]; by access key it has all that its user has. `secret` opens the secret half of the key: it is not
    /// run for a connection by role.
    ///
    /// # Errors
    /// [`OpenError`]. A failure is not remembered.
    pub async fn open<E>(
        &self,
        connection: &Connection,
        purpose: &Purpose<'_>,
        now: Timestamp,
        secret: impl Future<Output = Result<Option<SecretString>, E>>,
    ) -> Result<Session, OpenError<E>> {
        match (&connection.way, ConnectionRole::of(connection)) {
            (_, Some(role)) => self.session(&role, purpose, now).await.map_err(OpenError::Role),
            (Way::AccessKey { access_key_id, .. }, None) => {
                let secret = secret.await.map_err(OpenError::Key)?;
                let secret_access_key = secret.ok_or(OpenError::NoKey)?;
                let key = AccessKey { access_key_id: access_key_id.clone(), secret_access_key };
                Ok(self.access_key_session(&key, purpose.region))
            }
            (Way::AssumeRole { .. }, None) => Err(OpenError::NoKey),
        }
    }
}
