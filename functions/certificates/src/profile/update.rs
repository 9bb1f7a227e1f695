//! A change of a profile.

use axum::Json;
use axum::extract::State;
use model::certificate_profile::body::Update;
use model::id::CertificateProfileId;
use model::permission::{Action, Scoped as _};
use store::{Change, Conflict};
use web::{Caller, JsonBody, Path, Problem};

use super::create::allowed;
use super::{NOUN, One, one, open};
use crate::{Ctx, error};

/// Attempts against changes at the same moment: an attachment to an application is one.
const ATTEMPTS: u32 = 5;

/// `PATCH /api/v1/cert-manager/certificate-profiles/{profileId}`.
pub(super) async fn update(
    State(ctx): State<Ctx>,
    caller: Caller,
    Path(id): Path<CertificateProfileId>,
    body: JsonBody<Update>,
) -> Result<Json<One>, Problem> {
    let change = body.read()?;
    for _ in 0..ATTEMPTS {
        let read = open(&ctx, &caller, id, Action::Edit).await?;
        let next = change.onto(&read).map_err(|fixed| Problem::bad_request(fixed.to_string()))?;
        if next.defaults != read.defaults
            && let Some(policy) = ctx.store.certificate_policy(next.certificate_policy_id).await?
        {
            allowed(&policy, next.defaults.as_ref())?;
        }
        let audit = caller.audit("certificate-profile.update", id, &next.slug, read.scope());
        match ctx.store.commit_in_project(Change::new(caller.now).replace(&read, &next), &audit).await {
            Ok(()) => return Ok(one(read.replaced(next, caller.now), true)),
            Err(refused) => match refused.conflict() {
                Some(Conflict::Stale { .. } | Conflict::Contended) => {}
                Some(Conflict::NameTaken { .. }) => return Err(error::name_taken(NOUN, &next.slug)),
                Some(Conflict::Exists { .. } | Conflict::Unmet(_)) | None => return Err(refused.into()),
            },
        }
    }
    Err(Problem::crowded(NOUN))
}
