//! Certificates that are there, and what people do with them.

mod bundle;
mod config;
mod delete;
mod get;
mod import;
mod list;
mod pkcs12;
mod renew;
mod revoke;
pub(crate) mod stored;

use http::HeaderValue;
use http::header::{CACHE_CONTROL, HeaderName};
use model::certificate::view::{CertificateView, Surroundings};
use model::certificate::{Bundle, Certificate};
use model::certificate_authority::CertificateAuthority;
use model::id::CertificateId;
use model::permission::{Action, Scoped as _, Subject};
use serde::Serialize;
use store::{Change, Stored};
use web::Access::Caller as Anybody;
use web::{Caller, Permissions, Problem, Routes};

use crate::{Ctx, error};

const NOUN: &str = "certificate";

/// The routes of certificates.
pub(crate) fn routes(routes: Routes<Ctx>) -> Routes<Ctx> {
    routes
        .get(Anybody, "/api/v1/cert-manager/certificates", list::list)
        .post(Anybody, "/api/v1/cert-manager/certificates/import-certificate", import::import)
        .get(Anybody, "/api/v1/cert-manager/certificates/{certificateId}", get::get)
        .delete(Anybody, "/api/v1/cert-manager/certificates/{certificateId}", delete::delete)
        .get(Anybody, "/api/v1/cert-manager/certificates/{certificateId}/bundle", bundle::bundle)
        .get(Anybody, "/api/v1/cert-manager/certificates/{certificateId}/certificate", bundle::certificate)
        .get(Anybody, "/api/v1/cert-manager/certificates/{certificateId}/private-key", bundle::private_key)
        .post(Anybody, "/api/v1/cert-manager/certificates/{certificateId}/pkcs12", pkcs12::pkcs12)
        .patch(Anybody, "/api/v1/cert-manager/certificates/{certificateId}/config", config::config)
        .post(Anybody, "/api/v1/cert-manager/certificates/{certificateId}/renew", renew::renew)
        .post(Anybody, "/api/v1/cert-manager/certificates/{certificateId}/revoke", revoke::revoke)
}

/// The answer about one certificate.
#[derive(Debug, Serialize)]
pub(crate) struct One {
    certificate: CertificateView,
}

/// The header of an answer that nobody on the way may keep.
pub(crate) type NotKept = [(HeaderName, HeaderValue); 1];

/// What goes before an answer with a key in it.
pub(crate) const fn not_kept() -> NotKept {
    [(CACHE_CONTROL, HeaderValue::from_static("no-store"))]
}

/// The certificate with this id, if the caller may do `action` to it, with what else the caller may do. Permissions and
/// certificate are read side by side.
async fn open(
    ctx: &Ctx,
    caller: &Caller,
    id: CertificateId,
    action: Action,
) -> Result<(Stored<Certificate>, Permissions), Problem> {
    let (permissions, found) = tokio::try_join!(caller.permissions(&ctx.store), ctx.store.certificate(id))?;
    let found = permissions.open(action, Subject::Certificates, found, || error::absent(NOUN, id))?;
    Ok((found, permissions))
}

/// The same with its bytes.
async fn open_with_bundle(
    ctx: &Ctx,
    caller: &Caller,
    id: CertificateId,
    action: Action,
) -> Result<(Stored<Certificate>, Stored<Bundle>, Permissions), Problem> {
    let (permissions, found) =
        tokio::try_join!(caller.permissions(&ctx.store), ctx.store.certificate_with_bundle(id))?;
    let absent = || error::absent(NOUN, id);
    let (certificate, bundle) = found.ok_or_else(absent)?;
    let certificate = permissions.open(action, Subject::Certificates, Some(certificate), absent)?;
    Ok((certificate, bundle, permissions))
}

/// The certificate as the wire shows it, with the names of its authority and its profile. Up to two GetItems.
async fn view(
    ctx: &Ctx,
    caller: &Caller,
    certificate: &Stored<Certificate>,
    bundle: &Bundle,
) -> Result<CertificateView, Problem> {
    let authority = async {
        match certificate.certificate_authority_id {
            Some(id) => ctx.store.certificate_authority(id).await,
            None => Ok(None),
        }
    };
    let profile = async {
        match certificate.profile_id {
            Some(id) => ctx.store.certificate_profile(id).await,
            None => Ok(None),
        }
    };
    let (authority, profile) = tokio::try_join!(authority, profile)?;
    let around = Surroundings {
        authority: authority.map(|authority| named(&authority)),
        profile_name: profile.map(|profile| profile.value.slug),
    };
    let times = (certificate.created_at, certificate.updated_at);
    Ok(CertificateView::new(certificate, Some(bundle), around, times, caller.now))
}

/// How a certificate names its authority.
fn named(authority: &CertificateAuthority) -> (String, &'static str, String) {
    let configuration = &authority.configuration;
    (authority.name.clone(), configuration.authority_type().name(), configuration.region().to_string())
}

/// What a certificate is called in the audit trail: its common name, else its number.
fn called(certificate: &Certificate) -> &str {
    certificate.facts.subject.common_name.as_deref().unwrap_or(&certificate.facts.serial_number)
}

/// Writes down who reads a key, before they see it.
pub(crate) async fn audit_key(
    ctx: &Ctx,
    caller: &Caller,
    certificate: &Stored<Certificate>,
    what: &'static str,
) -> Result<(), Problem> {
    let mut audit = caller.audit(
        "certificate.read-private-key",
        certificate.id,
        called(certificate),
        certificate.scope(),
    );
    audit.details = vec![what.to_owned()];
    ctx.store.commit_in_project(Change::new(caller.now).require(&certificate.value), &audit).await?;
    Ok(())
}
