//! One profile, by its id or its name.

use axum::Json;
use axum::extract::State;
use model::form::{Form, rule};
use model::id::CertificateProfileId;
use model::permission::{Action, Subject};
use model::project::Asked;
use web::{Caller, Path, Problem, Query};

use super::{NOUN, One, one, open};
use crate::{Ctx, error, project};

/// `includeConfigs`: with how it is enrolled for.
fn includes_configs(form: &mut Form<'_>) -> Option<bool> {
    form.or("includeConfigs", rule::flag(), false)
}

/// `GET /api/v1/cert-manager/certificate-profiles/{profileId}?includeConfigs=`.
pub(super) async fn by_id(
    State(ctx): State<Ctx>,
    caller: Caller,
    Path(id): Path<CertificateProfileId>,
    query: Query,
) -> Result<Json<One>, Problem> {
    let includes_configs = query.read(includes_configs)?;
    Ok(one(open(&ctx, &caller, id, Action::Read).await?, includes_configs))
}

/// `GET /api/v1/cert-manager/certificate-profiles/slug/{slug}?projectId=&includeConfigs=`.
pub(super) async fn by_slug(
    State(ctx): State<Ctx>,
    caller: Caller,
    Path(slug): Path<String>,
    query: Query,
) -> Result<Json<One>, Problem> {
    let (asked, includes_configs) = query.read(|form| {
        let (asked, includes_configs) = (Asked::fields(form), includes_configs(form));
        Some((asked?, includes_configs?))
    })?;
    let permissions = caller.permissions(&ctx.store).await?;
    let id = project::named(&ctx, &permissions, &asked).await?;
    let found = ctx.store.certificate_profile_named(id, &slug).await?;
    let found = permissions
        .open(Action::Read, Subject::CertificateProfiles, found, || error::absent_name(NOUN, &slug))?;
    Ok(one(found, includes_configs))
}
