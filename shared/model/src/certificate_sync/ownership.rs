//! How a certificate in ACM says whose it is: by tags, put on it in the call that imports it, where the role may tag.

use super::name_schema::Facts;
use super::{CertificateSync, Slot};
use crate::id::{CertificateSlotId, CertificateSyncId};

/// The tag that says that Drawbridge imported it; its value is [`DRAWBRIDGE`].
pub const MANAGED_BY: &str = "drawbridge:managed-by";
/// The value of [`MANAGED_BY`].
pub const DRAWBRIDGE: &str = "drawbridge";
/// The tag whose value is the id of the sync that owns it.
pub const CERTIFICATE_SYNC: &str = "drawbridge:certificate-sync";
/// The tag whose value is the id of the slot.
pub const CERTIFICATE: &str = "drawbridge:certificate";
/// The tag that clients of others look for; its value is the certificate's name by the sync's schema.
pub const NAME: &str = "InfisicalCertificate";

/// Whose a certificate in ACM is, by its tags.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Owner {
    /// This sync's, in this slot; `None` when that tag is not an id of ours.
    This(Option<CertificateSlotId>),
    /// Another sync's; `None` when its tag is not an id of ours.
    Another(Option<CertificateSyncId>),
    /// No sync's.
    Nobody,
}

/// The tags of a certificate that `slot` of `sync` owns, key and value.
#[must_use]
pub fn tags(sync: &CertificateSync, slot: &Slot, facts: &Facts<'_>) -> [(&'static str, String); 4] {
    [
        (MANAGED_BY, DRAWBRIDGE.to_owned()),
        (CERTIFICATE_SYNC, sync.id.to_string()),
        (CERTIFICATE, slot.id.to_string()),
        (NAME, sync.options.name_schema().render(facts)),
    ]
}

/// Whose a certificate with these tags is, asked by `sync`. The sync's tag alone decides.
#[must_use]
pub fn owner<'t>(sync: CertificateSyncId, tags: impl IntoIterator<Item = (&'t str, &'t str)>) -> Owner {
    let (mut owner, mut slot) = (None, None);
    for (key, value) in tags {
        match key {
            CERTIFICATE_SYNC => owner = Some(value),
            CERTIFICATE => slot = value.parse().ok(),
            _another => {}
        }
    }
    match owner {
        Some(value) if value == sync.to_string() => Owner::This(slot),
        Some(value) => Owner::Another(value.parse().ok()),
        None => Owner::Nobody,
    }
}
