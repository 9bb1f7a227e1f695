//! A certificate as files: itself, its chain, its key.

use axum::Json;
use axum::extract::State;
use model::id::CertificateId;
use model::permission::{Action, Scoped as _, Subject};
use secrecy::ExposeSecret as _;
use serde::Serialize;
use web::{Caller, Exposed, Path, Problem};

use super::{NotKept, audit_key, not_kept, open_with_bundle, stored};
use crate::Ctx;

/// The answer with everything.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Whole {
    certificate: String,
    certificate_chain: String,
    /// `null` for a certificate whose key is elsewhere.
    private_key: Option<Exposed>,
    serial_number: String,
}

/// The answer without a key.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Public {
    certificate: String,
    certificate_chain: String,
    serial_number: String,
}

/// `GET …/{certificateId}/bundle`: with the key where we have it, which takes the permission to read it; for a certificate
/// whose key is elsewhere, reading is enough. Who looks at a key is in the audit trail before they see it.
pub(super) async fn bundle(
    State(ctx): State<Ctx>,
    caller: Caller,
    Path(id): Path<CertificateId>,
) -> Result<(NotKept, Json<Whole>), Problem> {
    let (certificate, bundle, permissions) = open_with_bundle(&ctx, &caller, id, Action::Read).await?;
    let mut private_key = None;
    if bundle.sealed_key.is_some() {
        permissions.may(Action::ReadPrivateKey, Subject::Certificates, certificate.scope())?;
        private_key = stored::key(&ctx, &bundle).await?;
        audit_key(&ctx, &caller, &certificate, "bundle").await?;
    }
    let answer = Whole {
        certificate: bundle.certificate.clone(),
        certificate_chain: bundle.chain_pem(),
        private_key: private_key.map(Exposed),
        serial_number: certificate.facts.serial_number.clone(),
    };
    Ok((not_kept(), Json(answer)))
}

/// `GET …/{certificateId}/certificate`: the bundle without a key.
pub(super) async fn certificate(
    State(ctx): State<Ctx>,
    caller: Caller,
    Path(id): Path<CertificateId>,
) -> Result<Json<Public>, Problem> {
    let (certificate, bundle, _) = open_with_bundle(&ctx, &caller, id, Action::Read).await?;
    Ok(Json(Public {
        certificate: bundle.certificate.clone(),
        certificate_chain: bundle.chain_pem(),
        serial_number: certificate.facts.serial_number.clone(),
    }))
}

/// `GET …/{certificateId}/private-key`: PEM, as it is. Who looks is in the audit trail before they see it.
pub(super) async fn private_key(
    State(ctx): State<Ctx>,
    caller: Caller,
    Path(id): Path<CertificateId>,
) -> Result<(NotKept, String), Problem> {
    let (certificate, bundle, _) = open_with_bundle(&ctx, &caller, id, Action::ReadPrivateKey).await?;
    let Some(key) = stored::key(&ctx, &bundle).await? else {
        return Err(Problem::not_found(format!(
            "The certificate with ID \"{id}\" has no private key here: it was requested with a CSR, or imported without one"
        )));
    };
    audit_key(&ctx, &caller, &certificate, "private key").await?;
    Ok((not_kept(), key.expose_secret().to_owned()))
}
