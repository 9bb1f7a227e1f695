//! Projects: with their environments in one item, so that positions change together.

use model::id::{EnvironmentId, OrganizationId, ProjectId};
use model::project::Project;

use crate::entity::{Entity, NameGuard, Stored};
use crate::error::{Conflict, ReadError};
use crate::keys::Keys;
use crate::read::From;
use crate::{Change, Store};

const ENVIRONMENT: &str = "environment";

impl Entity for Project {
    const KIND: &'static str = "project";

    fn keys(&self) -> Keys {
        Keys::own(key(self.id)).listed(
            format!("ORG#{}", self.organization_id),
            format!("PROJECT#{}#{}", self.name.to_lowercase(), self.id),
        )
    }

    /// The slug, unique in the organisation; and each environment's id, by which its project is found.
    fn names(&self) -> Vec<NameGuard> {
        let organization = self.organization_id.to_string();
        let slug = NameGuard::new(Self::KIND, &organization, &self.slug, self.id);
        let environments = self.environments.iter();
        let ids = environments.map(|environment| {
            NameGuard::new(ENVIRONMENT, &organization, &environment.id.to_string(), self.id)
        });
        std::iter::once(slug).chain(ids).collect()
    }
}

fn key(id: ProjectId) -> String {
    format!("PROJECT#{id}")
}

impl Store {
    /// A project by its id. One strongly consistent GetItem.
    ///
    /// # Errors
    /// [`ReadError`] when the table cannot be read.
    pub async fn project(&self, id: ProjectId) -> Result<Option<Stored<Project>>, ReadError> {
        self.get(&key(id), &key(id)).await
    }

    /// For how many days a project keeps its audit trail, when it says so; the deployment's days are the least. One strongly
    /// consistent GetItem.
    ///
    /// # Errors
    /// [`ReadError`] when the table cannot be read.
    pub async fn audit_days(&self, id: ProjectId) -> Result<Option<u32>, ReadError> {
        Ok(self.project(id).await?.and_then(|project| project.value.audit_logs_retention_days))
    }

    /// A project by its slug. Two strongly consistent GetItems, one after the other.
    ///
    /// # Errors
    /// [`ReadError`] when the table cannot be read.
    pub async fn project_by_slug(
        &self,
        organization: OrganizationId,
        slug: &str,
    ) -> Result<Option<Stored<Project>>, ReadError> {
        self.project_of(Project::KIND, organization, slug).await
    }

    /// The project that has an environment. Two strongly consistent GetItems, one after the other.
    ///
    /// # Errors
    /// [`ReadError`] when the table cannot be read.
    pub async fn project_of_environment(
        &self,
        organization: OrganizationId,
        id: EnvironmentId,
    ) -> Result<Option<Stored<Project>>, ReadError> {
        self.project_of(ENVIRONMENT, organization, &id.to_string()).await
    }

    /// All projects of the organisation, by name. One eventually consistent Query for each MB.
    ///
    /// # Errors
    /// [`ReadError`] when the table cannot be read.
    pub async fn projects_of(&self, organization: OrganizationId) -> Result<Vec<Stored<Project>>, ReadError> {
        self.list(From::List, &format!("ORG#{organization}"), "PROJECT#").await
    }

    /// Some projects by their ids, by name; those that are gone are left out. One strongly consistent BatchGetItem for
    /// each hundred.
    ///
    /// # Errors
    /// [`ReadError`] when the table cannot be read.
    pub async fn projects(&self, ids: &[ProjectId]) -> Result<Vec<Stored<Project>>, ReadError> {
        let keys: Vec<String> = ids.iter().copied().map(key).collect();
        let mut projects: Vec<Stored<Project>> = self.get_all(&keys).await?;
        projects.sort_by_cached_key(|project| (project.name.to_lowercase(), project.id));
        Ok(projects)
    }

    async fn project_of(
        &self,
        noun: &'static str,
        organization: OrganizationId,
        name: &str,
    ) -> Result<Option<Stored<Project>>, ReadError> {
        match self.owner_id(noun, &organization.to_string(), name).await? {
            Some(id) => self.project(id).await,
            None => Ok(None),
        }
    }
}

impl Change {
    /// The project has one connection more. Belongs into the change that makes the connection: a project that is being
    /// deleted at the same moment refuses one of the two.
    #[must_use]
    pub fn gain_connection(self, project: &Project) -> Self {
        self.count(project, "connections", 1, None, Conflict::Stale { kind: Project::KIND })
    }

    /// The project has one connection less. Belongs into the change that removes the connection.
    #[must_use]
    pub fn lose_connection(self, project: &Project) -> Self {
        self.count(project, "connections", -1, None, Conflict::Stale { kind: Project::KIND })
    }
}
