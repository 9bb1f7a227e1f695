//! Projects: what environments, secrets, connections and console access belong to.

mod asked;

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::environment::Environments;
use crate::form::slugify;
use crate::id::{OrganizationId, ProjectId};
use crate::permission::{Scope, Scoped};

pub use asked::{Asked, OfProject};

/// The shortest slug of a project.
pub const SLUG_MIN: usize = 5;
/// The longest slug of a project.
pub const SLUG_MAX: usize = 36;

/// What a project is for, as its creator said. Every project can do everything; the word is kept for the clients.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ProjectType {
    /// Secrets and their syncs.
    SecretManager,
    /// Certificates.
    CertManager,
    /// Keys.
    Kms,
    /// SSH certificates.
    Ssh,
    /// Scanning of repositories.
    SecretScanning,
    /// Console access.
    Pam,
}

impl ProjectType {
    /// Each type with its name on the wire.
    pub const NAMES: &[(&str, Self)] = &[
        ("secret-manager", Self::SecretManager),
        ("cert-manager", Self::CertManager),
        ("kms", Self::Kms),
        ("ssh", Self::Ssh),
        ("secret-scanning", Self::SecretScanning),
        ("pam", Self::Pam),
    ];

    /// As the wire spells it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::SecretManager => "secret-manager",
            Self::CertManager => "cert-manager",
            Self::Kms => "kms",
            Self::Ssh => "ssh",
            Self::SecretScanning => "secret-scanning",
            Self::Pam => "pam",
        }
    }
}

/// A project.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Project {
    /// Its id: the External ID of its connections.
    pub id: ProjectId,
    /// The organisation that it belongs to.
    pub organization_id: OrganizationId,
    /// As people call it. Not unique.
    pub name: String,
    /// As programs call it; unique in the organisation.
    pub slug: String,
    /// What people say about it. The empty text stays one: clients compare.
    pub description: Option<String>,
    /// What it is for.
    pub project_type: ProjectType,
    /// Whether clients should write secret names in capitals.
    pub auto_capitalization: bool,
    /// Whether deletion is refused.
    pub has_delete_protection: bool,
    /// How many days the lines of the audit trail about it are kept, when that was set and is longer than the
    /// deployment keeps all.
    pub audit_logs_retention_days: Option<u32>,
    /// Its environments in order.
    pub environments: Environments,
    /// How many connections belong to it: changed in the transaction that makes or removes one, so that no project
    /// goes while a connection comes. Signed, so that a miscount can be stored and seen.
    #[serde(default)]
    pub connections: i64,
    /// How many resources of console access belong to it, counted in the same way.
    #[serde(default)]
    pub pam_resources: i64,
    /// How many secret syncs belong to it, counted in the same way.
    #[serde(default)]
    pub secret_syncs: i64,
    /// How many rotations of access keys belong to it, counted in the same way.
    #[serde(default)]
    pub key_rotations: i64,
    /// How many certificate authorities, policies, profiles and applications belong to it, counted in the same way.
    #[serde(default)]
    pub certificate_objects: i64,
    /// How many configurations of session recordings belong to it (one or none), counted in the same way.
    #[serde(default)]
    pub recording_configs: i64,
}

impl Scoped for Project {
    fn scope(&self) -> Scope {
        Scope::Project(self.id)
    }
}

/// The slug of the project of [`certificate_manager`], unless somebody has it.
const CERTIFICATE_MANAGER: &str = "cert-manager";

/// The id of the project that an organisation's certificates belong to when nobody names another one. Derived, so that two
/// requests which both need it first make the same one.
#[must_use]
pub fn certificate_manager_id(organization: OrganizationId) -> ProjectId {
    let mut hash = Sha256::new();
    hash.update(CERTIFICATE_MANAGER);
    hash.update(organization.uuid().as_bytes());
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&hash.finalize()[..16]);
    ProjectId::from(uuid::Builder::from_random_bytes(bytes).into_uuid())
}

/// The project that an organisation's certificates belong to when nobody names another one, as it is made at first need;
/// with a part of its id in the slug when the short one is `taken`.
#[must_use]
pub fn certificate_manager(organization: OrganizationId, taken: bool) -> Project {
    let id = certificate_manager_id(organization);
    let part = id.to_string();
    let slug =
        if taken { format!("{CERTIFICATE_MANAGER}-{}", &part[..8]) } else { CERTIFICATE_MANAGER.to_owned() };
    Project {
        id,
        organization_id: organization,
        name: "Certificate Manager".to_owned(),
        slug,
        description: None,
        project_type: ProjectType::CertManager,
        auto_capitalization: false,
        has_delete_protection: false,
        audit_logs_retention_days: None,
        environments: Environments::default(),
        connections: 0,
        pam_resources: 0,
        secret_syncs: 0,
        key_rotations: 0,
        certificate_objects: 0,
        recording_configs: 0,
    }
}

/// The slug of a project whose creator gave none: made of its name, and with a part of its id when that is `taken`.
#[must_use]
pub fn default_slug(name: &str, id: ProjectId, taken: bool) -> String {
    let id = id.to_string();
    let suffix = if taken { &id[..8] } else { "" };
    let room = SLUG_MAX - if taken { suffix.len() + 1 } else { 0 };
    let base = slugify(name);
    // ASCII, so that every byte is a character.
    let base = base.get(..room).unwrap_or(&base).trim_end_matches('-');
    let words = [base, suffix].into_iter().filter(|word| !word.is_empty()).collect::<Vec<_>>();
    match words.join("-") {
        slug if slug.len() >= SLUG_MIN => slug,
        short if short.is_empty() => "project".to_owned(),
        short => format!("{short}-project"),
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_default_slug_is_made_of_the_name() {
        let id: ProjectId = "7ffbb072-2575-495a-b5b0-127f88caef78".parse().unwrap();
        for (name, taken, expected) in [
            ("Payments API", false, "payments-api"),
            ("Payments API", true, "payments-api-7ffbb072"),
            ("API", false, "api-project"),
            ("API", true, "api-7ffbb072"),
            ("プロジェクト", false, "project"),
            ("プロジェクト", true, "7ffbb072"),
            ("a very long name that does not fit into a slug", false, "a-very-long-name-that-does-not-fit-i"),
            ("a very long name that does not fit into a slug", true, "a-very-long-name-that-does-7ffbb072"),
        ] {
            assert_eq!(default_slug(name, id, taken), expected, "{name} {taken}");
        }
    }

    proptest! {
        #[test]
        fn every_default_slug_keeps_the_rules_of_slugs(name in "\\PC{1,80}", taken: bool) {
            let slug = default_slug(&name, ProjectId::random(), taken);
            prop_assert_eq!(slugify(&slug), slug.clone());
            prop_assert!((SLUG_MIN..=SLUG_MAX).contains(&slug.len()), "{slug}");
        }
    }

    #[test]
    fn the_certificate_manager_of_an_organisation_is_always_the_same_project() {
        let organization: OrganizationId = "7ffbb072-2575-495a-b5b0-127f88caef78".parse().unwrap();
        let id = certificate_manager_id(organization);
        assert_eq!(id, certificate_manager_id(organization));
        assert_ne!(id, certificate_manager_id(OrganizationId::random()));
        assert_eq!(id.uuid().get_version_num(), 4);
        let [plain, other] = [false, true].map(|taken| certificate_manager(organization, taken));
        assert_eq!((plain.id, plain.slug.as_str()), (id, "cert-manager"));
        assert_eq!(other.slug, format!("cert-manager-{}", &id.to_string()[..8]));
        for project in [plain, other] {
            assert_eq!(slugify(&project.slug), project.slug);
            assert!((SLUG_MIN..=SLUG_MAX).contains(&project.slug.len()));
        }
    }

    #[test]
    fn every_type_is_stored_as_the_wire_spells_it() {
        for (name, project_type) in ProjectType::NAMES {
            assert_eq!(project_type.name(), *name);
            assert_eq!(serde_json::to_value(project_type).unwrap(), *name);
        }
    }
}
