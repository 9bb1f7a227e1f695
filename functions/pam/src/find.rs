//! The account that a request names, if the caller may know of it.

use model::id::ProjectId;
use model::pam::{AccessRequest, Asker, PamAccount, PamResource, Wanted};
use model::permission::{Action, Scoped as _, Subject};
use store::Stored;
use web::{Caller, Permissions, Problem};

use crate::Ctx;
use crate::error::{may_not_access, no_account, no_resource};

/// An account and the resource that leads to it.
#[derive(Debug)]
pub(crate) struct Found {
    pub(crate) account: Stored<PamAccount>,
    pub(crate) resource: Stored<PamResource>,
    /// For how many days their project keeps its audit trail, when it says so.
    pub(crate) days_kept: Option<u32>,
}

impl Found {
    /// `resource/account`.
    pub(crate) fn path(&self) -> String {
        format!("{}/{}", self.resource.name, self.account.name)
    }
}

/// The account that a request for access names, if the caller may use it.
///
/// Two to four reads of the table, one after the other, beside the caller's own.
pub(crate) async fn wanted(ctx: &Ctx, caller: &Caller, request: &AccessRequest) -> Result<Found, Problem> {
    let (permissions, candidates) =
        tokio::join!(caller.permissions(&ctx.store), candidates(ctx, request.project_id, &request.wanted));
    let (permissions, mut candidates) = (permissions?, candidates?);
    candidates.retain(|found| may_know(caller, &permissions, &found.account));
    let Some(found) = candidates.pop() else { return Err(absent(request)) };
    if let Some(other) = candidates.pop() {
        return Err(Problem::bad_request(format!(
            "There is more than one PAM account {} ({} in project {}, {} in project {}): give its projectId",
            found.path(),
            found.account.id,
            found.account.project_id,
            other.account.id,
            other.account.project_id
        )));
    }
    if !found.account.access.admits(&asker(caller, &permissions, &found.account)) {
        return Err(may_not_access(&found.path()));
    }
    Ok(found)
}

/// The caller, as an account's list sees them.
pub(crate) fn asker<'a>(caller: &'a Caller, permissions: &Permissions, account: &PamAccount) -> Asker<'a> {
    Asker {
        kind: caller.kind,
        id: &caller.id,
        email: caller.email.as_deref(),
        groups: &caller.groups,
        role: permissions.role_in(account.scope()),
    }
}

/// Whether the account exists for the caller: a member of its project, or somebody whom its list names.
pub(crate) fn may_know(caller: &Caller, permissions: &Permissions, account: &PamAccount) -> bool {
    permissions.allows(Action::Read, Subject::PamAccounts, account.scope())
        || (!account.access.is_empty() && account.access.admits(&asker(caller, permissions, account)))
}

fn absent(request: &AccessRequest) -> Problem {
    match &request.wanted {
        Wanted::Id(id) => no_account(*id),
        Wanted::Path { resource, account } => {
            Problem::not_found(format!("Could not find PAM account {resource}/{account}"))
        }
        Wanted::Name(name) => Problem::not_found(format!("Could not find PAM account {name}")),
    }
}

async fn candidates(ctx: &Ctx, project: Option<ProjectId>, wanted: &Wanted) -> Result<Vec<Found>, Problem> {
    match (wanted, project) {
        (Wanted::Id(id), _) => {
            let account = ctx.store.pam_account(*id).await?;
            let account = account.filter(|found| project.is_none_or(|project| found.project_id == project));
            Ok(match account {
                Some(account) => vec![with_resource(ctx, account).await?],
                None => Vec::new(),
            })
        }
        (Wanted::Path { resource, account }, Some(project)) => {
            let resource = ctx.store.pam_resource_named(project, resource).await?;
            Ok(behind(ctx, resource, account).await?.into_iter().collect())
        }
        (Wanted::Path { resource, account }, None) => {
            let resources = ctx.store.pam_resources(ctx.organization, None).await?;
            let named = resources.into_iter().filter(|found| found.name == *resource);
            let found = named.map(|resource| behind(ctx, Some(resource), account));
            Ok(futures::future::try_join_all(found).await?.into_iter().flatten().collect())
        }
        (Wanted::Name(name), project) => {
            let accounts = ctx.store.pam_accounts(ctx.organization, project).await?;
            let named = accounts.into_iter().filter(|found| found.name == *name);
            futures::future::try_join_all(named.map(|account| with_resource(ctx, account))).await
        }
    }
}

async fn behind(
    ctx: &Ctx,
    resource: Option<Stored<PamResource>>,
    account: &str,
) -> Result<Option<Found>, Problem> {
    let Some(resource) = resource else { return Ok(None) };
    let (account, days_kept) = tokio::try_join!(
        ctx.store.pam_account_named(resource.id, account),
        ctx.store.audit_days(resource.project_id)
    )?;
    Ok(account.map(|account| Found { account, resource, days_kept }))
}

/// The account with its resource and what else goes with it. Two reads side by side.
pub(crate) async fn with_resource(ctx: &Ctx, account: Stored<PamAccount>) -> Result<Found, Problem> {
    let (resource, days_kept) = tokio::try_join!(
        ctx.store.pam_resource(account.resource_id),
        ctx.store.audit_days(account.project_id)
    )?;
    let resource = resource.ok_or_else(|| no_resource(account.resource_id))?;
    Ok(Found { account, resource, days_kept })
}
