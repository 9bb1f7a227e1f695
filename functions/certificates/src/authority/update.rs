//! A change of an authority.

use axum::Json;
use axum::extract::State;
use model::certificate_authority::body::Update;
use model::certificate_authority::view::View;
use model::certificate_authority::{CertificateAuthority, Status};
use model::connection::DependentKind;
use model::id::CertificateAuthorityId;
use model::permission::{Action, Scoped as _};
use store::{Change, Conflict, Entity as _, Stored};
use web::{Caller, JsonBody, Path, Permissions, Problem};

use super::create::{described, gone};
use super::{NOUN, authority_type, open, view};
use crate::{Ctx, check, connection, error};

/// Attempts against changes at the same moment: a new profile is one.
const ATTEMPTS: u32 = 5;

/// `PATCH /api/v1/cert-manager/ca/{type}/{caId}`. AWS is asked again about a configuration that is given, and about one that
/// is switched on; an authority that AWS knows no more can still be renamed and switched off.
pub(super) async fn update(
    State(ctx): State<Ctx>,
    caller: Caller,
    Path(path): Path<(String, CertificateAuthorityId)>,
    body: JsonBody<Update>,
) -> Result<Json<View>, Problem> {
    let authority_type = authority_type(&path.0)?;
    let change = body.read_with(authority_type)?;
    for _ in 0..ATTEMPTS {
        let (read, permissions) = open(&ctx, &caller, &path, Action::Edit).await?;
        let next = checked(&ctx, &caller, &permissions, &read, &change).await?;
        match commit(&ctx, &caller, &read, &next).await {
            Ok(()) => return Ok(Json(view(read.replaced(next, caller.now)))),
            Err(refused) => match refused.conflict() {
                Some(Conflict::Stale { kind }) if *kind == CertificateAuthority::KIND => {}
                Some(Conflict::Contended) => {}
                Some(Conflict::NameTaken { .. }) => return Err(error::name_taken(NOUN, &next.name)),
                Some(Conflict::Exists { .. } | Conflict::Stale { .. } | Conflict::Unmet(_)) | None => {
                    return Err(gone(refused, &next));
                }
            },
        }
    }
    Err(Problem::crowded(NOUN))
}

/// The authority with the change, and what AWS says about it now.
async fn checked(
    ctx: &Ctx,
    caller: &Caller,
    permissions: &Permissions,
    read: &CertificateAuthority,
    change: &Update,
) -> Result<CertificateAuthority, Problem> {
    let next = change.onto(read);
    let is_switched_on = read.status != Status::Active && next.status == Status::Active;
    if change.configuration.is_none() && !is_switched_on {
        return Ok(next);
    }
    // Who points an authority at another CA or zone uses the connections.
    let connections = if read.configuration == next.configuration {
        connection::read(ctx, &next.configuration.connections()).await?
    } else {
        connection::usable(ctx, permissions, read.project_id, &next.configuration).await?
    };
    let seen = check::seen(ctx, &next.configuration, &connections, caller.now).await?;
    Ok(CertificateAuthority { seen, ..next })
}

async fn commit(
    ctx: &Ctx,
    caller: &Caller,
    read: &Stored<CertificateAuthority>,
    next: &CertificateAuthority,
) -> Result<(), store::CommitError> {
    let (before, after) = (read.configuration.connections(), next.configuration.connections());
    let left: Vec<_> = before.iter().copied().filter(|id| !after.contains(id)).collect();
    let found: Vec<_> = after.iter().copied().filter(|id| !before.contains(id)).collect();
    let (left, found) = tokio::try_join!(connection::read(ctx, &left), connection::read(ctx, &found))?;
    let mut change = Change::new(caller.now).replace(read, next);
    for connection in &found {
        change = change.gain_dependent(connection, DependentKind::CertificateAuthority);
    }
    for connection in &left {
        change = change.lose_dependent(connection, DependentKind::CertificateAuthority);
    }
    let mut audit = caller.audit("certificate-authority.update", read.id, &next.name, read.scope());
    audit.details = described(next, &found);
    audit.details.push(format!("status: {}", next.status.name()));
    ctx.store.commit_in_project(change, &audit).await
}
