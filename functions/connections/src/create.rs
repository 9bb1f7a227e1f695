//! A new connection: validated in AWS first, then stored with its name and its line of the audit trail, or not at all.

use std::time::Duration;

use access::AccessKey;
use axum::Json;
use axum::extract::State;
use model::connection::body::{Create, Credentials};
use model::connection::{Connection, Dependents, Way};
use model::id::{ConnectionId, ProjectId};
use model::permission::{Action, Scope, Subject};
use model::project::Project;
use secrecy::ExposeSecret as _;
use store::{Change, Conflict, Stored};
use web::{Caller, JsonBody, Problem};

use crate::Ctx;
use crate::error::name_taken;
use crate::secret;
use crate::validate::validate;
use crate::view::{One, one};

/// A client that heard nothing repeats its create; within this time the repeat is answered with the first result.
const REPEAT: Duration = Duration::from_secs(60);

/// `POST /api/v1/app-connections/aws`.
///
/// One round trip to the table (permissions, project and name side by side), two to AWS (the probes side by side, then
/// GetCallerIdentity), one to the table.
pub(crate) async fn create(
    State(ctx): State<Ctx>,
    caller: Caller,
    body: JsonBody<Create>,
) -> Result<Json<One>, Problem> {
    let body = body.read()?;
    let Place { scope, project, owner } = authorised(&ctx, &caller, &body).await?;
    let (candidate, key) = candidate(&ctx, &caller, &body, scope)?;
    if let Some(existing) = named(&ctx, owner).await? {
        return repeated(&ctx, &caller, existing, &candidate, key.as_ref()).await;
    }

    let validated = validate(&ctx, &candidate, key.as_ref()).await?;
    // Only now: sealing may make the scope's first data key, and nothing is stored when anything fails.
    let connection = Connection { account_id: validated.account, ..candidate };
    let connection = secret::sealed(&ctx, connection, key.as_ref()).await?;

    let mut change = Change::new(caller.now).create(&connection);
    if let Some(project) = &project {
        change = change.gain_connection(project);
    }
    let mut audit = caller.audit("connection.create", connection.id, &connection.name, scope);
    audit.details = vec![
        format!("method: {}", connection.method().name()),
        format!("account: {}", connection.account_id),
    ];
    audit.details.extend(validated.warnings.iter().cloned());
    match ctx.store.commit(change, &audit).await {
        Ok(()) => one(&ctx, caller.now, Stored::created(connection, caller.now), validated.warnings).await,
        Err(error) => match error.conflict() {
            Some(Conflict::NameTaken { .. }) => {
                let owner = ctx.store.connection_named(ctx.organization, scope, &connection.name).await?;
                match named(&ctx, owner).await? {
                    Some(winner) => repeated(&ctx, &caller, winner, &connection, key.as_ref()).await,
                    None => Err(name_taken(&connection.name, scope)),
                }
            }
            Some(
                Conflict::Exists { .. } | Conflict::Stale { .. } | Conflict::Unmet(_) | Conflict::Contended,
            )
            | None => Err(error.into()),
        },
    }
}

/// Where a connection is to be made.
struct Place {
    scope: Scope,
    project: Option<Stored<Project>>,
    /// The connection that has the name there already.
    owner: Option<ConnectionId>,
}

/// The scope that the body names, if it exists and the caller may make connections there.
async fn authorised(ctx: &Ctx, caller: &Caller, body: &Create) -> Result<Place, Problem> {
    let unknown = |id: &str| Problem::bad_request(format!("Could not find project with ID {id}"));
    let id: Option<ProjectId> = match &body.project_id {
        Some(text) => Some(text.parse().map_err(|_| unknown(text))?),
        None => None,
    };
    let scope = Scope::of(id);
    let project = async {
        match id {
            Some(id) => ctx.store.project(id).await,
            None => Ok(None),
        }
    };
    let (permissions, project, owner) = tokio::try_join!(
        caller.permissions(&ctx.store),
        project,
        ctx.store.connection_named(ctx.organization, scope, &body.name)
    )?;
    if let (Some(id), None) = (id, &project) {
        return Err(unknown(&id.to_string()));
    }
    permissions.may(Action::Create, Subject::Connections, scope)?;
    if body.legacy {
        // It presents the organisation's External ID, which opens the roles of all: not a project's to give away.
        permissions.may(Action::Create, Subject::Connections, Scope::Organization)?;
    }
    if let Some(project) = &project {
        ctx.project_names.remember(project, caller.now);
    }
    Ok(Place { scope, project, owner })
}

/// The connection that would be stored, with its access key beside it: unsealed, and the account still unproven.
fn candidate(
    ctx: &Ctx,
    caller: &Caller,
    body: &Create,
    scope: Scope,
) -> Result<(Connection, Option<AccessKey>), Problem> {
    let (way, key) = way(&body.credentials)?;
    let account_id = match &way {
        Way::AssumeRole { role_arn, .. } => role_arn.account().clone(),
        Way::AccessKey { .. } => ctx.trusted.account.clone(),
    };
    let connection = Connection {
        id: ConnectionId::random(),
        organization_id: ctx.organization,
        scope,
        name: body.name.clone(),
        description: body.description.clone(),
        legacy: body.legacy,
        way,
        credentials_version: 1,
        account_id,
        created_by: format!("{}:{}", caller.kind.name(), caller.id),
        dependents: Dependents::default(),
    };
    Ok((connection, key))
}

/// Credentials as a way into an account; the access key's secret stays outside until it is sealed.
pub(crate) fn way(credentials: &Credentials) -> Result<(Way, Option<AccessKey>), Problem> {
    match credentials {
        Credentials::AssumeRole { role_arn, sts_endpoint } => {
            let sts_endpoint =
                sts_endpoint.clone().transpose().map_err(|fault| Problem::bad_request(fault.to_string()))?;
            Ok((Way::AssumeRole { role_arn: role_arn.clone(), sts_endpoint }, None))
        }
        Credentials::AccessKey { access_key_id, secret_access_key } => {
            let way =
                Way::AccessKey { access_key_id: access_key_id.clone(), secret_access_key: String::new() };
            let key = AccessKey {
                access_key_id: access_key_id.clone(),
                secret_access_key: secret_access_key.clone(),
            };
            Ok((way, Some(key)))
        }
    }
}

/// The connection that has a name.
async fn named(ctx: &Ctx, owner: Option<ConnectionId>) -> Result<Option<Stored<Connection>>, Problem> {
    match owner {
        Some(id) => Ok(ctx.store.connection(id).await?),
        None => Ok(None),
    }
}

/// The first result, when this is the same create again; else the name is taken.
async fn repeated(
    ctx: &Ctx,
    caller: &Caller,
    existing: Stored<Connection>,
    candidate: &Connection,
    key: Option<&AccessKey>,
) -> Result<Json<One>, Problem> {
    let same = existing.created_by == candidate.created_by
        && caller.now.since(existing.created_at) < REPEAT
        && existing.legacy == candidate.legacy
        && existing.description == candidate.description
        && same_way(ctx, &existing, candidate, key).await?;
    if same {
        one(ctx, caller.now, existing, Vec::new()).await
    } else {
        Err(name_taken(&candidate.name, candidate.scope))
    }
}

async fn same_way(
    ctx: &Ctx,
    existing: &Connection,
    candidate: &Connection,
    key: Option<&AccessKey>,
) -> Result<bool, Problem> {
    match key {
        None => Ok(existing.way == candidate.way),
        Some(key) => Ok(secret::open(ctx, existing).await?.is_some_and(|stored| {
            let (stored_secret, secret) =
                (stored.secret_access_key.expose_secret(), key.secret_access_key.expose_secret());
            let equal = aws_lc_rs::constant_time::verify_slices_are_equal(
                stored_secret.as_bytes(),
                secret.as_bytes(),
            )
            .is_ok();
            stored.access_key_id == key.access_key_id && equal
        })),
    }
}
