//! Console access: resources and accounts, listed by project and name; sessions, listed by project and time.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use model::Timestamp;
use model::id::{OrganizationId, PamAccountId, PamResourceId, PamSessionId, ProjectId};
use model::pam::{PamAccount, PamResource, PamSession};
use model::project::Project;

use crate::entity::{Entity, Item, NameGuard, Stored, stored_from};
use crate::error::{Conflict, ReadError};
use crate::keys::{Index, Keys};
use crate::read::{From, fetch};
use crate::{Change, Store};

/// Where the index of due work lists roles that still have a Deny of ours. One partition: a Deny is put when somebody
/// ends somebody's session, which is rare.
const DUE: &str = "DUE#PAM_DENY";

impl Entity for PamResource {
    const KIND: &'static str = "PAM resource";

    fn keys(&self) -> Keys {
        let position = format!("{}{}", resources(Some(self.project_id)), self.name);
        Keys::own(resource_key(self.id)).listed(list(self.organization_id), position)
    }

    fn names(&self) -> Vec<NameGuard> {
        vec![NameGuard::new(Self::KIND, &self.project_id.to_string(), &self.name, self.id)]
    }
}

impl Entity for PamAccount {
    const KIND: &'static str = "PAM account";

    /// By its resource's id, not by its name: a resource that is renamed would have to rewrite its accounts.
    fn keys(&self) -> Keys {
        let position = format!("{}{}#{}", accounts(Some(self.project_id)), self.resource_id, self.name);
        Keys::own(account_key(self.id)).listed(list(self.organization_id), position)
    }

    fn names(&self) -> Vec<NameGuard> {
        vec![NameGuard::new(Self::KIND, &self.resource_id.to_string(), &self.name, self.id)]
    }
}

impl Entity for PamSession {
    const KIND: &'static str = "PAM session";

    /// In the list by when it was asked for, so that the newest are one Query away; due while a Deny of ours is on the
    /// role.
    fn keys(&self) -> Keys {
        let position = format!("{SESSIONS}{}#{}", self.requested_at, self.id);
        let due = self.termination.as_ref().filter(|deny| !deny.removed);
        let due =
            due.map(|deny| Index { pk: DUE.to_owned(), sk: format!("{}#{}", deny.remove_after, self.id) });
        let keys = Keys::own(session_key(self.id)).listed(format!("PROJECT#{}", self.project_id), position);
        Keys { due, ..keys }
    }

    fn expires_at(&self) -> Option<Timestamp> {
        Some(self.forgotten_at())
    }
}

const SESSIONS: &str = "PAM_SESSION#";

fn resource_key(id: PamResourceId) -> String {
    format!("PAM_RESOURCE#{id}")
}

fn account_key(id: PamAccountId) -> String {
    format!("PAM_ACCOUNT#{id}")
}

fn session_key(id: PamSessionId) -> String {
    format!("{SESSIONS}{id}")
}

fn list(organization: OrganizationId) -> String {
    format!("ORG#{organization}")
}

/// The beginning of the list positions of a project's resources, or of all.
fn resources(project: Option<ProjectId>) -> String {
    project.map_or_else(|| "PAM_RESOURCE#".to_owned(), |project| format!("PAM_RESOURCE#{project}#"))
}

/// The beginning of the list positions of a project's accounts, or of all.
fn accounts(project: Option<ProjectId>) -> String {
    project.map_or_else(|| "PAM_ACCOUNT#".to_owned(), |project| format!("PAM_ACCOUNT#{project}#"))
}

/// Some sessions of a list, in its order.
#[derive(Debug)]
pub struct SessionPage {
    /// The sessions.
    pub sessions: Vec<Stored<PamSession>>,
    /// Where the next page begins; `None` when there is none.
    pub next: Option<SessionPosition>,
}

/// A place in a list of sessions.
#[derive(Debug, Clone, PartialEq)]
pub struct SessionPosition(HashMap<String, AttributeValue>);

impl Store {
    /// A resource by its id. One strongly consistent GetItem.
    ///
    /// # Errors
    /// [`ReadError`] when the table cannot be read.
    pub async fn pam_resource(&self, id: PamResourceId) -> Result<Option<Stored<PamResource>>, ReadError> {
        let key = resource_key(id);
        self.get(&key, &key).await
    }

    /// A resource of a project by its name. Two strongly consistent GetItems, one after the other.
    ///
    /// # Errors
    /// [`ReadError`] when the table cannot be read.
    pub async fn pam_resource_named(
        &self,
        project: ProjectId,
        name: &str,
    ) -> Result<Option<Stored<PamResource>>, ReadError> {
        match self.owner_id(PamResource::KIND, &project.to_string(), name).await? {
            Some(id) => self.pam_resource(id).await,
            None => Ok(None),
        }
    }

    /// The resources of a project, or of the whole organisation, by name. One eventually consistent Query for each MB,
    /// which is about 1,500 resources.
    ///
    /// # Errors
    /// [`ReadError`] when the table cannot be read.
    pub async fn pam_resources(
        &self,
        organization: OrganizationId,
        project: Option<ProjectId>,
    ) -> Result<Vec<Stored<PamResource>>, ReadError> {
        self.list(From::List, &list(organization), &resources(project)).await
    }

    /// An account by its id. One strongly consistent GetItem.
    ///
    /// # Errors
    /// [`ReadError`] when the table cannot be read.
    pub async fn pam_account(&self, id: PamAccountId) -> Result<Option<Stored<PamAccount>>, ReadError> {
        let key = account_key(id);
        self.get(&key, &key).await
    }

    /// An account of a resource by its name. Two strongly consistent GetItems, one after the other.
    ///
    /// # Errors
    /// [`ReadError`] when the table cannot be read.
    pub async fn pam_account_named(
        &self,
        resource: PamResourceId,
        name: &str,
    ) -> Result<Option<Stored<PamAccount>>, ReadError> {
        match self.owner_id(PamAccount::KIND, &resource.to_string(), name).await? {
            Some(id) => self.pam_account(id).await,
            None => Ok(None),
        }
    }

    /// The accounts of a project, or of the whole organisation, by resource and name. One eventually consistent Query for
    /// each MB, which is about 1,000 accounts.
    ///
    /// # Errors
    /// [`ReadError`] when the table cannot be read.
    pub async fn pam_accounts(
        &self,
        organization: OrganizationId,
        project: Option<ProjectId>,
    ) -> Result<Vec<Stored<PamAccount>>, ReadError> {
        self.list(From::List, &list(organization), &accounts(project)).await
    }

    /// A session by its id. One strongly consistent GetItem.
    ///
    /// # Errors
    /// [`ReadError`] when the table cannot be read.
    pub async fn pam_session(&self, id: PamSessionId) -> Result<Option<Stored<PamSession>>, ReadError> {
        let key = session_key(id);
        self.get(&key, &key).await
    }

    /// Up to `limit` sessions of a project, newest first, from `from` on; the first page when that is `None`. One
    /// eventually consistent Query.
    ///
    /// # Errors
    /// [`ReadError`] when the table cannot be read.
    pub async fn pam_sessions(
        &self,
        project: ProjectId,
        from: Option<SessionPosition>,
        limit: u16,
    ) -> Result<SessionPage, ReadError> {
        self.pam_sessions_before(project, None, from, limit).await
    }

    /// The same of those that were asked for before `before`, if that is given.
    ///
    /// # Errors
    /// [`ReadError`] when the table cannot be read.
    pub async fn pam_sessions_before(
        &self,
        project: ProjectId,
        before: Option<Timestamp>,
        from: Option<SessionPosition>,
        limit: u16,
    ) -> Result<SessionPage, ReadError> {
        // A session asked for at that very moment comes after it, for its id follows; and '$' comes after '#'.
        let end = before.map_or_else(|| "PAM_SESSION$".to_owned(), |before| format!("{SESSIONS}{before}"));
        let page = self
            .client
            .query()
            .table_name(&self.table)
            .index_name("GSI1")
            .key_condition_expression("gsi1pk = :pk AND gsi1sk BETWEEN :prefix AND :end")
            .expression_attribute_values(":pk", AttributeValue::S(format!("PROJECT#{project}")))
            .expression_attribute_values(":prefix", AttributeValue::S(SESSIONS.to_owned()))
            .expression_attribute_values(":end", AttributeValue::S(end))
            .scan_index_forward(false)
            .set_exclusive_start_key(from.map(|SessionPosition(key)| key))
            .limit(i32::from(limit.max(1)))
            .send()
            .await
            .map_err(|error| fetch(PamSession::KIND, error))?;
        session_page(page.items, page.last_evaluated_key)
    }

    /// Up to `limit` sessions whose Deny can go from its role by now, longest due first, from `from` on; the first page
    /// when that is `None`. One eventually consistent Query, which costs what is due, not what exists. What it tells may
    /// have changed: whoever acts on it reads the session again.
    ///
    /// # Errors
    /// [`ReadError`] when the table cannot be read.
    pub async fn pam_denies_due(
        &self,
        now: Timestamp,
        from: Option<SessionPosition>,
        limit: u16,
    ) -> Result<SessionPage, ReadError> {
        let page = self
            .client
            .query()
            .table_name(&self.table)
            .index_name("GSI2")
            .key_condition_expression("gsi2pk = :pk AND gsi2sk < :after")
            .expression_attribute_values(":pk", AttributeValue::S(DUE.to_owned()))
            // Times have one length, and '$' comes after the '#' that follows them in the key.
            .expression_attribute_values(":after", AttributeValue::S(format!("{now}$")))
            .set_exclusive_start_key(from.map(|SessionPosition(key)| key))
            .limit(i32::from(limit.max(1)))
            .send()
            .await
            .map_err(|error| fetch(PamSession::KIND, error))?;
        session_page(page.items, page.last_evaluated_key)
    }
}

fn session_page(
    items: Option<Vec<Item>>,
    last: Option<HashMap<String, AttributeValue>>,
) -> Result<SessionPage, ReadError> {
    let sessions = items.unwrap_or_default().into_iter().map(stored_from).collect::<Result<_, _>>()?;
    Ok(SessionPage { sessions, next: last.filter(|key| !key.is_empty()).map(SessionPosition) })
}

impl Change {
    /// The project has one resource more. Belongs into the change that makes the resource: a project that is being
    /// deleted at the same moment refuses one of the two.
    #[must_use]
    pub fn gain_pam_resource(self, project: &Project) -> Self {
        self.count(project, "pam_resources", 1, None, Conflict::Stale { kind: Project::KIND })
    }

    /// The project has one resource less. Belongs into the change that removes the resource.
    #[must_use]
    pub fn lose_pam_resource(self, project: &Project) -> Self {
        self.count(project, "pam_resources", -1, None, Conflict::Stale { kind: Project::KIND })
    }

    /// The resource has one account more. Belongs into the change that makes the account: a resource that is being
    /// deleted at the same moment refuses one of the two.
    #[must_use]
    pub fn gain_account(self, resource: &PamResource) -> Self {
        self.count(resource, "accounts", 1, None, Conflict::Stale { kind: PamResource::KIND })
    }

    /// The resource has one account less. Belongs into the change that removes the account.
    #[must_use]
    pub fn lose_account(self, resource: &PamResource) -> Self {
        self.count(resource, "accounts", -1, None, Conflict::Stale { kind: PamResource::KIND })
    }
}
