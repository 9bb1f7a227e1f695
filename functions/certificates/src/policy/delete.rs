//! The end of a policy.

use axum::Json;
use axum::extract::State;
use model::id::CertificatePolicyId;
use model::permission::{Action, Scoped as _};
use store::Change;
use web::{Caller, Path, Problem};

use super::{NOUN, One, one, open};
use crate::{Ctx, error};

/// Attempts against changes at the same moment: a new profile is one.
const ATTEMPTS: u32 = 5;

/// `DELETE /api/v1/cert-manager/certificate-policies/{policyId}`: refused while profiles name it.
pub(super) async fn delete(
    State(ctx): State<Ctx>,
    caller: Caller,
    Path(id): Path<CertificatePolicyId>,
) -> Result<Json<One>, Problem> {
    for _ in 0..ATTEMPTS {
        let read = open(&ctx, &caller, id, Action::Delete).await?;
        if read.profiles > 0 {
            return Err(error::in_use(NOUN, &read.name, read.profiles, "certificate profile"));
        }
        let project = ctx.store.project(read.project_id).await?;
        let change = Change::new(caller.now).delete_certificate_policy(&read, project.as_deref());
        let audit = caller.audit("certificate-policy.delete", id, &read.name, read.scope());
        match ctx.store.commit_in_project(change, &audit).await {
            Ok(()) => return Ok(one(read)),
            Err(refused) if refused.is_outpaced() => {}
            Err(refused) => return Err(refused.into()),
        }
    }
    Err(Problem::crowded(NOUN))
}
