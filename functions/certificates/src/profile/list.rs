//! The profiles of a project.

use axum::Json;
use axum::extract::State;
use model::certificate_profile::view::View;
use model::form::{Form, Read, rule};
use model::id::CertificateAuthorityId;
use model::permission::{Action, Subject};
use serde::Serialize;
use web::{Caller, Problem, Query};

use super::view;
use crate::page::Listed;
use crate::{Ctx, project};

/// The answer of a list.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Many {
    certificate_profiles: Vec<View>,
    total_count: usize,
}

/// Which profiles, and whether with how they are enrolled for.
pub(crate) struct Wanted {
    listed: Listed,
    authority: Option<CertificateAuthorityId>,
    includes_configs: bool,
}

impl Read for Wanted {
    fn read(form: &mut Form<'_>) -> Option<Self> {
        let listed = Listed::read(form);
        let authority = form.optional("caId", rule::id());
        let includes_configs = form.or("includeConfigs", rule::flag(), false);
        Some(Self { listed: listed?, authority: authority?, includes_configs: includes_configs? })
    }
}

/// `GET /api/v1/cert-manager/certificate-profiles?projectId=&offset=&limit=&search=&caId=&includeConfigs=`, by name.
pub(super) async fn list(
    State(ctx): State<Ctx>,
    caller: Caller,
    query: Query<Wanted>,
) -> Result<Json<Many>, Problem> {
    let Wanted { listed: Listed { project: asked, page }, authority, includes_configs } = query.read()?;
    let id = project::permitted(&ctx, &caller, &asked, Action::Read, Subject::CertificateProfiles).await?;
    let mut found = ctx.store.certificate_profiles_of(id).await?;
    found.retain(|found| authority.is_none_or(|authority| found.ca_id == authority));
    let (found, total_count) = page.cut(found, |found| &found.slug);
    let certificate_profiles = found.into_iter().map(|found| view(found, includes_configs)).collect();
    Ok(Json(Many { certificate_profiles, total_count }))
}
