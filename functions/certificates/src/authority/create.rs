//! A new authority, which AWS says can be used.

use std::time::Duration;

use axum::Json;
use axum::extract::State;
use model::certificate_authority::body::Create;
use model::certificate_authority::view::View;
use model::certificate_authority::{CertificateAuthority, Seen};
use model::connection::Connection;
use model::id::{CertificateAuthorityId, ProjectId};
use model::permission::{Action, Scope, Subject};
use model::project::Project;
use store::{Change, CommitError, Conflict, Entity as _, Stored};
use web::{Caller, JsonBody, Path, Problem};

use super::{NOUN, authority_type, view};
use crate::{Ctx, check, connection, error, project};

/// A client that heard nothing repeats its create; within this time the repeat is answered with the first result.
const REPEAT: Duration = Duration::from_secs(60);

/// `POST /api/v1/cert-manager/ca/{type}`.
pub(super) async fn create(
    State(ctx): State<Ctx>,
    caller: Caller,
    Path(asked): Path<String>,
    body: JsonBody<Create>,
) -> Result<Json<View>, Problem> {
    let authority_type = authority_type(&asked)?;
    let body = body.read_with(authority_type)?;
    let permissions = caller.permissions(&ctx.store).await?;
    let id = project::named(&ctx, &permissions, &body.project).await?;
    permissions.may(Action::Create, Subject::CertificateAuthorities, Scope::Project(id))?;
    let connections = connection::usable(&ctx, &permissions, id, &body.configuration).await?;
    let project = project::ensured(&ctx, &caller, id).await?;
    let candidate = |seen| candidate(&ctx, &caller, &body, id, seen);
    if let Some(owner) = ctx.store.certificate_authority_named(id, &body.name).await? {
        return repeated(&ctx, &caller, owner, candidate).await;
    }
    let seen = check::seen(&ctx, &body.configuration, &connections, caller.now).await?;
    let authority = candidate(seen);
    let change = Change::new(caller.now).create_certificate_authority(&authority, &connections, &project);
    let mut audit =
        caller.audit("certificate-authority.create", authority.id, &authority.name, Scope::Project(id));
    audit.details = described(&authority, &connections);
    match ctx.store.commit_in_project(change, &audit).await {
        Ok(()) => Ok(Json(view(Stored::created(authority, caller.now)))),
        Err(refused) => match refused.conflict() {
            Some(Conflict::NameTaken { .. }) => {
                match ctx.store.certificate_authority_named(id, &body.name).await? {
                    Some(winner) => repeated(&ctx, &caller, winner, candidate).await,
                    None => Err(error::name_taken(NOUN, &body.name)),
                }
            }
            Some(
                Conflict::Exists { .. } | Conflict::Stale { .. } | Conflict::Unmet(_) | Conflict::Contended,
            )
            | None => Err(gone(refused, &authority)),
        },
    }
}

fn candidate(
    ctx: &Ctx,
    caller: &Caller,
    body: &Create,
    project: ProjectId,
    seen: Seen,
) -> CertificateAuthority {
    CertificateAuthority {
        id: CertificateAuthorityId::random(),
        organization_id: ctx.organization,
        project_id: project,
        name: body.name.clone(),
        status: body.status,
        enable_direct_issuance: body.enable_direct_issuance,
        configuration: body.configuration.clone(),
        seen,
        profiles: 0,
        created_by: format!("{}:{}", caller.kind.name(), caller.id),
    }
}

/// For the audit trail: what kind, and by which ways.
pub(super) fn described(authority: &CertificateAuthority, connections: &[Stored<Connection>]) -> Vec<String> {
    let configuration = &authority.configuration;
    let kind = format!("type: {}, {}", configuration.authority_type().name(), configuration.region());
    let ways = connections.iter().map(|connection| format!("connection: {}", connection.name));
    std::iter::once(kind).chain(ways).collect()
}

/// A connection or the project went at the same moment.
pub(super) fn gone(refused: CommitError, authority: &CertificateAuthority) -> Problem {
    match refused.conflict() {
        Some(Conflict::Stale { kind }) if *kind == Connection::KIND => {
            Problem::absent_connection(authority.configuration.connection_id())
        }
        Some(Conflict::Stale { kind }) if *kind == Project::KIND => {
            error::absent_project(authority.project_id)
        }
        Some(
            Conflict::NameTaken { .. }
            | Conflict::Exists { .. }
            | Conflict::Stale { .. }
            | Conflict::Unmet(_)
            | Conflict::Contended,
        )
        | None => refused.into(),
    }
}

/// The first result, when this is the same create again; else the name is taken.
async fn repeated(
    ctx: &Ctx,
    caller: &Caller,
    id: CertificateAuthorityId,
    candidate: impl Fn(Seen) -> CertificateAuthority,
) -> Result<Json<View>, Problem> {
    let Some(existing) = ctx.store.certificate_authority(id).await? else {
        return Err(Problem::crowded(NOUN));
    };
    let again = CertificateAuthority { id, profiles: existing.profiles, ..candidate(existing.seen.clone()) };
    if existing.value == again && caller.now.since(existing.created_at) < REPEAT {
        return Ok(Json(view(existing)));
    }
    Err(error::name_taken(NOUN, &again.name))
}
