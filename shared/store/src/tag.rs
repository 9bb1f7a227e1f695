//! Tags: those of a project together in one partition.

use model::id::{ProjectId, TagId};
use model::tag::Tag;

use crate::Store;
use crate::entity::{Entity, NameGuard, Stored};
use crate::error::ReadError;
use crate::keys::Keys;
use crate::read::From;

impl Entity for Tag {
    const KIND: &'static str = "tag";

    fn keys(&self) -> Keys {
        Keys::within(partition(self.project_id), position(self.id))
    }

    fn names(&self) -> Vec<NameGuard> {
        vec![NameGuard::new(Self::KIND, &self.project_id.to_string(), &self.slug, self.id)]
    }
}

fn partition(project: ProjectId) -> String {
    format!("TAGS#{project}")
}

fn position(id: TagId) -> String {
    format!("TAG#{id}")
}

impl Store {
    /// A tag of a project by its id. One strongly consistent GetItem.
    ///
    /// # Errors
    /// [`ReadError`] when the table cannot be read.
    pub async fn tag(&self, project: ProjectId, id: TagId) -> Result<Option<Stored<Tag>>, ReadError> {
        self.get(&partition(project), &position(id)).await
    }

    /// A tag of a project by its slug. Two strongly consistent GetItems, one after the other.
    ///
    /// # Errors
    /// [`ReadError`] when the table cannot be read.
    pub async fn tag_by_slug(
        &self,
        project: ProjectId,
        slug: &str,
    ) -> Result<Option<Stored<Tag>>, ReadError> {
        match self.owner_id(Tag::KIND, &project.to_string(), slug).await? {
            Some(id) => self.tag(project, id).await,
            None => Ok(None),
        }
    }

    /// All tags of a project, by slug. One strongly consistent Query for each MB, which is about 2,000 tags.
    ///
    /// # Errors
    /// [`ReadError`] when the table cannot be read.
    pub async fn tags_of(&self, project: ProjectId) -> Result<Vec<Stored<Tag>>, ReadError> {
        let mut tags: Vec<Stored<Tag>> = self.list(From::Table, &partition(project), "TAG#").await?;
        tags.sort_by(|one, other| one.slug.cmp(&other.slug));
        Ok(tags)
    }
}
