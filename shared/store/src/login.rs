//! What logins leave behind so that nothing opens twice.

use model::Timestamp;
use model::signed_request::SeenSignature;

use crate::entity::Entity;
use crate::keys::Keys;

impl Entity for SeenSignature {
    const KIND: &'static str = "signature";

    fn keys(&self) -> Keys {
        Keys::own(format!("SIGNATURE#{}", self.sha256))
    }

    fn expires_at(&self) -> Option<Timestamp> {
        Some(self.forgotten_at)
    }
}
