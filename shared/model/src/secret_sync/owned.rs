//! The ledger: what a sync left at the destination, one entry for each name.

use serde::{Deserialize, Serialize};

use crate::arn::AccountId;
use crate::id::SecretSyncId;
use crate::region::Region;

/// One thing that a sync made or adopted at the destination, as the sync left it. Says nothing about the value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Owned {
    /// The sync.
    pub secret_sync_id: SecretSyncId,
    /// The account that it is in: entries of another account than the connection's are left behind.
    pub account_id: AccountId,
    /// The region that it is in: entries of another region than the destination's are left behind.
    pub region: Region,
    /// Its name there, for Parameter Store with its path.
    pub name: String,
    /// The key that it stands for; `None` for a secret of all keys.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret_key: Option<String>,
    /// The version that we left: a VersionId of Secrets Manager, a version number of Parameter Store. Empty while it is
    /// adopted and nothing was written yet.
    pub left_version: String,
    /// The KMS key as we set it; `None` is the service's default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key_id: Option<String>,
    /// The keys of the tags that we set besides our own two.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tag_keys: Vec<String>,
    /// A digest of the tags that we set, keys and values: equal digests need no look.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tags_digest: Option<String>,
}

impl Owned {
    /// Whether it is in this account and region. A sync that was moved still remembers where it was before.
    #[must_use]
    pub fn is_in(&self, account: &AccountId, region: &Region) -> bool {
        self.account_id == *account && self.region == *region
    }
}
