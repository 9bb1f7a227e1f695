//! The accounts that the caller may enter: what the peer's `pam list` shows.

use axum::Json;
use axum::extract::State;
use model::form::{Form, Read, rule};
use model::id::PamAccountId;
use serde::Serialize;
use web::{Caller, Problem, Query};

use crate::Ctx;
use crate::account_list::{by_id_of, matches};
use crate::find::asker;
use crate::resource_get::page;

/// An account that can be entered as `folderName/name`.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Account {
    id: PamAccountId,
    name: String,
    description: Option<String>,
    folder_name: String,
    account_type: &'static str,
    can_launch: bool,
    requires_approval: bool,
    require_reason: bool,
    require_mfa: bool,
    access_status: &'static str,
    disabled_reason: Option<()>,
}

/// The answer.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Answer {
    accounts: Vec<Account>,
    total_count: usize,
}

/// The accounts that the query asks for.
pub(crate) struct Asked {
    search: String,
    offset: u64,
    limit: u64,
}

impl Read for Asked {
    fn read(form: &mut Form<'_>) -> Option<Self> {
        let search = form.or("search", rule::trimmed(0, 256), String::new());
        let offset = form.or("offset", rule::numeral(0, 1_000_000), 0);
        let limit = form.or("limit", rule::numeral(1, 1_000), 100);
        Some(Self { search: search?.to_lowercase(), offset: offset?, limit: limit? })
    }
}

/// `GET /api/v1/pam/accounts/accessible`: of all projects, by path. Two Queries side by side for each MB of the
/// organisation's accounts, beside the caller's own.
pub(crate) async fn accessible(
    State(ctx): State<Ctx>,
    caller: Caller,
    query: Query<Asked>,
) -> Result<Json<Answer>, Problem> {
    let Asked { search, offset, limit } = query.read()?;
    let (permissions, resources, accounts) = tokio::try_join!(
        caller.permissions(&ctx.store),
        ctx.store.pam_resources(ctx.organization, None),
        ctx.store.pam_accounts(ctx.organization, None)
    )?;
    let resources = by_id_of(resources);
    let mut accounts: Vec<Account> = accounts
        .into_iter()
        .filter(|account| account.access.admits(&asker(&caller, &permissions, account)))
        .filter_map(|account| {
            let resource = resources.get(&account.resource_id)?;
            matches(&account, resource, &search).then(|| Account {
                id: account.id,
                name: account.value.name,
                description: account.value.description,
                folder_name: resource.name.clone(),
                account_type: "aws-iam",
                can_launch: true,
                requires_approval: false,
                require_reason: account.value.requires_reason,
                require_mfa: false,
                access_status: "none",
                disabled_reason: None,
            })
        })
        .collect();
    accounts.sort_by(|a, b| (&a.folder_name, &a.name).cmp(&(&b.folder_name, &b.name)));
    let total_count = accounts.len();
    Ok(Json(Answer { accounts: page(accounts, offset, limit).collect(), total_count }))
}
