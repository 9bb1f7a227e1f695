//! The end of a profile. Certificates that came by it stay, and are renewed as before.

use axum::Json;
use axum::extract::State;
use model::id::CertificateProfileId;
use model::permission::{Action, Scoped as _};
use store::Change;
use web::{Caller, Path, Problem};

use super::{NOUN, One, one, open};
use crate::{Ctx, error};

/// Attempts against changes at the same moment: an attachment to an application is one.
const ATTEMPTS: u32 = 5;

/// `DELETE /api/v1/cert-manager/certificate-profiles/{profileId}`: refused while it is attached to applications.
pub(super) async fn delete(
    State(ctx): State<Ctx>,
    caller: Caller,
    Path(id): Path<CertificateProfileId>,
) -> Result<Json<One>, Problem> {
    for _ in 0..ATTEMPTS {
        let read = open(&ctx, &caller, id, Action::Delete).await?;
        if read.applications > 0 {
            return Err(error::in_use(NOUN, &read.slug, read.applications, "application"));
        }
        let (authority, policy, project) = tokio::try_join!(
            ctx.store.certificate_authority(read.ca_id),
            ctx.store.certificate_policy(read.certificate_policy_id),
            ctx.store.project(read.project_id)
        )?;
        let change = Change::new(caller.now).delete_certificate_profile(
            &read,
            authority.as_deref(),
            policy.as_deref(),
            project.as_deref(),
        );
        let audit = caller.audit("certificate-profile.delete", id, &read.slug, read.scope());
        match ctx.store.commit_in_project(change, &audit).await {
            Ok(()) => return Ok(one(read, true)),
            Err(refused) if refused.is_outpaced() => {}
            Err(refused) => return Err(refused.into()),
        }
    }
    Err(Problem::crowded(NOUN))
}
