//! One profile, by its id or its name.

use axum::Json;
use axum::extract::State;
use model::form::{Form, Read, rule};
use model::id::CertificateProfileId;
use model::permission::{Action, Subject};
use model::project::Asked;
use web::{Caller, Path, Problem, Query};

use super::{NOUN, One, one, open};
use crate::{Ctx, error, project};

/// `includeConfigs`: with how it is enrolled for.
pub(crate) struct IncludesConfigs(bool);

impl Read for IncludesConfigs {
    fn read(form: &mut Form<'_>) -> Option<Self> {
        form.or("includeConfigs", rule::flag(), false).map(Self)
    }
}

/// The same, and of which project the profile is.
pub(crate) struct Named {
    project: Asked,
    includes_configs: IncludesConfigs,
}

impl Read for Named {
    fn read(form: &mut Form<'_>) -> Option<Self> {
        let (project, includes_configs) = (Asked::read(form), IncludesConfigs::read(form));
        Some(Self { project: project?, includes_configs: includes_configs? })
    }
}

/// `GET /api/v1/cert-manager/certificate-profiles/{profileId}?includeConfigs=`.
pub(super) async fn by_id(
    State(ctx): State<Ctx>,
    caller: Caller,
    Path(id): Path<CertificateProfileId>,
    query: Query<IncludesConfigs>,
) -> Result<Json<One>, Problem> {
    let IncludesConfigs(includes_configs) = query.read()?;
    Ok(one(open(&ctx, &caller, id, Action::Read).await?, includes_configs))
}

/// `GET /api/v1/cert-manager/certificate-profiles/slug/{slug}?projectId=&includeConfigs=`.
pub(super) async fn by_slug(
    State(ctx): State<Ctx>,
    caller: Caller,
    Path(slug): Path<String>,
    query: Query<Named>,
) -> Result<Json<One>, Problem> {
    let Named { project: asked, includes_configs: IncludesConfigs(includes_configs) } = query.read()?;
    let permissions = caller.permissions(&ctx.store).await?;
    let id = project::named(&ctx, &permissions, &asked).await?;
    let found = ctx.store.certificate_profile_named(id, &slug).await?;
    let found = permissions
        .open(Action::Read, Subject::CertificateProfiles, found, || error::absent_name(NOUN, &slug))?;
    Ok(one(found, includes_configs))
}
