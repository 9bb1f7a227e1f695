//! Certificate authorities: alone in their partition beside what they spent, listed by project and name, counted by the
//! profiles that name them.

use model::certificate_authority::CertificateAuthority;
use model::connection::{Connection, DependentKind};
use model::id::{CertificateAuthorityId, ProjectId};
use model::project::Project;

use crate::entity::{Entity, NameGuard, Stored};
use crate::error::{Conflict, ReadError};
use crate::keys::Keys;
use crate::read::From;
use crate::{Change, Store};

const LIST: &str = "CERTIFICATE_AUTHORITY#";

impl Entity for CertificateAuthority {
    const KIND: &'static str = "certificate authority";

    fn keys(&self) -> Keys {
        Keys::own(key(self.id))
            .listed(format!("PROJECT#{}", self.project_id), format!("{LIST}{}#{}", self.name, self.id))
    }

    fn names(&self) -> Vec<NameGuard> {
        vec![NameGuard::new(Self::KIND, &self.project_id.to_string(), &self.name, self.id)]
    }
}

/// The partition of an authority.
pub(crate) fn key(id: CertificateAuthorityId) -> String {
    format!("{LIST}{id}")
}

impl Store {
    /// An authority by its id. One strongly consistent GetItem.
    ///
    /// # Errors
    /// [`ReadError`] when the table cannot be read.
    pub async fn certificate_authority(
        &self,
        id: CertificateAuthorityId,
    ) -> Result<Option<Stored<CertificateAuthority>>, ReadError> {
        self.get(&key(id), &key(id)).await
    }

    /// The id of the authority of this name in a project. One strongly consistent GetItem.
    ///
    /// # Errors
    /// [`ReadError`] when the table cannot be read.
    pub async fn certificate_authority_named(
        &self,
        project: ProjectId,
        name: &str,
    ) -> Result<Option<CertificateAuthorityId>, ReadError> {
        self.owner_id(CertificateAuthority::KIND, &project.to_string(), name).await
    }

    /// The authorities of a project, by name. One eventually consistent Query for each MB, which is about 1,000 authorities.
    ///
    /// # Errors
    /// [`ReadError`] when the table cannot be read.
    pub async fn certificate_authorities_of(
        &self,
        project: ProjectId,
    ) -> Result<Vec<Stored<CertificateAuthority>>, ReadError> {
        self.list(From::List, &format!("PROJECT#{project}"), LIST).await
    }
}

impl Change {
    /// A new authority, counted by its connections, each of them once, and its project.
    #[must_use]
    pub fn create_certificate_authority(
        self,
        authority: &CertificateAuthority,
        connections: &[Stored<Connection>],
        project: &Project,
    ) -> Self {
        let change = self.create(authority).gain_certificate_object(project);
        connections.iter().fold(change, |change, connection| {
            change.gain_dependent(connection, DependentKind::CertificateAuthority)
        })
    }

    /// An authority goes: its connections and its project count one less.
    #[must_use]
    pub fn delete_certificate_authority(
        self,
        read: &Stored<CertificateAuthority>,
        connections: &[Stored<Connection>],
        project: Option<&Project>,
    ) -> Self {
        let change = self.delete(read);
        let change = project.into_iter().fold(change, Self::lose_certificate_object);
        connections.iter().fold(change, |change, connection| {
            change.lose_dependent(connection, DependentKind::CertificateAuthority)
        })
    }

    /// The project has one authority, policy, profile or application more. A project that is being deleted at the same
    /// moment refuses one of the two.
    pub(crate) fn gain_certificate_object(self, project: &Project) -> Self {
        self.count(project, "certificate_objects", 1, None, Conflict::Stale { kind: Project::KIND })
    }

    /// The project has one authority, policy, profile or application less.
    pub(crate) fn lose_certificate_object(self, project: &Project) -> Self {
        self.count(project, "certificate_objects", -1, None, Conflict::Stale { kind: Project::KIND })
    }
}
