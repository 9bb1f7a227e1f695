//! A request for a certificate: everything that can be refused is refused now, and what is sound becomes an order.

use axum::Json;
use axum::extract::State;
use model::application::Application;
use model::certificate::body::Issue;
use model::certificate::order::{KeyOrigin, Order, OrderStatus, Progress};
use model::certificate::{Asked, Signed, Spec};
use model::certificate_authority::CertificateAuthority;
use model::certificate_policy::CertificatePolicy;
use model::certificate_profile::CertificateProfile;
use model::id::{ApplicationId, CertificateRequestId, ProjectId};
use model::permission::{Action, Scope, Subject};
use serde::Serialize;
use store::{Change, Stored};
use web::{Caller, JsonBody, Permissions, Problem};

use super::{error, signed};
use crate::{Ctx, error as shared};

/// The answer to a request. Both authorities issue later: the certificate is found by the request's id.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Accepted {
    /// Always `null`: the clients take a certificate at once only from authorities of another kind.
    certificate: Option<()>,
    certificate_request_id: CertificateRequestId,
    status: &'static str,
    message: &'static str,
    project_id: ProjectId,
    profile_name: String,
}

/// `POST /api/v1/cert-manager/certificates`. Reads the profile and the caller's permissions side by side, then its authority,
/// its policy and the application; stores the order and wakes the worker.
pub(super) async fn issue(
    State(ctx): State<Ctx>,
    caller: Caller,
    body: JsonBody<Issue>,
) -> Result<Json<Accepted>, Problem> {
    let body = body.read()?;
    let (permissions, profile) =
        tokio::try_join!(caller.permissions(&ctx.store), ctx.store.certificate_profile(body.profile_id))?;
    let profile = permissions.open(Action::Read, Subject::CertificateProfiles, profile, || {
        shared::absent("certificate profile", body.profile_id)
    })?;
    permissions.may(Action::Issue, Subject::Certificates, Scope::Project(profile.project_id))?;
    let (authority, policy, application) = tokio::try_join!(
        authority(&ctx, &profile),
        policy(&ctx, &profile),
        application(&ctx, &permissions, &profile, body.application_id)
    )?;
    let signed = body.csr.as_deref().map(signed::read).transpose()?;
    let spec = sound(&body, &profile, &authority, signed.as_ref().map(|(signed, _)| signed), &caller)?;
    policy.rules.check(&spec).map_err(|violations| error::violates(&policy, violations))?;
    let order = Order {
        id: CertificateRequestId::random(),
        project_id: profile.project_id,
        profile_id: Some(profile.id),
        application_id: application.map(|application| application.value.id),
        certificate_authority_id: authority.id,
        authority_type: authority.configuration.authority_type(),
        spec,
        key: signed.map_or(KeyOrigin::Made, |(_, pem)| KeyOrigin::Csr(pem)),
        removes_roots: body.removes_roots,
        renews: None,
        requested_by: format!("{}:{}", caller.kind.name(), caller.id),
        progress: Progress::accepted(caller.now),
        lease: None,
        due_at: Some(caller.now),
    };
    store(&ctx, &caller, &order, &profile, &authority).await?;
    Ok(Json(Accepted {
        certificate: None,
        certificate_request_id: order.id,
        status: OrderStatus::Pending.name(),
        message: "The certificate is being issued; ask for it by its certificateRequestId",
        project_id: order.project_id,
        profile_name: profile.value.slug,
    }))
}

async fn authority(ctx: &Ctx, profile: &CertificateProfile) -> Result<Stored<CertificateAuthority>, Problem> {
    let found = ctx.store.certificate_authority(profile.ca_id).await?;
    found.ok_or_else(|| error::incomplete(profile, "certificate authority"))
}

async fn policy(ctx: &Ctx, profile: &CertificateProfile) -> Result<Stored<CertificatePolicy>, Problem> {
    let found = ctx.store.certificate_policy(profile.certificate_policy_id).await?;
    found.ok_or_else(|| error::incomplete(profile, "certificate policy"))
}

/// The application, if the caller sees it and the profile is attached to it.
async fn application(
    ctx: &Ctx,
    permissions: &Permissions,
    profile: &CertificateProfile,
    id: Option<ApplicationId>,
) -> Result<Option<Stored<Application>>, Problem> {
    let Some(id) = id else { return Ok(None) };
    let (found, attached) =
        tokio::try_join!(ctx.store.application(id), ctx.store.application_profile(id, profile.id))?;
    let found = found.filter(|found| found.project_id == profile.project_id);
    let absent = || shared::absent("application", id);
    let application = permissions.open(Action::Read, Subject::Applications, found, absent)?;
    match attached {
        Some(_) => Ok(Some(application)),
        None => Err(error::not_attached(&application, profile)),
    }
}

/// What the certificate must be.
fn sound(
    body: &Issue,
    profile: &CertificateProfile,
    authority: &CertificateAuthority,
    signed: Option<&Signed>,
    caller: &Caller,
) -> Result<Spec, Problem> {
    let given = &body.attributes;
    let completed = match &profile.defaults {
        Some(defaults) => defaults.onto(given.clone()),
        None => given.clone(),
    };
    let days = profile.defaults.as_ref().and_then(|defaults| defaults.ttl_days);
    let asked = Asked { given, completed: &completed, days, signed };
    asked.spec(authority, caller.now).map_err(error::refused)
}

/// Stores the order with its line in the trail, and wakes the worker.
async fn store(
    ctx: &Ctx,
    caller: &Caller,
    order: &Order,
    profile: &CertificateProfile,
    authority: &CertificateAuthority,
) -> Result<(), Problem> {
    let name = order.spec.subject.common_name.clone();
    let name = name.or_else(|| order.spec.alt_names.first().map(ToString::to_string)).unwrap_or_default();
    let scope = Scope::Project(order.project_id);
    let mut audit = caller.audit("certificate-request.create", order.id, &name, scope);
    audit.details =
        vec![format!("profile: {}", profile.slug), format!("certificate authority: {}", authority.name)];
    // The authority and the profile must still be there: with them go those who may ask.
    let change = Change::new(caller.now).create_order(order, None).require(authority).require(profile);
    ctx.store.commit_in_project(change, &audit).await?;
    ctx.queue.wake([order.id]).await;
    Ok(())
}
