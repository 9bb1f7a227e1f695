//! A change of a connection: name and description as they come, credentials only after AWS has confirmed them.

use axum::Json;
use axum::extract::State;
use model::connection::Connection;
use model::connection::body::Update;
use model::id::ConnectionId;
use model::permission::{Action, Scope, Subject};
use store::{Change, Conflict};
use web::{Caller, JsonBody, Path, Problem};

use crate::Ctx;
use crate::create::way;
use crate::error::name_taken;
use crate::get::permitted;
use crate::secret;
use crate::validate::validate;
use crate::view::{One, one};

/// Attempts against something else that is counted on the connection at the same moment.
const ATTEMPTS: u32 = 3;

/// `PATCH /api/v1/app-connections/aws/{connectionId}`. Credentials that are given are validated again, and the role
/// probed again, also when they look the same: clients send them with every change.
pub(crate) async fn update(
    State(ctx): State<Ctx>,
    caller: Caller,
    Path(id): Path<ConnectionId>,
    body: JsonBody<Update>,
) -> Result<Json<One>, Problem> {
    let body = body.read()?;
    let mut read = permitted(&ctx, &caller, id, Action::Edit).await?;
    let (credentials, warnings) = match &body.credentials {
        Some(_) => renewed(&ctx, &caller, &read, &body).await?,
        None => (None, Vec::new()),
    };
    let mut attempt = 1;
    loop {
        let next = changed(&read, &body, credentials.as_ref());
        let mut audit = caller.audit("connection.update", id, &next.name, next.scope);
        audit.details = differences(&read, &next);
        audit.details.extend(warnings.iter().cloned());
        let change = Change::new(caller.now).replace(&read, &next);
        match ctx.store.commit(change, &audit).await {
            Ok(()) => {
                return one(&ctx, caller.now, read.replaced(next, caller.now), warnings).await;
            }
            Err(error) => match error.conflict() {
                Some(Conflict::NameTaken { .. }) => return Err(name_taken(&next.name, next.scope)),
                Some(Conflict::Stale { .. }) if attempt < ATTEMPTS => {
                    let again = permitted(&ctx, &caller, id, Action::Edit).await?;
                    // Only a count has changed: the same change still makes sense. Anything else was somebody's decision.
                    let same =
                        Connection { dependents: again.dependents, ..read.value.clone() } == again.value;
                    if !same {
                        return Err(error.into());
                    }
                    read = again;
                    attempt += 1;
                }
                Some(
                    Conflict::Exists { .. }
                    | Conflict::Stale { .. }
                    | Conflict::Unmet(_)
                    | Conflict::Contended,
                )
                | None => return Err(error.into()),
            },
        }
    }
}

/// The connection with its new credentials, confirmed by AWS and sealed.
async fn renewed(
    ctx: &Ctx,
    caller: &Caller,
    read: &Connection,
    body: &Update,
) -> Result<(Option<Connection>, Vec<String>), Problem> {
    let Some(credentials) = &body.credentials else { return Ok((None, Vec::new())) };
    if credentials.method() != read.method() {
        return Err(Problem::bad_request(format!(
            "The credentials do not fit the connection's method, which is {} and cannot change",
            read.method().name()
        )));
    }
    let (way, key) = way(credentials)?;
    if read.legacy && key.is_none() && way != read.way {
        // As in a create: another role would be opened with the organisation's External ID.
        let permissions = caller.permissions(&ctx.store).await?;
        permissions.may(Action::Edit, Subject::Connections, Scope::Organization)?;
    }
    let credentials_version = read.credentials_version.saturating_add(1);
    let candidate = Connection { way, credentials_version, ..read.clone() };
    let validated = validate(ctx, &candidate, key.as_ref()).await?;
    let connection = Connection { account_id: validated.account, ..candidate };
    let connection = secret::sealed(ctx, connection, key.as_ref()).await?;
    Ok((Some(connection), validated.warnings))
}

fn changed(read: &Connection, body: &Update, credentials: Option<&Connection>) -> Connection {
    let mut next = read.clone();
    if let Some(renewed) = credentials {
        next.way = renewed.way.clone();
        next.credentials_version = renewed.credentials_version;
        next.account_id = renewed.account_id.clone();
    }
    if let Some(name) = &body.name {
        next.name.clone_from(name);
    }
    if let Some(description) = &body.description {
        next.description.clone_from(description);
    }
    next
}

/// For the audit trail: which fields, and never a secret.
fn differences(before: &Connection, after: &Connection) -> Vec<String> {
    let mut words = Vec::new();
    if before.name != after.name {
        words.push(format!("name: {} to {}", before.name, after.name));
    }
    if before.description != after.description {
        words.push("description".to_owned());
    }
    if before.credentials_version != after.credentials_version {
        words.push(format!("credentials: version {}", after.credentials_version));
    }
    if before.account_id != after.account_id {
        words.push(format!("account: {} to {}", before.account_id, after.account_id));
    }
    words
}
