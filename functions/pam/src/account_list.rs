//! Accounts, one or many, for those who keep them.

use std::collections::{BTreeMap, HashMap};

use axum::Json;
use axum::extract::State;
use model::form::{Form, Read, rule};
use model::id::{PamAccountId, PamResourceId, ProjectId};
use model::pam::{PamAccount, PamResource};
use model::permission::{Action, Scope, Scoped as _, Subject};
use serde::Serialize;
use store::Stored;
use web::{Caller, Path, Problem, Query};

use crate::Ctx;
use crate::account_view::{Account, One, one};
use crate::error::no_account;
use crate::find::{Found, with_resource};
use crate::resource_get::page;

/// The account with this id and its resource, if the caller may do `action` to it.
pub(crate) async fn permitted(
    ctx: &Ctx,
    caller: &Caller,
    id: PamAccountId,
    action: Action,
) -> Result<Found, Problem> {
    let (permissions, account) = tokio::try_join!(caller.permissions(&ctx.store), ctx.store.pam_account(id))?;
    let account = permissions.open(action, Subject::PamAccounts, account, || no_account(id))?;
    with_resource(ctx, account).await
}

/// `GET /api/v1/pam/accounts/aws-iam/{accountId}`.
pub(crate) async fn by_id(
    State(ctx): State<Ctx>,
    caller: Caller,
    Path(id): Path<PamAccountId>,
) -> Result<Json<One>, Problem> {
    let Found { account, resource, .. } = permitted(&ctx, &caller, id, Action::Read).await?;
    Ok(one(account, &resource))
}

/// The answer of a list. There are no folders: an account's path is resource/account.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Many {
    accounts: Vec<Account>,
    folders: [(); 0],
    folder_paths: BTreeMap<String, String>,
    total_count: usize,
}

/// The accounts that the query asks for.
pub(crate) struct Wishes {
    project: Option<ProjectId>,
    search: String,
    resources: Vec<PamResourceId>,
    descending: bool,
    offset: u64,
    limit: u64,
}

/// `GET /api/v1/pam/accounts`: with `projectId` that project's, without it all that the caller may see. Two Queries side
/// by side for each MB, beside the caller's own.
pub(crate) async fn list(
    State(ctx): State<Ctx>,
    caller: Caller,
    query: Query<Wishes>,
) -> Result<Json<Many>, Problem> {
    let wishes = query.read()?;
    let (permissions, resources, accounts) = tokio::try_join!(
        caller.permissions(&ctx.store),
        ctx.store.pam_resources(ctx.organization, wishes.project),
        ctx.store.pam_accounts(ctx.organization, wishes.project)
    )?;
    if let Some(project) = wishes.project {
        permissions.may(Action::Read, Subject::PamAccounts, Scope::Project(project))?;
    }
    let resources = by_id_of(resources);
    let mut found: Vec<(Stored<PamAccount>, &PamResource)> = accounts
        .into_iter()
        .filter(|account| permissions.allows(Action::Read, Subject::PamAccounts, account.scope()))
        .filter(|account| wishes.resources.is_empty() || wishes.resources.contains(&account.resource_id))
        .filter_map(|account| resources.get(&account.resource_id).map(|resource| (account, &resource.value)))
        .filter(|(account, resource)| matches(account, resource, &wishes.search))
        .collect();
    found.sort_by(|(a, in_a), (b, in_b)| (&a.name, &in_a.name).cmp(&(&b.name, &in_b.name)));
    if wishes.descending {
        found.reverse();
    }
    let total_count = found.len();
    let accounts = page(found, wishes.offset, wishes.limit);
    let accounts = accounts.map(|(account, resource)| Account::new(account, resource)).collect();
    Ok(Json(Many { accounts, folders: [], folder_paths: BTreeMap::new(), total_count }))
}

impl Read for Wishes {
    fn read(form: &mut Form<'_>) -> Option<Self> {
        const ORDERS: &[(&str, bool)] = &[("asc", false), ("desc", true)];
        let project = form.optional("projectId", rule::id());
        let search = form.or("search", rule::trimmed(0, 256), String::new());
        let resources = form.or(
            "filterResourceIds",
            rule::text(|text| {
                let ids = text.split(',').map(str::trim).filter(|id| !id.is_empty());
                let ids: Result<Vec<PamResourceId>, _> = ids.map(str::parse).collect();
                ids.map_err(|_| vec![model::form::Fault::invalid("uuid", "Invalid uuid")])
            }),
            Vec::new(),
        );
        let descending = form.or("orderDirection", rule::one_of(ORDERS), false);
        let offset = form.or("offset", rule::numeral(0, 1_000_000), 0);
        let limit = form.or("limit", rule::numeral(1, 100), 100);
        Some(Self {
            project: project?,
            search: search?.to_lowercase(),
            resources: resources?,
            descending: descending?,
            offset: offset?,
            limit: limit?,
        })
    }
}

/// Resources by their ids.
pub(crate) fn by_id_of(resources: Vec<Stored<PamResource>>) -> HashMap<PamResourceId, Stored<PamResource>> {
    resources.into_iter().map(|resource| (resource.id, resource)).collect()
}

/// Whether an account's path or description holds a text, in lower case.
pub(crate) fn matches(account: &PamAccount, resource: &PamResource, search: &str) -> bool {
    let described = account.description.as_deref().unwrap_or_default().to_lowercase();
    format!("{}/{}", resource.name, account.name).contains(search) || described.contains(search)
}
