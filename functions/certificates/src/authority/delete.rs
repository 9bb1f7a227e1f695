//! The end of an authority here; at AWS nothing happens.

use axum::Json;
use axum::extract::State;
use model::certificate_authority::view::View;
use model::id::CertificateAuthorityId;
use model::permission::{Action, Scoped as _};
use store::Change;
use web::{Caller, Path, Problem};

use super::{NOUN, open, view};
use crate::{Ctx, connection, error};

/// Attempts against changes at the same moment: a new profile is one.
const ATTEMPTS: u32 = 5;

/// `DELETE /api/v1/cert-manager/ca/{type}/{caId}`: refused while profiles name it. Certificates that came from it stay.
pub(super) async fn delete(
    State(ctx): State<Ctx>,
    caller: Caller,
    Path(path): Path<(String, CertificateAuthorityId)>,
) -> Result<Json<View>, Problem> {
    for _ in 0..ATTEMPTS {
        let (read, _) = open(&ctx, &caller, &path, Action::Delete).await?;
        if read.profiles > 0 {
            return Err(error::in_use(NOUN, &read.name, read.profiles, "certificate profile"));
        }
        let ids = read.configuration.connections();
        let (connections, project) =
            tokio::try_join!(connection::read(&ctx, &ids), ctx.store.project(read.project_id))?;
        let change =
            Change::new(caller.now).delete_certificate_authority(&read, &connections, project.as_deref());
        let audit = caller.audit("certificate-authority.delete", read.id, &read.name, read.scope());
        match ctx.store.commit_in_project(change, &audit).await {
            Ok(()) => return Ok(Json(view(read))),
            Err(refused) if refused.is_outpaced() => {}
            Err(refused) => return Err(refused.into()),
        }
    }
    Err(Problem::crowded(NOUN))
}
