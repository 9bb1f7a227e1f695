//! Where a value may be opened: one attribute of one version of one item of one scope.

use std::collections::HashMap;

use aws_lc_rs::digest::{Context as Hash, SHA256, SHA256_OUTPUT_LEN};
use model::id::OrganizationId;
use model::permission::Scope;

use crate::blob::{HEADER_BYTES, header};

pub(crate) const DIGEST_BYTES: usize = SHA256_OUTPUT_LEN;

/// The place of a sealed value. A blob opens for exactly the place it was sealed for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Aad<'a> {
    /// The key of the item, `CONNECTION#<id>`.
    pub table_key: &'a str,
    /// The attribute of the item that holds the blob.
    pub attribute: &'a str,
    /// The version of the item or of its credentials, so that an old blob cannot be put back.
    pub version: u64,
}

/// SHA-256 over a place. It is stored beside the ciphertext and covered by its tag, which is how a genuine blob in
/// the wrong place is told from a changed one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Digest(pub(crate) [u8; DIGEST_BYTES]);

impl Digest {
    /// What the tag of a blob with this place covers: its header and the place.
    pub(crate) fn authenticated(&self, key_version: u32) -> [u8; HEADER_BYTES + DIGEST_BYTES] {
        let mut bytes = [0; HEADER_BYTES + DIGEST_BYTES];
        bytes[..HEADER_BYTES].copy_from_slice(&header(key_version));
        bytes[HEADER_BYTES..].copy_from_slice(&self.0);
        bytes
    }
}

impl Aad<'_> {
    /// Every part goes in with its length, so that no two places have the same bytes.
    pub(crate) fn digest(&self, organization: OrganizationId, scope: Scope) -> Digest {
        let mut hash = Hash::new(&SHA256);
        let mut part = |bytes: &[u8]| {
            hash.update(&(bytes.len() as u64).to_be_bytes());
            hash.update(bytes);
        };
        part(b"drawbridge sealed value");
        part(organization.uuid().as_bytes());
        match scope {
            Scope::Organization => part(b""),
            Scope::Project(project) => part(project.uuid().as_bytes()),
        }
        part(self.table_key.as_bytes());
        part(self.attribute.as_bytes());
        part(&self.version.to_be_bytes());
        let mut digest = [0; DIGEST_BYTES];
        digest.copy_from_slice(hash.finish().as_ref());
        Digest(digest)
    }
}

/// The KMS encryption context of a scope's data keys: `org`, and `project` when it is a project's. KMS refuses to
/// unwrap a data key under another one, and writes it into CloudTrail.
///
/// <https://docs.aws.amazon.com/kms/latest/developerguide/encrypt_context.html>
pub(crate) fn encryption_context(organization: OrganizationId, scope: Scope) -> HashMap<String, String> {
    let mut context = HashMap::from([("org".to_owned(), organization.to_string())]);
    if let Some(project) = scope.project() {
        context.insert("project".to_owned(), project.to_string());
    }
    context
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::id::ProjectId;

    #[test]
    fn places_that_join_to_the_same_text_are_different_places() {
        let organization = OrganizationId::random();
        let digest = |table_key, attribute, version| {
            Aad { table_key, attribute, version }.digest(organization, Scope::Organization)
        };
        assert_eq!(digest("CONNECTION#1", "secret", 1), digest("CONNECTION#1", "secret", 1));
        assert_ne!(digest("CONNECTION#1", "secret", 1), digest("CONNECTION#", "1secret", 1));
        assert_ne!(digest("CONNECTION#1", "secret", 1), digest("CONNECTION#1", "secret", 2));
    }

    #[test]
    fn another_scope_or_organisation_is_another_place() {
        let aad = Aad { table_key: "CONNECTION#1", attribute: "secret", version: 1 };
        let (ours, theirs) = (OrganizationId::random(), OrganizationId::random());
        let project = Scope::Project(ProjectId::random());
        assert_ne!(aad.digest(ours, Scope::Organization), aad.digest(theirs, Scope::Organization));
        assert_ne!(aad.digest(ours, Scope::Organization), aad.digest(ours, project));
        assert_ne!(aad.digest(ours, project), aad.digest(ours, Scope::Project(ProjectId::random())));
    }

    #[test]
    fn the_encryption_context_names_the_organisation_and_the_project() {
        let (organization, project) = (OrganizationId::random(), ProjectId::random());
        let context = encryption_context(organization, Scope::Project(project));
        assert_eq!(context["org"], organization.to_string());
        assert_eq!(context["project"], project.to_string());
        assert_eq!(encryption_context(organization, Scope::Organization).len(), 1);
    }
}
