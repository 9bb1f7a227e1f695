//! A new sync: stored with its run state, its name and its line of the audit trail, or not at all.

use std::time::Duration;

use axum::Json;
use axum::extract::State;
use model::application::Application;
use model::certificate_sync::body::Create;
use model::certificate_sync::{CertificateSync, CertificateSyncRun, Destination};
use model::connection::Connection;
use model::id::{CertificateId, CertificateSyncId};
use model::permission::{Action, Scope, Scoped as _, Subject};
use model::project::Asked;
use store::{CertificateSyncAndRun, Change, Conflict, Entity as _, Stored};
use web::{Caller, JsonBody, Path, Permissions, Problem};

use crate::certificates::attach::attach_all;
use crate::connection::usable;
use crate::delete::remove;
use crate::view::{One, one};
use crate::{Ctx, aws, error, get};

/// A client that heard nothing repeats its create; within this time the repeat is answered with the first result.
const REPEAT: Duration = Duration::from_secs(60);

/// `POST …/{destination}`. Permissions, connection and application are read side by side, then the name; a load balancer is
/// looked at in AWS. Certificates that are named are attached at once: when one cannot be, there is no sync.
pub(crate) async fn create(
    State(ctx): State<Ctx>,
    caller: Caller,
    Path(asked): Path<String>,
    body: JsonBody<Create>,
) -> Result<Json<One>, Problem> {
    let destination = get::destination(&asked)?;
    let body = body.read_with(destination)?;
    let certificates = body.certificate_ids.clone();
    let Place { permissions, connection, application } = authorised(&ctx, &caller, &body).await?;
    let sync = candidate(&ctx, &caller, body, &application);
    if let Some(id) = ctx.store.certificate_sync_named(sync.project_id, &sync.name).await? {
        return repeated(&ctx, &caller, &permissions, id, &sync, &certificates).await;
    }
    aws::check(&ctx, &connection, &sync.destination, caller.now).await?;
    let run = CertificateSyncRun::new(sync.id, sync.project_id, sync.is_auto_sync_enabled);
    let change = Change::new(caller.now).create_certificate_sync(&sync, &run, &connection, &application);
    let mut audit = caller.audit("certificate-sync.create", sync.id, &sync.name, sync.scope());
    audit.details = described(destination, &connection, &application);
    if let Err(refused) = ctx.store.commit_in_project(change, &audit).await {
        return match refused.conflict() {
            Some(Conflict::NameTaken { .. }) => {
                match ctx.store.certificate_sync_named(sync.project_id, &sync.name).await? {
                    Some(winner) => repeated(&ctx, &caller, &permissions, winner, &sync, &certificates).await,
                    None => Err(error::name_taken(&sync.name)),
                }
            }
            Some(Conflict::Stale { kind }) if *kind == Connection::KIND => {
                Err(Problem::absent_connection(sync.connection_id))
            }
            Some(Conflict::Stale { kind }) if *kind == Application::KIND => {
                Err(error::absent_application(sync.application_id))
            }
            Some(
                Conflict::Exists { .. } | Conflict::Stale { .. } | Conflict::Unmet(_) | Conflict::Contended,
            )
            | None => Err(refused.into()),
        };
    }
    let found = CertificateSyncAndRun {
        sync: Stored::created(sync, caller.now),
        run: Stored::created(run, caller.now),
    };
    if certificates.is_empty() {
        return Ok(one(&ctx.store, found).await?);
    }
    match attach_all(&ctx, &caller, &permissions, found.sync.id, &certificates).await {
        Ok((found, _)) => Ok(one(&ctx.store, found).await?),
        Err(problem) => {
            take_back(&ctx, &caller, found.sync.id).await?;
            Err(problem)
        }
    }
}

/// The sync whose certificates could not be attached goes again.
async fn take_back(ctx: &Ctx, caller: &Caller, id: CertificateSyncId) -> Result<(), Problem> {
    let Some(found) = ctx.store.certificate_sync(id).await? else { return Ok(()) };
    Ok(remove(ctx, caller, &found).await?)
}

/// What a sync is made of.
struct Place {
    permissions: Permissions,
    connection: Stored<Connection>,
    application: Stored<Application>,
}

/// What the body names, if it exists and the caller may make syncs of it.
async fn authorised(ctx: &Ctx, caller: &Caller, body: &Create) -> Result<Place, Problem> {
    let id = body.application_id.ok_or_else(error::no_application)?;
    let (permissions, connection, application) = tokio::try_join!(
        caller.permissions(&ctx.store),
        ctx.store.connection(body.connection_id),
        ctx.store.application(id)
    )?;
    let absent = || error::absent_application(id);
    let application = permissions.open(Action::Read, Subject::Applications, application, absent)?;
    let project = application.project_id;
    if let Asked::Id(asked) = body.project
        && asked != project
    {
        return Err(error::application_elsewhere(id, asked));
    }
    permissions.may(Action::Create, Subject::CertificateSyncs, Scope::Project(project))?;
    let region = body.destination.region();
    let connection = usable(&permissions, connection, body.connection_id, project, region)?;
    Ok(Place { permissions, connection, application })
}

fn candidate(ctx: &Ctx, caller: &Caller, body: Create, application: &Application) -> CertificateSync {
    CertificateSync {
        id: CertificateSyncId::random(),
        organization_id: ctx.organization,
        project_id: application.project_id,
        application_id: application.id,
        name: body.name,
        description: body.description,
        connection_id: body.connection_id,
        is_auto_sync_enabled: body.is_auto_sync_enabled,
        destination: body.destination,
        options: body.options,
        created_by: format!("{}:{}", caller.kind.name(), caller.id),
    }
}

/// For the audit trail: where to, by which way, whose certificates.
fn described(destination: Destination, connection: &Connection, application: &Application) -> Vec<String> {
    vec![
        format!("destination: {}", destination.name()),
        format!("connection: {}", connection.name),
        format!("application: {}", application.name),
    ]
}

/// The first result, when this is the same create again; else the name is taken. Whoever answered the first one may have died
/// before it attached what is named: that is done now. What cannot be attached is told, and the sync stays: the first request
/// may still be at it.
async fn repeated(
    ctx: &Ctx,
    caller: &Caller,
    permissions: &Permissions,
    id: CertificateSyncId,
    candidate: &CertificateSync,
    certificates: &[CertificateId],
) -> Result<Json<One>, Problem> {
    let existing = ctx.store.certificate_sync(id).await?.filter(|existing| {
        let again = CertificateSync { id, ..candidate.clone() };
        existing.sync.value == again && caller.now.since(existing.sync.created_at) < REPEAT
    });
    let Some(existing) = existing else { return Err(error::name_taken(&candidate.name)) };
    let slots = ctx.store.certificate_sync_slots(id).await?;
    // One that was attached is no fault, even if it was renewed or revoked since.
    let is_attached = |certificate: &CertificateId| {
        let mut attached = slots.iter().map(|slot| &slot.wanted).filter(|wanted| wanted.is_attached());
        attached.any(|one| one.certificate_id == *certificate || one.previous == Some(*certificate))
    };
    let missing: Vec<_> = certificates.iter().copied().filter(|one| !is_attached(one)).collect();
    if missing.is_empty() {
        return Ok(one(&ctx.store, existing).await?);
    }
    let (found, _) = attach_all(ctx, caller, permissions, id, &missing).await?;
    Ok(one(&ctx.store, found).await?)
}
