//! A change of a policy. What was asked for before it stays asked for.

use axum::Json;
use axum::extract::State;
use model::certificate_policy::body::Update;
use model::id::CertificatePolicyId;
use model::permission::{Action, Scoped as _};
use store::{Change, Conflict};
use web::{Caller, JsonBody, Path, Problem};

use super::{NOUN, One, one, open};
use crate::{Ctx, error};

/// Attempts against changes at the same moment: a new profile is one.
const ATTEMPTS: u32 = 5;

/// `PATCH /api/v1/cert-manager/certificate-policies/{policyId}`.
pub(super) async fn update(
    State(ctx): State<Ctx>,
    caller: Caller,
    Path(id): Path<CertificatePolicyId>,
    body: JsonBody<Update>,
) -> Result<Json<One>, Problem> {
    let change = body.read()?;
    for _ in 0..ATTEMPTS {
        let read = open(&ctx, &caller, id, Action::Edit).await?;
        let next = change.onto(&read);
        let audit = caller.audit("certificate-policy.update", id, &next.name, read.scope());
        match ctx.store.commit_in_project(Change::new(caller.now).replace(&read, &next), &audit).await {
            Ok(()) => return Ok(one(read.replaced(next, caller.now))),
            Err(refused) => match refused.conflict() {
                Some(Conflict::Stale { .. } | Conflict::Contended) => {}
                Some(Conflict::NameTaken { .. }) => return Err(error::name_taken(NOUN, &next.name)),
                Some(Conflict::Exists { .. } | Conflict::Unmet(_)) | None => return Err(refused.into()),
            },
        }
    }
    Err(Problem::crowded(NOUN))
}
