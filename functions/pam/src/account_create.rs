//! A new account: the whole way proved in AWS first, then stored.

use axum::Json;
use axum::extract::State;
use model::id::PamAccountId;
use model::pam::{AccessList, CreateAccount, PamAccount, PamResource};
use model::permission::{Action, Scoped as _, Subject};
use store::{Change, Conflict, Stored};
use web::{Caller, JsonBody, Problem};

use crate::Ctx;
use crate::account_view::{One, one};
use crate::boundary::may_let_in;
use crate::resource_create::REPEAT;
use crate::validate;

/// `POST /api/v1/pam/accounts/aws-iam`.
///
/// Two round trips to the table (three where `access` names somebody), one or two to AWS (resource role, target role for
/// the whole default duration), one to the table.
pub(crate) async fn create(
    State(ctx): State<Ctx>,
    caller: Caller,
    body: JsonBody<CreateAccount>,
) -> Result<Json<One>, Problem> {
    let body = body.read()?;
    let (permissions, resource, existing) = tokio::try_join!(
        caller.permissions(&ctx.store),
        ctx.store.pam_resource(body.resource_id),
        ctx.store.pam_account_named(body.resource_id, &body.name)
    )?;
    let resource = permissions.open(Action::Create, Subject::PamAccounts, resource, || {
        Problem::bad_request(format!("Could not find PAM resource with ID {}", body.resource_id))
    })?;
    may_let_in(&ctx, &caller, resource.project_id, &AccessList::default(), &body.access).await?;

    let account = PamAccount {
        id: PamAccountId::random(),
        organization_id: ctx.organization,
        project_id: resource.project_id,
        resource_id: resource.id,
        name: body.name,
        description: body.description,
        target_role_arn: body.target_role_arn,
        default_duration: body.default_duration,
        requires_reason: body.requires_reason,
        access: body.access,
        metadata: body.metadata,
        created_by: format!("{}:{}", caller.kind.name(), caller.id),
    };
    if let Some(existing) = existing {
        return repeated(&caller, existing, &account, &resource);
    }
    let (valid, days_kept) = tokio::join!(
        validate::chain(&ctx, &resource, &account.target_role_arn, account.default_duration, caller.now),
        ctx.store.audit_days(resource.project_id)
    );
    valid?;

    let path = format!("{}/{}", resource.name, account.name);
    let mut audit = caller.audit("pam-account.create", account.id, path, account.scope());
    audit.details = vec![
        format!("role: {}", account.target_role_arn),
        format!("default duration: {}", account.default_duration),
    ];
    let change = Change::new(caller.now).create(&account).gain_account(&resource);
    match ctx.store.commit_kept(change, &audit, days_kept?).await {
        Ok(()) => Ok(one(Stored::created(account, caller.now), &resource)),
        Err(error) if matches!(error.conflict(), Some(Conflict::NameTaken { .. })) => {
            match ctx.store.pam_account_named(resource.id, &account.name).await? {
                Some(winner) => repeated(&caller, winner, &account, &resource),
                None => Err(name_taken(&account.name)),
            }
        }
        Err(error) => Err(error.into()),
    }
}

/// The first result, when this is the same create again; else the name is taken.
fn repeated(
    caller: &Caller,
    existing: Stored<PamAccount>,
    candidate: &PamAccount,
    resource: &PamResource,
) -> Result<Json<One>, Problem> {
    let same = PamAccount { id: existing.id, ..candidate.clone() } == existing.value;
    if same && caller.now.since(existing.created_at) < REPEAT {
        Ok(one(existing, resource))
    } else {
        Err(name_taken(&candidate.name))
    }
}

pub(crate) fn name_taken(name: &str) -> Problem {
    Problem::bad_request(format!("PAM account with name \"{name}\" already exists in this resource"))
}
