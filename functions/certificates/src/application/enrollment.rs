//! How a profile of an application is enrolled for: through this API, and not otherwise.

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use model::application::view::{ApiSet, Enrollment, Place};
use model::application::{ApiEnrollment, ApiSettings, Application, ApplicationProfile};
use model::id::{ApplicationId, CertificateProfileId};
use model::permission::{Action, Scoped as _, Subject};
use store::{Change, Stored};
use web::{Caller, JsonBody, Path, Problem};

use super::{ATTEMPTS, NOUN};
use crate::{Ctx, error};

/// The one way.
const API: &str = "api";
/// The peer's other ways.
const OTHERS: [&str; 3] = ["est", "acme", "scep"];

/// An application and a profile of it, if the caller may do `action` to the application. All three reads are side by side.
pub(super) async fn open_profile(
    ctx: &Ctx,
    caller: &Caller,
    (application, profile): (ApplicationId, CertificateProfileId),
    action: Action,
) -> Result<(Stored<Application>, Stored<ApplicationProfile>), Problem> {
    let (permissions, found, attached) = tokio::try_join!(
        caller.permissions(&ctx.store),
        ctx.store.application(application),
        ctx.store.application_profile(application, profile)
    )?;
    let found =
        permissions.open(action, Subject::Applications, found, || error::absent(NOUN, application))?;
    let attached = attached.ok_or_else(|| {
        Problem::not_found(format!(
            "The certificate profile {profile} is not attached to the application {application}"
        ))
    })?;
    Ok((found, attached))
}

/// `GET …/profiles/{profileId}/enrollment`.
pub(super) async fn get(
    State(ctx): State<Ctx>,
    caller: Caller,
    Path(ids): Path<(ApplicationId, CertificateProfileId)>,
) -> Result<Json<Enrollment>, Problem> {
    let (_, attached) = open_profile(&ctx, &caller, ids, Action::Read).await?;
    Ok(Json(Enrollment::new(&attached)))
}

/// `PUT …/profiles/{profileId}/enrollment/{method}`: `api` alone can be set.
pub(super) async fn put(
    State(ctx): State<Ctx>,
    caller: Caller,
    Path((application, profile, method)): Path<(ApplicationId, CertificateProfileId, String)>,
    body: JsonBody<ApiSettings>,
) -> Result<Json<ApiSet>, Problem> {
    if known(&method)? != API {
        // Whose application it is comes first.
        open_profile(&ctx, &caller, (application, profile), Action::Edit).await?;
        return Err(Problem::bad_request(format!(
            "Enrolment by {} is not supported: certificates are asked for through the API",
            method.to_uppercase()
        )));
    }
    let settings = body.read()?;
    let set =
        amend(&ctx, &caller, (application, profile), |read| Some(ApiEnrollment::with(read.api, settings)));
    Ok(Json(ApiSet::new(&set.await?)))
}

/// `DELETE …/profiles/{profileId}/enrollment/{method}`: what is not there is gone.
pub(super) async fn delete(
    State(ctx): State<Ctx>,
    caller: Caller,
    Path((application, profile, method)): Path<(ApplicationId, CertificateProfileId, String)>,
) -> Result<Response, Problem> {
    let is_ours = known(&method)? == API;
    let amended = amend(&ctx, &caller, (application, profile), |read| read.api.filter(|_| !is_ours));
    Ok(Json(Place::from(&amended.await?)).into_response())
}

fn known(method: &str) -> Result<&str, Problem> {
    if method == API || OTHERS.contains(&method) {
        Ok(method)
    } else {
        Err(Problem::not_found("There is no such route"))
    }
}

/// Other settings, anew on each version that others leave behind. Where nothing is different, nothing is written.
async fn amend(
    ctx: &Ctx,
    caller: &Caller,
    ids: (ApplicationId, CertificateProfileId),
    change: impl Fn(&ApplicationProfile) -> Option<ApiEnrollment>,
) -> Result<ApplicationProfile, Problem> {
    for _ in 0..ATTEMPTS {
        let (application, read) = open_profile(ctx, caller, ids, Action::Edit).await?;
        let next = ApplicationProfile { api: change(&read), ..read.value.clone() };
        if next == read.value {
            return Ok(next);
        }
        let mut audit = caller.audit(
            "certificate-application.enrollment",
            application.id,
            &application.name,
            application.scope(),
        );
        audit.details = described(&next);
        match ctx.store.commit_in_project(Change::new(caller.now).replace(&read, &next), &audit).await {
            Ok(()) => return Ok(next),
            Err(refused) if refused.is_outpaced() => {}
            Err(refused) => return Err(refused.into()),
        }
    }
    Err(Problem::crowded(NOUN))
}

/// For the audit trail: what is renewed without being asked to from now on.
fn described(attached: &ApplicationProfile) -> Vec<String> {
    let renewal = match attached.api {
        None => "no enrolment".to_owned(),
        Some(api) => match (api.settings.auto_renew, api.settings.renew_before_days) {
            (false, _) => "no automatic renewal".to_owned(),
            (true, None) => "automatic renewal".to_owned(),
            (true, Some(days)) => format!("automatic renewal {days} days before the end"),
        },
    };
    vec![format!("profile: {}", attached.profile_id), renewal]
}
