//! The certificates of a project, what ends first first.

use std::cmp::Reverse;
use std::collections::HashMap;

use axum::Json;
use axum::extract::State;
use model::certificate::view::{CertificateView, Surroundings};
use model::certificate::{Certificate, CertificateStatus};
use model::form::{Form, Read, rule};
use model::id::{ApplicationId, CertificateAuthorityId, CertificateProfileId};
use model::permission::{Action, Subject};
use serde::Serialize;
use store::Stored;
use web::{Caller, Problem, Query};

use super::named;
use crate::page::Listed;
use crate::{Ctx, project};

/// The answer of a list.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Many {
    certificates: Vec<CertificateView>,
    total_count: usize,
}

/// Which certificates are wanted.
pub(crate) struct Wanted {
    listed: Listed,
    status: Option<CertificateStatus>,
    authority: Option<CertificateAuthorityId>,
    profile: Option<CertificateProfileId>,
    application: Option<ApplicationId>,
    /// What ends last first.
    is_descending: bool,
}

/// `sortOrder` on the wire: whether it is the other way around.
const ORDERS: &[(&str, bool)] = &[("asc", false), ("desc", true)];

impl Read for Wanted {
    fn read(form: &mut Form<'_>) -> Option<Self> {
        let listed = Listed::read(form);
        let status = form.optional("status", rule::one_of(CertificateStatus::NAMES));
        let authority = form.optional("caId", rule::id());
        let profile = form.optional("profileId", rule::id());
        let application = form.optional("applicationId", rule::id());
        let is_descending = form.or("sortOrder", rule::one_of(ORDERS), false);
        Some(Self {
            listed: listed?,
            status: status?,
            authority: authority?,
            profile: profile?,
            application: application?,
            is_descending: is_descending?,
        })
    }
}

impl Wanted {
    fn has(&self, one: &Stored<Certificate>, now: model::Timestamp) -> bool {
        self.status.is_none_or(|status| one.status(now) == status)
            && self.authority.is_none_or(|id| one.certificate_authority_id == Some(id))
            && self.profile.is_none_or(|id| one.profile_id == Some(id))
            && self.application.is_none_or(|id| one.application_id == Some(id))
    }
}

/// What a search looks into: names, subject and number.
fn searched(one: &Certificate) -> String {
    let facts = &one.facts;
    let names = facts.alt_names.iter().map(ToString::to_string);
    let subject =
        [&facts.subject.common_name, &facts.subject.organization, &facts.subject.organizational_unit];
    let mut text: Vec<String> = names.chain(subject.into_iter().flatten().cloned()).collect();
    text.push(facts.serial_number.clone());
    text.join("\n")
}

/// `GET /api/v1/cert-manager/certificates?projectId=&offset=&limit=&search=&status=&caId=&profileId=&applicationId=&sortOrder=`.
/// `search` finds parts of names, of the subject and of the serial number. A Query for each MB of certificates (about 800), one
/// of authorities and one of profiles, side by side.
pub(super) async fn list(
    State(ctx): State<Ctx>,
    caller: Caller,
    query: Query<Wanted>,
) -> Result<Json<Many>, Problem> {
    let wanted = query.read()?;
    let Listed { project: asked, page } = &wanted.listed;
    let id = project::permitted(&ctx, &caller, asked, Action::Read, Subject::Certificates).await?;
    let (mut found, authorities, profiles) = tokio::try_join!(
        ctx.store.certificates_of(id),
        ctx.store.certificate_authorities_of(id),
        ctx.store.certificate_profiles_of(id),
    )?;
    found.retain(|one| wanted.has(one, caller.now));
    if wanted.is_descending {
        found.sort_by_key(|one| Reverse((one.facts.not_after, one.id)));
    }
    let found = found.into_iter().map(|one| (searched(&one), one)).collect();
    let (found, total_count) = page.cut::<(String, Stored<Certificate>)>(found, |(text, _)| text);
    let authorities: HashMap<_, _> = authorities.iter().map(|one| (one.id, named(one))).collect();
    let profiles: HashMap<_, _> = profiles.into_iter().map(|one| (one.id, one.value.slug)).collect();
    let shown = |(_, one): (String, Stored<Certificate>)| {
        let around = Surroundings {
            authority: one.certificate_authority_id.and_then(|id| authorities.get(&id).cloned()),
            profile_name: one.profile_id.and_then(|id| profiles.get(&id).cloned()),
        };
        CertificateView::new(&one, None, around, (one.created_at, one.updated_at), caller.now)
    };
    Ok(Json(Many { certificates: found.into_iter().map(shown).collect(), total_count }))
}
