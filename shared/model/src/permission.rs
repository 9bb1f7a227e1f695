//! Who may do what: static tables of roles, in the organisation and in a project.

use serde::{Deserialize, Serialize};

use crate::id::ProjectId;

/// What a caller wants to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Action {
    /// See that it exists and what it says, without secret values.
    Read,
    /// See the value of a secret.
    ReadValue,
    /// Make a new one.
    Create,
    /// Change it.
    Edit,
    /// Remove it.
    Delete,
    /// Use a connection for something else: a sync, a rotation, a CA.
    Connect,
    /// Enter an AWS account through an account of console access.
    Access,
    /// End somebody's session.
    Terminate,
    /// Have a sync write its secrets to its destination now.
    SyncSecrets,
    /// Have a sync bring its destination's secrets here.
    ImportSecrets,
    /// Have a sync remove its secrets from its destination.
    RemoveSecrets,
    /// Have a rotation make a new key now, or go back to the previous one.
    Rotate,
    /// See the keys that a rotation made.
    ReadGeneratedCredentials,
    /// Ask for a certificate.
    Issue,
    /// Ask for the next certificate in place of one.
    Renew,
    /// Have an authority say that a certificate is no longer good.
    Revoke,
    /// See the private key of a certificate.
    ReadPrivateKey,
    /// Have the key that a session is recorded with, and upload.
    Record,
    /// Watch a recorded session.
    Play,
    /// Have a sync carry its certificates to its destination now, or back to an earlier one.
    SyncCertificates,
    /// Have a sync remove its certificates from its destination.
    RemoveCertificates,
}

impl Action {
    /// As the wire's `details` spell it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::ReadValue => "readValue",
            Self::Create => "create",
            Self::Edit => "edit",
            Self::Delete => "delete",
            Self::Connect => "connect",
            Self::Access => "access",
            Self::Terminate => "terminate",
            Self::SyncSecrets => "sync-secrets",
            Self::ImportSecrets => "import-secrets",
            Self::RemoveSecrets => "remove-secrets",
            Self::Rotate => "rotate-secrets",
            Self::ReadGeneratedCredentials => "read-generated-credentials",
            Self::Issue => "issue-cert",
            Self::Renew => "renew",
            Self::Revoke => "revoke",
            Self::ReadPrivateKey => "read-private-key",
            Self::Record => "record",
            Self::Play => "play",
            Self::SyncCertificates => "sync-certificates",
            Self::RemoveCertificates => "remove-certificates",
        }
    }
}

/// What an action is done to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Subject {
    /// Projects themselves: their names, retention, deletion.
    Project,
    /// Environments of a project.
    Environments,
    /// Who belongs to a project, and as what.
    Members,
    /// Machine identities, their login methods and client secrets.
    Identities,
    /// AWS connections.
    Connections,
    /// Resources of console access: the roles that are assumed first.
    PamResources,
    /// Accounts of console access: the roles that people use.
    PamAccounts,
    /// Sessions of console access.
    PamSessions,
    /// Secrets.
    Secrets,
    /// Folders of secrets.
    Folders,
    /// Tags of secrets.
    Tags,
    /// Imports of one folder's secrets into another.
    SecretImports,
    /// Syncs of secrets with a destination.
    SecretSyncs,
    /// Rotations of keys that are secrets.
    SecretRotations,
    /// Authorities that certificates come from.
    CertificateAuthorities,
    /// What certificates may say.
    CertificatePolicies,
    /// What certificates there are to ask for: an authority, a policy and defaults.
    CertificateProfiles,
    /// Who asks for certificates, and of which profiles.
    Applications,
    /// Certificates, and requests for them.
    Certificates,
    /// Recordings of sessions, and where they are kept.
    Recordings,
    /// Syncs of certificates with a destination.
    CertificateSyncs,
}

impl Subject {
    /// As the wire's `details` spell it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Project => "project",
            Self::Environments => "environments",
            Self::Members => "member",
            Self::Identities => "identity",
            Self::Connections => "app-connections",
            Self::PamResources => "pam-resources",
            Self::PamAccounts => "pam-accounts",
            Self::PamSessions => "pam-sessions",
            Self::Secrets => "secrets",
            Self::Folders => "secret-folders",
            Self::Tags => "tags",
            Self::SecretImports => "secret-imports",
            Self::SecretSyncs => "secret-syncs",
            Self::SecretRotations => "secret-rotation",
            Self::CertificateAuthorities => "certificate-authorities",
            Self::CertificatePolicies => "certificate-policies",
            Self::CertificateProfiles => "certificate-profiles",
            Self::Applications => "certificate-applications",
            Self::Certificates => "certificates",
            Self::Recordings => "pam-recordings",
            Self::CertificateSyncs => "pki-syncs",
        }
    }
}

/// Where a thing belongs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(tag = "scope", content = "project_id", rename_all = "kebab-case")]
pub enum Scope {
    /// To the organisation as a whole.
    Organization,
    /// To one project.
    Project(ProjectId),
}

impl Scope {
    /// The scope that an optional `projectId` names.
    #[must_use]
    pub fn of(project: Option<ProjectId>) -> Self {
        project.map_or(Self::Organization, Self::Project)
    }

    /// The project, when it is one's.
    #[must_use]
    pub const fn project(self) -> Option<ProjectId> {
        match self {
            Self::Organization => None,
            Self::Project(project) => Some(project),
        }
    }
}

/// A thing that belongs somewhere.
pub trait Scoped {
    /// Where it belongs.
    fn scope(&self) -> Scope;
}

/// What somebody is in a scope.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// May see nothing and do nothing.
    NoAccess,
    /// May see.
    Viewer,
    /// Does the daily work.
    Member,
    /// May do everything in the scope; an organisation's administrator, everything everywhere.
    Admin,
}

impl Role {
    /// Each role with its name on the wire.
    pub const NAMES: &[(&str, Self)] = &[
        ("admin", Self::Admin),
        ("member", Self::Member),
        ("viewer", Self::Viewer),
        ("no-access", Self::NoAccess),
    ];

    /// As the wire spells it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Admin => "admin",
            Self::Member => "member",
            Self::Viewer => "viewer",
            Self::NoAccess => "no-access",
        }
    }

    /// The role with this name on the wire.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::NAMES.iter().find(|(known, _)| *known == name).map(|(_, role)| *role)
    }

    /// Whether this role in the organisation allows the action on things that belong to the organisation.
    ///
    /// Members create projects and use the organisation's connections; identities and connections, which let
    /// others in, are the administrators' alone.
    #[must_use]
    pub const fn allows_in_organization(self, action: Action, subject: Subject) -> bool {
        match (self, action, subject) {
            (Self::Admin, _, _)
            | (Self::Member, Action::Create, Subject::Project)
            | (Self::Member, Action::Connect, Subject::Connections)
            | (Self::Member | Self::Viewer, Action::Read, _) => true,
            (Self::Member | Self::Viewer | Self::NoAccess, _, _) => false,
        }
    }

    /// Whether this role in a project allows the action on things that belong to the project.
    ///
    /// Members work with environments, secrets, their syncs and rotations, syncs of certificates, use connections, enter the console, and have
    /// certificates issued and renewed; what lets others in (connections, memberships, resources and accounts of console
    /// access), what certificates there are to ask for, revoking them, ending other people's sessions and the project itself
    /// are its administrators'.
    #[must_use]
    pub const fn allows_in_project(self, action: Action, subject: Subject) -> bool {
        match (self, action, subject) {
            (Self::Admin, _, _)
            | (
                Self::Member,
                _,
                Subject::Environments
                | Subject::Secrets
                | Subject::Folders
                | Subject::Tags
                | Subject::SecretImports
                | Subject::SecretSyncs
                | Subject::SecretRotations
                | Subject::CertificateSyncs,
            )
            | (Self::Member, Action::Connect, Subject::Connections)
            | (Self::Member, Action::Access, Subject::PamAccounts)
            | (Self::Member, Action::Issue | Action::Renew | Action::ReadPrivateKey, Subject::Certificates)
            | (Self::Member, Action::Create | Action::Record | Action::Play, Subject::Recordings)
            | (Self::Member | Self::Viewer, Action::Read, _)
            | (Self::Viewer, Action::ReadValue, Subject::Secrets) => true,
            (Self::Member | Self::Viewer | Self::NoAccess, _, _) => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ACTIONS: [Action; 21] = [
        Action::Read,
        Action::ReadValue,
        Action::Create,
        Action::Edit,
        Action::Delete,
        Action::Connect,
        Action::Access,
        Action::Terminate,
        Action::SyncSecrets,
        Action::ImportSecrets,
        Action::RemoveSecrets,
        Action::Rotate,
        Action::ReadGeneratedCredentials,
        Action::Issue,
        Action::Renew,
        Action::Revoke,
        Action::ReadPrivateKey,
        Action::SyncCertificates,
        Action::RemoveCertificates,
        Action::Record,
        Action::Play,
    ];
    const SUBJECTS: [Subject; 21] = [
        Subject::Project,
        Subject::Environments,
        Subject::Members,
        Subject::Identities,
        Subject::Connections,
        Subject::PamResources,
        Subject::PamAccounts,
        Subject::PamSessions,
        Subject::Secrets,
        Subject::Folders,
        Subject::Tags,
        Subject::SecretImports,
        Subject::SecretSyncs,
        Subject::SecretRotations,
        Subject::CertificateAuthorities,
        Subject::CertificatePolicies,
        Subject::CertificateProfiles,
        Subject::Applications,
        Subject::Certificates,
        Subject::CertificateSyncs,
        Subject::Recordings,
    ];

    #[test]
    fn a_higher_role_never_allows_less() {
        let ascending = [Role::NoAccess, Role::Viewer, Role::Member, Role::Admin];
        for (lower, higher) in ascending.iter().zip(&ascending[1..]) {
            for action in ACTIONS {
                for subject in SUBJECTS {
                    assert!(
                        lower.allows_in_project(action, subject) <= higher.allows_in_project(action, subject)
                    );
                    assert!(
                        lower.allows_in_organization(action, subject)
                            <= higher.allows_in_organization(action, subject)
                    );
                }
            }
        }
    }

    #[test]
    fn only_administrators_change_what_lets_others_in() {
        for role in [Role::NoAccess, Role::Viewer, Role::Member] {
            for action in [Action::Create, Action::Edit, Action::Delete, Action::Terminate] {
                for subject in [
                    Subject::Members,
                    Subject::Identities,
                    Subject::Connections,
                    Subject::PamResources,
                    Subject::PamAccounts,
                    Subject::PamSessions,
                ] {
                    assert!(!role.allows_in_project(action, subject), "{role:?} {action:?} {subject:?}");
                    assert!(!role.allows_in_organization(action, subject), "{role:?} {action:?} {subject:?}");
                }
            }
        }
    }

    #[test]
    fn no_access_allows_nothing_and_a_viewer_only_sees() {
        for action in ACTIONS {
            for subject in SUBJECTS {
                assert!(!Role::NoAccess.allows_in_project(action, subject));
                let sees =
                    action == Action::Read || (action == Action::ReadValue && subject == Subject::Secrets);
                assert_eq!(Role::Viewer.allows_in_project(action, subject), sees);
                assert_eq!(Role::Viewer.allows_in_organization(action, subject), action == Action::Read);
            }
        }
    }

    #[test]
    fn members_rotate_keys_and_read_them_and_viewers_do_neither() {
        for action in [Action::Rotate, Action::ReadGeneratedCredentials] {
            assert!(Role::Member.allows_in_project(action, Subject::SecretRotations));
            assert!(!Role::Viewer.allows_in_project(action, Subject::SecretRotations));
        }
        assert!(Role::Viewer.allows_in_project(Action::Read, Subject::SecretRotations));
    }

    #[test]
    fn members_have_certificates_issued_and_change_nothing_about_which_there_are() {
        let asks = [Action::Read, Action::Issue, Action::Renew, Action::ReadPrivateKey];
        for action in ACTIONS {
            assert_eq!(Role::Member.allows_in_project(action, Subject::Certificates), asks.contains(&action));
            for subject in [
                Subject::CertificateAuthorities,
                Subject::CertificatePolicies,
                Subject::CertificateProfiles,
                Subject::Applications,
            ] {
                assert_eq!(Role::Member.allows_in_project(action, subject), action == Action::Read);
            }
        }
    }

    #[test]
    fn every_role_is_found_by_its_own_name() {
        for (name, role) in Role::NAMES {
            assert_eq!(role.name(), *name);
            assert_eq!(Role::named(name), Some(*role));
        }
        assert_eq!(Role::named("owner"), None);
    }
}
