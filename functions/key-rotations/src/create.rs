//! A new rotation, with its first key as far as it gets while the client waits.

use std::time::Duration;

use axum::Json;
use axum::extract::State;
use model::connection::Connection;
use model::id::{FolderId, KeyRotationId, ProjectId};
use model::key_rotation::KeyRotation;
use model::key_rotation::body::Create;
use model::permission::{Action, Scope, Subject};
use model::project::Project;
use rotation::{Creation, Error};
use store::{Conflict, Entity as _, Stored};
use web::{Caller, JsonBody, Problem};

use crate::connection::usable;
use crate::view::{One, one};
use crate::{Ctx, author, error, place, until};

/// A client that heard nothing repeats its create; within this time the repeat is answered with the first result.
const REPEAT: Duration = Duration::from_secs(60);

/// `POST /api/v2/secret-rotations/aws-iam-user-secret`.
///
/// What can be refused is refused before a key exists. The answer says by its status how far the first key got: the worker
/// goes on from there.
pub(crate) async fn create(
    State(ctx): State<Ctx>,
    caller: Caller,
    body: JsonBody<Create>,
) -> Result<Json<One>, Problem> {
    let body = body.read()?;
    error::refuse_one_secret(&body.secrets_mapping)?;
    let (rotation, connection) = authorised(&ctx, &caller, &body).await?;
    error::refuse_own_key_revoked(&rotation)?;
    if let Some(id) = ctx.store.key_rotation_named(rotation.folder_id, &rotation.name).await? {
        return repeated(&ctx, &caller, id, &rotation).await;
    }
    let creation = Creation { rotation, take_over: body.take_over };
    let made = ctx.rotations.create(&creation, connection, &author(&caller), until(&caller)).await;
    match made {
        Ok(found) => Ok(one(&ctx.store, found).await?),
        Err(refusal @ (Error::NameTaken | Error::SecretExists { .. })) => {
            // Perhaps the same create at the same moment, which was faster.
            let Creation { rotation, .. } = &creation;
            match ctx.store.key_rotation_named(rotation.folder_id, &rotation.name).await? {
                Some(winner) => repeated(&ctx, &caller, winner, rotation).await,
                None => Err(refused(rotation, refusal)),
            }
        }
        Err(refusal) => Err(refused(&creation.rotation, refusal)),
    }
}

/// What the body asks for, if all that it names exists and the caller may make rotations of it.
async fn authorised(
    ctx: &Ctx,
    caller: &Caller,
    body: &Create,
) -> Result<(KeyRotation, Stored<Connection>), Problem> {
    let id = body.project_id;
    let (permissions, project, connection) = tokio::try_join!(
        caller.permissions(&ctx.store),
        ctx.store.project(id),
        ctx.store.connection(body.connection_id)
    )?;
    permissions.may(Action::Create, Subject::SecretRotations, Scope::Project(id))?;
    let project = project.ok_or_else(|| error::absent_project(&id.to_string()))?;
    let connection = usable(&permissions, connection, body.connection_id, id, &body.parameters)?;
    let (environment, folder) =
        place::named(&ctx.store, &project, &body.environment, &body.secret_path).await?;
    Ok((candidate(ctx, caller, body, (id, environment.id, folder)), connection))
}

fn candidate(
    ctx: &Ctx,
    caller: &Caller,
    body: &Create,
    (project_id, environment_id, folder_id): (ProjectId, model::id::EnvironmentId, FolderId),
) -> KeyRotation {
    KeyRotation {
        id: KeyRotationId::random(),
        organization_id: ctx.organization,
        project_id,
        name: body.name.clone(),
        description: body.description.clone(),
        connection_id: body.connection_id,
        environment_id,
        folder_id,
        parameters: body.parameters.clone(),
        secrets_mapping: body.secrets_mapping.clone(),
        schedule: body.schedule,
        timings: body.timings,
        revoke_on_delete: body.revoke_on_delete,
        created_by: format!("{}:{}", caller.kind.name(), caller.id),
    }
}

fn refused(rotation: &KeyRotation, refusal: Error) -> Problem {
    if let Error::Commit(error) = &refusal
        && let Some(Conflict::Stale { kind }) = error.conflict()
    {
        if *kind == Connection::KIND {
            return Problem::absent_connection(rotation.connection_id);
        }
        if *kind == Project::KIND {
            return error::absent_project(&rotation.project_id.to_string());
        }
    }
    error::from_rotation("Unable to create the secret rotation", rotation, refusal)
}

/// The first result, when this is the same create again; else the name is taken.
async fn repeated(
    ctx: &Ctx,
    caller: &Caller,
    id: KeyRotationId,
    candidate: &KeyRotation,
) -> Result<Json<One>, Problem> {
    let existing = ctx.store.key_rotation(id).await?.filter(|existing| {
        let again = KeyRotation { id, ..candidate.clone() };
        existing.rotation.value == again && caller.now.since(existing.rotation.created_at) < REPEAT
    });
    match existing {
        Some(existing) => Ok(one(&ctx.store, existing).await?),
        None => Err(error::name_taken(&candidate.name)),
    }
}
