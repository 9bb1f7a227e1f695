//! Certificate policies: alone in their partition, listed by project and name, counted by the profiles that name them.

use model::certificate_policy::CertificatePolicy;
use model::id::{CertificatePolicyId, ProjectId};
use model::project::Project;

use crate::entity::{Entity, NameGuard, Stored};
use crate::error::ReadError;
use crate::keys::Keys;
use crate::read::From;
use crate::{Change, Store};

const LIST: &str = "CERTIFICATE_POLICY#";

impl Entity for CertificatePolicy {
    const KIND: &'static str = "certificate policy";

    fn keys(&self) -> Keys {
        Keys::own(key(self.id))
            .listed(format!("PROJECT#{}", self.project_id), format!("{LIST}{}#{}", self.name, self.id))
    }

    fn names(&self) -> Vec<NameGuard> {
        vec![NameGuard::new(Self::KIND, &self.project_id.to_string(), &self.name, self.id)]
    }
}

fn key(id: CertificatePolicyId) -> String {
    format!("{LIST}{id}")
}

impl Store {
    /// A policy by its id. One strongly consistent GetItem.
    ///
    /// # Errors
    /// [`ReadError`] when the table cannot be read.
    pub async fn certificate_policy(
        &self,
        id: CertificatePolicyId,
    ) -> Result<Option<Stored<CertificatePolicy>>, ReadError> {
        self.get(&key(id), &key(id)).await
    }

    /// The policies of a project, by name. One eventually consistent Query for each MB, which is about 500 policies.
    ///
    /// # Errors
    /// [`ReadError`] when the table cannot be read.
    pub async fn certificate_policies_of(
        &self,
        project: ProjectId,
    ) -> Result<Vec<Stored<CertificatePolicy>>, ReadError> {
        self.list(From::List, &format!("PROJECT#{project}"), LIST).await
    }
}

impl Change {
    /// A new policy, counted by its project.
    #[must_use]
    pub fn create_certificate_policy(self, policy: &CertificatePolicy, project: &Project) -> Self {
        self.create(policy).gain_certificate_object(project)
    }

    /// A policy goes: its project counts one less.
    #[must_use]
    pub fn delete_certificate_policy(
        self,
        read: &Stored<CertificatePolicy>,
        project: Option<&Project>,
    ) -> Self {
        project.into_iter().fold(self.delete(read), Self::lose_certificate_object)
    }
}
