//! Secrets on their way to whoever they belong to.

use secrecy::{ExposeSecret as _, SecretString};
use serde::{Serialize, Serializer};

/// A secret that an answer carries: it is in the answer's body, and in no log and no `Debug`.
#[derive(Debug, Clone)]
pub struct Exposed(pub SecretString);

impl Serialize for Exposed {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.0.expose_secret())
    }
}
